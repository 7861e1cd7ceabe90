package runtime

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/ir"
)

// Parameters of any size give an error or a result, never a panic or a hang.
func TestHostileParameters(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 1))
	sizes := []int{0, 1, 1, 2, 2, 3, 3, 5, 16, 300, 1 << 16, 1 << 20, 1<<29 - 1, math.MaxInt32, math.MaxInt >> 22, math.MaxInt / 2, math.MaxInt, -1, -5, math.MinInt}
	list := func(n int) []int {
		if r.IntN(3) == 0 {
			return nil
		}
		out := make([]int, n)
		for i := range out {
			out[i] = pick(r, 1, 1, 2, pick(r, sizes...))
		}
		return out
	}
	ran := 0
	for range 4000 {
		rank := 1 + r.IntN(3)
		x := []int{pick(r, 0, 1, 2)}
		var window []int
		for range rank {
			x, window = append(x, pick(r, 0, 1, 2, 9, 40)), append(window, pick(r, 1, 2, 3))
		}
		channels := pick(r, 1, 3, 16)
		x = append(x, channels)
		padding := ir.Padding{Same: r.IntN(3) == 0, Before: list(rank), After: list(rank)}
		var op ir.Op
		weights := append([]int{}, window...)
		switch r.IntN(6) {
		case 0:
			op = &ir.Conv{Strides: list(rank), Dilations: list(rank), Padding: padding, Groups: pick(r, 0, 1, channels, pick(r, sizes...))}
			weights = append(weights, channels, pick(r, 1, channels))
		case 1:
			op = &ir.DepthwiseConv{Strides: list(rank), Dilations: list(rank), Padding: padding}
			weights = append(weights, channels, 1)
		case 2:
			op = &ir.ConvTranspose{Strides: list(rank), Dilations: list(rank), Before: list(rank), After: list(rank)}
			weights = append(weights, 2, channels)
		case 3:
			size := list(rank)
			if size == nil {
				continue
			}
			op = &ir.Pool{Avg: r.IntN(2) == 0, Size: size, Strides: list(rank), Padding: padding}
			weights = nil
		case 4:
			op, weights = &ir.AdaptivePool{Avg: r.IntN(2) == 0, Size: list(rank)}, nil
		case 5:
			op = &ir.Attention{Scale: 1, Causal: r.IntN(2) == 0, Window: pick(r, sizes...)}
			x, weights = []int{2, 5, 3, 4}, []int{2, 7, 3, 4}
		}
		m := &ir.Model{}
		in := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Dims(x...)}})
		m.Inputs = []ir.Port{{Name: "x", Value: in}}
		inputs := []ir.ValueID{in}
		if weights != nil {
			inputs = append(inputs, m.AddConst("w", random(r, weights...).tensor()))
		}
		if _, ok := op.(*ir.Attention); ok {
			inputs = append(inputs, inputs[1])
		}
		start := time.Now()
		what := fmt.Sprintf("%T%+v on %v, weights %v", op, op, x, weights)
		func() {
			defer func() {
				if e := recover(); e != nil {
					t.Errorf("%s: panic: %v", what, e)
				}
			}()
			out, err := m.AddNode(op, ir.Origin{Layer: "layer"}, inputs...)
			if err != nil {
				return
			}
			m.Outputs = []ir.Port{{Name: "y", Value: out[0]}}
			p, err := Compile(m, WithMaxMemory(16<<20))
			if err != nil {
				return
			}
			defer p.Close()
			if _, err := p.Predict(FromIR(random(r, x...).tensor())); err == nil {
				ran++
			}
		}()
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: took %v", what, took)
		}
		if t.Failed() {
			return
		}
	}
	if ran < 500 {
		t.Errorf("only %d of the models ran", ran)
	}
}
