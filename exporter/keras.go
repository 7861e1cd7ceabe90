package exporter

import (
	"archive/zip"
	"io"
	"strconv"

	"github.com/kerasgo/kerasgo/internal/hdf5"
	"github.com/kerasgo/kerasgo/internal/naming"
	"github.com/kerasgo/kerasgo/ir"
)

// WriteKeras writes m as a .keras file: a zip, not compressed, of
//
//	metadata.json      Keras's version
//	config.json        the Functional model
//	model.weights.h5   layers/<class>[_n]/vars/<i>, of recurrent layers
//	                   layers/<class>[_n]/cell/vars/<i>
//
// The same model gives the same bytes. What Keras 3 has nothing for is one
// ir.ErrUnsupported that lists all of it.
func WriteKeras(w io.Writer, m *ir.Model) error {
	g, err := build(m)
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	member := func(name string, fill func(io.Writer) error) {
		if err != nil {
			return
		}
		var f io.Writer
		if f, err = z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}); err == nil {
			err = fill(f)
		}
	}
	text := func(v any) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := w.Write(appendJSON(nil, v))
			return err
		}
	}
	member("metadata.json", text(object{"keras_version": kerasVersion, "date_saved": "1980-01-01@00:00:00"}))
	member("config.json", text(g.config()))
	member("model.weights.h5", func(w io.Writer) error {
		_, err := g.weights().WriteTo(w)
		return err
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// weights are the variables by the paths of the objects that own them.
func (g *graph) weights() *hdf5.Writer {
	w := &hdf5.Writer{}
	w.Root().Group("vars")
	count := map[string]int{}
	for _, l := range g.layers {
		if l.op {
			continue
		}
		class := naming.Snake(l.class)
		path := "layers/" + class
		if n := count[class]; n > 0 {
			path += "_" + strconv.Itoa(n)
		}
		count[class]++
		w.Root().Group(path+"/vars").Text("name", l.name)
		for _, v := range l.weights {
			at := path + "/vars/"
			if v.path != "" {
				at = path + "/" + v.path + "/vars/"
			}
			for i, t := range v.tensors {
				w.Root().Dataset(at+strconv.Itoa(i), t)
			}
		}
	}
	return w
}
