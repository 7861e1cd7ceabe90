package importer

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// python27 is a marshalled function of Python 2.7, without closure.
func python27(args []string, names []string, consts []any, code ...byte) string {
	var b []byte
	long := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	text := func(kind byte, s string) {
		b = append(b, kind)
		long(len(s))
		b = append(b, s...)
	}
	tuple := func(n int) {
		b = append(b, '(')
		long(n)
	}
	b = append(b, 'c')
	for _, n := range []int{len(args), len(args), 9, 0x43} {
		long(n)
	}
	text('s', string(code))
	tuple(len(consts))
	for _, c := range consts {
		switch c := c.(type) {
		case nil:
			b = append(b, 'N')
		case int:
			b = append(b, 'i')
			long(c)
		case string:
			text('s', c)
		}
	}
	for _, list := range [][]string{names, args, nil, nil} {
		tuple(len(list))
		for _, s := range list {
			text('t', s)
		}
	}
	text('s', "")
	text('t', "<lambda>")
	long(1)
	text('s', "")
	return base64.StdEncoding.EncodeToString(b)
}

func lambdaLayer(name, code, more string) string {
	return fmt.Sprintf(`{"class_name": "Lambda", "config": {"name": %q, "function": [%q, null, null], "function_type": "lambda"%s}}`, name, code, more)
}

// What bytecode says is taken for certain, or not and then proposed.
func TestLambdaRead(t *testing.T) {
	x := []string{"x"}
	half := python27(x, nil, []any{nil, 2}, 124, 0, 0, 100, 1, 0, 21, 83)
	ints := `{"class_name": "InputLayer", "config": {"name": "x", "dtype": "int32", "batch_input_shape": [null, 3]}}`
	for _, c := range []struct {
		name, input, layer, want string // in a note, or in the error
	}{
		{"certain", in3, lambdaLayer("half", half, ""), ""},
		{"a shape that it has", in3, lambdaLayer("half", half, `, "output_shape": [null, 3]`), ""},
		{"a shape that it has, with the batch", in3, lambdaLayer("half", half, `, "output_shape": [null, null, 3]`), ""},
		{"another shape", in3, lambdaLayer("half", half, `, "output_shape": [null, 4]`), "half=x / 2"},
		{"integers", ints, lambdaLayer("half", half, ""), "half=x / 2"},
		{"an argument that it does not take", in3, lambdaLayer("half", half, `, "arguments": {"y": 1}`), "half=x / 2"},
		{"of another version", in3, lambdaLayer("half", half[:20]+"////"+half[24:], ""), "half=EXPRESSION"},
		{"an argument that is missing", in3,
			lambdaLayer("half", python27([]string{"x", "by"}, nil, []any{nil}, 124, 0, 0, 124, 1, 0, 21, 83), ""), "half=x / by"},
		{"an argument that is given", in3,
			lambdaLayer("half", python27([]string{"a", "x"}, nil, []any{nil}, 124, 0, 0, 124, 1, 0, 21, 83), `, "arguments": {"x": 2}`), ""},
		{"a mask", in3, lambdaLayer("half", python27([]string{"x", "mask"}, nil, []any{nil}, 124, 0, 0, 83), `, "arguments": {"mask": 1}`), "half=x"},
		{"the first example", in3, lambdaLayer("half", python27(x, nil, []any{nil, 0}, 124, 0, 0, 100, 1, 0, 25, 83), ""), "half=x[0]"},
		{"a sum with text", in3, lambdaLayer("half", python27(x, nil, []any{nil, "a"}, 124, 0, 0, 100, 1, 0, 23, 83), ""), "half=x + \"a\"'"},
		{"no tensor", in3, lambdaLayer("half", python27(x, nil, []any{nil, 2}, 100, 1, 0, 83), ""), "half=2"},
		{"a global", in3, lambdaLayer("half", python27(x, []string{"Y"}, []any{nil}, 124, 0, 0, 116, 0, 0, 20, 83), ""), "reads as x * Y, but what it takes from outside may be anything. Say what it computes with --lambda 'half=EXPRESSION'"},
		{"a method", in3, lambdaLayer("half", python27(x, []string{"sum"}, []any{nil}, 124, 0, 0, 106, 0, 0, 131, 0, 0, 83), ""), "half=EXPRESSION"},
		{"a function of a module", in3,
			lambdaLayer("half", python27(x, []string{"K", "square"}, []any{nil}, 116, 0, 0, 106, 1, 0, 124, 0, 0, 131, 1, 0, 83), ""), "half=K.square(x)'"},
		{"a global that is an input here", in3,
			lambdaLayer("half", python27([]string{"t"}, []string{"x"}, []any{nil}, 124, 0, 0, 116, 0, 0, 20, 83), ""), "half=EXPRESSION"},
		{"a builtin", in3, lambdaLayer("half", python27(x, []string{"sum"}, []any{nil}, 116, 0, 0, 124, 0, 0, 131, 1, 0, 83), ""), "half=EXPRESSION"},
		{"equality, once of identities", in3, lambdaLayer("half", python27(x, nil, []any{nil, 2}, 124, 0, 0, 100, 1, 0, 107, 2, 0, 83), ""), "half=x == 2"},
		{"a name that is no word of a shell", in3, lambdaLayer("it's", python27(x, nil, []any{nil, 2}, 100, 1, 0, 83), ""), `'it'\''s=2'`},
	} {
		m, err := importArch(seq(c.input, c.layer), "2.0.9", nil)
		if c.want == "" {
			if err != nil || len(m.Notes) != 1 || !strings.Contains(m.Notes[0], "read from its bytecode as ") {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// Two inputs are a list, whose operators are not those of tensors.
func TestLambdaReadList(t *testing.T) {
	for name, c := range map[string]struct {
		code []byte
		sure bool
	}{
		"t[0] - t[1]": {[]byte{124, 0, 0, 100, 1, 0, 25, 124, 0, 0, 100, 2, 0, 25, 24, 83}, true},
		"t":           {[]byte{124, 0, 0, 83}, true},
		"t * 2":       {[]byte{124, 0, 0, 100, 3, 0, 20, 83}, false},
		"t + t":       {[]byte{124, 0, 0, 124, 0, 0, 23, 83}, false},
		"t[:]":        {[]byte{124, 0, 0, 30, 83}, false},
		"[t]":         {[]byte{124, 0, 0, 103, 1, 0, 83}, false},
	} {
		l := testLayer()
		l.spec.config = object{"function": []any{python27([]string{"t"}, nil, []any{nil, 0, 1, 2}, c.code...), nil, nil}}
		var in []any
		for range 2 {
			in = append(in, Value{l.b.m.AddValue(ir.Value{Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(4)}}}), ir.None})
		}
		out := lowerLambda(l, &Call{Args: []any{in}})
		if c.sure != (l.err == nil && len(out) > 0) || !c.sure && !strings.Contains(l.err.Error(), "'f="+name+"'") {
			t.Errorf("%s: %v", name, l.err)
		}
	}
}

// An array takes the dtype of the tensor beside it in some Keras, not here.
func TestLambdaReadArray(t *testing.T) {
	for dtype, sure := range map[ir.DType]bool{ir.Float32: true, ir.Float16: false, ir.Float64: false, ir.Int32: false, ir.Bool: false} {
		l := testLayer()
		code := python27([]string{"x", "by"}, nil, []any{nil}, 124, 0, 0, 124, 1, 0, 23, 83)
		l.spec.config = object{"function": []any{code, []any{[]any{1.5, 2.5}}, nil}}
		x := l.b.m.AddValue(ir.Value{Type: ir.Type{DType: dtype, Shape: ir.Shape{ir.Sym("batch"), ir.Known(2)}}})
		if lowerLambda(l, &Call{Args: []any{Value{x, ir.None}}}); sure != (l.err == nil) {
			t.Errorf("%v: %v", dtype, l.err)
		}
	}
}
