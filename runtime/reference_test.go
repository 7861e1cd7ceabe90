package runtime

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// ref is a value of the reference interpreter: every kind as float64, so that
// integers up to 2^53 are exact; bools are 0 and 1.
type ref struct {
	dtype ir.DType
	array
}

func newRef(t ir.Type) *ref {
	shape, _ := t.Shape.Ints()
	return &ref{t.DType, *newArray(shape...)}
}

func refOf(t *ir.Tensor) *ref {
	r := newRef(t.Type())
	if t.DType.IsFloat() {
		for i, v := range t.Float32s() {
			r.v[i] = float64(v)
		}
		return r
	}
	for i, v := range t.Int64s() {
		r.v[i] = float64(v)
	}
	return r
}

func (r *ref) tensor() *ir.Tensor {
	switch kindOf(r.dtype) {
	case ir.Float32:
		return r.array.tensor()
	case ir.Int32:
		v := make([]int32, len(r.v))
		for i, x := range r.v {
			v[i] = int32(x)
		}
		return ir.NewInt32(v, r.shape...)
	case ir.Int64:
		v := make([]int64, len(r.v))
		for i, x := range r.v {
			v[i] = int64(x)
		}
		return ir.NewInt64(v, r.shape...)
	}
	v := make([]bool, len(r.v))
	for i, x := range r.v {
		v[i] = x != 0
	}
	return ir.NewBool(v, r.shape...)
}

// spreadAt is a's element for index i of a shape that a broadcasts to.
func (r *ref) spreadAt(i []int) float64 {
	i = slices.Clone(i[len(i)-len(r.shape):])
	for d, n := range r.shape {
		if n == 1 {
			i[d] = 0
		}
	}
	return r.at(i...)
}

// interpret computes a model by plain loops, a new array for each value.
func interpret(m *ir.Model, inputs []*ref) []*ref {
	shapes := make([]ir.Shape, len(inputs))
	for i, in := range inputs {
		shapes[i] = ir.Dims(in.shape...)
	}
	types, err := m.Bind(shapes)
	if err != nil {
		panic(err)
	}
	values := make([]*ref, len(m.Values))
	for i, p := range m.Inputs {
		values[p.Value] = inputs[i]
	}
	for i, v := range m.Values {
		if v.Const != nil {
			values[i] = refOf(v.Const)
		}
	}
	for _, n := range m.Nodes {
		var in []*ref
		for _, id := range n.Inputs {
			in = append(in, values[id])
		}
		out := newRef(types[n.Outputs[0]])
		interpretNode(n.Op, in, out)
		values[n.Outputs[0]] = out
	}
	var out []*ref
	for _, p := range m.Outputs {
		out = append(out, values[p.Value])
	}
	return out
}

func interpretNode(op ir.Op, in []*ref, out *ref) {
	// from sets every element of out from the element of in[0] at the index that f gives.
	from := func(f func(i []int) []int) {
		each(out.shape, func(i []int) { out.set(in[0].at(f(slices.Clone(i))...), i...) })
	}
	switch o := op.(type) {
	case *ir.Reshape:
		copy(out.v, in[0].v)
	case *ir.Unary:
		for i, x := range in[0].v {
			out.v[i] = refUnary(o.Func, x)
		}
	case *ir.Cast:
		for i, x := range in[0].v {
			switch {
			case o.To == ir.Bool:
				out.v[i] = truth(x != 0)
			case o.To.IsFloat():
				out.v[i] = float64(float32(x))
			default:
				out.v[i] = math.Trunc(x)
			}
		}
	case *ir.Binary:
		each(out.shape, func(i []int) { out.set(refBinary(o.Fn, in[0].spreadAt(i), in[1].spreadAt(i)), i...) })
	case *ir.Where:
		each(out.shape, func(i []int) {
			if in[0].spreadAt(i) != 0 {
				out.set(in[1].spreadAt(i), i...)
			} else {
				out.set(in[2].spreadAt(i), i...)
			}
		})
	case *ir.Broadcast:
		each(out.shape, func(i []int) { out.set(in[0].spreadAt(i), i...) })
	case *ir.Transpose:
		from(func(i []int) []int {
			j := make([]int, len(i))
			for d, p := range o.Perm {
				j[p] = i[d]
			}
			return j
		})
	case *ir.Concat:
		axis, _ := ir.NormAxis(o.Axis, len(out.shape))
		each(out.shape, func(i []int) {
			j := slices.Clone(i)
			k := 0
			for j[axis] >= in[k].shape[axis] {
				j[axis] -= in[k].shape[axis]
				k++
			}
			out.set(in[k].at(j...), i...)
		})
	case *ir.Slice:
		from(func(i []int) []int {
			shape := slices.Clone(in[0].shape)
			undo := func() {}
			for _, a := range o.Axes {
				axis, _ := ir.NormAxis(a.Axis, len(i))
				start, n, by := a.Resolve(shape[axis])
				shape[axis] = n
				rest := undo
				undo = func() { i[axis] = start + i[axis]*by; rest() }
			}
			undo()
			return i
		})
	case *ir.Flip:
		from(func(i []int) []int {
			for _, a := range o.Axes {
				axis, _ := ir.NormAxis(a, len(i))
				i[axis] = out.shape[axis] - 1 - i[axis]
			}
			return i
		})
	case *ir.Tile:
		from(func(i []int) []int {
			for d := range i {
				i[d] %= in[0].shape[d]
			}
			return i
		})
	case *ir.Repeat:
		axis, _ := ir.NormAxis(o.Axis, len(out.shape))
		from(func(i []int) []int { i[axis] /= o.N; return i })
	case *ir.Pad:
		each(out.shape, func(i []int) {
			j := slices.Clone(i)
			for d, n := range in[0].shape {
				k := i[d] - o.Before[d]
				if k < 0 || k >= n {
					switch o.Mode {
					case "constant":
						out.set(float64(o.Value), i...)
						return
					case "edge":
						k = min(max(k, 0), n-1)
					case "reflect":
						k = map[bool]int{true: -k, false: 2*n - 2 - k}[k < 0]
					case "symmetric":
						k = map[bool]int{true: -1 - k, false: 2*n - 1 - k}[k < 0]
					}
				}
				j[d] = k
			}
			out.set(in[0].at(j...), i...)
		})
	case *ir.Gather:
		axis, _ := ir.NormAxis(o.Axis, len(in[0].shape))
		rank := len(in[1].shape)
		from(func(i []int) []int {
			k := int(in[1].at(i[axis : axis+rank]...))
			if k < 0 {
				k += in[0].shape[axis]
			}
			return slices.Concat(i[:axis], []int{k}, i[axis+rank:])
		})
	case *ir.OneHot:
		each(out.shape, func(i []int) {
			out.set(truth(in[0].at(i[:len(i)-1]...) == float64(i[len(i)-1])), i...)
		})
	case *ir.Range:
		for i := range out.v {
			out.v[i] = float64(i)
		}
	case *ir.Reduce:
		refReduce(o, in[0], out)
	case *ir.Softmax:
		refSoftmax(o, in, out)
	default:
		panic("no reference for " + op.Kind())
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func refUnary(f ir.Func, x float64) float64 {
	switch f.Name {
	case "not":
		return 1 - x
	case "isnan":
		return truth(x != x)
	case "isinf":
		return truth(math.IsInf(x, 0))
	case "isfinite":
		return truth(x-x == 0)
	}
	return float64(float32(scalarFunc(f)(x)))
}

func refBinary(fn string, a, b float64) float64 {
	switch fn {
	case "add":
		return a + b
	case "sub":
		return a - b
	case "mul":
		return a * b
	case "floordiv":
		return math.Floor(a / b)
	case "mod":
		return a - b*math.Floor(a/b)
	case "min":
		return min(a, b)
	case "max":
		return max(a, b)
	case "squared_difference":
		return (a - b) * (a - b)
	case "eq":
		return truth(a == b)
	case "ne", "xor":
		return truth(a != b)
	case "lt":
		return truth(a < b)
	case "le":
		return truth(a <= b)
	case "gt":
		return truth(a > b)
	case "ge":
		return truth(a >= b)
	case "and":
		return a * b
	case "or":
		return max(a, b)
	}
	panic("no reference for " + fn)
}

// lines calls f with the elements that axes of x fold into each element of out.
func lines(x, out *ref, axes []int, f func(at int, line []float64)) {
	axes, _ = ir.NormAxes(axes, len(x.shape))
	var kept []int
	for d, n := range x.shape {
		if !slices.Contains(axes, d) {
			kept = append(kept, n)
		}
	}
	all := make([][]float64, elems(kept))
	at := newArray(kept...)
	each(x.shape, func(i []int) {
		var j []int
		for d := range i {
			if !slices.Contains(axes, d) {
				j = append(j, i[d])
			}
		}
		k := at.index(j...)
		all[k] = append(all[k], x.at(i...))
	})
	for k, line := range all {
		f(k, line)
	}
}

func refReduce(o *ir.Reduce, x, out *ref) {
	lines(x, out, o.Axes, func(at int, line []float64) {
		sum, prod := 0., 1.
		lo, hi := math.Inf(1), math.Inf(-1)
		least, most := 0, 0
		for i, v := range line {
			sum += v
			prod *= v
			lo, hi = min(lo, v), max(hi, v)
			if v < line[least] {
				least = i
			}
			if v > line[most] {
				most = i
			}
		}
		n := float64(len(line))
		squares, exps := 0., 0.
		for _, v := range line {
			squares += (v - sum/n) * (v - sum/n)
			exps += math.Exp(v - hi)
		}
		out.v[at] = map[string]float64{
			"sum": sum, "mean": sum / n, "prod": prod, "max": hi, "min": lo, "any": hi, "all": lo,
			"var": squares / n, "std": math.Sqrt(squares / n), "logsumexp": hi + math.Log(exps),
			"argmax": float64(most), "argmin": float64(least),
		}[o.Fn]
	})
}

func refSoftmax(o *ir.Softmax, in []*ref, out *ref) {
	x := newRef(ir.Type{DType: ir.Float32, Shape: ir.Dims(in[0].shape...)})
	each(x.shape, func(i []int) {
		v := in[0].at(i...)
		if len(in) > 1 && in[1].spreadAt(i) == 0 {
			v = -1e9
		}
		x.set(v, i...)
	})
	axes, _ := ir.NormAxes(o.Axes, len(x.shape))
	each(x.shape, func(i []int) { // once for each element: slow, plain
		hi, sum := math.Inf(-1), 0.
		box := slices.Clone(x.shape)
		for d := range box {
			if !slices.Contains(axes, d) {
				box[d] = 1
			}
		}
		at := func(j []int) []int {
			k := slices.Clone(i)
			for _, d := range axes {
				k[d] = j[d]
			}
			return k
		}
		each(box, func(j []int) { hi = max(hi, x.at(at(j)...)) })
		each(box, func(j []int) { sum += math.Exp(x.at(at(j)...) - hi) })
		v := x.at(i...) - hi - math.Log(sum)
		if !o.Log {
			v = math.Exp(v)
			if len(in) > 1 && in[1].spreadAt(i) == 0 {
				v = 0
			}
		}
		out.set(v, i...)
	})
}
