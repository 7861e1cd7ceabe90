package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/ir"
)

func (a *app) convertCmd() *cobra.Command {
	var src modelFlags
	var out, dtype, golden string
	var force bool
	cmd := &cobra.Command{
		Use:   "convert MODEL",
		Short: "Convert a Keras model to the native format",
		Example: `  kerasgo convert model.h5
  kerasgo convert model.json --weights weights.h5 -o model.kgo
  kerasgo convert model.keras --dtype float16 --golden golden.npz`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			d, err := ir.ParseDType(dtype)
			if err != nil {
				return ir.Errorf(ir.ErrUsage, "--dtype %q: want float32, float16, bfloat16 or int8", dtype)
			}
			m, err := a.open(v[0], src)
			if err != nil {
				return err
			}
			if out == "" {
				if v[0] == "-" {
					return ir.Errorf(ir.ErrUsage, "a model from standard input needs -o OUT")
				}
				out = strings.TrimSuffix(v[0], filepath.Ext(v[0])) + ".kgo"
			}
			opts := []convert.Option{convert.WithDType(d)}
			if golden != "" {
				cases, err := readCases(golden, m)
				if err != nil {
					return err
				}
				opts = append(opts, convert.WithCases(cases...))
			}
			if out == "-" {
				return convert.Write(a.out, m, opts...)
			}
			if force {
				opts = append(opts, convert.WithForce())
			}
			if err := convert.WriteFile(out, m, opts...); err != nil {
				return err
			}
			st, err := os.Stat(out)
			if err != nil {
				return err
			}
			for _, n := range m.Notes {
				a.say("note: %s", n)
			}
			if a.json {
				return a.printJSON(map[string]any{"out": out, "bytes": st.Size(), "notes": m.Notes})
			}
			fmt.Fprintln(a.out, out)
			a.say("%s: %d bytes, %d weights bytes in the source; next: kerasgo summary %s", out, st.Size(), m.WeightBytes(), out)
			return nil
		},
	}
	src.add(cmd)
	cmd.Flags().StringVarP(&out, "output", "o", "", `file to write (default: MODEL with .kgo; "-" is standard output)`)
	cmd.Flags().StringVar(&dtype, "dtype", "float32", "how weights are stored: float32, float16, bfloat16 or int8")
	cmd.Flags().StringVar(&golden, "golden", "", "npz with inputs and Keras's outputs to store as test cases")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the output")
	return cmd
}
