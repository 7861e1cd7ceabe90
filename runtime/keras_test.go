package runtime

import (
	"math"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// runOp runs one op on inputs that are model inputs.
func runOp(t *testing.T, op ir.Op, inputs ...*ir.Tensor) *Tensor {
	t.Helper()
	m, feed := nodeModel(t, op, inputs, func(int) bool { return false })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Predict(feed...)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// floats are t's elements as float32, 1 for true.
func floats(t *Tensor) []float32 {
	switch t.DType() {
	case ir.Float32:
		return t.Float32s()
	case ir.Bool:
		var v []float32
		for _, b := range Data[bool](t) {
			v = append(v, fromBool[float32](b))
		}
		return v
	}
	var v []float32
	for _, x := range Data[int32](t) {
		v = append(v, float32(x))
	}
	return v
}

// near allows a few units in the last place, which libraries differ by, and
// subnormal results, which TensorFlow flushes to 0.
func near(got, want, slack float32) bool {
	if got == want || got != got && want != want {
		return true
	}
	return math.Abs(float64(got-want)) <= float64(slack)+0x1p-126+4e-7*math.Abs(float64(want))
}

func TestUnaryAsKeras(t *testing.T) {
	x := ir.NewFloat32(kerasX, len(kerasX))
	// Where Keras's float32 formula cancels: what it may lose.
	slack := map[string]float32{"squareplus": 4e-6, "tanh_shrink": 3e-8, "erfinv": 4e-7, "gelu": 1.5e-7, "gelu_tanh": 4e-7, "elu": 6e-8, "mish": 6e-8, "logit": 2e-6}
	tested := map[string]bool{"": true, "not": true}
	for _, c := range kerasUnary {
		tested[c.name] = true
		got := floats(runOp(t, &ir.Unary{Func: ir.Func{Name: c.name, A: ir.Float(c.a), B: ir.Float(c.b), C: ir.Float(c.c)}}, x))
		for i := range got {
			if !near(got[i], c.want[i], slack[c.name]) {
				t.Errorf("%s(%v, %v, %v) of %v is %v, Keras has %v", c.name, c.a, c.b, c.c, kerasX[i], got[i], c.want[i])
			}
		}
	}
	for _, name := range ir.Funcs {
		if !tested[name] {
			t.Errorf("%q has no values by Keras", name)
		}
	}
}

func TestBinaryAsKeras(t *testing.T) {
	a, b := ir.NewFloat32(kerasA, len(kerasA)), ir.NewFloat32(kerasB, len(kerasB))
	tested := map[string]bool{"and": true, "or": true, "xor": true}
	for _, c := range kerasBinaryInt {
		if strings.HasPrefix(c.name, "bit") || strings.HasPrefix(c.name, "sh") || c.name == "gcd" { // only of integers
			tested[c.name] = true
		}
	}
	for _, c := range kerasBinary {
		tested[c.name] = true
		got := floats(runOp(t, &ir.Binary{Fn: c.name}, a, b))
		for i := range got {
			if !near(got[i], c.want[i], 0) {
				t.Errorf("%s(%v, %v) is %v, Keras has %v", c.name, kerasA[i], kerasB[i], got[i], c.want[i])
			}
		}
	}
	for _, name := range ir.BinaryFuncs {
		if !tested[name] {
			t.Errorf("%q has no values by Keras", name)
		}
	}
	for _, c := range kerasBinaryInt {
		x, y := kerasIntA, kerasIntB
		if c.skip > 0 {
			x, y = x[c.skip:], y[c.skip:]
		} else {
			x, y = x[:len(x)+c.skip], y[:len(y)+c.skip]
		}
		got := floats(runOp(t, &ir.Binary{Fn: c.name}, ir.NewInt32(x, len(x)), ir.NewInt32(y, len(y))))
		for i := range got {
			if got[i] != float32(c.want[i]) {
				t.Errorf("%s(%v, %v) is %v, Keras has %v", c.name, x[i], y[i], got[i], c.want[i])
			}
		}
	}
}

func TestReduceAsKeras(t *testing.T) {
	n := len(kerasRows) / 4
	rows := ir.NewFloat32(kerasRows, n, 4)
	cols := make([]float32, len(kerasRows))
	for i, v := range kerasRows {
		cols[i%4*n+i/4] = v
	}
	for _, c := range kerasReduce {
		byRow := floats(runOp(t, &ir.Reduce{Fn: c.name, Axes: []int{-1}}, rows))
		byCol := floats(runOp(t, &ir.Reduce{Fn: c.name, Axes: []int{0}}, ir.NewFloat32(cols, 4, n)))
		for i, want := range c.want {
			if !near(byRow[i], want, 0) || !near(byCol[i], want, 0) {
				t.Errorf("%s of %v is %v along rows, %v along columns, Keras has %v", c.name, kerasRows[4*i:4*i+4], byRow[i], byCol[i], want)
			}
		}
	}
}

func TestSoftmaxAsKeras(t *testing.T) {
	n := len(kerasRows) / 4
	for _, c := range []struct {
		log  bool
		want []float32
	}{{false, kerasSoftmaxRows}, {true, kerasLogSoftmaxRows}} {
		got := floats(runOp(t, &ir.Softmax{Axes: []int{-1}, Log: c.log}, ir.NewFloat32(kerasRows, n, 4)))
		for i, want := range c.want {
			if !near(got[i], want, 1e-7) {
				t.Errorf("softmax (log %v) element %d is %v, Keras has %v", c.log, i, got[i], want)
			}
		}
	}
	// keras.layers.Softmax()(x, mask=mask): a row that is all masked gives zeros.
	x := ir.NewFloat32([]float32{1, 2, 3, 4, 1, 2, 3, 4}, 2, 4)
	mask := ir.NewBool([]bool{true, true, false, true, false, false, false, false}, 2, 4)
	want := []float32{0.04201007, 0.11419519, 0, 0.8437947, 0, 0, 0, 0}
	for i, v := range floats(runOp(t, &ir.Softmax{Axes: []int{-1}}, x, mask)) {
		if !near(v, want[i], 1e-7) {
			t.Errorf("masked softmax element %d is %v, Keras has %v", i, v, want[i])
		}
	}
}

func TestCastAsKeras(t *testing.T) {
	x := ir.NewFloat32([]float32{1.9, -1.9, 300.7, -1.5, 3e9, -3e9, 1e20, nan, inf, -inf, 0, negZero, 0.5}, 13)
	const low32, low64 = math.MinInt32, math.MinInt64
	for _, c := range []struct {
		to   ir.DType
		want []int64
	}{
		{ir.Int32, []int64{1, -1, 300, -1, low32, low32, low32, low32, low32, low32, 0, 0, 0}},
		{ir.Int64, []int64{1, -1, 300, -1, 3000000000, -3000000000, low64, low64, low64, low64, 0, 0, 0}},
		{ir.Uint8, []int64{1, 255, 44, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{ir.Int8, []int64{1, -1, 44, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{ir.Int16, []int64{1, -1, 300, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{ir.Bool, []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1}},
	} {
		got := runOp(t, &ir.Cast{To: c.to}, x).ToIR().Int64s()
		for i, want := range c.want {
			if got[i] != want {
				t.Errorf("cast of element %d to %v is %v, Keras has %v", i, c.to, got[i], want)
			}
		}
	}
	// uint8 sums wrap.
	a := &ir.Tensor{DType: ir.Uint8, Shape: []int{1}, Data: []byte{200}}
	b := &ir.Tensor{DType: ir.Uint8, Shape: []int{1}, Data: []byte{100}}
	if got := Data[int32](runOp(t, &ir.Binary{Fn: "add"}, a, b)); got[0] != 44 {
		t.Errorf("uint8 200+100 is %v, Keras has 44", got)
	}
}
