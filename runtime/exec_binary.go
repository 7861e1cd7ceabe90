package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareBinary(c *compiler, n *ir.Node) (*executor, error) {
	fn := n.Op.(*ir.Binary).Fn
	return &executor{inplace: []int{0, 1}, bind: func(b *binding) (step, error) {
		switch b.in[0].kind {
		case ir.Float32:
			if b.out[0].kind == ir.Bool {
				return binaryStep(b, comparison[float32](fn), 0.7, nil)
			}
			loop, ns := floatPairs(fn)
			return binaryStep(b, loop, ns, nil)
		case ir.Int32:
			return intBinary[int32](b, fn)
		case ir.Int64:
			return intBinary[int64](b, fn)
		case ir.Bool:
			return binaryStep(b, pairs(boolPair(fn)), 1.5, nil)
		}
		return binaryStep(b, pairs(func(x, y string) bool { return (x == y) == (fn == "eq") }), 10, nil)
	}}, nil
}

func intBinary[T int32 | int64](b *binding, fn string) (step, error) {
	if b.out[0].kind == ir.Bool {
		return binaryStep(b, comparison[T](fn), 0.7, nil)
	}
	return binaryStep(b, pairs(intPair[T](fn)), 1.5, checkDivisor[T](fn))
}

// pairLoop computes the elements of dst from those of a and b, which have its
// length when their step is 1 and one element when it is 0.
type pairLoop[T, R Element] func(dst []R, a, b []T, stepA, stepB int)

// pairs is the loop that calls f for every element.
func pairs[T, R Element](f func(a, b T) R) pairLoop[T, R] {
	return func(dst []R, a, b []T, stepA, stepB int) {
		for i := range dst {
			dst[i] = f(a[i*stepA], b[i*stepB])
		}
	}
}

// vectorPairs is the loop over kernels: of two vectors, of a vector and a
// number, of a number (the second argument) and a vector.
func vectorPairs(vv func(dst, a, b []float32), vs, sv func(dst, v []float32, s float32)) pairLoop[float32, float32] {
	return func(dst, a, b []float32, stepA, stepB int) {
		switch n := len(dst); {
		case stepA == stepB:
			vv(dst, a[:n], b[:n])
		case stepB == 0:
			vs(dst, a[:n], b[0])
		default:
			sv(dst, b[:n], a[0])
		}
	}
}

// floatPairs is the loop of an arithmetic function and about how many
// nanoseconds it takes for an element.
func floatPairs(fn string) (loop pairLoop[float32, float32], ns float64) {
	switch fn {
	case "add":
		return vectorPairs(kernel.Add, kernel.AddScalar, kernel.AddScalar), 0.2
	case "sub":
		return vectorPairs(kernel.Sub, kernel.SubScalar, kernel.RSubScalar), 0.2
	case "mul":
		return vectorPairs(kernel.Mul, kernel.MulScalar, kernel.MulScalar), 0.2
	case "div":
		return vectorPairs(kernel.Div, kernel.DivScalar, kernel.RDivScalar), 0.3
	case "min":
		return vectorPairs(kernel.Min, kernel.MinScalar, kernel.MinScalar), 0.2
	case "max":
		return vectorPairs(kernel.Max, kernel.MaxScalar, kernel.MaxScalar), 0.2
	case "squared_difference":
		sub := vectorPairs(kernel.Sub, kernel.SubScalar, kernel.RSubScalar)
		return func(dst, a, b []float32, stepA, stepB int) {
			sub(dst, a, b, stepA, stepB)
			kernel.Mul(dst, dst, dst)
		}, 0.3
	case "pow":
		each := pairs(powFloat)
		return func(dst, a, b []float32, stepA, stepB int) {
			if stepB == 0 && b[0] == 2 {
				kernel.Mul(dst, a[:len(dst)], a[:len(dst)])
				return
			}
			each(dst, a, b, stepA, stepB)
		}, 40
	}
	return pairs(floatPair(fn)), 10
}

// binaryStep runs loop over the broadcast inputs; check, if any, refuses the
// second input's elements first.
func binaryStep[T, R Element](bd *binding, loop pairLoop[T, R], ns float64, check func(b []T) error) (step, error) {
	a, b, out := slot[T](bd.in[0]), slot[T](bd.in[1]), slot[R](bd.out[0])
	w, err := newWalk(bd.out[0].shape, bd.in[0].shape, bd.in[1].shape)
	if err != nil {
		return nil, err
	}
	if w.total == 0 {
		return noop, nil
	}
	body := func(_, lo, hi int) {
		dst, x, y := *out, *a, *b
		w.each(lo, hi, func(o, n int, at [3]int) {
			loop(dst[o:o+n], x[at[0]:], y[at[1]:], w.step[0], w.step[1])
		})
	}
	s := newSpread(bd, w.total, ns+5/float64(w.n), 64, body)
	if k := w.shortRow(); k >= 0 {
		s = newRowSpread(bd, w, k, loop, ns)
	}
	if check == nil {
		return s.step, nil
	}
	return func(x *exec) error {
		if err := check(*b); err != nil {
			return err
		}
		s.run(x)
		return nil
	}, nil
}

// shortRow returns the input that repeats a short row all along the output, as a
// scale per channel does, or -1.
func (w *walk) shortRow() int {
	if len(w.axes) != 1 || w.n >= 256 || w.axes[0].n < 64 || w.step[0] != 1 || w.step[1] != 1 {
		return -1
	}
	for k := range 2 {
		if w.axes[0].stride[k] == 0 && w.axes[0].stride[1-k] == w.n {
			return k
		}
	}
	return -1
}

// newRowSpread is for an input that repeats a short row: the row is laid out
// several times, to give the loop longer runs.
func newRowSpread[T, R Element](bd *binding, w *walk, short int, loop pairLoop[T, R], ns float64) *spread {
	long := slot[T](bd.in[1-short])
	row := slot[T](bd.in[short])
	out := slot[R](bd.out[0])
	times := (511 + w.n) / w.n
	wide := make([]T, times*w.n*bd.session.program.opts.threads)
	lines := w.axes[0].n
	return newSpread(bd, lines, ns*float64(w.n), 16, func(worker, lo, hi int) {
		tile := wide[worker*times*w.n : (worker+1)*times*w.n]
		for i := range times {
			copy(tile[i*w.n:], *row)
		}
		for ; lo < hi; lo += times {
			n := min(times, hi-lo) * w.n
			dst, v := (*out)[lo*w.n:][:n], (*long)[lo*w.n:][:n]
			if short == 0 {
				loop(dst, tile[:n], v, 1, 1)
			} else {
				loop(dst, v, tile[:n], 1, 1)
			}
		}
	})
}

// checkDivisor is the test that TensorFlow makes of integer divisors and
// exponents, or nil.
func checkDivisor[T int32 | int64](fn string) func(b []T) error {
	switch fn {
	case "floordiv", "mod":
		return func(b []T) error {
			if i := slices.Index(b, 0); i >= 0 {
				return ir.Errorf(ir.ErrUsage, "%s: integer division by zero (element %d of the divisor)", fn, i)
			}
			return nil
		}
	case "pow":
		return func(b []T) error {
			if i := slices.IndexFunc(b, func(v T) bool { return v < 0 }); i >= 0 {
				return ir.Errorf(ir.ErrUsage, "pow: integer exponent %d is negative (element %d); cast to a float dtype", b[i], i)
			}
			return nil
		}
	}
	return nil
}
