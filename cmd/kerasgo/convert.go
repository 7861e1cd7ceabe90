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
	"github.com/kerasgo/kerasgo/exporter"
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
		Short: "Convert a Keras model to a .kgo, or to a file of Keras 3",
		Long: `Convert a Keras model to a .kgo, kerasgo's own format: one file that is mapped
into memory and holds the graph, the weights and, with --golden, test cases that
kerasgo verify replays. It is a safetensors file, so other tools can read the weights.

An --output that ends in .keras or .h5 becomes a file of Keras 3 instead, for
keras.models.load_model, even if Keras 3 cannot open MODEL itself. A model with an
operation that Keras 3 does not have is refused.`,
		Example: `  kerasgo convert model.h5
  kerasgo convert model.json --weights weights.h5 -o model.kgo
  kerasgo convert model.keras --dtype float16 --golden golden.npz
  kerasgo convert old.h5 -o new.keras`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error { return a.convert(cmd.Context(), v[0], src, f) },
	}
	src.add(cmd)
	cmd.Flags().StringVarP(&f.out, "output", "o", "", "`FILE` to write: .kgo, .keras or .h5 (default: MODEL with the extension .kgo; \"-\" is a .kgo on standard output)")
	cmd.Flags().StringVar(&f.dtype, "dtype", "float32", "`TYPE` that weights are stored as: float32, float16, bfloat16 or int8")
	cmd.Flags().StringVar(&f.golden, "golden", "", "`NPZ` with inputs and Keras's outputs to store as test cases")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite an existing output")
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
	format := exporter.FormatOf(f.out)
	if format == nil && f.out != "-" && !strings.EqualFold(filepath.Ext(f.out), ".kgo") {
		return ir.Errorf(ir.ErrUsage, "--output %q: want a name that ends in .kgo, .keras or .h5", f.out)
	}
	if format != nil && (d != ir.Float32 || f.golden != "") {
		return ir.Errorf(ir.ErrUsage, "--dtype and --golden are for a .kgo; %s would be a file of Keras, whose weights stay as they are", f.out)
	}
	m, err := a.open(name, src)
	if err != nil {
		return err
	}
	if format != nil {
		return a.export(ctx, m, f, format)
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
	size, err := a.writeModel(ctx, m, f, storedBytes(m, d), func(w io.Writer) error { return convert.Write(w, m, opts...) })
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"out": f.out, "bytes": size, "weight_bytes": m.WeightBytes(), "dtype": d, "notes": m.Notes})
	}
	fmt.Fprintln(a.out, f.out)
	a.say("%s written; the weights of the model take %s", bytesText(size), bytesText(m.WeightBytes()))
	if f.golden != "" {
		a.next("verify %s", f.out)
	} else {
		a.next("verify %s --python python3 --source %s", f.out, name)
	}
	return nil
}

// export writes a file of Keras 3.
func (a *app) export(ctx context.Context, m *ir.Model, f convertFlags, format exporter.Format) error {
	size, err := a.writeModel(ctx, m, f, m.WeightBytes(), func(w io.Writer) error { return format(w, m) })
	if err != nil {
		return refusedExport{err}
	}
	if a.json {
		return a.printJSON(map[string]any{"out": f.out, "bytes": size, "weight_bytes": m.WeightBytes(), "notes": m.Notes})
	}
	fmt.Fprintln(a.out, f.out)
	a.say("%s written; load it with keras.models.load_model of Keras 3", bytesText(size))
	a.next("verify %s --python python3", f.out)
	return nil
}

// writeModel writes the output file, with its progress, and tells the notes; it
// returns the file's size.
func (a *app) writeModel(ctx context.Context, m *ir.Model, f convertFlags, about int64, write func(io.Writer) error) (int64, error) {
	b := a.progress("converting", max(1, about), progress.UnitsBytes)
	err := safefile.Write(ctx, f.out, f.force, func(w io.Writer) error { return write(&counted{w: w, b: b}) })
	b.end()
	if err != nil {
		return 0, err
	}
	st, err := os.Stat(f.out)
	if err != nil {
		return 0, err
	}
	for _, n := range m.Notes {
		a.say("note: %s", n)
	}
	return st.Size(), nil
}

// storedBytes is about how large the file will be.
func storedBytes(m *ir.Model, d ir.DType) int64 {
	return m.WeightBytes() * int64(d.Size()) / int64(ir.Float32.Size())
}
