// Package summary prints the table of Keras's model.summary().
package summary

import (
	"fmt"
	"io"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Style is whose table is printed.
type Style int

// The styles: Keras 3's boxes, or the ruled lines of Keras 2.
const (
	Keras3 Style = iota
	Keras2
)

// Options of Write. The zero Options print what model.summary() prints by
// default on a terminal of 80 columns.
type Options struct {
	Style        Style
	LineLength   int  // 0: Keras's own, cut to Columns in Keras 3's style
	Columns      int  // of the terminal; 0 means 80
	ExpandNested bool // list the layers of nested models too
}

// Write prints the table of m's layers.
func Write(w io.Writer, m *ir.Model, o Options) error {
	var b strings.Builder
	if o.Style == Keras2 {
		writeKeras2(&b, m, o)
	} else {
		writeKeras3(&b, m, o)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// rows are the layers that are listed; inputs is whether the outermost model's
// input layers are.
func rows(m *ir.Model, expand, inputs bool) []ir.Layer {
	var out []ir.Layer
	for _, l := range m.Layers {
		if l.Depth > 0 && !expand || l.InputLayer && l.Depth == 0 && !inputs {
			continue
		}
		out = append(out, l)
	}
	return out
}

// chain reports whether Keras would leave out the "Connected to" column: every
// layer reads one tensor that no other layer reads.
func chain(m *ir.Model) bool {
	if m.Source.Class == "Sequential" {
		return true
	}
	read := map[string]bool{}
	inputs := 0
	for _, l := range m.Layers {
		if l.Depth > 0 {
			continue
		}
		if l.InputLayer {
			inputs++
		}
		if len(l.Inbound) > 1 || inputs > 1 {
			return false
		}
		for _, in := range l.Inbound {
			from, _, _ := strings.Cut(in, "[")
			if read[from] {
				return false
			}
			read[from] = true
		}
	}
	return true
}

// connections are what the "Connected to" column has. Keras looks for the calls
// in the outermost model's graph, where a nested model's layers have none.
func connections(l ir.Layer) []string {
	if l.Depth > 0 {
		return nil
	}
	return l.Inbound
}

type counts struct{ params, trainable, bytes int64 }

func total(m *ir.Model) (c counts) {
	for _, l := range m.Layers {
		if l.Depth == 0 {
			c.params += l.Params
			c.trainable += l.Trainable
			c.bytes += l.Bytes
		}
	}
	return c
}

// trainableBytes assumes that trainable and other parameters are equally wide,
// which only counters, a few bytes, are not.
func (c counts) trainableBytes() int64 {
	if c.params == 0 {
		return 0
	}
	if c.params == c.trainable {
		return c.bytes
	}
	return min(c.bytes, 4*c.trainable)
}

func shapeText(s ir.Shape) string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = "None"
		if d.IsKnown() {
			parts[i] = d.String()
		}
	}
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func outputs(l ir.Layer, alwaysList, trailingComma bool) string {
	if l.OutputStruct != "" {
		return l.OutputStruct
	}
	parts := make([]string, len(l.Outputs))
	for i, s := range l.Outputs {
		parts[i] = shapeText(s)
		if !trailingComma {
			parts[i] = strings.Replace(parts[i], ",)", ")", 1)
		}
	}
	switch {
	case len(parts) == 0:
		return "?"
	case len(parts) == 1 && !alwaysList:
		return parts[0]
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// readable is Keras's way to write a size; byte is its word for the unit.
func readable(bytes int64, byte string) string {
	v := float64(bytes)
	for _, unit := range []string{byte, "KB", "MB", "GB", "TB"} {
		if v/1024 < 1 {
			return fmt.Sprintf("%.2f %s", v, unit)
		}
		v /= 1024
	}
	return fmt.Sprintf("%.2f PB", v)
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// base is the last part of a layer path.
func base(l ir.Layer) string {
	if l.Depth == 0 {
		return l.Name
	}
	parts := strings.Split(l.Name, "/")
	return parts[len(parts)-1]
}
