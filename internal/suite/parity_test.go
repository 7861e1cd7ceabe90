package suite_test

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

func load(c suite.Case) (*ir.Model, error) {
	if c.Weights != "" {
		return importer.Load(c.Path, importer.WithWeights(c.Weights))
	}
	return importer.Load(c.Path)
}

func golden(t *testing.T, c suite.Case, m *ir.Model) []ir.Case {
	t.Helper()
	a, err := npz.Open(c.Golden, npz.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	cases, err := parity.Cases(a, m)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// run gives the outputs of every case. The cases of a stateful model are
// successive runs of one session.
func run(t *testing.T, m *ir.Model, cases []ir.Case, stateful bool, opts ...runtime.Option) [][]*ir.Tensor {
	t.Helper()
	p, err := runtime.Compile(m, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSession()
	var out [][]*ir.Tensor
	for _, c := range cases {
		if !stateful {
			s.Reset()
		}
		in := make([]*runtime.Tensor, len(c.Inputs))
		for i, x := range c.Inputs {
			in[i] = runtime.FromIR(x)
		}
		got, err := s.Run(in...)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		copies := make([]*ir.Tensor, len(got))
		for i, y := range got {
			copies[i] = y.ToIR()
		}
		out = append(out, copies)
	}
	return out
}

func compare(t *testing.T, engine string, m *ir.Model, cases []ir.Case, got [][]*ir.Tensor) {
	t.Helper()
	for i, c := range cases {
		for j, p := range m.Outputs {
			var want64 *ir.Tensor
			if c.Outputs64 != nil {
				want64 = c.Outputs64[j]
			}
			r := parity.Compare(got[i][j], c.Outputs[j], want64, parity.Options{DType: m.Type(p.Value).DType})
			if !r.OK {
				t.Errorf("%s, %s, output %q: %v", engine, c.Name, p.Name, r)
			}
		}
	}
}

func sameBits(t *testing.T, engine string, got, want [][]*ir.Tensor) {
	t.Helper()
	for i := range want {
		for j, w := range want[i] {
			if g := got[i][j]; !slices.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) || !slices.Equal(g.Strings, w.Strings) {
				t.Errorf("%s: case %d, output %d is not the same to the bit", engine, i, j)
			}
		}
	}
}

// throughKGO is m written and read.
func throughKGO(t *testing.T, m *ir.Model, cases []ir.Case) *convert.File {
	t.Helper()
	var b, again bytes.Buffer
	if err := convert.Write(&b, m, convert.WithCases(cases...)); err != nil {
		t.Fatal(err)
	}
	f, err := convert.OpenBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.VerifyChecksum(); err != nil {
		t.Error(err)
	}
	if err := convert.Write(&again, f.Model, convert.WithCases(f.Cases...)); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("written again, the .kgo has other bytes (%v)", err)
	}
	return f
}

func check(t *testing.T, c suite.Case) {
	m, err := load(c)
	if c.Fixture.Refused != "" {
		if err == nil {
			t.Fatalf("imported; it must be refused: %s", c.Fixture.Refused)
		}
		if !errors.Is(err, ir.ErrUnsupported) {
			t.Fatalf("error %v, want %v", err, ir.ErrUnsupported)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if c.Golden == "" {
		t.Skip("no outputs to compare with")
	}
	cases, stateful := golden(t, c, m), c.Fixture.Stateful
	base := run(t, m, cases, stateful)
	compare(t, "fused", m, cases, base)
	compare(t, "unfused", m, cases, run(t, m, cases, stateful, runtime.WithoutFusion()))
	sameBits(t, "one thread", run(t, m, cases, stateful, runtime.WithThreads(1)), base)
	sameBits(t, "three threads", run(t, m, cases, stateful, runtime.WithThreads(3)), base)
	f := throughKGO(t, m, cases)
	sameBits(t, ".kgo", run(t, f.Model, f.Cases, stateful), base)
}

func TestFixtures(t *testing.T) {
	for i, c := range suite.Cases(t) {
		if testing.Short() && i%4 != 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) { check(t, c) })
	}
}

func TestPublished(t *testing.T) {
	for _, c := range suite.Real(t) {
		if lambdas[path.Base(c.Name)] != nil {
			continue // see TestLambdas
		}
		t.Run(c.Name, func(t *testing.T) { check(t, c) })
	}
}
