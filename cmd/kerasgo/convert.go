package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/internal/safefile"
	"github.com/kerasgo/kerasgo/ir"
)

// convertFlags are the flags of convert.
type convertFlags struct {
	out    string
	dtype  string
	golden string
	force  bool
}

func (a *app) convertCmd() *cobra.Command {
	var src modelFlags
	f := convertFlags{}
	cmd := &cobra.Command{
		Use:   "convert MODEL",
		Short: "Convert a Keras model to the native format",
		Long: `Convert a Keras model to a .kgo: one file that loads by mapping, holds the graph,
the weights and, with --golden, test cases that verify replays. Any tool that
reads safetensors reads its weights.`,
		Example: `  kerasgo convert model.h5
  kerasgo convert model.json --weights weights.h5 -o model.kgo
  kerasgo convert model.keras --dtype float16 --golden golden.npz`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error { return a.convert(cmd.Context(), v[0], src, f) },
	}
	src.add(cmd)
	cmd.Flags().StringVarP(&f.out, "output", "o", "", `file to write (default: MODEL with .kgo; "-" is standard output)`)
	cmd.Flags().StringVar(&f.dtype, "dtype", "float32", "how weights are stored: float32, float16, bfloat16 or int8")
	cmd.Flags().StringVar(&f.golden, "golden", "", "npz with inputs and Keras's outputs to store as test cases")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite the output")
	_ = cmd.RegisterFlagCompletionFunc("dtype", cobra.FixedCompletions([]string{"float32", "float16", "bfloat16", "int8"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) convert(ctx context.Context, name string, src modelFlags, f convertFlags) error {
	d, err := ir.ParseDType(f.dtype)
	if err != nil || d != ir.Float32 && d != ir.Float16 && d != ir.BFloat16 && d != ir.Int8 {
		return ir.Errorf(ir.ErrUsage, "--dtype %q: want float32, float16, bfloat16 or int8", f.dtype)
	}
	if f.out == "" {
		if name == "-" {
			return ir.Errorf(ir.ErrUsage, "a model from standard input needs -o OUT")
		}
		f.out = strings.TrimSuffix(name, filepath.Ext(name)) + ".kgo"
	}
	m, err := a.open(name, src)
	if err != nil {
		return err
	}
	opts := append(src.limits.native(), convert.WithDType(d))
	if f.golden != "" {
		cases, err := readCases(f.golden, m, src.limits.npz)
		if err != nil {
			return err
		}
		opts = append(opts, convert.WithCases(cases...))
	}
	if f.out == "-" {
		return convert.Write(a.out, m, opts...)
	}
	b := a.progress("converting", storedBytes(m, d), progress.UnitsBytes)
	err = safefile.Write(ctx, f.out, f.force, func(w io.Writer) error { return convert.Write(&counted{w: w, b: b}, m, opts...) })
	b.end()
	if err != nil {
		return err
	}
	st, err := os.Stat(f.out)
	if err != nil {
		return err
	}
	for _, n := range m.Notes {
		a.say("note: %s", n)
	}
	if a.json {
		return a.printJSON(map[string]any{"out": f.out, "bytes": st.Size(), "weight_bytes": m.WeightBytes(), "dtype": d, "notes": m.Notes})
	}
	fmt.Fprintln(a.out, f.out)
	a.say("%s; the weights had %s", bytesText(st.Size()), bytesText(m.WeightBytes()))
	if f.golden != "" {
		a.next("verify %s", f.out)
	} else {
		a.next("verify %s --python python3 --source %s", f.out, name)
	}
	return nil
}

// storedBytes is about how large the file will be.
func storedBytes(m *ir.Model, d ir.DType) int64 {
	return max(1, m.WeightBytes()*int64(d.Size())/int64(ir.Float32.Size()))
}
