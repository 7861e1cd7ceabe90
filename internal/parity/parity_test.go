package parity

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/ir"
)

func f32(v ...float32) *ir.Tensor { return ir.NewFloat32(v, len(v)) }

func f64(v ...float64) *ir.Tensor {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return &ir.Tensor{DType: ir.Float64, Shape: []int{len(v)}, Data: b}
}

func TestCompare(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		got, want, want64 *ir.Tensor
		opt               Options
		reason            string // "" when equal
	}{
		"same":                 {got: f32(1, 2), want: f32(1, 2)},
		"default bound":        {got: f32(1, 2.0001), want: f32(1, 2)},
		"beyond default":       {got: f32(1, 2.0003), want: f32(1, 2), reason: "the worst at [1]"},
		"float64 bound":        {got: f32(1, 2.00001), want: f32(1, 2), want64: f64(1, 2)},
		"beyond float64":       {got: f32(1, 2.0001), want: f32(1, 2), want64: f64(1, 2), reason: "units of rounding"},
		"Keras is far":         {got: f32(1, 2.0001), want: f32(1, 2), want64: f64(1, 2.00002)},
		"Keras is not so far":  {got: f32(1, 2.0002), want: f32(1, 2), want64: f64(1, 2.00002), reason: "Keras's own distance"},
		"asked":                {got: f32(1, 2.1), want: f32(1, 2), opt: Options{RTol: 0.1}},
		"beyond asked":         {got: f32(1, 2.1), want: f32(1, 2), opt: Options{RTol: 0.01}, reason: "as asked"},
		"NaN":                  {got: f32(nan), want: f32(nan)},
		"NaN got":              {got: f32(1, nan), want: f32(1, 2), reason: "[1]: NaN"},
		"NaN wanted":           {got: f32(1, 2), want: f32(1, nan), reason: "Keras gives NaN"},
		"infinity":             {got: f32(inf, -inf), want: f32(inf, -inf)},
		"other infinity":       {got: f32(-inf), want: f32(inf), reason: "-Inf"},
		"infinity for a value": {got: f32(inf), want: f32(1e38), reason: "+Inf"},
		"zeros":                {got: f32(0, float32(math.Copysign(0, -1))), want: f32(0, 0)},
		"empty":                {got: f32(), want: f32()},
		"scalar":               {got: ir.NewFloat32([]float32{3}), want: ir.NewFloat32([]float32{4}), reason: "at []"},
		"shape":                {got: f32(1), want: f32(1, 2), reason: "shape is [1]"},
		"dtype":                {got: ir.NewInt32([]int32{1}, 1), want: f32(1), reason: "dtype is int32"},
		"half":                 {got: f32(1.003), want: f32(1), want64: f64(1), opt: Options{DType: ir.Float16}},
		"beyond half":          {got: f32(1.005), want: f32(1), want64: f64(1), opt: Options{DType: ir.Float16}, reason: "differ"},
		"ints":                 {got: ir.NewInt32([]int32{1, -2}, 2), want: ir.NewInt64([]int64{1, -2}, 2)},
		"ints differ":          {got: ir.NewInt32([]int32{1, 2}, 2), want: ir.NewInt64([]int64{1, 3}, 2), reason: "at [1]: 2, Keras gives 3"},
		"bools":                {got: ir.NewBool([]bool{true}, 1), want: ir.NewBool([]bool{false}, 1), reason: "at [0]"},
		"strings":              {got: ir.NewString([]string{"a"}, 1), want: ir.NewString([]string{"b"}, 1), reason: `"a", Keras gives "b"`},
	} {
		r := Compare(c.got, c.want, c.want64, c.opt)
		if r.OK != (c.reason == "") || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: %+v, want %q", name, r, c.reason)
		}
		if err := r.Err("y"); (err == nil) != r.OK || !r.OK && !errors.Is(err, ir.ErrParity) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFigures(t *testing.T) {
	got := ir.NewFloat32([]float32{1, math.Nextafter32(2, 3), -4, 0}, 2, 2)
	r := Compare(got, ir.NewFloat32([]float32{1, 2, -4, 0}, 2, 2), nil, Options{})
	if !r.OK || r.MaxULP != 1 || !cmp.Equal(r.Worst, []int{0, 1}) || r.Scale != 4 || r.MaxAbs != 0x1p-22 || r.MaxRel != 0x1p-23 {
		t.Errorf("%+v", r)
	}
	if d := ulps(float32(math.Copysign(1e-45, -1)), 1e-45); d != 2 {
		t.Errorf("%d ULP across zero", d)
	}
	if s := r.String(); !strings.HasPrefix(s, "max abs 2.38e-07") {
		t.Errorf("the result is printed as %q", s)
	}
}

func model() *ir.Model {
	m := &ir.Model{}
	for _, n := range []string{"ids", "x"} {
		d := ir.Float32
		if n == "ids" {
			d = ir.Int32
		}
		m.Inputs = append(m.Inputs, ir.Port{Name: n, Value: m.AddValue(ir.Value{Type: ir.Type{DType: d, Shape: ir.Shape{ir.Sym("batch")}}})})
	}
	m.Outputs = []ir.Port{{Name: "y", Value: 1}, {Name: "x", Value: 1}}
	return m
}

func archive(t *testing.T, arrays map[string]*ir.Tensor) *npz.Archive {
	t.Helper()
	var list []npz.Array
	for n, x := range arrays {
		list = append(list, npz.Array{Name: n, Tensor: x})
	}
	var b bytes.Buffer
	if err := npz.Write(&b, list); err != nil {
		t.Fatal(err)
	}
	a, err := npz.ReadBytes(b.Bytes(), npz.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCases(t *testing.T) {
	cases, err := Cases(archive(t, map[string]*ir.Tensor{
		"in0": f32(1, 2), "in1": f64(1, 2), "out0": f32(3), "out1": f32(4), "f64_out0": f64(3), "f64_out1": f64(4),
		"v1_ids": f32(5), "v1_in1": ir.NewInt64([]int64{6}, 1), "v1_y": f32(7), "v1_out1": f32(8),
	}), model())
	if err != nil || len(cases) != 2 {
		t.Fatal(cases, err)
	}
	a, b := cases[0], cases[1]
	if a.Name != "golden" || a.Inputs[0].DType != ir.Int32 || a.Inputs[1].DType != ir.Float32 || len(a.Outputs64) != 2 || a.Outputs[1].Float32s()[0] != 4 {
		t.Errorf("%+v", a)
	}
	if b.Name != "v1" || b.Inputs[1].Float32s()[0] != 6 || b.Outputs64 != nil || b.Outputs[0].Float32s()[0] != 7 {
		t.Errorf("%+v", b)
	}
}

func TestCasesRefused(t *testing.T) {
	good := func() map[string]*ir.Tensor {
		return map[string]*ir.Tensor{"in0": f32(1), "in1": f32(1), "out0": f32(3), "out1": f32(4)}
	}
	for name, c := range map[string]struct {
		change func(map[string]*ir.Tensor)
		want   string
	}{
		"input missing":  {func(m map[string]*ir.Tensor) { delete(m, "in1") }, "in1: array is missing"},
		"output missing": {func(m map[string]*ir.Tensor) { delete(m, "out0") }, `out0 or "y"`},
		"f64 missing":    {func(m map[string]*ir.Tensor) { m["f64_out0"] = f64(3) }, "f64_out1"},
		"one too many":   {func(m map[string]*ir.Tensor) { m["out2"] = f32(3) }, "out2"},
		"not an int":     {func(m map[string]*ir.Tensor) { m["in0"] = f32(1.5) }, "element 0 is 1.5"},
		"too large":      {func(m map[string]*ir.Tensor) { m["in0"] = ir.NewInt64([]int64{1 << 40}, 1) }, "no int32"},
		"strings":        {func(m map[string]*ir.Tensor) { m["in0"] = ir.NewString([]string{"1"}, 1) }, "is string"},
		"rank":           {func(m map[string]*ir.Tensor) { m["in0"] = ir.NewInt32([]int32{1}, 1, 1) }, "shape [1, 1]"},
	} {
		m := good()
		c.change(m)
		if _, err := Cases(archive(t, m), model()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if in, err := Inputs(archive(t, good()), model()); err != nil || len(in) != 2 {
		t.Error(in, err)
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		from *ir.Tensor
		to   ir.DType
		ok   bool
	}{
		{f32(1), ir.Bool, true}, {f32(2), ir.Bool, false}, {f32(float32(math.NaN())), ir.Int32, false}, {f32(-1), ir.Uint8, false},
		{f32(float32(math.Inf(1))), ir.Int64, false}, {f32(0.1), ir.BFloat16, true}, {f64(1e300), ir.Float32, true},
		{ir.NewInt64([]int64{1<<24 + 1}, 1), ir.Float32, false}, {ir.NewInt64([]int64{1<<24 + 1}, 1), ir.Float64, true},
		{ir.NewInt32([]int32{4097}, 1), ir.Float16, false}, {ir.NewInt32([]int32{-1}, 1), ir.Uint64, false},
		{&ir.Tensor{DType: ir.Uint64, Shape: []int{1}, Data: bytes.Repeat([]byte{255}, 8)}, ir.Int64, false},
		{ir.NewBool([]bool{true}, 1), ir.Float32, true}, {f32(1), ir.String, false},
	} {
		out, err := Convert(c.from, c.to)
		if (err == nil) != c.ok {
			t.Errorf("%v to %v: %v, %v", c.from.DType, c.to, out, err)
		}
		if err == nil && (out.DType != c.to || out.Check() != nil) {
			t.Errorf("%v to %v: %v", c.from.DType, c.to, out)
		}
	}
}
