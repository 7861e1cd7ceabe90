package kerasgo

import (
	"io/fs"
	"os"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/native"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// Option is an option of the import, made by Import, or of the compilation,
// made by Compile.
type Option func(*options)

type options struct {
	importer []importer.Option
	runtime  []runtime.Option
}

// Import passes options to package importer; they do nothing for a .kgo.
func Import(opts ...importer.Option) Option {
	return func(o *options) { o.importer = append(o.importer, opts...) }
}

// Compile passes options to runtime.Compile.
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

// Tensor returns a tensor over data; it is runtime.NewTensor.
func Tensor[T runtime.Element](data []T, shape ...int) *runtime.Tensor {
	return runtime.NewTensor(data, shape...)
}

// Load reads and compiles the model at path: a Keras file of any version, the
// directory of an unpacked .keras, or a .kgo. Errors are *ir.Error.
func Load(path string, opts ...Option) (*runtime.Program, error) {
	o := newOptions(opts)
	isNative, err := native.FileIsNative(os.Open(path))
	if err != nil {
		return nil, err
	}
	if isNative {
		return o.compile(convert.ReadFile(path))
	}
	return o.compile(importer.Load(path, o.importer...))
}

// LoadFS is Load from a file system, such as an embed.FS.
func LoadFS(fsys fs.FS, name string, opts ...Option) (*runtime.Program, error) {
	o := newOptions(opts)
	isNative, err := native.FileIsNative(fsys.Open(name))
	if err != nil {
		return nil, err
	}
	if isNative {
		return o.compile(convert.ReadFS(fsys, name))
	}
	return o.compile(importer.LoadFS(fsys, name, o.importer...))
}

// LoadBytes is Load from memory, which the program uses and which must not
// change afterwards.
func LoadBytes(b []byte, opts ...Option) (*runtime.Program, error) {
	o := newOptions(opts)
	if convert.IsNative(b) {
		return o.compile(convert.ReadBytes(b))
	}
	return o.compile(importer.LoadBytes(b, o.importer...))
}

func (o *options) compile(m *ir.Model, err error) (*runtime.Program, error) {
	if err != nil {
		return nil, err
	}
	return runtime.Compile(m, o.runtime...)
}
