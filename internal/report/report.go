// Package report writes the comparison of a model with Keras as one HTML file
// that needs nothing else: no script, no font, no network.
package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/kerasgo/kerasgo/internal/layertrace"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
)

// Report is what the file says.
type Report struct {
	Model   string // file name
	Source  string // format and Keras version of the file
	Against string // whose numbers it is compared with
	Engine  string // version, CPU level, threads
	Outputs []Output
	Layers  []layertrace.Finding // none unless asked for
	Notes   []string
}

// Output is one output of one case.
type Output struct {
	Case, Name string
	Result     parity.Result
	Got, Want  *ir.Tensor
}

//go:embed report.html
var page string

var tmpl = template.Must(template.New("report").Funcs(template.FuncMap{
	"g":       func(v float64) string { return fmt.Sprintf("%.3g", v) },
	"errors":  errorPlot,
	"spread":  spreadPlot,
	"bar":     layerBar,
	"first":   layertrace.First,
	"grouped": grouped,
}).Parse(page))

// Write writes the report.
func Write(w io.Writer, r *Report) error { return tmpl.Execute(w, r) }

// OK reports whether every output agrees.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Outputs, func(o Output) bool { return !o.Result.OK })
}

// Failed counts the outputs that differ.
func (r *Report) Failed() int {
	n := 0
	for _, o := range r.Outputs {
		if !o.Result.OK {
			n++
		}
	}
	return n
}

// Elems counts the elements that were compared.
func (r *Report) Elems() int {
	n := 0
	for _, o := range r.Outputs {
		n += o.Result.Elems
	}
	return n
}

// Closest is the largest error over its bound, in percent.
func (r *Report) Closest() float64 {
	var worst float64
	for _, o := range r.Outputs {
		if o.Result.Bound > 0 {
			worst = max(worst, 100*o.Result.MaxAbs/o.Result.Bound)
		}
	}
	return worst
}

// Plotted reports whether there is anything to draw.
func (o Output) Plotted() bool {
	return o.Got != nil && o.Want != nil && o.Want.DType.IsFloat() && o.Result.Elems > 1 && o.Result.Bound > 0
}

func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
