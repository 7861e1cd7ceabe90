package runtime

import "github.com/kerasgo/kerasgo/ir"

// maxAxes bounds the axes that remain when those which can be walked as one are
// merged.
const maxAxes = 16

// contiguous gives the row-major strides of a shape.
func contiguous(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// walk goes through the elements of an output in row-major order together with
// up to three inputs that broadcast to it, in runs: along a run an input either
// advances with the output or stays.
type walk struct {
	n     int     // elements of a run
	step  [3]int  // by input: 1 when it advances along a run, 0 when it stays
	total int     // elements of the output
	axes  []axis3 // around a run, outermost first
}

type axis3 struct {
	n      int
	stride [3]int // by input
}

func newWalk(out []int, in ...[]int) (*walk, error) {
	axes := make([]axis3, len(out))
	for i, n := range out {
		axes[i].n = n
	}
	for k, s := range in {
		stride := 1
		for i := len(s) - 1; i >= 0; i-- {
			if s[i] != 1 {
				axes[len(out)-len(s)+i].stride[k] = stride
			}
			stride *= s[i]
		}
	}
	var merged []axis3
	for _, a := range axes {
		if a.n == 1 {
			continue
		}
		if m := len(merged); m > 0 && merged[m-1].continues(a) {
			merged[m-1] = axis3{merged[m-1].n * a.n, a.stride}
			continue
		}
		merged = append(merged, a)
	}
	w := &walk{n: 1, step: [3]int{1, 1, 1}, total: elems(out)}
	if m := len(merged); m > 0 {
		w.n, w.step, w.axes = merged[m-1].n, merged[m-1].stride, merged[:m-1]
	}
	if len(w.axes) > maxAxes {
		return nil, ir.Errorf(ir.ErrUnsupported, "broadcasting %v to %v alternates over more than %d axes", in, out, maxAxes)
	}
	return w, nil
}

// continues reports whether a is walked as the continuation of its outer o.
func (o axis3) continues(a axis3) bool {
	for k := range a.stride {
		if o.stride[k] != a.stride[k]*a.n {
			return false
		}
	}
	return true
}

// each calls f for the parts of runs that make up the output's elements lo to
// hi: n elements from position o, the inputs' from positions at.
func (w *walk) each(lo, hi int, f func(o, n int, at [3]int)) {
	if lo >= hi {
		return
	}
	var index [maxAxes]int
	var base [3]int
	run, off := lo/w.n, lo%w.n
	for i := len(w.axes) - 1; i >= 0; i-- {
		a := &w.axes[i]
		index[i] = run % a.n
		run /= a.n
		for k := range base {
			base[k] += index[i] * a.stride[k]
		}
	}
	for lo < hi {
		n := min(w.n-off, hi-lo)
		at := base
		for k := range at {
			at[k] += off * w.step[k]
		}
		f(lo, n, at)
		lo += n
		off = 0
		for i := len(w.axes) - 1; i >= 0; i-- {
			a := &w.axes[i]
			index[i]++
			for k := range base {
				base[k] += a.stride[k]
			}
			if index[i] < a.n {
				break
			}
			index[i] = 0
			for k := range base {
				base[k] -= a.n * a.stride[k]
			}
		}
	}
}

// folding is a shape seen as [outer, n, inner] with the reduced axes merged into
// n. When they do not lie together, perm moves them to the end first.
type folding struct {
	outer, n, inner int
	perm            []int
}

// foldAxes folds the sorted axes of shape.
func foldAxes(shape, axes []int) folding {
	reduced := make([]bool, len(shape))
	for _, a := range axes {
		reduced[a] = true
	}
	f := folding{1, 1, 1, nil}
	for i, n := range shape { // kept, reduced, kept
		switch {
		case reduced[i]:
			if f.inner != 1 && n != 1 {
				f.perm = []int{}
			}
			f.n *= n
		case f.n == 1:
			f.outer *= n
		default:
			f.inner *= n
		}
	}
	if f.perm != nil {
		f.outer, f.inner = f.outer*f.inner, 1
		f.perm = axesLast(reduced)
	}
	return f
}

// axesLast is the permutation that puts reduced axes behind the others.
func axesLast(reduced []bool) []int {
	var kept, last []int
	for i, r := range reduced {
		if r {
			last = append(last, i)
		} else {
			kept = append(kept, i)
		}
	}
	return append(kept, last...)
}
