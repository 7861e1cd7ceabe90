package importer

import (
	"encoding/binary"
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// tfDTypes are the numbers of TensorFlow's DataType.
var tfDTypes = map[int]string{
	1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64", 10: "bool",
	14: "bfloat16", 17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}

// promote brings arguments to one dtype by Keras's rules (keras.backend.result_type):
// a Python number takes the dtype of the tensors, unless it is a float and they
// are not. With asFloat the result is a float in any case.
func (o *opCall) promote(asFloat bool, names ...string) []ir.ValueID {
	items := make([]any, len(names))
	for i, n := range names {
		if items[i] = o.args[n]; items[i] == nil {
			o.bad(n, "a tensor or a number")
			return make([]ir.ValueID, len(names))
		}
	}
	return o.promoteAll(items, asFloat)
}

func (o *opCall) promoteAll(items []any, asFloat bool) []ir.ValueID {
	var strong []ir.DType
	weakInt, weakFloat := false, false
	for _, v := range items {
		switch t := v.(type) {
		case Value:
			strong = append(strong, o.Type(t.ID).DType)
		case int64:
			weakInt = true
		case float64:
			weakFloat = true
		case bool, string:
		default:
			if len(values(v)) > 0 {
				strong = append(strong, ir.Int32)
			} else if c, err := constantTensor(v, ir.Invalid); err == nil && !o.tf {
				strong = append(strong, c.DType)
			} else if err == nil && c.Elems() > 0 {
				weakFloat = weakFloat || c.DType.IsFloat()
				weakInt = weakInt || c.DType.IsInt()
			}
		}
	}
	dt := ir.Bool
	for i, d := range strong {
		if i == 0 {
			dt = d
		} else {
			dt = commonDType(dt, d)
		}
	}
	for _, v := range items {
		if _, ok := v.(string); ok && len(strong) == 0 {
			dt = ir.String
		}
	}
	switch {
	case dt == ir.String:
	case (weakFloat || asFloat) && !dt.IsFloat():
		dt = ir.Float32
		if o.tf && asFloat && !weakFloat {
			dt = ir.Float64
		}
	case weakInt && dt == ir.Bool:
		dt = ir.Int32
	}
	out := make([]ir.ValueID, len(items))
	for i, v := range items {
		out[i] = o.Cast(o.asTensor("", v, dt), dt)
	}
	return out
}

// commonDType is Keras's promotion of two dtypes of tensors.
func commonDType(a, b ir.DType) ir.DType {
	signed := func(d ir.DType) bool { return d == ir.Int8 || d == ir.Int16 || d == ir.Int32 || d == ir.Int64 }
	switch {
	case a == b || b == ir.Bool:
		return a
	case a == ir.Bool:
		return b
	case a.IsFloat() && b.IsFloat():
		if a.Size() == b.Size() { // float16 and bfloat16
			return ir.Float32
		}
		if a.Size() > b.Size() {
			return a
		}
		return b
	case a.IsFloat():
		return a
	case b.IsFloat():
		return b
	case signed(a) == signed(b):
		if a.Size() >= b.Size() {
			return a
		}
		return b
	case signed(b):
		a, b = b, a
	}
	if a.Size() > b.Size() { // a is signed
		return a
	}
	switch b {
	case ir.Uint8:
		return ir.Int16
	case ir.Uint16:
		return ir.Int32
	case ir.Uint32:
		return ir.Int64
	}
	return ir.Float32
}

// constantTensor makes a tensor of a constant: a number, a text, an array or
// nested lists. Without a dtype, floats are float32 and integers int32.
func constantTensor(v any, dt ir.DType) (*ir.Tensor, error) {
	if a, ok := v.(arrayValue); ok {
		v = a.value
		if d, err := ir.ParseDType(a.dtype); err == nil && dt == ir.Invalid {
			dt = d
		}
	}
	shape := []int{}
	for e := v; ; {
		items, ok := e.([]any)
		if !ok {
			break
		}
		shape = append(shape, len(items))
		if len(items) == 0 || len(shape) > 16 {
			break
		}
		e = items[0]
	}
	var leaves []any
	var walk func(v any, depth int) bool
	walk = func(v any, depth int) bool {
		items, ok := v.([]any)
		if !ok {
			leaves = append(leaves, v)
			return depth == len(shape)
		}
		if depth >= len(shape) || len(items) != shape[depth] {
			return false
		}
		for _, e := range items {
			if !walk(e, depth+1) {
				return false
			}
		}
		return true
	}
	if !walk(v, 0) {
		return nil, ir.Errorf(ir.ErrMalformed, "%s is no number and no array", showArg(v))
	}
	if dt == ir.Invalid {
		dt = leavesDType(leaves)
	}
	return packLeaves(leaves, shape, dt)
}

func leavesDType(leaves []any) ir.DType {
	dt := ir.Bool
	for _, e := range leaves {
		switch t := e.(type) {
		case float64:
			return ir.Float32
		case int64:
			if dt != ir.Int64 {
				dt = ir.Int32
			}
			if t != int64(int32(t)) {
				dt = ir.Int64
			}
		case string:
			return ir.String
		}
	}
	if len(leaves) == 0 {
		return ir.Float32
	}
	return dt
}

func packLeaves(leaves []any, shape []int, dt ir.DType) (*ir.Tensor, error) {
	t := &ir.Tensor{DType: dt, Shape: shape}
	if dt == ir.String {
		for _, e := range leaves {
			s, ok := e.(string)
			if !ok {
				return nil, ir.Errorf(ir.ErrMalformed, "%s among strings", showArg(e))
			}
			t.Strings = append(t.Strings, s)
		}
		return t, nil
	}
	size := dt.Size()
	if size == 0 {
		return nil, ir.Errorf(ir.ErrDType, "a constant of dtype %v", dt)
	}
	t.Data = make([]byte, 0, size*len(leaves))
	le := binary.LittleEndian
	for _, e := range leaves {
		f, ok := scalarOf(e)
		if !ok {
			return nil, ir.Errorf(ir.ErrMalformed, "%s in an array of %v", showArg(e), dt)
		}
		n, isInt := e.(int64)
		if !isInt {
			n = int64(f)
		}
		switch {
		case dt == ir.Bool:
			t.Data = append(t.Data, byte(boolInt(f != 0)))
		case dt == ir.Float64:
			t.Data = le.AppendUint64(t.Data, math.Float64bits(f))
		case dt == ir.Float32:
			t.Data = le.AppendUint32(t.Data, math.Float32bits(float32(f)))
		case dt == ir.Float16:
			t.Data = le.AppendUint16(t.Data, ir.Float32ToFloat16(float32(f)))
		case dt == ir.BFloat16:
			t.Data = le.AppendUint16(t.Data, ir.Float32ToBFloat16(float32(f)))
		default:
			t.Data = append(t.Data, le64(uint64(n))[:size]...)
		}
	}
	return t, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
