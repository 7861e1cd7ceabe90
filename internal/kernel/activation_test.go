package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The largest error of each function in ulps over all inputs, or, where abs is set, |error| ≤ abs·(1+|x|) also passes.
var activationBounds = map[ActKind]struct{ ulp, abs float64 }{
	Linear: {}, Relu: {}, Relu6: {}, Clamp: {}, LeakyRelu: {ulp: 0.5}, Sigmoid: {ulp: 3}, Tanh: {ulp: 3}, HardSigmoid: {ulp: 1, abs: 1e-7},
	HardSwish: {ulp: 2, abs: 1e-7}, Silu: {ulp: 4, abs: 1e-40}, Gelu: {ulp: 3, abs: 1.2e-7}, GeluTanh: {ulp: 3, abs: 1.2e-7}, Elu: {ulp: 3}, Selu: {ulp: 4},
	Softplus: {ulp: 3}, Softsign: {ulp: 1.5}, Mish: {ulp: 4, abs: 1e-40}, Exp: {ulp: 1.01}, Erf: {ulp: 6}, Square: {ulp: 0.5}, Sqrt: {ulp: 0.5},
	Rsqrt: {ulp: 1.5}, Abs: {}, Neg: {}, Reciprocal: {ulp: 0.5}, Log: {ulp: 1}, LogSigmoid: {ulp: 3},
}

func activationCases() []Activation {
	var as []Activation
	for k := range Custom {
		a := Activation{Kind: k}
		switch k {
		case Clamp:
			a.P, a.Q = -1.5, 2
		case LeakyRelu:
			a.P = 0.3
		case HardSigmoid:
			as = append(as, Activation{Kind: k, P: 1. / 6, Q: 0.5})
			a.P, a.Q = 0.2, 0.5
		case Elu:
			a.P = 1.25
		}
		as = append(as, a)
	}
	return as
}

// hardInputs are the values where functions break.
func hardInputs() []float32 {
	xs := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	for _, v := range []float64{
		1, 0.5, 0.25, 0.625, 1e-45, 1e-40, 1e-38, 1.17549435e-38, 1e-30, 1e-20, 1e-10, 1e-7, 1e-4, 0.01, 0.1, 2, 3, 3.9, 4, 5, 6, 9, 10, 15, 16.6,
		17, 18, 20, 50, 87, 87.3, 87.33655, 88, 88.5, 88.72, 88.722839, 88.7229, 89, 100, 103.9, 104, 110, 200, 1e3, 1e4, 1e10, 1e20, 1e30, 3.4e38,
	} {
		f := float32(v)
		for _, w := range []float32{f, math.Nextafter32(f, 0), math.Nextafter32(f, float32(math.Inf(1)))} {
			xs = append(xs, w, -w)
		}
	}
	return xs
}

func checkActivation(t *testing.T, a Activation, xs []float32) (worst float64) {
	t.Helper()
	got := newGuarded(len(xs))
	a.Apply(got.s, xs)
	got.check(t, fmt.Sprint(a))
	b := activationBounds[a.Kind]
	for i, x := range xs {
		want := activate(a, float64(x))
		switch {
		case a.Kind == HardSwish && math.IsInf(float64(x), -1), a.Kind == Silu && math.IsInf(float64(x), -1), a.Kind == Mish && math.IsInf(float64(x), -1),
			(a.Kind == Gelu || a.Kind == GeluTanh) && math.IsInf(float64(x), -1), a.Kind == Softsign && math.IsInf(float64(x), 0):
			continue // Inf·0 or Inf/Inf: NaN there, and the limit here, are both defensible
		}
		u := ulps(got.s[i], want)
		if d := math.Abs(float64(got.s[i]) - want); d <= b.abs*(1+math.Abs(float64(x))) {
			continue
		}
		worst = max(worst, u)
		if !(u <= b.ulp) {
			t.Fatalf("%+v of %v (%#x) = %v, want %v: %.2f ulp, allowed %v", a, x, math.Float32bits(x), got.s[i], want, u, b.ulp)
		}
	}
	return worst
}

func TestActivationAccuracy(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(30)
		for _, a := range activationCases() {
			worst := checkActivation(t, a, hardInputs())
			for _, span := range []float64{1e-3, 1, 10, 100} {
				xs := make([]float32, 20001)
				for i := range xs {
					xs[i] = float32((r.Float64()*2 - 1) * span)
				}
				worst = max(worst, checkActivation(t, a, xs))
			}
			t.Logf("%+v: %.2f ulp", a, worst)
		}
	})
}

func TestActivationLengthsAndInPlace(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(31)
		for _, a := range activationCases() {
			long := make([]float32, 128)
			src := guardedRand(r, 128)
			a.Apply(long, src)
			for n := range 70 {
				out := newGuarded(n)
				a.Apply(out.s, src[:n])
				out.check(t, fmt.Sprint(a, n))
				sameBits(t, fmt.Sprint(a, n), out.s, long[:n])
				copy(out.s, src)
				a.Apply(out.s, out.s)
				out.check(t, fmt.Sprint(a, n, " in place"))
				sameBits(t, fmt.Sprint(a, n, " in place"), out.s, long[:n])
			}
		}
	})
}

func TestLongRuns(t *testing.T) {
	r := newRand(37)
	n := 2*longRun + 5
	x, y, got := guardedRand(r, n), guardedRand(r, n), newGuarded(n)
	check := func(what string, f func(x, y float32) float32) {
		t.Helper()
		got.check(t, what)
		for i, v := range got.s {
			if w := f(x[i], y[i]); v != w {
				t.Fatalf("%s: [%d] = %v, want %v", what, i, v, w)
			}
		}
	}
	Activation{Kind: Relu}.Apply(got.s, x)
	check("relu", func(x, _ float32) float32 { return max(x, 0) })
	Add(got.s, x, y)
	check("add", func(x, y float32) float32 { return x + y })
	MulScalar(got.s, x, 3)
	check("scalar", func(x, _ float32) float32 { return x * 3 })
}

func withSpecials(r *rand.Rand, n int) []float32 {
	s := guardedRand(r, n)
	special := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0}
	for range n / 10 {
		s[r.IntN(n)] = special[r.IntN(4)]
	}
	return s
}

func TestArithmetic(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(32)
		ops := []struct {
			vector func(dst, a, b []float32)
			scalar func(dst, a []float32, s float32)
			f      func(a, b float32) float32
		}{
			{Add, AddScalar, func(a, b float32) float32 { return a + b }},
			{Sub, SubScalar, func(a, b float32) float32 { return a - b }},
			{Mul, MulScalar, func(a, b float32) float32 { return a * b }},
			{Div, DivScalar, func(a, b float32) float32 { return a / b }},
			{Max, MaxScalar, func(a, b float32) float32 { return max(a, b) }},
			{Min, MinScalar, func(a, b float32) float32 { return min(a, b) }},
			{nil, RSubScalar, func(a, b float32) float32 { return b - a }},
			{nil, RDivScalar, func(a, b float32) float32 { return b / a }},
		}
		same := func(what string, got guarded, want []float32) {
			t.Helper()
			got.check(t, what)
			for i, w := range want {
				if g := got.s[i]; g != w && !(g != g && w != w) {
					t.Fatalf("%s: [%d] = %v, want %v", what, i, g, w)
				}
			}
		}
		for i, op := range ops {
			for n := range 70 {
				a, b := withSpecials(r, n), withSpecials(r, n)
				want := make([]float32, n)
				if op.vector != nil {
					for j := range n {
						want[j] = op.f(a[j], b[j])
					}
					out := newGuarded(n)
					op.vector(out.s, a, b)
					same(fmt.Sprint("op ", i, " n ", n), out, want)
					copy(out.s, b)
					op.vector(out.s, a, out.s)
					same(fmt.Sprint("op ", i, " n ", n, " in place"), out, want)
				}
				for _, s := range []float32{1.5, 0, float32(math.NaN()), float32(math.Inf(-1))} {
					for j := range n {
						want[j] = op.f(a[j], s)
					}
					out := newGuarded(n)
					copy(out.s, a)
					op.scalar(out.s, out.s, s)
					same(fmt.Sprint("op ", i, " n ", n, " scalar ", s), out, want)
				}
			}
		}
	})
}

func TestLerp(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(34)
		for n := range 70 {
			a, b, s := guardedRand(r, n), guardedRand(r, n), r.Float32()
			got, want := newGuarded(n), make([]float32, n)
			Lerp(got.s, a, b, s)
			lerpGeneric(want, a, b, s)
			sameBits(t, "Lerp", got.s, want)
			got.check(t, "Lerp")
		}
	})
}

func TestFMAAndAxpy(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(33)
		for n := range 70 {
			a, b, c := guardedRand(r, n), guardedRand(r, n), guardedRand(r, n)
			want, scale := make([]float64, n), make([]float64, n)
			for i := range n {
				v := float64(a[i]) * float64(b[i])
				want[i], scale[i] = v+float64(c[i]), math.Abs(v)+math.Abs(float64(c[i]))
			}
			out := newGuarded(n)
			FMA(out.s, a, b, c)
			out.check(t, "FMA")
			near(t, "FMA", out.s, want, scale, 2e-7)
			y := newGuarded(n)
			copy(y.s, c)
			for i := range n {
				v := 1.25 * float64(a[i])
				want[i], scale[i] = v+float64(c[i]), math.Abs(v)+math.Abs(float64(c[i]))
			}
			Axpy(y.s, 1.25, a)
			y.check(t, "Axpy")
			near(t, "Axpy", y.s, want, scale, 2e-7)
			rows := newGuarded(3 * n)
			x := guardedRand(r, 3*n)
			ScaleShiftRow(rows.s, x, a, b)
			rows.check(t, "ScaleShiftRow")
			for i := range 3 * n {
				w := float64(x[i])*float64(a[i%n]) + float64(b[i%n])
				if math.Abs(w-float64(rows.s[i])) > 1e-6 {
					t.Fatalf("ScaleShiftRow: %v, want %v", rows.s[i], w)
				}
			}
		}
	})
}

func TestRowBroadcast(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(38)
		for range 200 {
			rows, n := 1+r.IntN(60), 1+r.IntN(150)
			x, row, shift := guardedRand(r, rows*n), guardedRand(r, n), guardedRand(r, n)
			for i, f := range []struct {
				run  func(dst []float32)
				want func(v, w float32) float32
			}{
				{func(dst []float32) { AddRow(dst, x, row) }, func(v, w float32) float32 { return v + w }},
			} {
				out := newGuarded(rows * n)
				f.run(out.s)
				out.check(t, "row")
				for j, v := range out.s {
					if w := f.want(x[j], row[j%n]); v != w {
						t.Fatalf("function %d, %d rows of %d: [%d] = %v, want %v", i, rows, n, j, v, w)
					}
				}
			}
			out := newGuarded(rows * n)
			ScaleShiftRow(out.s, x, row, shift)
			out.check(t, "ScaleShiftRow")
			for j, v := range out.s {
				w := float64(x[j])*float64(row[j%n]) + float64(shift[j%n])
				if math.Abs(w-float64(v)) > 2e-6 {
					t.Fatalf("ScaleShiftRow of %d rows of %d: [%d] = %v, want %v", rows, n, j, v, w)
				}
			}
		}
	})
}

func TestReductions(t *testing.T) {
	nan := float32(math.NaN())
	eachLevel(t, func(t *testing.T) {
		r := newRand(34)
		for n := 1; n < 150; n++ {
			x, y := guardedRand(r, n), guardedRand(r, n)
			var s, sq, d, abs, dabs float64
			mx, mn := math.Inf(-1), math.Inf(1)
			for i, v := range x {
				f := float64(v)
				s += f
				abs += math.Abs(f)
				sq += (f - 0.25) * (f - 0.25)
				d += f * float64(y[i])
				dabs += math.Abs(f * float64(y[i]))
				mx, mn = max(mx, f), min(mn, f)
			}
			e := sumError(n + 2)
			got := []float32{SumOf(x), VarianceOf(x, 0.25), Dot(x, y), MaxOf(x), MinOf(x)}
			near(t, fmt.Sprint("reductions of ", n), got, []float64{s, sq / float64(n), d, mx, mn}, []float64{abs, sq / float64(n), dabs, 0, 0}, e)
			x[r.IntN(n)] = nan
			for i, v := range []float32{SumOf(x), MaxOf(x), MinOf(x), Dot(x, y)} {
				if v == v {
					t.Fatalf("reduction %d of %d values loses NaN", i, n)
				}
			}
		}
		if SumOf(nil) != 0 || Dot(nil, nil) != 0 || !math.IsInf(float64(MaxOf(nil)), -1) || !math.IsInf(float64(MinOf(nil)), 1) {
			t.Error("reductions of nothing")
		}
	})
}

func TestColumnReductions(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(35)
		for range 100 {
			m, n := 1+r.IntN(9), 1+r.IntN(90)
			x := guardedRand(r, m*n)
			sums := newGuarded(n)
			SumCols(sums.s, x)
			for j := range n {
				var s float64
				for i := range m {
					s += float64(x[i*n+j])
				}
				near(t, "columns", sums.s[j:j+1], []float64{s}, []float64{float64(m)}, 2e-6)
			}
			sums.check(t, "columns")
			// Some of the columns, from a row between the others.
			from, w := r.IntN(n), 1+r.IntN(n)
			w = min(w, n-from)
			if i := r.IntN(2 * m * n); i < m*n {
				x[i] = float32(math.NaN())
			}
			for _, f := range []struct {
				rows func(dst, x []float32, rows, stride int)
				one  func(dst, a, b []float32)
			}{{AddRows, Add}, {MaxRows, Max}, {MinRows, Min}} {
				got, want := newGuarded(w), make([]float32, w)
				clear(got.s)
				f.rows(got.s, x[from:], m, n)
				for i := range m {
					f.one(want, want, x[i*n+from:][:w])
				}
				sameBits(t, "rows", got.s, want)
				got.check(t, "rows")
			}
		}
	})
}

func TestSoftmaxAndNorms(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(36)
		for n := 1; n < 80; n++ {
			rows := 1 + n%9
			x := guardedRand(r, rows*n)
			for i := range x {
				x[i] *= 10
			}
			gamma, beta := guardedRand(r, n), guardedRand(r, n)
			soft, logs, layer, rms, scratch := newGuarded(rows*n), newGuarded(rows*n), newGuarded(rows*n), newGuarded(rows*n), newGuarded(n)
			Softmax(soft.s, x, n)
			LogSoftmax(logs.s, x, n, scratch.s)
			LayerNorm(layer.s, x, n, gamma, beta, 1e-3)
			RMSNorm(rms.s, x, n, gamma, 1e-3)
			for _, g := range []guarded{soft, logs, layer, rms, scratch} {
				g.check(t, "norms")
			}
			for i := range rows {
				row := x[i*n : (i+1)*n]
				mx, s, mean, ms, v := math.Inf(-1), 0.0, 0.0, 0.0, 0.0
				for _, f := range row {
					mx = max(mx, float64(f))
					mean += float64(f) / float64(n)
					ms += float64(f) * float64(f) / float64(n)
				}
				for _, f := range row {
					s += math.Exp(float64(f) - mx)
					v += (float64(f) - mean) * (float64(f) - mean) / float64(n)
				}
				for j, f := range row {
					p := math.Exp(float64(f)-mx) / s
					ln := (float64(f)-mean)/math.Sqrt(v+1e-3)*float64(gamma[j]) + float64(beta[j])
					rn := float64(f) / math.Sqrt(ms+1e-3) * float64(gamma[j])
					at := i*n + j
					near(t, fmt.Sprint("rows of ", n), []float32{soft.s[at], logs.s[at], layer.s[at], rms.s[at]},
						[]float64{p, float64(f) - mx - math.Log(s), ln, rn}, []float64{1, 10 * (1 + math.Abs(float64(f)-mx)), 30, 10}, 1e-6)
				}
			}
			copy(soft.s, x)
			Softmax(soft.s, soft.s, n)
			LogSoftmax(layer.s, x, n, scratch.s)
		}
		inf := float32(math.Inf(-1))
		x := []float32{inf, 1, 2, inf, 3, inf, inf, inf, inf, 1000}
		Softmax(x, x, 10)
		if x[0] != 0 || x[9] != 1 {
			t.Errorf("softmax with -Inf: %v", x)
		}
	})
}
