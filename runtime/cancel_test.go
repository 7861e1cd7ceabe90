package runtime

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/ir"
)

// A run that is cancelled within one long node ends soon, and the session's next
// run is not touched by it.
func TestCancelWithinNode(t *testing.T) {
	const steps, units = 400_000, 64
	for _, bidirectional := range []bool{false, true} {
		m := &ir.Model{}
		x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time"), ir.Known(1)}}})
		m.Inputs = []ir.Port{{Name: "x", Value: x}}
		constant := func(shape ...int) ir.ValueID {
			return m.AddConst("", ir.NewFloat32(make([]float32, shape[0]*shape[1]), shape...))
		}
		for i := range 2 {
			if i == 1 && !bidirectional {
				break
			}
			out, err := m.AddNode(&ir.LSTM{Recurrence: ir.Recurrence{GoBackwards: i == 1}, Act: ir.Func{Name: "tanh"}, RecurrentAct: ir.Func{Name: "sigmoid"}},
				ir.Origin{Layer: "lstm"}, x, constant(1, 4*units), constant(units, 4*units))
			if err != nil {
				t.Fatal(err)
			}
			m.Outputs = append(m.Outputs, ir.Port{Name: "y", Value: out[0]})
		}
		p, err := Compile(m, WithThreads(2))
		if err != nil {
			t.Fatal(err)
		}
		s := p.NewSession()
		long := NewTensor(make([]float32, steps), 1, steps, 1)
		ctx, cancel := context.WithCancel(context.Background())
		var cancelled time.Time
		timer := time.AfterFunc(20*time.Millisecond, func() { cancelled = time.Now(); cancel() })
		_, err = s.RunContext(ctx, long)
		took := time.Since(cancelled)
		if timer.Stop() || !errors.Is(err, context.Canceled) {
			t.Fatalf("the run was over before it was cancelled: %v", err)
		}
		if took > 2*time.Second {
			t.Errorf("it went on for %v", took)
		}
		t.Logf("it went on for %v", took)
		s.Reset()
		if _, err := s.Run(NewTensor(make([]float32, 3), 1, 3, 1)); err != nil {
			t.Error(err)
		}
		p.Close()
	}
}
