// Package feed makes a model's inputs from files: arrays (.npz, .npy), JSON,
// CSV, lines of text, images and sound. What a file is, is told by its content.
package feed

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
)

// MaxBytes bounds a file that is read into memory.
const MaxBytes int64 = 2 << 30

// Source is a file and the input it is for.
type Source struct {
	Input string // name; empty: the only input, or the next in order
	Path  string // for messages, and to open when Data is nil
	Data  []byte
}

// Options say how files are understood.
type Options struct {
	Format string // one of Formats; empty: by content
	Image  Image
	Rate   int // samples a second the model wants of sound; 0: any
	Arrays npz.Limits
}

// Read gives the inputs of m, in its order, from the sources. Several files for
// one input become one batch.
func Read(m *ir.Model, sources []Source, o Options) ([]*ir.Tensor, error) {
	r := &reader{m: m, o: o, parts: make([][]*ir.Tensor, len(m.Inputs))}
	for _, s := range sources {
		if err := r.source(s); err != nil {
			return nil, inFile(err, s.Path)
		}
	}
	out := make([]*ir.Tensor, len(m.Inputs))
	for i, p := range m.Inputs {
		if len(r.parts[i]) == 0 {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: p.Name, Text: fmt.Sprintf("the model's input %v is not given; the inputs are %s, given as NAME=FILE or in this order", m.Type(p.Value), r.names())}
		}
		t, err := stack(r.parts[i])
		if err == nil {
			out[i], err = parity.Convert(t, m.Type(p.Value).DType)
		}
		if err != nil {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: p.Name, Text: "the input does not fit", Err: err}
		}
	}
	return out, nil
}

type reader struct {
	m     *ir.Model
	o     Options
	parts [][]*ir.Tensor // by input: what its files gave, each with a batch axis
	next  int            // the input of the next file that names none
}

func (r *reader) names() string {
	var s []string
	for _, p := range r.m.Inputs {
		s = append(s, p.Name)
	}
	return strings.Join(s, ", ")
}

func (r *reader) source(s Source) error {
	if s.Input != "" { // a wrong name is said before a file that is not there
		if _, err := r.index(s.Input); err != nil {
			return err
		}
	}
	b := s.Data
	if b == nil {
		var err error
		if b, err = readFile(s.Path); err != nil {
			return err
		}
	}
	format := r.o.Format
	if format == "" {
		format = Sniff(b, r.wantsText(s.Input))
	}
	if !slices.Contains(Formats, format) {
		return ir.Errorf(ir.ErrUsage, "format %q: want one of %s", format, strings.Join(Formats, ", "))
	}
	switch format {
	case "npz":
		return r.npz(b, s.Input)
	case "json":
		return r.json(b, s.Input)
	case "csv":
		return r.csv(b, s.Input)
	}
	i, err := r.index(s.Input)
	if err != nil {
		return err
	}
	want := r.m.Type(r.m.Inputs[i].Value)
	var t *ir.Tensor
	switch format {
	case "npy":
		t, err = npz.ReadNPY(bytes.NewReader(b), MaxBytes)
	case "text":
		t, err = lines(b, want)
	case "image":
		t, err = r.o.Image.decode(b, want)
	case "wav":
		t, err = sound(b, want, r.o.Rate)
	}
	if err != nil {
		return err
	}
	return r.put(i, t)
}

// wantsText reports whether the input a file is for holds strings.
func (r *reader) wantsText(name string) bool {
	for i, p := range r.m.Inputs {
		if p.Name == name || name == "" && (i == r.next || len(r.m.Inputs) == 1) {
			return r.m.Type(p.Value).DType == ir.String
		}
	}
	return false
}

// index finds the input by name, or the next one in order.
func (r *reader) index(name string) (int, error) {
	if name != "" {
		for i, p := range r.m.Inputs {
			if p.Name == name || name == fmt.Sprintf("in%d", i) {
				return i, nil
			}
		}
		return 0, ir.Errorf(ir.ErrUsage, "the model has no input %q; it has %s", name, r.names())
	}
	if len(r.m.Inputs) == 1 {
		return 0, nil
	}
	if r.next >= len(r.m.Inputs) {
		return 0, ir.Errorf(ir.ErrUsage, "more files than inputs; the model has %s; name the input as NAME=FILE to give a batch of several files", r.names())
	}
	r.next++
	return r.next - 1, nil
}

// put adds what a file gave to an input, brought to the rank it wants.
func (r *reader) put(i int, t *ir.Tensor) error {
	p := r.m.Inputs[i]
	t, err := fit(t, r.m.Type(p.Value).Shape)
	if err != nil {
		return &ir.Error{Kind: ir.ErrShape, Field: p.Name, Text: err.Error()}
	}
	r.parts[i] = append(r.parts[i], t)
	return nil
}

func (r *reader) npz(b []byte, name string) error {
	z, err := npz.ReadBytes(b, r.o.Arrays)
	if err != nil {
		return err
	}
	if len(z.Names()) == 1 && (name != "" || len(r.m.Inputs) == 1) {
		i, err := r.index(name)
		if err != nil {
			return err
		}
		t, err := z.Tensor(z.Names()[0])
		if err != nil {
			return err
		}
		return r.put(i, t)
	}
	tensors, err := parity.Inputs(z, r.m)
	if err != nil {
		return err
	}
	for i, t := range tensors {
		r.parts[i] = append(r.parts[i], t)
	}
	return nil
}

// fit adds a batch axis of 1, or a last axis of 1, where one is missing.
func fit(t *ir.Tensor, want ir.Shape) (*ir.Tensor, error) {
	have := ir.Dims(t.Shape...)
	if have.CompatibleWith(want) {
		return t, nil
	}
	for _, shape := range [][]int{
		append([]int{1}, t.Shape...),
		append(slices.Clone(t.Shape), 1),
		append(append([]int{1}, t.Shape...), 1),
	} {
		if ir.Dims(shape...).CompatibleWith(want) {
			c := *t
			c.Shape = shape
			return &c, nil
		}
	}
	return nil, fmt.Errorf("the data have shape %v, the model wants %v", have, want)
}

// stack joins tensors along their first axis.
func stack(parts []*ir.Tensor) (*ir.Tensor, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	first := parts[0]
	out := &ir.Tensor{DType: first.DType, Shape: slices.Clone(first.Shape)}
	if len(first.Shape) == 0 {
		return nil, ir.Errorf(ir.ErrShape, "several files for an input that is one number")
	}
	out.Shape[0] = 0
	for _, t := range parts {
		if t.DType != first.DType || len(t.Shape) != len(first.Shape) || !slices.Equal(t.Shape[1:], first.Shape[1:]) {
			return nil, ir.Errorf(ir.ErrShape, "files of one batch differ: %v%v and %v%v", first.DType, ir.Dims(first.Shape...), t.DType, ir.Dims(t.Shape...))
		}
		out.Shape[0] += t.Shape[0]
		out.Data = append(out.Data, t.Data...)
		out.Strings = append(out.Strings, t.Strings...)
	}
	return out, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadAll(f)
}

// ReadAll reads at most MaxBytes.
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && int64(len(b)) > MaxBytes {
		err = ir.Errorf(ir.ErrLimit, "the input is longer than %d bytes", MaxBytes)
	}
	return b, err
}

// inFile puts the file's name into an error that has none.
func inFile(err error, path string) error {
	if e, ok := err.(*ir.Error); ok && e.File == "" && path != "" {
		c := *e
		c.File = path
		return &c
	}
	return err
}
