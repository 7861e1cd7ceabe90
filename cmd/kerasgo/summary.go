package main

import (
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/kerasgo/kerasgo/internal/summary"
	"github.com/kerasgo/kerasgo/ir"
)

func (a *app) summaryCmd() *cobra.Command {
	var o summary.Options
	var style string
	var src modelFlags
	cmd := &cobra.Command{
		Use:   "summary MODEL",
		Short: "Print the table of Keras's model.summary()",
		Long: `Print the table that model.summary() of Keras prints: layers, output shapes and
parameters. MODEL may be an architecture without its weights.`,
		Example: `  kerasgo summary model.h5
  kerasgo summary model.json --expand-nested`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			switch style {
			case "keras3":
			case "keras2":
				o.Style = summary.Keras2
			default:
				return ir.Errorf(ir.ErrUsage, "--style %q: want keras3 or keras2", style)
			}
			m, full, err := a.openPartly(v[0], src)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(m.Layers)
			}
			o.Columns = a.columns()
			if err := summary.Write(a.text(), m, o); err != nil {
				return err
			}
			if full {
				a.next("verify %s --python python3, or: kerasgo graph %[1]s -o model.html", v[0])
			} else {
				a.say("this is an architecture without weights; to run it, give --weights FILE too")
			}
			return nil
		},
	}
	src.add(cmd)
	cmd.Flags().StringVar(&style, "style", "keras3", "`STYLE` of the table: keras3 or keras2")
	cmd.Flags().IntVar(&o.LineLength, "line-length", 0, "length of a line, `N` columns (default: Keras's, cut to the terminal)")
	cmd.Flags().BoolVar(&o.ExpandNested, "expand-nested", false, "list the layers of nested models too")
	return cmd
}

// columns is the terminal's width, found as Python finds it.
func (a *app) columns() int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := a.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}
