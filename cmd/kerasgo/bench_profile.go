package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// layerTiming is the cost of one node of the executed graph.
type layerTiming struct {
	Node   int     `json:"node"`
	Layer  string  `json:"layer"`
	Class  string  `json:"class"`
	Kind   string  `json:"kind"`
	Ns     int64   `json:"ns"`
	Share  float64 `json:"share"` // of the run
	GFLOPS float64 `json:"gflops"`
	OfPeak float64 `json:"of_peak"` // share of the machine's peak
}

func profile(nodes []ir.Node, types []ir.Type, perNode map[int]time.Duration, runs int, peak float64) []layerTiming {
	var total time.Duration
	for _, d := range perNode {
		total += d
	}
	var out []layerTiming
	for i := range nodes {
		d, ok := perNode[i]
		if !ok {
			continue
		}
		n := &nodes[i]
		l := layerTiming{Node: i, Layer: n.Origin.Layer, Class: n.Origin.Class, Kind: n.Op.Kind(), Ns: int64(d) / int64(runs), Share: float64(d) / float64(max(1, total))}
		l.GFLOPS = 2 * float64(n.MACs(types)) / float64(max(1, l.Ns))
		if peak > 0 {
			l.OfPeak = l.GFLOPS / peak
		}
		out = append(out, l)
	}
	return out
}

func (a *app) printProfile(t *timing) {
	fmt.Fprintf(a.out, "peak    %.1f GFLOP/s, measured: a matrix product in cache on %d threads\n", t.Peak, t.Threads)
	w := newTable("Node", "Layer (type)", "Op", "µs", "%", "GFLOP/s", "% of peak")
	for _, l := range t.Layers {
		speed, of := "", ""
		if l.GFLOPS > 0 {
			speed, of = fmt.Sprintf("%.1f", l.GFLOPS), fmt.Sprintf("%.0f", 100*l.OfPeak)
		}
		w.AppendRow(table.Row{l.Node, fmt.Sprintf("%s (%s)", l.Layer, l.Class), l.Kind, fmt.Sprintf("%.1f", float64(l.Ns)/1e3), fmt.Sprintf("%.1f", 100*l.Share), speed, of})
	}
	fmt.Fprintln(a.text(), w.Render())
}

// peakGFLOPS measures what the multiply-add units do: a matrix product whose
// operands stay in the first-level cache, on every thread.
func peakGFLOPS(threads int) float64 {
	const m, n, k, inner = 24, 32, 192, 400 // whole tiles at every level of the processor
	const rounds = 40
	var best float64
	for range rounds {
		var wait sync.WaitGroup
		start := time.Now()
		for range threads {
			wait.Go(func() {
				g := &kernel.Gemm{M: m, N: n, K: k, A: make([]float32, m*k), LDA: k, B: make([]float32, kernel.PackedBFloats(k, n)), C: make([]float32, m*n), LDC: n}
				for range inner {
					g.Run(nil)
				}
			})
		}
		wait.Wait()
		best = max(best, 2*m*n*k*inner*float64(threads)/float64(time.Since(start)))
	}
	return best
}
