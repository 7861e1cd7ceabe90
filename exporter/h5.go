package exporter

import (
	"io"

	"github.com/kerasgo/kerasgo/internal/hdf5"
	"github.com/kerasgo/kerasgo/ir"
)

// WriteH5 writes m as a whole model in HDF5, Keras's older format:
//
//	attributes          model_config, keras_version, backend
//	model_weights       attributes layer_names, keras_version, backend
//	model_weights/<layer>   attribute weight_names, the weights by these names
//
// Otherwise it is as WriteKeras.
func WriteH5(w io.Writer, m *ir.Model) error {
	g, err := build(m)
	if err != nil {
		return err
	}
	file := &hdf5.Writer{}
	file.Root().Text("model_config", string(appendJSON(nil, g.config())))
	weights := file.Root().Group("model_weights")
	for _, group := range []*hdf5.NewGroup{file.Root(), weights} {
		group.Text("backend", "tensorflow")
		group.Text("keras_version", kerasVersion)
	}
	var layers []string
	for _, l := range g.layers {
		if l.op {
			continue
		}
		layers = append(layers, l.name)
		group := weights.Group(l.name)
		var names []string
		for _, v := range l.weights {
			path := l.name + "/"
			if v.path != "" {
				path += v.path + "/"
			}
			for i, name := range v.names {
				names = append(names, path+name)
				group.Dataset(path+name, v.tensors[i])
			}
		}
		group.Texts("weight_names", names)
	}
	weights.Texts("layer_names", layers)
	weights.Group("top_level_model_weights").Texts("weight_names", nil)
	_, err = file.WriteTo(w)
	return err
}
