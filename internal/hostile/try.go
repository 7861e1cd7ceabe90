package hostile

import (
	"io"
	"os"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/exporter"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// MaxMemory is the limit on intermediate values in Try.
const MaxMemory = 16 << 20

// Load reads a model of either kind from memory.
func Load(b []byte) (*ir.Model, error) {
	if convert.IsNative(b) {
		f, err := convert.OpenBytes(b)
		if err != nil {
			return nil, err
		}
		return f.Model, f.VerifyChecksum()
	}
	return importer.LoadBytes(b)
}

// LoadFile reads a model of either kind.
func LoadFile(path string) (*ir.Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := f.Read(head)
	if convert.IsNative(head[:n]) {
		k, err := convert.Open(path)
		if err != nil {
			return nil, err
		}
		return k.Model, k.VerifyChecksum()
	}
	return importer.Load(path)
}

// Run compiles a model and runs it on zeros, its open dimensions as given.
func Run(m *ir.Model, size int, opts ...runtime.Option) error {
	p, err := runtime.Compile(m, append([]runtime.Option{runtime.WithMaxMemory(MaxMemory), runtime.WithThreads(2)}, opts...)...)
	if err != nil {
		return err
	}
	defer p.Close()
	in := make([]*runtime.Tensor, len(p.Inputs()))
	for i, info := range p.Inputs() {
		shape, n := make([]int, len(info.Shape)), 1
		for j, d := range info.Shape {
			shape[j] = d.Size
			if !d.IsKnown() {
				shape[j] = max(0, size+d.Size)
			}
			if shape[j] > MaxMemory || n > MaxMemory/max(shape[j], 1) {
				return ir.Errorf(ir.ErrLimit, "an input of shape %v", info.Shape)
			}
			n *= shape[j]
		}
		t := &ir.Tensor{DType: info.DType, Shape: shape}
		if info.DType == ir.String {
			t.Strings = make([]string, n)
		} else {
			t.Data = make([]byte, n*info.DType.Size())
		}
		in[i] = runtime.FromIR(t)
	}
	_, err = p.NewSession().Run(in...)
	return err
}

// Try loads a file, exports it, compiles it and runs it.
func Try(b []byte) error {
	m, err := Load(b)
	if err != nil {
		return err
	}
	if err := exporter.WriteKeras(io.Discard, m); Kind(err) == "" {
		return err
	}
	return Run(m, 2)
}
