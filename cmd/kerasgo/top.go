package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// ranked is a class of an example.
type ranked struct {
	Class int     `json:"class"`
	Label string  `json:"label,omitempty"`
	Value float32 `json:"value"`
}

// topOf is the n largest values along the last axis, by example. An output of
// one value with two labels is the second one's probability.
func topOf(t *runtime.Tensor, name string, n int, labels []string) ([][]ranked, error) {
	s := t.Shape()
	if t.DType() != ir.Float32 || len(s) < 2 {
		return nil, ir.Errorf(ir.ErrUsage, "--top: output %q is %v%v, wants scores by example and class", name, t.DType(), ir.Dims(s...))
	}
	classes := s[len(s)-1]
	pair := classes == 1 && len(labels) == 2
	if labels != nil && len(labels) != classes && !pair {
		return nil, ir.Errorf(ir.ErrUsage, "--labels: there are %d labels, output %q has %d classes", len(labels), name, classes)
	}
	var out [][]ranked
	all := t.Float32s()
	for at := 0; classes > 0 && at < len(all); at += classes {
		var row []ranked
		for c, v := range all[at : at+classes] {
			r := ranked{Class: c, Value: v}
			if pair {
				row = append(row, ranked{0, labels[0], 1 - v})
				r.Class = 1
			}
			if labels != nil {
				r.Label = labels[r.Class]
			}
			row = append(row, r)
		}
		slices.SortStableFunc(row, func(a, b ranked) int { return cmp.Compare(b.Value, a.Value) })
		out = append(out, row[:min(n, len(row))])
	}
	return out, nil
}

// topTable prints the largest values of every output.
func (a *app) topTable(w io.Writer, m *ir.Model, out []*runtime.Tensor, n int, labels []string) error {
	for i, t := range out {
		rows, err := topOf(t, m.Outputs[i].Name, n, labels)
		if err != nil {
			return err
		}
		header := table.Row{"Example", "Rank", "Class"}
		if labels != nil {
			header = append(header, "Label")
		}
		tw := newTable(append(header, m.Outputs[i].Name)...)
		for e, row := range rows {
			if e > 0 && n > 1 {
				tw.AppendSeparator()
			}
			for k, r := range row {
				cells := table.Row{e, k + 1, r.Class}
				if labels != nil {
					cells = append(cells, r.Label)
				}
				tw.AppendRow(append(cells, strconv.FormatFloat(float64(r.Value), 'g', 5, 32)))
			}
		}
		fmt.Fprintln(w, tw.Render())
	}
	return nil
}

// readLabels reads class names: a JSON list, a JSON object by index (its values
// names, or lists whose last element is the name, as Keras's
// imagenet_class_index.json), or a line each.
func readLabels(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []string
	if json.Unmarshal(b, &list) == nil {
		return list, nil
	}
	var object map[string]any
	if json.Unmarshal(b, &object) != nil {
		lines := strings.Split(strings.TrimRight(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n"), "\n")
		return lines, nil
	}
	out := make([]string, len(object))
	for k, v := range object {
		i, err := strconv.Atoi(k)
		if err != nil || i < 0 || i >= len(out) {
			return nil, &ir.Error{Kind: ir.ErrUsage, File: path, Text: fmt.Sprintf("label key %q: want 0 to %d", k, len(out)-1)}
		}
		if l, ok := v.([]any); ok && len(l) > 0 {
			v = l[len(l)-1]
		}
		out[i] = fmt.Sprint(v)
	}
	return out, nil
}
