package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/kerasgo/kerasgo/internal/layertrace"
)

// The size of a plot and the room for its labels, in SVG units.
const (
	plotW, plotH                  = 560.0, 190.0
	left, right, top, bottom      = 52.0, 12.0, 14.0, 30.0
	maxBars                       = 240
	innerW                        = plotW - left - right
	innerH                        = plotH - top - bottom
	decadesBelowBound, extraAbove = 5.0, 0.5
)

// differences is |got-want| by element; NaN where either is not finite.
func (o Output) differences() []float64 {
	got, want := o.Got.Float32s(), o.Want.Float32s()
	d := make([]float64, min(len(got), len(want)))
	for i := range d {
		d[i] = math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsInf(d[i], 0) {
			d[i] = math.NaN()
		}
	}
	return d
}

// scale maps errors to heights by their logarithm, from some decades below the
// bound to the bound or the largest error.
type scale struct{ low, high float64 }

func (o Output) scale() scale {
	b := math.Log10(o.Result.Bound)
	return scale{b - decadesBelowBound, max(b, math.Log10(max(o.Result.MaxAbs, o.Result.Bound))) + extraAbove}
}

// at is the share of the height, 0 to 1.
func (s scale) at(v float64) float64 {
	if v <= 0 {
		return 0
	}
	return min(1, max(0, (math.Log10(v)-s.low)/(s.high-s.low)))
}

// errorPlot draws the error of every element, or the largest of each few where
// there are many, with the bound as a line.
func errorPlot(o Output) template.HTML {
	d := o.differences()
	s := o.scale()
	bars := min(len(d), maxBars)
	var b strings.Builder
	begin(&b, fmt.Sprintf("Absolute error by element of %s", o.Name))
	s.axis(&b)
	w := innerW / float64(bars)
	for i := range bars {
		from, to := i*len(d)/bars, (i+1)*len(d)/bars
		var worst float64
		broken := false
		for _, v := range d[from:to] {
			worst = max(worst, v)
			broken = broken || math.IsNaN(v)
		}
		h := s.at(worst) * innerH
		class := "bar"
		if worst > o.Result.Bound || broken {
			class = "bar bad"
		}
		if broken {
			h = innerH
		}
		if h > 0 {
			fmt.Fprintf(&b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s: %.3g</title></rect>`, class, left+float64(i)*w, top+innerH-h, max(0.6, min(w*0.86, 24)), h, span(from, to), worst)
		}
	}
	s.line(&b, o.Result.Bound)
	fmt.Fprintf(&b, `<text x="%g" y="%g">element 0</text><text class="end" x="%g" y="%g">%s</text></svg>`, left, plotH-10, plotW-right, plotH-10, grouped(len(d)-1))
	return template.HTML(b.String()) //nolint:gosec // numbers, and text that begin escapes
}

func span(from, to int) string {
	if to-from <= 1 {
		return fmt.Sprintf("element %d", from)
	}
	return fmt.Sprintf("elements %d to %d", from, to-1)
}

// spreadPlot counts the elements by the size of their error, on the same scale.
func spreadPlot(o Output) template.HTML {
	const bins = 33
	s := o.scale()
	var counts [bins]int
	exact, most := 0, 1
	for _, v := range o.differences() {
		if v == 0 {
			exact++
			continue
		}
		if math.IsNaN(v) {
			continue
		}
		i := min(bins-1, int(s.at(v)*bins))
		counts[i]++
		most = max(most, counts[i])
	}
	var b strings.Builder
	begin(&b, fmt.Sprintf("How many elements of %s have which error", o.Name))
	w := innerW / bins
	for i, n := range counts {
		if n == 0 {
			continue
		}
		h := float64(n) / float64(most) * innerH
		class := "bar"
		if s.low+(s.high-s.low)*float64(i)/bins >= math.Log10(o.Result.Bound) {
			class = "bar bad"
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%.2f" y="%.2f" width="%.2f" height="%.2f"><title>%s elements</title></rect>`, class, left+float64(i)*w+1, top+innerH-h, w-2, max(h, 1), grouped(n))
	}
	for p := math.Ceil(s.low); p <= s.high; p++ {
		x := left + (p-s.low)/(s.high-s.low)*innerW
		fmt.Fprintf(&b, `<text class="mid" x="%.1f" y="%g">%s</text>`, x, plotH-10, power(p))
	}
	x := left + s.at(o.Result.Bound)*innerW
	fmt.Fprintf(&b, `<line class="bound" x1="%.1f" x2="%.1f" y1="%g" y2="%g"/><text class="bound end" x="%.1f" y="%g">bound</text>`, x, x, top, top+innerH, x-5, top+10)
	fmt.Fprintf(&b, `<line class="axis" x1="%g" x2="%g" y1="%g" y2="%g"/><text class="end" x="%g" y="%g">%s</text>`, left, plotW-right, top+innerH, top+innerH, left-6, top+8, grouped(most))
	fmt.Fprintf(&b, `<text x="%g" y="%g">%s of %s exact</text></svg>`, left+6, top+10, grouped(exact), grouped(o.Result.Elems))
	return template.HTML(b.String()) //nolint:gosec // numbers, and text that begin escapes
}

func begin(b *strings.Builder, label string) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, plotW, plotH, template.HTMLEscapeString(label))
}

// axis draws the decades.
func (s scale) axis(b *strings.Builder) {
	for p := math.Ceil(s.low); p <= s.high; p++ {
		y := top + innerH*(1-(p-s.low)/(s.high-s.low))
		fmt.Fprintf(b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="end" x="%g" y="%.1f">%s</text>`, left, plotW-right, y, y, left-6, y+3.5, power(p))
	}
	fmt.Fprintf(b, `<line class="axis" x1="%g" x2="%g" y1="%g" y2="%g"/>`, left, plotW-right, top+innerH, top+innerH)
}

func (s scale) line(b *strings.Builder, v float64) {
	y := top + innerH*(1-s.at(v))
	fmt.Fprintf(b, `<line class="bound" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="bound end" x="%g" y="%.1f">bound</text>`, left, plotW-right, y, y, plotW-right-4, y-4)
}

func power(p float64) string { return fmt.Sprintf("1e%d", int(p)) }

// layerBar is a bar of the error's size beside the bound, by decades.
func layerBar(f layertrace.Finding) template.HTML {
	const w, h, mark = 180.0, 12.0, 140.0
	if !f.Compared || f.Result.Bound <= 0 {
		return ""
	}
	share := 0.0
	if f.Result.MaxAbs > 0 {
		share = 1 + math.Log10(f.Result.MaxAbs/f.Result.Bound)/decadesBelowBound
	}
	class := "bar"
	if !f.Result.OK {
		class = "bar bad"
		share = max(share, 1)
	}
	return template.HTML(fmt.Sprintf(`<svg class="inline" viewBox="0 0 %g %g" width="%g" height="%g" aria-hidden="true"><rect class="track" width="%g" height="%g" rx="2"/><rect class="%s" width="%.1f" height="%g" rx="2"/><line class="bound" x1="%g" x2="%g" y1="0" y2="%g"/></svg>`, //nolint:gosec // numbers
		w, h, w, h, w, h, class, min(w, max(0, share*mark)), h, mark, mark, h))
}
