package summary

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// writeKeras2 prints the table as tf.keras 2 does.
func writeKeras2(b *strings.Builder, m *ir.Model, o Options) {
	flat := chain(m)
	header := []string{"Layer (type)", "Output Shape", "Param #"}
	at, length := []float64{0.45, 0.85, 1}, 65
	if !flat {
		header = append(header, "Connected to")
		at, length = []float64{0.3, 0.6, 0.70, 1}, 98
	}
	if o.LineLength > 0 {
		length = o.LineLength
	}
	positions := make([]int, len(at))
	for i, p := range at {
		positions[i] = int(float64(length) * p)
	}
	fmt.Fprintf(b, "Model: \"%s\"\n%s\n", m.Name, strings.Repeat("_", length))
	keras2Row(b, header, positions, 0)
	b.WriteString(strings.Repeat("=", length) + "\n")
	list := rows(m, o.ExpandNested, m.Source.Class != "Sequential")
	frame := func(level int, fill string, width int) {
		bars := strings.Repeat("|", level)
		b.WriteString(bars + strings.Repeat(fill, length-2*width) + bars + "\n")
	}
	for i, l := range list {
		cells := []string{base(l) + " (" + l.Class + ")", outputs(l, l.InputLayer, true), fmt.Sprint(l.Params)}
		if !flat {
			var quoted []string
			for _, in := range connections(l) {
				quoted = append(quoted, "'"+in+"'")
			}
			cells = append(cells, "["+strings.Join(quoted, ", ")+"]")
		}
		keras2Row(b, cells, positions, l.Depth)
		next := 0
		if i+1 < len(list) {
			next = list[i+1].Depth
		}
		switch {
		case next > l.Depth:
			frame(l.Depth+1, "¯", l.Depth+1)
		case next == l.Depth:
			frame(l.Depth, " ", l.Depth)
		default:
			for d := l.Depth; d > next; d-- {
				frame(d-1, "¯", d-1)
			}
		}
	}
	b.WriteString(strings.Repeat("=", length) + "\n")
	c := total(m)
	fmt.Fprintf(b, "Total params: %d (%s)\n", c.params, readable(c.bytes, "Byte"))
	fmt.Fprintf(b, "Trainable params: %d (%s)\n", c.trainable, readable(c.trainableBytes(), "Byte"))
	fmt.Fprintf(b, "Non-trainable params: %d (%s)\n", c.params-c.trainable, readable(c.bytes-c.trainableBytes(), "Byte"))
	b.WriteString(strings.Repeat("_", length) + "\n")
}

func keras2Row(b *strings.Builder, fields []string, positions []int, level int) {
	left := make([][]rune, len(fields))
	for i, f := range fields {
		left[i] = []rune(f)
	}
	for {
		empty := true
		for _, l := range left {
			empty = empty && len(l) == 0
		}
		if empty {
			return
		}
		line, start := "", 0
		for col, end := range positions {
			last := col == len(positions)-1
			cut := end - start
			if !last {
				cut -= 3
			}
			if col == 0 {
				cut -= level
			}
			cut = max(cut, 1)
			fit := string(left[col][:min(cut, len(left[col]))])
			best := -1
			for _, x := range []string{"),", "},", "],", "',"} {
				if i := strings.Index(fit, x); i >= 0 && (best < 0 || i < best) {
					best = i
				}
			}
			if best >= 0 {
				fit = fit[:best+2]
			}
			if col == 0 {
				line += strings.Repeat("|", level) + " "
			}
			line += fit
			left[col] = left[col][utf8.RuneCountInString(fit):]
			if !last {
				line += "  "
			}
			pad := end - utf8.RuneCountInString(line)
			if last {
				pad -= level
			}
			line += strings.Repeat(" ", max(0, pad))
			start = end
		}
		b.WriteString(line + strings.Repeat("|", level) + "\n")
	}
}
