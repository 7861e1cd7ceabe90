package sample

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// Ids stay within the tables they look up; the same seed gives the same inputs.
func TestTokenIDs(t *testing.T) {
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time")}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	ids, err := m.AddNode(&ir.Cast{To: ir.Int32}, ir.Origin{}, x)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.AddNode(&ir.Gather{}, ir.Origin{}, m.AddConst("table", ir.NewFloat32(make([]float32, 14), 7, 2)), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	m.Outputs = []ir.Port{{Name: "y", Value: out[0]}}
	cases, err := Make(m, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	largest := float32(0)
	for i, c := range cases {
		for _, v := range c[0].Float32s() {
			if v < 0 || v > 6 || v != float32(int(v)) {
				t.Fatalf("case %d holds %v, the table has 7 rows", i, v)
			}
			largest = max(largest, v)
		}
	}
	if largest < 5 || !cmp.Equal(cases[0][0].Shape, []int{1, 20}) || !cmp.Equal(cases[1][0].Shape, []int{3, 13}) {
		t.Errorf("largest id %v, shapes %v and %v", largest, cases[0][0].Shape, cases[1][0].Shape)
	}
	again, err := Make(m, Options{Seed: 3})
	if err != nil || !cmp.Equal(cases[0][0].Data, again[0][0].Data) {
		t.Error("the same seed gives other inputs")
	}
	if other, _ := Make(m, Options{Seed: 4}); cmp.Equal(cases[0][0].Data, other[0][0].Data) {
		t.Error("another seed gives the same inputs")
	}
}

// tooLong are fixtures that only shorter inputs fit, which no shape says.
var tooLong = map[string]bool{"tf_dynamic_shape": true}

// Every fixture runs on what is made up for it.
func TestFixtures(t *testing.T) {
	n := 0
	for _, f := range suite.Fixtures(t) {
		if len(f.Files) == 0 || f.Refused != "" || tooLong[f.Name] || f.Files[0].Weights != "" {
			continue
		}
		if n++; testing.Short() && n > 40 {
			break
		}
		m, err := importer.Load(suite.Root(t) + "/fixtures/" + f.Files[0].Path)
		if err != nil {
			continue // the importer's own tests say so
		}
		cases, err := Make(m, Options{Batches: []int{2}})
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		p, err := runtime.Compile(m)
		if err != nil {
			continue
		}
		var in []*runtime.Tensor
		for _, x := range cases[0] {
			in = append(in, runtime.FromIR(x))
		}
		if _, err := p.NewSession().Run(in...); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		p.Close()
	}
}
