package kerasgo

import (
	"io/fs"
	"os"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/native"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// Option is an option of Load, LoadFS and LoadBytes: Import, Compile or Replay.
type Option func(*options)

type options struct {
	importer []importer.Option
	runtime  []runtime.Option
	replay   bool
}

// Replay checks a .kgo when it is loaded: it runs the test cases that the file
// holds (convert.WithCases, kerasgo convert --golden) and compares the outputs
// with those of Keras. If they differ, loading fails with ir.ErrParity. Replay
// does nothing for a file without test cases.
func Replay() Option { return func(o *options) { o.replay = true } }

// Import passes options to package importer, such as importer.WithWeights. They
// have no effect on a .kgo.
func Import(opts ...importer.Option) Option {
	return func(o *options) { o.importer = append(o.importer, opts...) }
}

// Compile passes options to runtime.Compile, such as runtime.WithThreads.
func Compile(opts ...runtime.Option) Option {
	return func(o *options) { o.runtime = append(o.runtime, opts...) }
}

func newOptions(opts []Option) *options {
	o := &options{}
	for _, f := range opts {
		f(o)
	}
	return o
}

// Tensor returns a tensor of the given shape over data, which is not copied. The
// last axis varies fastest, as in NumPy. It panics if the shape does not have as
// many elements as data. It is short for runtime.NewTensor.
func Tensor[T runtime.Element](data []T, shape ...int) *runtime.Tensor {
	return runtime.NewTensor(data, shape...)
}

// Load reads and compiles the model at path: a file of any version of Keras, the
// directory of an unpacked .keras, or a .kgo.
//
// Errors are of type *ir.Error, except those of the file system, which are
// returned as they are. The weights of most files are mapped into memory and not
// copied: the file may be replaced or removed while the program is in use, but
// not truncated or changed in place.
func Load(path string, opts ...Option) (*runtime.Program, error) {
	o := newOptions(opts)
	isNative, err := native.FileIsNative(os.Open(path))
	if err != nil {
		return nil, err
	}
	if isNative {
		return o.native(convert.Open(path))
	}
	return o.compile(importer.Load(path, o.importer...))
}

// LoadFS is Load for a file in a file system, such as an embed.FS. The file is
// read into memory.
func LoadFS(fsys fs.FS, name string, opts ...Option) (*runtime.Program, error) {
	o := newOptions(opts)
	isNative, err := native.FileIsNative(fsys.Open(name))
	if err != nil {
		return nil, err
	}
	if isNative {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		return o.native(convert.OpenBytes(b))
	}
	return o.compile(importer.LoadFS(fsys, name, o.importer...))
}

// LoadBytes is Load for a file in memory. The program may use b itself, so b must
// not be changed afterwards.
func LoadBytes(b []byte, opts ...Option) (*runtime.Program, error) {
	o := newOptions(opts)
	if convert.IsNative(b) {
		return o.native(convert.OpenBytes(b))
	}
	return o.compile(importer.LoadBytes(b, o.importer...))
}

func (o *options) compile(m *ir.Model, err error) (*runtime.Program, error) {
	if err != nil {
		return nil, err
	}
	return runtime.Compile(m, o.runtime...)
}

func (o *options) native(f *convert.File, err error) (*runtime.Program, error) {
	if err != nil {
		return nil, err
	}
	p, err := runtime.Compile(f.Model, o.runtime...)
	if err != nil || !o.replay {
		return p, err
	}
	if err := replay(p, f); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// replay runs a file's cases as successive calls of one session, which is what
// they are of a stateful model.
func replay(p *runtime.Program, f *convert.File) error {
	s := p.NewSession()
	for _, c := range f.Cases {
		in := make([]*runtime.Tensor, len(c.Inputs))
		for i, t := range c.Inputs {
			in[i] = runtime.FromIR(t)
		}
		out, err := s.Run(in...)
		if err != nil {
			return err
		}
		for i, port := range f.Model.Outputs {
			var want64 *ir.Tensor
			if c.Outputs64 != nil {
				want64 = c.Outputs64[i]
			}
			r := parity.Compare(out[i].ToIR(), c.Outputs[i], want64, parity.Options{DType: f.Model.Type(port.Value).DType})
			if err := r.Err(port.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
