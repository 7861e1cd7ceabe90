package runtime

import (
	"cmp"
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareReduce(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Reduce)
	axes, err := ir.NormAxes(op.Axes, len(c.model.Type(n.Inputs[0]).Shape))
	if err != nil {
		return nil, err
	}
	threads := c.opts.threads
	e := &executor{}
	e.scratch = func(in, _ []ir.Type) int {
		shape, _ := in[0].Shape.Ints()
		if kindOf(in[0].DType) != ir.Float32 {
			return 0
		}
		return moved(shape, axes) + threads*reduceScratch
	}
	e.bind = func(b *binding) (step, error) {
		switch x := b.in[0]; x.kind {
		case ir.Float32:
			temp := &buffer{kind: ir.Float32, f32: b.scratch[:moved(x.shape, axes)]}
			src, f, first, err := folded(b, x, temp, axes)
			if err != nil {
				return nil, err
			}
			work := b.scratch[len(temp.f32):]
			if b.out[0].kind == ir.Int32 && f.inner == 1 && f.n > 0 {
				return then(first, argRows(b, op.Fn, src, f), nil)
			}
			if b.out[0].kind == ir.Int32 { // argmax, argmin
				arg, err := argStep(b, op.Fn, slot[float32](src), f, argKey)
				return then(first, arg, err)
			}
			return then(first, floatReduction(b, op.Fn, src, f, work), nil)
		case ir.Int32:
			return intReduction[int32](b, op.Fn, axes)
		case ir.Int64:
			return intReduction[int64](b, op.Fn, axes)
		case ir.Bool:
			return boolReduction(b, op.Fn, axes)
		}
		return nil, badKind(op.Fn, b.in[0].kind)
	}
	return e, nil
}

// moved is how many elements must be moved to bring axes to the end.
func moved(shape, axes []int) int {
	if foldAxes(shape, axes).perm == nil {
		return 0
	}
	return elems(shape)
}

// folded gives x as [outer, n, inner] with the axes merged into n. When they do
// not lie together, the first step moves x's elements to temp.
func folded(b *binding, x, temp *buffer, axes []int) (src *buffer, f folding, first step, err error) {
	f = foldAxes(x.shape, axes)
	if f.perm == nil {
		return x, f, nil, nil
	}
	first, err = bindMoves(b, temp, []*buffer{x}, transposition(x.shape, f.perm))
	return temp, f, first, err
}

// then runs second after first, which may be nil.
func then(first, second step, err error) (step, error) {
	if err != nil || first == nil {
		return second, err
	}
	return func(x *exec) error {
		if err := first(x); err != nil {
			return err
		}
		return second(x)
	}, nil
}

func intReduction[T int32 | int64](b *binding, fn string, axes []int) (step, error) {
	x := b.in[0]
	temp := &buffer{kind: x.kind}
	temp.setMemory(alignedBytes(moved(x.shape, axes)*kindSize(x.kind)), moved(x.shape, axes))
	src, f, first, err := folded(b, x, temp, axes)
	if err != nil {
		return nil, err
	}
	if fn == "argmax" || fn == "argmin" {
		s, err := argStep(b, fn, slot[T](src), f, func(v T) T { return v })
		return then(first, s, err)
	}
	var init T
	join := intPair[T](fn)
	switch fn {
	case "sum":
		join = intPair[T]("add")
	case "prod":
		init, join = 1, intPair[T]("mul")
	case "max":
		init = clipTo[T](ir.Float(math.Inf(-1)))
	case "min":
		init = clipTo[T](ir.Float(math.Inf(1)))
	}
	return then(first, joinStep(b, slot[T](src), f, init, join), nil)
}

func boolReduction(b *binding, fn string, axes []int) (step, error) {
	x := b.in[0]
	temp := &buffer{kind: ir.Bool}
	temp.setMemory(alignedBytes(moved(x.shape, axes)), moved(x.shape, axes))
	src, f, first, err := folded(b, x, temp, axes)
	if err != nil {
		return nil, err
	}
	if fn == "argmax" || fn == "argmin" {
		s, err := argStep(b, fn, slot[bool](src), f, fromBool[int32])
		return then(first, s, err)
	}
	init := fn == "all"
	join := boolPair("or")
	if init {
		join = boolPair("and")
	}
	return then(first, joinStep(b, slot[bool](src), f, init, join), nil)
}

// joinStep folds each of f's lines with join, from init.
func joinStep[T Element](b *binding, src *[]T, f folding, init T, join func(a, b T) T) step {
	out := slot[T](b.out[0])
	return newSpread(b, f.outer*f.inner, 2+1.5*float64(f.n), 16, func(_, lo, hi int) {
		x, dst := *src, *out
		for i := lo; i < hi; i++ {
			at := i/f.inner*f.n*f.inner + i%f.inner
			v := init
			for range f.n {
				v = join(v, x[at])
				at += f.inner
			}
			dst[i] = v
		}
	}).step
}

// argStep finds the first of the largest (smallest) in each of f's lines, as key
// orders them. NaN is never found, unless nothing else is there.
func argStep[T Element, K cmp.Ordered](b *binding, fn string, src *[]T, f folding, key func(T) K) (step, error) {
	if f.n == 0 && f.outer*f.inner > 0 {
		return nil, ir.Errorf(ir.ErrShape, "%s over an axis of size 0", fn)
	}
	out := slot[int32](b.out[0])
	smallest := fn == "argmin"
	return newSpread(b, f.outer*f.inner, 2+1.5*float64(f.n), 16, func(_, lo, hi int) {
		x, dst := *src, *out
		for i := lo; i < hi; i++ {
			dst[i] = argOf(x[i/f.inner*f.n*f.inner+i%f.inner:], f.n, f.inner, smallest, key)
		}
	}).step, nil
}

// argOf is argStep for one line: n elements of x, stride apart.
func argOf[T Element, K cmp.Ordered](x []T, n, stride int, smallest bool, key func(T) K) int32 {
	found, best := 0, key(x[0])
	for k := 1; k < n; k++ {
		v := key(x[k*stride])
		if smallest && v < best || !smallest && v > best || best != best && v == v {
			found, best = k, v
		}
	}
	return int32(found)
}

// argRows is argStep for rows of float32: it looks for the extreme, unless its
// being NaN or 0 asks for more care.
func argRows(b *binding, fn string, src *buffer, f folding) step {
	out := b.out[0]
	smallest := fn == "argmin"
	return newSpread(b, f.outer, 5+0.5*float64(f.n), 16, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := src.f32[i*f.n : (i+1)*f.n]
			v := kernel.MaxOf(row)
			if smallest {
				v = kernel.MinOf(row)
			}
			if v != v || v == 0 {
				out.i32[i] = argOf(row, f.n, 1, smallest, argKey)
				continue
			}
			k := 0
			for row[k] != v {
				k++
			}
			out.i32[i] = int32(k)
		}
	}).step
}

// argKey orders -0 before 0, as Keras's argmax and argmin on TensorFlow.
func argKey(v float32) float32 {
	if v == 0 && math.Signbit(float64(v)) {
		return -0x1p-126
	}
	return v
}
