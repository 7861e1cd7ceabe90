package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Problem is one reason why a model cannot be imported, with all the layers it
// concerns.
type Problem struct {
	Layers []string `json:"layers"`
	Class  string   `json:"class"`
	Field  string   `json:"field,omitempty"` // config key, argument or weight
	Text   string   `json:"text"`            // what is wrong and a way round
	Kind   string   `json:"kind"`            // "unsupported", "malformed file", …
	kind   error
}

func (p Problem) String() string {
	var b strings.Builder
	switch {
	case len(p.Layers) == 0:
		b.WriteString(p.Class)
	case len(p.Layers) == 1:
		fmt.Fprintf(&b, "layer %q (%s)", p.Layers[0], p.Class)
	default:
		shown := p.Layers
		more := ""
		if len(shown) > 6 {
			shown, more = shown[:5], fmt.Sprintf(" and %d more", len(p.Layers)-5)
		}
		fmt.Fprintf(&b, "%d layers of class %s (%s%s)", len(p.Layers), p.Class, strings.Join(shown, ", "), more)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// problems groups failures that say the same of several layers.
func problems(errs []error) []Problem {
	var out []Problem
	index := map[[3]string]int{}
	for _, err := range errs {
		var e *ir.Error
		if !errors.As(err, &e) {
			e = &ir.Error{Kind: ir.ErrMalformed, Text: err.Error()}
		}
		bare := *e
		bare.Layer, bare.Class, bare.Field, bare.File = "", "", "", ""
		text := bare.Error()
		key := [3]string{e.Class, e.Field, text}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			p := Problem{Class: e.Class, Field: e.Field, Text: text, kind: e.Kind}
			if e.Kind != nil {
				p.Kind = e.Kind.Error()
			}
			out = append(out, p)
		}
		if e.Layer != "" && !slices.Contains(out[i].Layers, e.Layer) {
			out[i].Layers = append(out[i].Layers, e.Layer)
		}
	}
	return out
}

// problem is the one error for all failures: of the kind "unsupported" if any
// is, else of the first one's kind.
func problem(errs []error, file string) error {
	if len(errs) == 0 {
		return nil
	}
	if len(errs) == 1 {
		return inFile(errs[0], file)
	}
	list := problems(errs)
	e := &ir.Error{Kind: list[0].kind, File: file}
	for _, p := range list {
		if errors.Is(p.kind, ir.ErrUnsupported) {
			e.Kind = ir.ErrUnsupported
		}
	}
	if len(list) == 1 {
		e.Text = list[0].String()
		return e
	}
	lines := make([]string, len(list))
	for i, p := range list {
		lines[i] = p.String()
	}
	e.Text = fmt.Sprintf("%d problems:\n  %s", len(list), strings.Join(lines, "\n  "))
	return e
}
