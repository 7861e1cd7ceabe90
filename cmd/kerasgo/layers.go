package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/importer"
)

// support is a layer or an operation that can be imported.
type support struct {
	Name       string   `json:"name"`
	Arguments  []string `json:"arguments,omitempty"`
	TensorFlow []string `json:"tensorflow,omitempty"`
	Note       string   `json:"note,omitempty"`
}

func (a *app) layersCmd() *cobra.Command {
	var ops bool
	cmd := &cobra.Command{
		Use:   "layers [WORD]",
		Short: "List the supported Keras layers, or with --ops the operations",
		Long: `List the Keras layers that can be imported, with notes. With --ops, list the
operations of keras.ops and TensorFlow that functional models may use instead; they
may also be used in the expressions of --lambda. WORD selects those whose name
contains it.`,
		Example: `  kerasgo layers attention
  kerasgo layers --ops`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, v []string) error {
			list := []support{}
			keep := func(s support) {
				if len(v) == 0 || strings.Contains(strings.ToLower(s.Name), strings.ToLower(v[0])) {
					list = append(list, s)
				}
			}
			if ops {
				for _, o := range importer.SupportedOps() {
					keep(support{o.Name, o.Arguments, o.TensorFlow, o.Note})
				}
			} else {
				for _, l := range importer.SupportedLayers() {
					keep(support{Name: l.Class, Note: l.Note})
				}
			}
			if a.json {
				return a.printJSON(list)
			}
			what := "Layer"
			if ops {
				what = "Operation"
			}
			if len(list) == 0 {
				a.say("no %s has %q in its name", strings.ToLower(what), v[0])
				return nil
			}
			t := newTable(what, "Notes")
			for _, s := range list {
				name := s.Name
				if ops {
					name += "(" + strings.Join(s.Arguments, ", ") + ")"
				}
				t.AppendRow(table.Row{name, s.Note})
			}
			_, err := fmt.Fprintln(a.out, t.Render())
			return err
		},
	}
	cmd.Flags().BoolVar(&ops, "ops", false, "list the operations instead")
	return cmd
}
