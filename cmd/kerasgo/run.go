package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/feed"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// runFlags are the flags of run.
type runFlags struct {
	inputs    []string
	text      []string
	format    string
	image     feed.Image
	imageSize string
	channels  string
	rate      int
	threads   int
	out       outputFlags
}

func (a *app) runCmd() *cobra.Command {
	var src modelFlags
	f := runFlags{}
	cmd := &cobra.Command{
		Use:   "run MODEL --input FILE",
		Short: "Run a model on arrays, JSON, CSV, text, images or sound",
		Long: `Run a model on input files. The content of a file decides how it is read:

  .npz, .npy       arrays; those of an .npz are named like the model's inputs, or in0, in1, …
  JSON             nested lists, or an object that maps the names of inputs to such lists
  CSV              one example per row; a header with the names of inputs selects columns
  text             one example per line, for models that take strings; see also --text
  PNG, JPEG, WebP  an image, resized to the input's height and width; see --image-…
  WAV              samples between -1 and 1, channels averaged; --rate checks the sample rate

Several files for the same input form one batch. A model with several inputs takes
its files in the order of the inputs, or as NAME=FILE. Outputs are printed, or
written to --output as .npz (out0, out1, …), .npy or .json.`,
		Example: `  kerasgo run model.h5 --input in.npz --output out.npz
  kerasgo run model.h5 -i cat.jpg -i dog.png --image-scale -1-1 --top 5 --labels labels.txt
  kerasgo run model.keras --text "a fine film" --text "a waste of time"
  echo '[[1, 2, 3]]' | kerasgo run model.h5 -i - --json`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error { return a.run(cmd.Context(), v[0], src, f) },
	}
	src.add(cmd)
	fl := cmd.Flags()
	fl.StringArrayVarP(&f.inputs, "input", "i", nil, "input `FILE`, or NAME=FILE for the input NAME (\"-\" is standard input); repeatable")
	fl.StringArrayVar(&f.text, "text", nil, "one example as a `LINE` of text; repeatable")
	fl.StringVar(&f.format, "input-format", "", "`FORMAT` of the inputs when their content does not tell: "+strings.Join(feed.Formats, ", "))
	fl.StringVar(&f.image.Scale, "image-scale", "none", "`RANGE` of pixel values: none for 0 to 255, or "+strings.Join(feed.Scales[1:], ", "))
	fl.StringVar(&f.image.Resize, "image-resize", "nearest", "`METHOD`: "+strings.Join(feed.Resizers, ", ")+"; nearest is the default of Keras's load_img too")
	fl.StringVar(&f.channels, "image-channels", "rgb", "`ORDER` of the channels: rgb or bgr; --image-scale imagenet-caffe swaps them too, as Keras does")
	fl.StringVar(&f.imageSize, "image-size", "", "`HEIGHTxWIDTH` to resize to, when the model leaves it open or takes flat vectors")
	fl.IntVar(&f.rate, "rate", 0, "sample rate the model wants, in `HZ`; a WAV file of another rate is an error")
	fl.IntVar(&f.threads, "threads", 0, "use at most `N` threads (default: all cores)")
	f.out.add(cmd)
	for flag, values := range map[string][]string{
		"input-format": feed.Formats, "image-scale": feed.Scales, "image-resize": feed.Resizers, "image-channels": {"rgb", "bgr"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

func (a *app) run(ctx context.Context, name string, src modelFlags, f runFlags) error {
	if len(f.inputs) == 0 && len(f.text) == 0 {
		return ir.Errorf(ir.ErrUsage, "run needs --input FILE, or --text LINE")
	}
	if name == "-" && slices.Contains(f.inputs, "-") {
		return ir.Errorf(ir.ErrUsage, "the model and an input cannot both be standard input")
	}
	if err := f.out.check(); err != nil {
		return err
	}
	m, p, err := a.compile(name, src, runtime.WithThreads(f.threads))
	if err != nil {
		return err
	}
	defer p.Close()
	tensors, err := a.inputs(m, src, f)
	if err != nil {
		return err
	}
	out, err := p.NewSession().RunContext(ctx, forRun(tensors)...)
	if err != nil {
		return err
	}
	if err := a.writeOutputs(ctx, m, out, f.out); err != nil {
		return err
	}
	if f.out.path != "" && f.out.path != "-" {
		a.next("bench %s", name)
	}
	return nil
}

// inputs reads what --input and --text give.
func (a *app) inputs(m *ir.Model, src modelFlags, f runFlags) ([]*ir.Tensor, error) {
	var err error
	if f.image.Height, f.image.Width, err = feed.ParseSize(f.imageSize); err != nil {
		return nil, err
	}
	switch f.channels {
	case "rgb":
	case "bgr":
		f.image.BGR = true
	default:
		return nil, ir.Errorf(ir.ErrUsage, "--image-channels %q: want rgb or bgr", f.channels)
	}
	if err := f.image.Check(); err != nil {
		return nil, err
	}
	var sources []feed.Source
	for _, s := range f.inputs {
		source := feed.Source{Path: s}
		if name, path, ok := strings.Cut(s, "="); ok && (isInput(m, name) || !exists(s)) {
			source = feed.Source{Input: name, Path: path}
		}
		if source.Path == "-" {
			if source.Data, err = feed.ReadAll(a.in); err != nil {
				return nil, err
			}
			source.Path = "standard input"
		}
		sources = append(sources, source)
	}
	o := feed.Options{Format: f.format, Image: f.image, Rate: f.rate, Arrays: src.limits.npz}
	if len(f.text) > 0 {
		if len(sources) > 0 && len(m.Inputs) == 1 {
			return nil, ir.Errorf(ir.ErrUsage, "--text and --input are both given, the model has one input")
		}
		text, err := textInput(m)
		if err != nil {
			return nil, err
		}
		sources = append(sources, feed.Source{Input: text, Path: "--text", Data: []byte(strings.Join(f.text, "\n"))})
		if len(sources) == 1 {
			o.Format = "text"
		}
	}
	return feed.Read(m, sources, o)
}

// exists tells a file whose name holds "=" from NAME=FILE.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isInput(m *ir.Model, name string) bool {
	return slices.ContainsFunc(m.Inputs, func(p ir.Port) bool { return p.Name == name })
}

// textInput is the name of the model's input that holds strings.
func textInput(m *ir.Model) (string, error) {
	for _, p := range m.Inputs {
		if m.Type(p.Value).DType == ir.String {
			return p.Name, nil
		}
	}
	return "", ir.Errorf(ir.ErrUsage, "--text: no input of the model takes strings; its inputs are %v", m.Type(m.Inputs[0].Value))
}
