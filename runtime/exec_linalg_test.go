package runtime

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// linalg runs an op and returns its outputs as arrays.
func linalg(t *testing.T, op *ir.Linalg, in ...*array) ([]*array, error) {
	t.Helper()
	var tensors []*ir.Tensor
	for _, x := range in {
		tensors = append(tensors, x.tensor())
	}
	m, feed := nodeModel(t, op, tensors, func(int) bool { return false })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out, err := p.Predict(feed...)
	var all []*array
	for _, y := range out {
		a := newArray(y.Shape()...)
		if y.DType() == ir.Int32 {
			for i, v := range Data[int32](y) {
				a.v[i] = float64(v)
			}
		} else {
			for i, v := range Data[float32](y) {
				a.v[i] = float64(v)
			}
		}
		all = append(all, a)
	}
	return all, err
}

// times is the product of each two matrices, the first or the second turned.
func times(a, b *array, turnA, turnB bool) *array {
	get := func(x *array, turn bool, n, i, j int) float64 {
		if turn {
			i, j = j, i
		}
		return x.at(n, i, j)
	}
	side := func(x *array, turn bool) (int, int) {
		if turn {
			return x.shape[2], x.shape[1]
		}
		return x.shape[1], x.shape[2]
	}
	rows, inner := side(a, turnA)
	_, cols := side(b, turnB)
	y := newArray(a.shape[0], rows, cols)
	each(y.shape, func(i []int) {
		sum := 0.0
		for k := range inner {
			sum += get(a, turnA, i[0], i[1], k) * get(b, turnB, i[0], k, i[2])
		}
		y.set(sum, i...)
	})
	return y
}

func equalsWithin(t *testing.T, what string, got, want *array) {
	t.Helper()
	if !slices.Equal(got.shape, want.shape) {
		t.Errorf("%s: %v, want %v", what, got.shape, want.shape)
		return
	}
	most := 1.0
	for _, v := range want.v {
		most = max(most, math.Abs(v))
	}
	for i := range want.v {
		if !(math.Abs(got.v[i]-want.v[i]) <= 1e-4*most) {
			t.Errorf("%s: element %d is %v, want %v", what, i, got.v[i], want.v[i])
			return
		}
	}
}

// triangle keeps what is on one side of the diagonal, with ones in it when unit.
func triangle(a *array, upper, unit bool) *array {
	y := newArray(a.shape...)
	each(a.shape, func(i []int) {
		switch {
		case i[1] == i[2] && unit:
			y.set(1, i...)
		case i[1] == i[2], (i[2] > i[1]) == upper:
			y.set(a.at(i...), i...)
		}
	})
	return y
}

func eye(n, size int) *array {
	y := newArray(n, size, size)
	each([]int{n, size}, func(i []int) { y.set(1, i[0], i[1], i[1]) })
	return y
}

func TestLinalg(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	run := func(op *ir.Linalg, in ...*array) []*array {
		out, err := linalg(t, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for range 20 {
		n, m, k := r.IntN(4), r.IntN(6)+1, r.IntN(6)+1
		a, b := random(r, n, m, m), random(r, n, m, k)
		for i := range n {
			for j := range m {
				a.set(a.at(i, j, j)+4, i, j, j)
			}
		}
		square := times(a, a, false, true)
		l := run(&ir.Linalg{Fn: "cholesky"}, square)[0]
		equalsWithin(t, "L·Lᵀ", times(l, l, false, true), square)
		equalsWithin(t, "L", triangle(l, false, false), l)
		equalsWithin(t, "a·a⁻¹", times(a, run(&ir.Linalg{Fn: "inverse"}, a)[0], false, false), eye(n, m))
		equalsWithin(t, "a·x", times(a, run(&ir.Linalg{Fn: "solve"}, a, b)[0], false, false), b)
		for _, upper := range []bool{false, true} {
			x := run(&ir.Linalg{Fn: "triangular", Upper: upper}, a, b)[0]
			equalsWithin(t, "triangle·x", times(triangle(a, upper, false), x, false, false), b)
		}
		lu := run(&ir.Linalg{Fn: "lu"}, a)
		product := times(triangle(lu[0], false, true), triangle(lu[0], true, false), false, false)
		moved := newArray(a.shape...)
		each(a.shape, func(i []int) { moved.set(product.at(i[0], int(lu[1].at(i[0], i[1])), i[2]), i...) })
		equalsWithin(t, "L·U", moved, a)

		q := run(&ir.Linalg{Fn: "qr"}, b)
		equalsWithin(t, "Q·R", times(q[0], q[1], false, false), b)
		equalsWithin(t, "Qᵀ·Q", times(q[0], q[0], true, false), eye(n, min(m, k)))
		full := run(&ir.Linalg{Fn: "qr", Full: true}, b)
		equalsWithin(t, "Q·R, full", times(full[0], full[1], false, false), b)
		equalsWithin(t, "Qᵀ·Q, full", times(full[0], full[0], true, false), eye(n, m))

		scaled := func(u, s *array) *array { // the columns of u
			y := newArray(u.shape...)
			each(y.shape, func(i []int) { y.set(u.at(i...)*s.at(i[0], i[2]), i...) })
			return y
		}
		s := run(&ir.Linalg{Fn: "svd"}, b)
		equalsWithin(t, "U·s·Vᵀ", times(scaled(s[0], s[1]), s[2], false, true), b)
		equalsWithin(t, "Uᵀ·U", times(s[0], s[0], true, false), eye(n, min(m, k)))
		whole := run(&ir.Linalg{Fn: "svd", Full: true}, b)
		equalsWithin(t, "Uᵀ·U, full", times(whole[0], whole[0], true, false), eye(n, m))
		equalsWithin(t, "Vᵀ·V, full", times(whole[2], whole[2], true, false), eye(n, k))
		each(s[0].shape, func(i []int) {
			if math.Abs(whole[0].at(i...)-s[0].at(i...)) > 1e-5 {
				t.Errorf("U[%v] is %v, or %v with full", i, s[0].at(i...), whole[0].at(i...))
			}
		})
		symmetric := newArray(n, m, m)
		each(symmetric.shape, func(i []int) { symmetric.set(a.at(i...)+a.at(i[0], i[2], i[1]), i...) })
		e := run(&ir.Linalg{Fn: "eigh"}, symmetric)
		equalsWithin(t, "V·s·Vᵀ", times(scaled(e[1], e[0]), e[1], false, true), symmetric)
		equalsWithin(t, "Vᵀ·V, eigh", times(e[1], e[1], true, false), eye(n, m))
		equalsWithin(t, "Vᵀ·V", times(s[2], s[2], true, false), eye(n, min(m, k)))
		each(s[1].shape, func(i []int) {
			if i[1] > 0 && s[1].at(i...) > s[1].at(i[0], i[1]-1) {
				t.Errorf("singular values %v are not in order", s[1].v)
			}
		})
	}
	flat := &array{[]int{1, 2, 2}, []float64{1, 2, 2, 4}}
	for _, op := range []*ir.Linalg{{Fn: "inverse"}, {Fn: "cholesky"}} {
		if _, err := linalg(t, op, flat); !errors.Is(err, ir.ErrUsage) {
			t.Errorf("%s of a singular matrix: %v", op.Fn, err)
		}
	}
}

func TestEveryLinalgFunc(t *testing.T) {
	for _, fn := range ir.LinalgFuncs {
		if linalgs[fn] == nil {
			t.Errorf("there is no %q", fn)
		}
	}
}
