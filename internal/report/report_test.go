package report

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/internal/layertrace"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
)

func compared(name string, got, want []float32) Output {
	g, w := ir.NewFloat32(got, len(got)), ir.NewFloat32(want, len(want))
	return Output{Case: "case 0", Name: name, Result: parity.Compare(g, w, nil, parity.Options{}), Got: g, Want: w}
}

func TestWrite(t *testing.T) {
	nan := float32(math.NaN())
	r := &Report{
		Model: `<script>alert(1)</script>.h5`, Source: "hdf5", Against: "keras", Engine: "kerasgo",
		Outputs: []Output{
			compared("same", []float32{1, 2, 3}, []float32{1, 2, 3}),
			compared("near", []float32{1, 2, 3}, []float32{1, 2.00001, 3}),
			compared("far", []float32{1, 2, nan}, []float32{1, 3, 3}),
			compared("zero", []float32{0, 0}, []float32{0, 0}),
			{Case: "case 1", Name: "ints", Result: parity.Result{OK: true, Elems: 1234}},
		},
		Layers: []layertrace.Finding{
			{Layer: "a", Class: "Dense", Compared: true, Result: parity.Result{OK: true, MaxAbs: 1e-7, Bound: 1e-5}},
			{Layer: "b", Class: "Dropout", Why: "it computes nothing here"},
			{Layer: "c", Class: "LSTM", Compared: true, Result: parity.Result{MaxAbs: 1, Bound: 1e-5}},
		},
		Notes: []string{"a note"},
	}
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"1 of 5 outputs differ", "1,234 elements, all equal", "the first that differs is", "it computes nothing here", "a note", "1 of 3 exact", `class="bar bad"`, "prefers-color-scheme: dark"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"<script", "NaN\"", "Inf\"", "ZgotmplZ", "http"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// Large outputs make no larger plots.
func TestManyElements(t *testing.T) {
	n := 200_000
	got, want := make([]float32, n), make([]float32, n)
	for i := range got {
		got[i], want[i] = 1, 1+float32(i%7)*1e-7
	}
	var b bytes.Buffer
	if err := Write(&b, &Report{Outputs: []Output{compared("large", got, want)}}); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 100_000 {
		t.Errorf("the page has %d bytes", b.Len())
	}
}
