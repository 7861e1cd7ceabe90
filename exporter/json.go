package exporter

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/kerasgo/kerasgo/ir"
)

// appendJSON appends v as Keras's serialization writes it. Numbers that are not
// finite are written as Python reads them.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v, 64)
	case ir.Float:
		return appendFloat(b, float64(v), 64)
	case string:
		s, _ := json.Marshal(v)
		return append(b, s...)
	case []string:
		return appendList(b, v)
	case []int:
		return appendList(b, v)
	case []any:
		return appendList(b, v)
	case object:
		b = append(b, '{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(appendJSON(b, k), ": "...)
			b = appendJSON(b, v[k])
		}
		return append(b, '}')
	case ref:
		return appendJSON(b, object{"class_name": "__keras_tensor__", "config": object{
			"shape": dims(v.typ.Shape), "dtype": v.typ.DType.String(), "keras_history": v.history()}})
	case span:
		return appendJSON(b, object{"class_name": "__slice__", "config": object{"start": v.start, "stop": v.stop, "step": v.step}})
	case *ir.Tensor:
		b = append(b, `{"class_name": "__tensor__", "config": {"value": `...)
		at := 0
		b = appendElements(b, v, v.Shape, &at)
		b = append(b, `, "dtype": `...)
		return append(appendJSON(b, v.DType.String()), "}}"...)
	}
	panic(fmt.Sprintf("exporter: no JSON for %T", v))
}

// span is a Python slice; its fields are ints or nil.
type span struct{ start, stop, step any }

func appendList[T any](b []byte, list []T) []byte {
	b = append(b, '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendJSON(b, e)
	}
	return append(b, ']')
}

func appendFloat(b []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, "NaN"...)
	case math.IsInf(v, 1):
		return append(b, "Infinity"...)
	case math.IsInf(v, -1):
		return append(b, "-Infinity"...)
	}
	at := len(b)
	b = strconv.AppendFloat(b, v, 'g', -1, bits)
	for _, c := range b[at:] {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendElements appends nested lists of t's elements from *at on.
func appendElements(b []byte, t *ir.Tensor, shape []int, at *int) []byte {
	if len(shape) > 0 {
		b = append(b, '[')
		for i := range shape[0] {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendElements(b, t, shape[1:], at)
		}
		return append(b, ']')
	}
	e := &ir.Tensor{DType: t.DType, Data: t.Data[*at*t.DType.Size() : (*at+1)*t.DType.Size()]}
	*at++
	switch {
	case t.DType == ir.Bool:
		return strconv.AppendBool(b, e.Data[0] != 0)
	case t.DType == ir.Float64:
		return appendFloat(b, float64From(e.Data), 64)
	case t.DType == ir.Uint64:
		return strconv.AppendUint(b, uint64(e.Int64s()[0]), 10)
	case t.DType.IsFloat():
		return appendFloat(b, float64(e.Float32s()[0]), 32)
	}
	return strconv.AppendInt(b, e.Int64s()[0], 10)
}
