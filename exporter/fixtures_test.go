package exporter_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
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

var update = flag.Bool("update", false, "write testdata/refused.txt")

// refusedList names the fixtures that Keras 3 has nothing for. All others are
// exported.
const refusedList = "testdata/refused.txt"

// rounded are fixtures whose integers depend on the order in which TensorFlow
// adds; the importer knows it only of the layer, which is operations here.
var rounded = []string{"keras3/resizing_whole"}

// TestFixtures exports the fixtures in both formats, imports the results, and
// wants the same outputs. scripts/check_export.py does the same with Keras.
func TestFixtures(t *testing.T) {
	b, err := os.ReadFile(refusedList)
	if err != nil && !*update {
		t.Fatal(err)
	}
	wanted := strings.Fields(string(b))
	var refused []string
	for i, f := range suite.Fixtures(t) {
		if f.Refused != "" || testing.Short() && i%8 != 0 {
			continue
		}
		c := caseOf(t, f)
		t.Run(c.Name, func(t *testing.T) {
			m, err := load(c)
			if err != nil {
				t.Fatal(err)
			}
			err = roundTrip(m, c.Golden, f.Stateful)
			var e *ir.Error
			if errors.Is(err, ir.ErrUnsupported) && errors.As(err, &e) && (e.Layer != "" || strings.Contains(e.Text, "layer")) {
				refused = append(refused, c.Name)
				if !slices.Contains(wanted, c.Name) && !*update {
					t.Error(err)
				}
				return
			}
			if slices.Contains(wanted, c.Name) && !*update {
				t.Errorf("is exported now; take it off %s", refusedList)
			}
			if err != nil && !slices.Contains(rounded, c.Name) {
				t.Error(err)
			}
		})
	}
	if *update {
		slices.Sort(refused)
		if err := os.WriteFile(refusedList, []byte(strings.Join(refused, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// caseOf is the first file of a fixture.
func caseOf(t *testing.T, f suite.Fixture) suite.Case {
	file := f.Files[0]
	c := suite.Case{Name: f.Dialect + "/" + f.Name, Path: suite.Path(t, file.Path), Golden: suite.Path(t, f.Golden)}
	if file.Weights != "" {
		c.Weights = suite.Path(t, file.Weights)
	}
	return c
}

func load(c suite.Case) (*ir.Model, error) {
	var opts []importer.Option
	if c.Weights != "" {
		opts = append(opts, importer.WithWeights(c.Weights))
	}
	return importer.Load(c.Path, opts...)
}

// roundTrip exports m in both formats and compares what is imported again.
func roundTrip(m *ir.Model, golden string, stateful bool) error {
	archive, err := npz.Open(golden, npz.Limits{})
	if err != nil {
		return err
	}
	defer archive.Close()
	cases, err := parity.Cases(archive, m)
	if err != nil {
		return err
	}
	want, err := run(m, cases, stateful)
	if err != nil {
		return err
	}
	for _, write := range []exporter.Format{exporter.WriteKeras, exporter.WriteH5} {
		var b bytes.Buffer
		if err := write(&b, m); err != nil {
			return err
		}
		again, err := importer.LoadBytes(b.Bytes())
		if err != nil {
			return fmt.Errorf("what was exported is not imported: %v", err)
		}
		got, err := run(again, cases, stateful)
		if err != nil {
			return fmt.Errorf("what was exported does not run: %v", err)
		}
		if err := same(got, want, m); err != nil {
			return err
		}
	}
	return nil
}

// run runs a model on the inputs of cases, in one session if it is stateful.
func run(m *ir.Model, cases []ir.Case, stateful bool) ([][]*ir.Tensor, error) {
	p, err := runtime.Compile(m)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var outs [][]*ir.Tensor
	s := p.NewSession()
	for _, c := range cases {
		in := make([]*runtime.Tensor, len(c.Inputs))
		for i, t := range c.Inputs {
			in[i] = runtime.FromIR(t)
		}
		if !stateful {
			s = p.NewSession()
		}
		got, err := s.Run(in...)
		if err != nil {
			return nil, err
		}
		out := make([]*ir.Tensor, len(got))
		for i := range got {
			out[i] = got[i].Clone().ToIR()
		}
		outs = append(outs, out)
	}
	return outs, nil
}

func same(got, want [][]*ir.Tensor, m *ir.Model) error {
	var errs []error
	for k := range want {
		for i, w := range want[k] {
			opt := parity.Options{RTol: 1e-5, ATol: 1e-6, DType: m.Type(m.Outputs[i].Value).DType}
			errs = append(errs, parity.Compare(got[k][i], w, nil, opt).Err(m.Outputs[i].Name))
		}
	}
	return errors.Join(errs...)
}
