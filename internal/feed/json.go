package feed

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/kerasgo/kerasgo/ir"
)

// json reads nested lists for one input, or an object of them by the inputs'
// names; as the serving protocols do, it may be under "instances" or "inputs".
func (r *reader) json(b []byte, name string) error {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return &ir.Error{Kind: ir.ErrUsage, Text: "is no JSON", Err: err}
	}
	if d.More() {
		return ir.Errorf(ir.ErrUsage, "more than one JSON value")
	}
	if o, ok := v.(map[string]any); ok && len(o) == 1 {
		for _, key := range []string{"instances", "inputs"} {
			if inner, ok := o[key]; ok && !r.has(key) {
				v = inner
			}
		}
	}
	if rows, ok := v.([]any); ok && len(rows) > 0 {
		if _, ok := rows[0].(map[string]any); ok {
			o, err := columns(rows)
			if err != nil {
				return err
			}
			v = o
		}
	}
	o, ok := v.(map[string]any)
	if !ok {
		i, err := r.index(name)
		if err != nil {
			return err
		}
		t, err := tensor(v)
		if err != nil {
			return err
		}
		return r.put(i, t)
	}
	for key, v := range o {
		i, err := r.index(key)
		if err != nil {
			return err
		}
		t, err := tensor(v)
		if err != nil {
			return inField(err, key)
		}
		if err := r.put(i, t); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) has(name string) bool {
	for _, p := range r.m.Inputs {
		if p.Name == name {
			return true
		}
	}
	return false
}

// columns turns a list of objects, an example each, into an object of lists.
func columns(rows []any) (map[string]any, error) {
	out := map[string]any{}
	for i, row := range rows {
		o, ok := row.(map[string]any)
		if !ok {
			return nil, ir.Errorf(ir.ErrUsage, "element %d is no object, element 0 is one", i)
		}
		for k, v := range o {
			l, _ := out[k].([]any)
			if len(l) != i {
				return nil, ir.Errorf(ir.ErrUsage, "element %d has %q, not all before it have", i, k)
			}
			out[k] = append(l, v)
		}
	}
	for k, v := range out {
		if n := len(v.([]any)); n != len(rows) {
			return nil, ir.Errorf(ir.ErrUsage, "only %d of %d elements have %q", n, len(rows), k)
		}
	}
	return out, nil
}

func inField(err error, field string) error {
	if e, ok := err.(*ir.Error); ok && e.Field == "" {
		e.Field = field
	}
	return err
}

// tensor makes nested lists into an array: of strings, bools, int64 when all
// numbers are integers, else float64.
func tensor(v any) (*ir.Tensor, error) {
	var shape []int
	for w := v; ; {
		l, ok := w.([]any)
		if !ok {
			break
		}
		shape = append(shape, len(l))
		if len(l) == 0 {
			break
		}
		w = l[0]
	}
	f := &flattener{shape: shape}
	if err := f.walk(v, nil); err != nil {
		return nil, err
	}
	return f.tensor()
}

type flattener struct {
	shape   []int
	numbers []json.Number
	strings []string
	bools   []bool
}

func (f *flattener) walk(v any, at []int) error {
	if len(at) < len(f.shape) {
		l, ok := v.([]any)
		if !ok || len(l) != f.shape[len(at)] {
			got := "a single value"
			if ok {
				got = fmt.Sprintf("%d elements", len(l))
			}
			return ir.Errorf(ir.ErrUsage, "the lists are ragged: at %v there is %s, where others have %d elements", at, got, f.shape[len(at)])
		}
		for i, e := range l {
			if err := f.walk(e, append(at, i)); err != nil {
				return err
			}
		}
		return nil
	}
	switch e := v.(type) {
	case json.Number:
		f.numbers = append(f.numbers, e)
	case string:
		f.strings = append(f.strings, e)
	case bool:
		f.bools = append(f.bools, e)
	case []any:
		return ir.Errorf(ir.ErrUsage, "the lists are ragged: at %v there are %d elements, where others have a single value", at, len(e))
	default:
		return ir.Errorf(ir.ErrUsage, "at %v there is %v, which is no number, string or bool", at, e)
	}
	return nil
}

func (f *flattener) tensor() (*ir.Tensor, error) {
	n := len(f.numbers) + len(f.strings) + len(f.bools)
	switch n {
	case len(f.strings):
		if n > 0 {
			return ir.NewString(f.strings, f.shape...), nil
		}
	case len(f.bools):
		return ir.NewBool(f.bools, f.shape...), nil
	case len(f.numbers):
	default:
		return nil, ir.Errorf(ir.ErrUsage, "numbers, strings and bools are mixed")
	}
	text := make([]string, len(f.numbers))
	for i, v := range f.numbers {
		text[i] = string(v)
	}
	return numbers(text, f.shape)
}

// numbers parses numbers: int64 when all are, else float64.
func numbers(text []string, shape []int) (*ir.Tensor, error) {
	ints := make([]int64, len(text))
	whole := true
	for i, s := range text {
		var err error
		if ints[i], err = strconv.ParseInt(s, 10, 64); err != nil {
			whole = false
			break
		}
	}
	if whole {
		return ir.NewInt64(ints, shape...), nil
	}
	t := &ir.Tensor{DType: ir.Float64, Shape: shape, Data: make([]byte, 8*len(text))}
	for i, s := range text {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil && !math.IsInf(v, 0) {
			return nil, ir.Errorf(ir.ErrUsage, "%q is no number", s)
		}
		binary.LittleEndian.PutUint64(t.Data[8*i:], math.Float64bits(v))
	}
	return t, nil
}
