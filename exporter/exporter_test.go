package exporter_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/exporter"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

func load(c suite.Case) (*ir.Model, error) {
	var opts []importer.Option
	if c.Weights != "" {
		opts = append(opts, importer.WithWeights(c.Weights))
	}
	return importer.Load(c.Path, opts...)
}

// TestFixtures exports the fixtures, imports the result, and compares.
func TestFixtures(t *testing.T) {
	refused, accepted := map[string]bool{}, 0
	for _, f := range suite.Fixtures(t) {
		if f.Refused != "" {
			continue
		}
		c := caseOf(t, f)
		m, err := load(c)
		if err != nil {
			t.Fatal(c.Name, err)
		}
		for _, write := range []exporter.Format{exporter.WriteKeras, exporter.WriteH5} {
			var b bytes.Buffer
			err := write(&b, m)
			var e *ir.Error
			if errors.As(err, &e) && errors.Is(err, ir.ErrUnsupported) {
				refused[c.Name] = true
				fmt.Println("REFUSED", c.Name, err)
				break
			}
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				break
			}
			accepted++
			again, err := importer.LoadBytes(b.Bytes())
			if err != nil {
				t.Errorf("%s: import of the export: %v", c.Name, err)
				break
			}
			if err := same(c.Golden, m, again, f.Stateful); err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
		}
	}
	fmt.Println(accepted, len(refused))
}

func caseOf(t *testing.T, f suite.Fixture) suite.Case {
	file := f.Files[0]
	c := suite.Case{Name: f.Dialect + "/" + f.Name, Path: suite.Path(t, file.Path), Golden: suite.Path(t, f.Golden)}
	if file.Weights != "" {
		c.Weights = suite.Path(t, file.Weights)
	}
	return c
}

// same runs both models on the golden inputs.
func same(golden string, a, b *ir.Model, stateful bool) error {
	archive, err := npz.Open(golden, npz.Limits{})
	if err != nil {
		return err
	}
	defer archive.Close()
	cases, err := parity.Cases(archive, a)
	if err != nil {
		return err
	}
	run := func(m *ir.Model) ([][]*runtime.Tensor, error) {
		p, err := runtime.Compile(m)
		if err != nil {
			return nil, err
		}
		defer p.Close()
		s := p.NewSession()
		var out [][]*runtime.Tensor
		for _, c := range cases {
			in := make([]*runtime.Tensor, len(c.Inputs))
			for i, t := range c.Inputs {
				in[i] = runtime.FromIR(t)
			}
			if !stateful {
				s = p.NewSession()
			}
			r, err := s.Run(in...)
			if err != nil {
				return nil, err
			}
			for i := range r {
				r[i] = runtime.FromIR(r[i].ToIR())
			}
			out = append(out, r)
		}
		return out, nil
	}
	want, err := run(a)
	if err != nil {
		return fmt.Errorf("original: %w", err)
	}
	got, err := run(b)
	if err != nil {
		return fmt.Errorf("exported: %w", err)
	}
	var bad []string
	for k := range want {
		for i := range want[k] {
			d := a.Type(a.Outputs[i].Value).DType
			r := parity.Compare(got[k][i].ToIR(), want[k][i].ToIR(), nil, parity.Options{RTol: 1e-5, ATol: 1e-6, DType: d})
			if !r.OK {
				bad = append(bad, fmt.Sprintf("case %d, output %s: %v", k, a.Outputs[i].Name, r))
			}
		}
	}
	if bad != nil {
		return errors.New(strings.Join(bad, "; "))
	}
	return nil
}
