package exporter

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// problem is the one error for all refusals; what is said of several layers is
// said once.
func problem(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	type group struct {
		class, text string
		layers      []string
	}
	var groups []group
	for _, err := range errs {
		e := &ir.Error{Text: err.Error()}
		errors.As(err, &e)
		i := slices.IndexFunc(groups, func(g group) bool { return g.class == e.Class && g.text == e.Text })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{class: e.Class, text: e.Text})
		}
		if !slices.Contains(groups[i].layers, e.Layer) {
			groups[i].layers = append(groups[i].layers, e.Layer)
		}
	}
	lines := make([]string, len(groups))
	for i, g := range groups {
		lines[i] = fmt.Sprintf("layer %q (%s): %s", g.layers[0], g.class, g.text)
		if n := len(g.layers); n > 1 {
			shown := g.layers[:min(n, 5)]
			lines[i] = fmt.Sprintf("%d layers of class %s (%s): %s", n, g.class, strings.Join(shown, ", "), g.text)
		}
	}
	if len(lines) == 1 {
		return ir.Errorf(ir.ErrUnsupported, "%s", lines[0])
	}
	return ir.Errorf(ir.ErrUnsupported, "%d problems:\n  %s", len(lines), strings.Join(lines, "\n  "))
}
