package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/kerasgo/kerasgo/ir"
)

// ratio compares one measure of two runs.
type ratio struct {
	What  string  `json:"what"`
	A     float64 `json:"a"`
	B     float64 `json:"b"`
	Ratio float64 `json:"ratio"` // B over A
}

// benchCompare prints two saved runs side by side.
func (a *app) benchCompare(pathA, pathB string) error {
	x, err := readTiming(pathA)
	if err != nil {
		return err
	}
	y, err := readTiming(pathB)
	if err != nil {
		return err
	}
	var list []ratio
	add := func(what string, u, v float64) {
		if u > 0 && v > 0 {
			list = append(list, ratio{what, u, v, v / u})
		}
	}
	add("latency median, ms", float64(x.Median)/1e6, float64(y.Median)/1e6)
	add("latency p95, ms", float64(x.P95)/1e6, float64(y.P95)/1e6)
	add("latency min, ms", float64(x.Min)/1e6, float64(y.Min)/1e6)
	add("examples/s", x.Throughput, y.Throughput)
	add("load, ms", float64(x.Load)/1e6, float64(y.Load)/1e6)
	add("first run, ms", float64(x.First)/1e6, float64(y.First)/1e6)
	add("heap, MB", x.HeapMB, y.HeapMB)
	byLayer := map[string]int64{}
	for _, l := range y.Layers {
		byLayer[l.Layer+" "+l.Kind] += l.Ns
	}
	for _, l := range x.Layers {
		key := l.Layer + " " + l.Kind
		add(fmt.Sprintf("%s (%s), µs", l.Layer, l.Kind), float64(l.Ns)/1e3, float64(byLayer[key])/1e3)
		delete(byLayer, key)
	}
	if a.json {
		return a.printJSON(list)
	}
	for _, pair := range [][3]string{
		{"threads", fmt.Sprint(x.Threads), fmt.Sprint(y.Threads)}, {"batch sizes", fmt.Sprint(x.Batch), fmt.Sprint(y.Batch)},
		{"input shapes", fmt.Sprint(x.Shapes), fmt.Sprint(y.Shapes)}, {"CPU levels", x.CPU, y.CPU},
	} {
		if pair[1] != pair[2] {
			a.say("note: the runs have different %s: %s and %s", pair[0], pair[1], pair[2])
		}
	}
	w := newTable("", pathA, pathB, "ratio")
	for _, r := range list {
		w.AppendRow(table.Row{r.What, fmt.Sprintf("%.4g", r.A), fmt.Sprintf("%.4g", r.B), fmt.Sprintf("%.3f", r.Ratio)})
	}
	_, err = fmt.Fprintln(a.text(), w.Render())
	return err
}

// readTiming reads a run that bench --json has written.
func readTiming(path string) (*timing, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &timing{}
	if err := json.Unmarshal(b, t); err != nil || t.Median <= 0 {
		return nil, &ir.Error{Kind: ir.ErrUsage, File: path, Text: "is no run that kerasgo bench MODEL --json has written", Err: err}
	}
	return t, nil
}
