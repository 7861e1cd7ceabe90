package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/importer"
)

func (a *app) layersCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "layers",
		Short: "List the supported Keras layers, with notes",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			list := importer.SupportedLayers()
			if a.json {
				return a.printJSON(list)
			}
			t := table.NewWriter()
			t.SetStyle(table.StyleLight)
			t.AppendHeader(table.Row{"Layer", "Notes"})
			for _, l := range list {
				t.AppendRow(table.Row{l.Class, l.Note})
			}
			_, err := fmt.Fprintln(a.out, t.Render())
			return err
		},
	}
}
