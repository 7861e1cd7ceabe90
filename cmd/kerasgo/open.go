package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// maxStdin bounds a model read from standard input.
const maxStdin = 8 << 30

// modelFlags are the flags of every command that takes a MODEL.
type modelFlags struct {
	weights         string
	ignoreMasks     bool
	dataFormat      string
	backend         string
	lambdas         []string
	allowUnusedData bool
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.weights, "weights", "", "weights file of a JSON or YAML architecture")
	cmd.Flags().BoolVar(&f.ignoreMasks, "ignore-masks", false, "run every time step, whatever mask_zero or Masking say")
	cmd.Flags().StringVar(&f.dataFormat, "data-format", "", "channels_first or channels_last, where the file does not say")
	cmd.Flags().StringVar(&f.backend, "keras1-backend", "", "theano or tensorflow: the backend that trained a Keras 1 file")
}

func (f *modelFlags) options() []importer.Option {
	var o []importer.Option
	if f.weights != "" {
		o = append(o, importer.WithWeights(f.weights))
	}
	if f.ignoreMasks {
		o = append(o, importer.WithIgnoreMasks())
	}
	if f.dataFormat != "" {
		o = append(o, importer.WithDataFormat(f.dataFormat))
	}
	if f.backend != "" {
		o = append(o, importer.WithKeras1Backend(f.backend))
	}
	return o
}

// open reads a model of either kind; "-" is standard input.
func (a *app) open(name string, f modelFlags) (*ir.Model, error) {
	if name == "-" {
		b, err := io.ReadAll(io.LimitReader(a.in, maxStdin+1))
		if err != nil {
			return nil, err
		}
		if len(b) > maxStdin {
			return nil, ir.Errorf(ir.ErrLimit, "standard input is longer than %d bytes", maxStdin)
		}
		if convert.IsNative(b) {
			return convert.ReadBytes(b)
		}
		return importer.LoadBytes(b, f.options()...)
	}
	native, err := isNative(name)
	if err != nil {
		return nil, err
	}
	if native {
		return convert.ReadFile(name)
	}
	return importer.Load(name, f.options()...)
}

// isNative reports whether a file is a .kgo, by content.
func isNative(name string) (bool, error) {
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if st, err := file.Stat(); err != nil || st.IsDir() {
		return false, err
	}
	var head [512]byte
	n, err := io.ReadFull(file, head[:])
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return false, err
	}
	return convert.IsNative(head[:n]), nil
}

// compile opens and compiles a model.
func (a *app) compile(name string, f modelFlags, opts ...runtime.Option) (*ir.Model, *runtime.Program, error) {
	m, err := a.open(name, f)
	if err != nil {
		return nil, nil, err
	}
	p, err := runtime.Compile(m, opts...)
	return m, p, err
}
