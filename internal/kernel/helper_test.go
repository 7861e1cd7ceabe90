package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/kerasgo/kerasgo/internal/cpu"
)

// levels are the instruction sets this processor can run, or the one that the environment asks for.
func levels() []cpu.Level {
	if os.Getenv(cpu.EnvOverride) != "" {
		return []cpu.Level{cpu.Active()}
	}
	var ls []cpu.Level
	for l := cpu.Generic; l <= cpu.AVX512; l++ {
		if cpu.Supported(l) {
			ls = append(ls, l)
		}
	}
	return ls
}

// eachLevel runs f once for every instruction set.
func eachLevel(t *testing.T, f func(t *testing.T)) {
	old := level
	defer func() { level = old }()
	for _, l := range levels() {
		level = l
		t.Run(l.String(), f)
	}
}

func TestMain(m *testing.M) {
	fmt.Fprintln(os.Stderr, "levels:", levels())
	os.Exit(m.Run())
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 42)) }

const guardFloats = 67

var guardValue = math.Float32frombits(0x7fc0dead) // a NaN: reading it shows as well

// guarded is a slice with marked memory on both sides.
type guarded struct{ all, s []float32 }

func newGuarded(n int) guarded {
	g := guarded{all: make([]float32, n+2*guardFloats)}
	for i := range g.all {
		g.all[i] = guardValue
	}
	g.s = g.all[guardFloats : guardFloats+n : guardFloats+n]
	return g
}

func (g guarded) fill(r *rand.Rand) []float32 {
	for i := range g.s {
		g.s[i] = float32(r.NormFloat64())
	}
	return g.s
}

func guardedRand(r *rand.Rand, n int) []float32 { return newGuarded(n).fill(r) }

// check fails if the memory around the slice was written.
func (g guarded) check(t testing.TB, what string) {
	t.Helper()
	for i, v := range g.all {
		if (i < guardFloats || i >= guardFloats+len(g.s)) && math.Float32bits(v) != math.Float32bits(guardValue) {
			t.Fatalf("%s: wrote at %d of %d values", what, i-guardFloats, len(g.s))
		}
	}
}

// near fails where got differs from want by more than tol·scale.
func near(t testing.TB, what string, got []float32, want, scale []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		g := float64(got[i])
		if math.IsNaN(w) && math.IsNaN(g) || g == w {
			continue
		}
		if d := math.Abs(g - w); !(d <= tol*scale[i]) {
			t.Fatalf("%s: [%d] = %v, want %v: off by %g, allowed %g", what, i, g, w, d, tol*scale[i])
		}
	}
}

// ulps is the distance of got from want in units of the last place of float32 at want.
func ulps(got float32, want float64) float64 {
	if math.IsNaN(want) {
		if got != got {
			return 0
		}
		return math.Inf(1)
	}
	if float64(got) == want || got == float32(want) {
		return 0
	}
	if math.IsInf(want, 0) || math.IsInf(float64(got), 0) {
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// activate is f in float64.
func activate(a Activation, x float64) float64 {
	p, q := float64(a.P), float64(a.Q)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	softplus := func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	clamp := func(x, lo, hi float64) float64 { return math.Min(math.Max(x, lo), hi) }
	switch a.Kind {
	case Linear:
		return x
	case Relu:
		return math.Max(x, 0)
	case Relu6:
		return clamp(x, 0, 6)
	case Clamp:
		return clamp(x, p, q)
	case LeakyRelu:
		if x < 0 {
			return p * x
		}
		return x
	case Sigmoid:
		return sigmoid(x)
	case Tanh:
		return math.Tanh(x)
	case HardSigmoid:
		return clamp(p*x+q, 0, 1)
	case HardSwish:
		return x * clamp(x/6+0.5, 0, 1)
	case Silu:
		return x * sigmoid(x)
	case Gelu:
		return 0.5 * x * math.Erfc(-x/math.Sqrt2)
	case GeluTanh:
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	case Elu:
		if x < 0 {
			return p * math.Expm1(x)
		}
		return x
	case Selu:
		if x < 0 {
			return seluScale * seluAlpha * math.Expm1(x)
		}
		return seluScale * x
	case Softplus:
		return softplus(x)
	case Softsign:
		return x / (1 + math.Abs(x))
	case Mish:
		return x * math.Tanh(softplus(x))
	case Exp:
		return math.Exp(x)
	case Erf:
		return math.Erf(x)
	case Square:
		return x * x
	case Sqrt:
		return math.Sqrt(x)
	case Rsqrt:
		return 1 / math.Sqrt(x)
	case Abs:
		return math.Abs(x)
	case Neg:
		return -x
	case Reciprocal:
		return 1 / x
	case Log:
		return math.Log(x)
	case LogSigmoid:
		return -softplus(-x)
	}
	panic("unknown activation")
}
