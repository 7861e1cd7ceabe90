package importer

import (
	"fmt"
	"path"
	"strings"

	"github.com/kerasgo/kerasgo/internal/hdf5"
	"github.com/kerasgo/kerasgo/ir"
)

// readHDF5 reads any HDF5 file of Keras: a whole model, its weights by layer
// (legacy) or its weights by path (.weights.h5).
func readHDF5(b *blob, lim Limits) (*archive, error) {
	f, err := b.hdf5(lim)
	if err != nil {
		return nil, inFile(err, b.name)
	}
	a := &archive{name: b.name}
	attrs := f.Root().Attrs()
	a.version = stringAttr(attrs, "keras_version")
	a.backend = stringAttr(attrs, "backend")
	cfg, err := attrs.Get("model_config")
	if err != nil {
		return nil, inFile(err, b.name)
	}
	if cfg != nil {
		text, err := cfg.String()
		if err == nil {
			err = lim.spend(int64(len(text)), "model_config")
		}
		if err != nil {
			return nil, inFile(err, b.name)
		}
		a.format = "hdf5"
		if a.arch, err = parseJSON([]byte(text), "model_config", lim); err != nil {
			return nil, inFile(err, b.name)
		}
		g, err := f.Group("model_weights")
		if err != nil {
			return nil, inFile(err, b.name)
		}
		a.weights, err = readLegacyWeights(g, b, lim)
		return a, inFile(err, b.name)
	}
	names, err := hdf5.ChunkedStrings(attrs, "layer_names")
	if err != nil {
		return nil, inFile(err, b.name)
	}
	if names != nil {
		a.format = "hdf5-weights"
		a.weights, err = readLegacyWeights(f.Root(), b, lim)
		return a, inFile(err, b.name)
	}
	if g, err := f.Group("model_weights"); err == nil { // a whole model saved without its architecture
		a.format = "hdf5-weights"
		a.weights, err = readLegacyWeights(g, b, lim)
		return a, inFile(err, b.name)
	}
	a.format = "keras-v3-weights"
	w := &pathWeights{groups: map[string]*varGroup{}}
	if err := w.readHDF5(f, b, lim); err != nil {
		return nil, inFile(err, b.name)
	}
	if n, err := attrs.Get("nb_layers"); err == nil && n != nil {
		return nil, &ir.Error{Kind: ir.ErrUnsupported, File: b.name, Text: "holds weights of Keras 0, " + rebuildKeras0}
	}
	if len(w.groups) == 0 {
		return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: "is an HDF5 file, but not one of Keras: it has neither model_config, nor layer_names, nor groups of variables"}
	}
	a.weights = w.index()
	return a, nil
}

func stringAttr(attrs *hdf5.Attrs, name string) string {
	at, err := attrs.Get(name)
	if err != nil || at == nil {
		return ""
	}
	s, err := at.String()
	if err != nil {
		return ""
	}
	return s
}

// inFile adds the file's name to an error.
func inFile(err error, name string) error {
	if err == nil {
		return nil
	}
	e, ok := err.(*ir.Error)
	if !ok {
		return fmt.Errorf("%s: %w", name, err)
	}
	if e.File != "" {
		return e
	}
	c := *e
	c.File = name
	return &c
}

// readLegacyWeights reads the group that has layer_names.
func readLegacyWeights(g *hdf5.Group, b *blob, lim Limits) (*legacyWeights, error) {
	names, err := hdf5.ChunkedStrings(g.Attrs(), "layer_names")
	if err != nil {
		return nil, err
	}
	if names == nil {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Field: "layer_names", Text: "the weights have no list of layers"}
	}
	w := &legacyWeights{}
	total := 0
	read := func(name string) error {
		lg, err := g.Group(name)
		if err != nil {
			return err
		}
		wn, err := hdf5.ChunkedStrings(lg.Attrs(), "weight_names")
		if err != nil {
			return err
		}
		group := &legacyGroup{name: name}
		for _, n := range wn {
			if total++; total > lim.Members {
				return exceeded("Members", int64(lim.Members), "weight_names: there are more weights")
			}
			d, err := lg.Dataset(n)
			if err != nil {
				return err
			}
			s, err := newStored(d, path.Join(name, n), b, lim)
			if err != nil {
				return err
			}
			group.weights = append(group.weights, s)
		}
		w.groups = append(w.groups, group)
		return nil
	}
	for _, n := range names {
		if total++; total > lim.Members {
			return nil, exceeded("Members", int64(lim.Members), "layer_names: there are more layers")
		}
		if err := lim.spend(storedMemory, "the list of weights"); err != nil {
			return nil, err
		}
		if err := read(n); err != nil {
			return nil, err
		}
	}
	const top = "top_level_model_weights" // not in layer_names
	if ok, err := g.Has(top); err == nil && ok {
		if err := read(top); err != nil {
			return nil, err
		}
		w.groups[len(w.groups)-1].claimed = true
	}
	return w, nil
}

// storedMemory is what the description of a weight or of a group of them takes.
const storedMemory = 512

// newStored describes a dataset; its data are read when a layer wants them.
func newStored(d *hdf5.Dataset, p string, b *blob, lim Limits) (*stored, error) {
	if err := lim.spend(int64(storedMemory+len(p)), "the list of weights"); err != nil {
		return nil, err
	}
	s := &stored{path: p, shape: d.Shape()}
	s.name = path.Base(p)
	if i := strings.LastIndexByte(s.name, ':'); i > 0 {
		s.name = s.name[:i]
	}
	t := d.Type()
	switch {
	case t.IsString():
		s.dtype = ir.String
	case t.Name == "opaque2":
		s.dtype = ir.BFloat16
	default:
		dt, err := ir.ParseDType(t.Name)
		if err != nil {
			s.read = func() (*ir.Tensor, error) {
				return nil, ir.Errorf(ir.ErrUnsupported, "%s has elements of type %s", p, t.Name)
			}
			return s, nil
		}
		s.dtype = dt
	}
	owner, counted := b.owner, false
	s.read = func() (*ir.Tensor, error) {
		if size := max(t.Size, s.dtype.Size()); !counted {
			if err := lim.spend(int64(d.Len())*int64(size), p); err != nil {
				return nil, err
			}
			counted = true
		}
		if s.dtype == ir.String {
			v, err := d.Strings()
			if err != nil {
				return nil, err
			}
			return ir.NewString(v, s.shape...), nil
		}
		data, err := d.Read()
		if err != nil {
			return nil, err
		}
		t := &ir.Tensor{DType: s.dtype, Shape: s.shape, Data: data, Owner: owner}
		return t, t.Check()
	}
	return s, nil
}

// trainingState are the groups beside the model's weights that only training
// uses; they are not read.
func trainingState(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	switch first {
	case "optimizer", "_optimizer", "metrics", "_metrics", "_compile_metrics", "compiled_metrics", "compiled_loss", "_compile_loss", "_loss_tracker", "optimizer_weights", "_trainer":
		return true
	}
	return false
}

// readHDF5 adds the variables of a v3 weights file.
func (w *pathWeights) readHDF5(f *hdf5.File, b *blob, lim Limits) error {
	n := 0
	return f.Walk(func(o hdf5.Object) error {
		if n++; n > lim.Members {
			return exceeded("Members", int64(lim.Members), "there are more groups and datasets")
		}
		p := strings.Trim(o.Path(), "/")
		if trainingState(p) {
			if _, ok := o.(*hdf5.Group); ok {
				return hdf5.SkipGroup
			}
			return nil
		}
		switch o := o.(type) {
		case *hdf5.Group:
			if path.Base(p) == "vars" {
				if err := lim.spend(int64(storedMemory+len(p)), "the list of weights"); err != nil {
					return err
				}
				w.group(strings.TrimSuffix(strings.TrimSuffix(p, "vars"), "/")).name = stringAttr(o.Attrs(), "name")
			}
		case *hdf5.Dataset:
			dir := path.Dir(p)
			if path.Base(dir) != "vars" {
				return nil
			}
			s, err := newStored(o, p, b, lim)
			if err != nil {
				return err
			}
			if at, err := o.Attrs().Get("dtype"); err == nil && at != nil {
				if name, err := at.String(); err == nil && name == "bfloat16" {
					s.dtype = ir.BFloat16
				}
			}
			g := w.group(strings.TrimSuffix(strings.TrimSuffix(dir, "vars"), "/"))
			g.vars = append(g.vars, s)
		}
		return nil
	})
}

func (w *pathWeights) group(p string) *varGroup {
	g := w.groups[p]
	if g == nil {
		g = &varGroup{}
		w.groups[p] = g
	}
	return g
}
