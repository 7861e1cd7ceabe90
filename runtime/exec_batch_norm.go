package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/workers"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareBatchNorm(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.BatchNorm)
	axis, err := ir.NormAxis(op.Axis, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	act := activation(op.Act)
	var params [4]*ir.Tensor
	constant := true
	for i := range params {
		if has(n, 1+i) {
			params[i] = c.model.Const(n.Inputs[1+i])
			constant = constant && params[i] != nil
		}
	}
	var fixed *weights
	if constant {
		for i := range params {
			c.take(n, 1+i)
		}
		size := params[2].Elems()
		fixed = c.pack(n.Outputs[0], "scale and shift", 2*size, func(dst []float32) {
			var v [4][]float32
			for i, t := range params {
				if t != nil {
					v[i] = t.Float32s()
				}
			}
			scaleShift(dst[:size], dst[size:], v[0], v[1], v[2], v[3], float64(op.Epsilon))
		})
	}
	e := &executor{inplace: []int{0}}
	if !constant {
		e.scratch = func(in, _ []ir.Type) int { return 2 * in[0].Shape[axis].Size }
	}
	e.bind = func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		size := x.shape[axis]
		both := b.scratch
		if constant {
			both = fixed.f32
		}
		t := &scaleShiftTask{act: act, scale: both[:size], shift: both[size : 2*size], inner: elems(x.shape[axis+1:])}
		b.bytes(8 * elems(x.shape))
		return func(ex *exec) error {
			if !constant {
				var v [4][]float32
				for i := range v {
					if b.in[1+i] != nil {
						v[i] = b.in[1+i].f32
					}
				}
				scaleShift(t.scale, t.shift, v[0], v[1], v[2], v[3], float64(op.Epsilon))
			}
			t.x, t.y = x.f32, y.f32
			t.run(ex.pool)
			return nil
		}, nil
	}
	return e, nil
}

// scaleShift writes gamma/sqrt(variance+epsilon) and beta - mean times that;
// gamma and beta may be nil.
func scaleShift(scale, shift, gamma, beta, mean, variance []float32, epsilon float64) {
	for i := range scale {
		s := 1 / math.Sqrt(float64(variance[i])+epsilon)
		if gamma != nil {
			s *= float64(gamma[i])
		}
		t := -float64(mean[i]) * s
		if beta != nil {
			t += float64(beta[i])
		}
		scale[i], shift[i] = float32(s), float32(t)
	}
}

// scaleShiftTask computes y = act(x·scale + shift) along an axis with inner
// elements for each of its positions, in chunks of rows of the axis and inner.
type scaleShiftTask struct {
	x, y         []float32
	scale, shift []float32
	inner        int
	act          kernel.Activation
	rows, group  int
}

// elementsPerChunk is how many elements a chunk of an elementwise step has.
const elementsPerChunk = 1 << 15

func (t *scaleShiftTask) run(p *workers.Pool) {
	row := len(t.scale) * t.inner
	if row == 0 || len(t.x) == 0 {
		return
	}
	t.rows = len(t.x) / row
	t.group = max(1, elementsPerChunk/row, (t.rows+workers.MaxChunks-1)/workers.MaxChunks)
	p.Run(t, (t.rows+t.group-1)/t.group)
}

// RunChunk is for the pool.
func (t *scaleShiftTask) RunChunk(_, chunk int) {
	row := len(t.scale) * t.inner
	i0, i1 := chunk*t.group*row, min(t.rows, (chunk+1)*t.group)*row
	x, y := t.x[i0:i1], t.y[i0:i1]
	if t.inner == 1 {
		kernel.ScaleShiftRow(y, x, t.scale, t.shift)
	} else {
		for i := 0; i < len(x); i += row {
			for c, s := range t.scale {
				j := i + c*t.inner
				kernel.MulScalar(y[j:j+t.inner], x[j:j+t.inner], s)
				kernel.AddScalar(y[j:j+t.inner], y[j:j+t.inner], t.shift[c])
			}
		}
	}
	t.act.Apply(y, y)
}
