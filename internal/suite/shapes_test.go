package suite_test

import (
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// sampled leaves most cases out of a short run.
func sampled(t *testing.T, every int) (out []suite.Case) {
	for i, c := range suite.Cases(t) {
		if c.Golden != "" && c.Fixture.Refused == "" && (!testing.Short() || i%every == 0) {
			out = append(out, c)
		}
	}
	return out
}

func tensors(c ir.Case) (in []*runtime.Tensor, shapes []ir.Shape) {
	for _, x := range c.Inputs {
		in, shapes = append(in, runtime.FromIR(x)), append(shapes, ir.Dims(x.Shape...))
	}
	return in, shapes
}

// Every value of every model has the shape that was inferred for it: the known
// dimensions at import, all of them when the inputs' shapes are known.
func TestShapesAsInferred(t *testing.T) {
	values := 0
	for _, c := range sampled(t, 9) {
		m, err := load(c)
		if err != nil {
			continue // TestFixtures reports it
		}
		if dataSized(m) {
			continue // data decide shapes, which Bind cannot know
		}
		cases := golden(t, c, m)
		all := *m
		all.Outputs = nil
		for _, n := range m.Nodes {
			for _, id := range n.Outputs {
				all.Outputs = append(all.Outputs, ir.Port{Value: id})
			}
		}
		if len(all.Outputs) == 0 {
			continue
		}
		p, err := runtime.Compile(&all, runtime.WithoutFusion())
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		s := p.NewSession()
		for _, kase := range cases {
			in, shapes := tensors(kase)
			types, err := m.Bind(shapes)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			s.Reset()
			out, err := s.Run(in...)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			for i, y := range out {
				id := all.Outputs[i].Value
				if got := ir.Dims(y.Shape()...); !got.Equal(types[id].Shape) || !got.CompatibleWith(m.Type(id).Shape) {
					t.Errorf("%s, case %s: value %d is %v, inferred %v and before %v", c.Name, kase.Name, id, got, types[id].Shape, m.Type(id).Shape)
				}
				values++
			}
		}
		p.Close()
	}
	t.Logf("%d values", values)
}

// acrossRows are fixtures whose rows depend on one another: the first row is used
// for all, the batch is normalised by its own mean, or a layer combines examples.
var acrossRows = []string{
	"tf_linear", "keras1_batch_normalization_modes", "old_keras105_batch_normalization", "old_keras106_batch_normalization", "time_distributed_across",
	"tf_whole_batch",
}

func dataSized(m *ir.Model) bool {
	return slices.ContainsFunc(m.Nodes, func(n ir.Node) bool { d, ok := n.Op.(ir.DataSized); return ok && d.DataDim() != "" })
}

// A batch of n gives what n batches of 1 give.
func TestRowByRow(t *testing.T) {
	rows, exact := 0, 0
	for _, c := range sampled(t, 9) {
		if c.Fixture.Stateful || slices.Contains(acrossRows, c.Fixture.Name) {
			continue
		}
		m, err := load(c)
		if err != nil || dataSized(m) { // the longest row decides
			continue
		}
		open := func(ports []ir.Port) bool {
			for _, p := range ports {
				if s := m.Type(p.Value).Shape; len(s) == 0 || s[0] != ir.Sym("batch") {
					return false
				}
			}
			return true
		}
		if !open(m.Inputs) || !open(m.Outputs) {
			continue
		}
		p, err := runtime.Compile(m)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		s := p.NewSession()
		for _, kase := range golden(t, c, m) {
			in, _ := tensors(kase)
			out, err := s.Run(in...)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
				continue
			}
			whole := make([]*ir.Tensor, len(out))
			for i, y := range out {
				whole[i] = y.ToIR()
			}
			n := kase.Inputs[0].Shape[0]
			parts := make([][]*ir.Tensor, len(out))
			for r := range n {
				row := make([]*runtime.Tensor, len(in))
				for i, x := range kase.Inputs {
					row[i] = runtime.FromIR(rowsOf(x, r))
				}
				s.Reset()
				got, err := s.Run(row...)
				if err != nil {
					t.Fatalf("%s: row %d: %v", c.Name, r, err)
				}
				for i, y := range got {
					parts[i] = append(parts[i], y.ToIR())
				}
			}
			for i, w := range whole {
				if n == 0 || w.DType == ir.String {
					continue
				}
				rows++
				switch d := distance(w, joined(parts[i], 0)); {
				case d > maxDistance:
					t.Errorf("%s, case %s, output %d: rows by themselves are %v ulp away", c.Name, kase.Name, i, d)
				case d == 0:
					exact++
				}
			}
		}
		p.Close()
	}
	t.Logf("%d outputs, %d to the bit", rows, exact)
}

// rowsOf is row r of a tensor as a batch of 1.
func rowsOf(x *ir.Tensor, r int) *ir.Tensor {
	if x.DType != ir.String {
		return part(x, 0, r, r+1)
	}
	n := len(x.Strings) / x.Shape[0]
	return ir.NewString(x.Strings[r*n:(r+1)*n], append([]int{1}, x.Shape[1:]...)...)
}

// Each level of the CPU gives Keras's numbers.
func TestLevels(t *testing.T) {
	if testing.Short() {
		t.Skip("takes three short runs")
	}
	for _, level := range []string{"generic", "avx2", "avx512"} {
		t.Run(level, func(t *testing.T) {
			out, err := again(t, []string{"KERASGO_CPU=" + level}, "-test.short", "-test.run=^(TestFixtures|TestRandomGraphs)$")
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
