package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareSoftmax(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Softmax)
	axes, err := ir.NormAxes(op.Axes, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	threads, masked := c.opts.threads, has(n, 1)
	e := &executor{inplace: []int{0}}
	e.scratch = func(in, _ []ir.Type) int {
		shape, _ := in[0].Shape.Ints()
		k := softmaxMoved(shape, axes)
		if op.Log {
			k += threads * foldAxes(shape, axes).n
		}
		return k
	}
	e.bind = func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		if elems(y.shape) == 0 {
			return noop, nil
		}
		var steps []step
		if masked {
			s, err := bindWhere(b, y, b.in[1], x, scalar(maskedScore(y.dtype)))
			if err != nil {
				return nil, err
			}
			steps = append(steps, s)
			x = y
		}
		size := softmaxMoved(y.shape, axes)
		if size == 0 {
			steps = append(steps, softmaxRows(b, y, x, foldAxes(y.shape, axes).n, op.Log, b.scratch))
		} else {
			temp := &buffer{kind: ir.Float32, f32: b.scratch[:size]}
			there := transposition(y.shape, lastAxes(len(y.shape), axes))
			first, err := bindMoves(b, temp, []*buffer{x}, there)
			if err != nil {
				return nil, err
			}
			back, err := bindMoves(b, y, []*buffer{temp}, there.inverse())
			if err != nil {
				return nil, err
			}
			tempOut := &buffer{kind: ir.Float32, f32: temp.f32, shape: y.shape}
			steps = append(steps, first, softmaxRows(b, tempOut, temp, foldAxes(y.shape, axes).n, op.Log, b.scratch[size:]), back)
		}
		if masked && !op.Log {
			s, err := bindWhere(b, y, b.in[1], y, scalar(0))
			if err != nil {
				return nil, err
			}
			steps = append(steps, s)
		}
		return sequence(steps), nil
	}
	return e, nil
}

// maskedScore is what Keras's Softmax puts in place of masked scores.
func maskedScore(d ir.DType) float32 {
	if d == ir.Float16 {
		return -3e4
	}
	return -1e9
}

func scalar(v float32) *buffer {
	return &buffer{kind: ir.Float32, dtype: ir.Float32, f32: []float32{v}}
}

// softmaxMoved is how many elements must be moved to bring axes to the end.
func softmaxMoved(shape, axes []int) int {
	if f := foldAxes(shape, axes); f.perm == nil && f.inner == 1 {
		return 0
	}
	return elems(shape)
}

// lastAxes is the permutation of rank axes that puts the given ones last.
func lastAxes(rank int, axes []int) []int {
	last := make([]bool, rank)
	for _, a := range axes {
		last[a] = true
	}
	return axesLast(last)
}

// softmaxRows normalises each n values of x into y; with log, scratch holds n
// values for each thread.
func softmaxRows(b *binding, y, x *buffer, n int, log bool, scratch []float32) step {
	rows := elems(y.shape) / n
	return newSpread(b, rows, 10+float64(n), 1, func(worker, lo, hi int) {
		dst, src := y.f32[lo*n:hi*n], x.f32[lo*n:hi*n]
		if log {
			kernel.LogSoftmax(dst, src, n, scratch[worker*n:(worker+1)*n])
		} else {
			kernel.Softmax(dst, src, n)
		}
	}).step
}

func sequence(steps []step) step {
	if len(steps) == 1 {
		return steps[0]
	}
	return func(x *exec) error {
		for _, s := range steps {
			if err := s(x); err != nil {
				return err
			}
		}
		return nil
	}
}
