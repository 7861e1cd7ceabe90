package importer

import "github.com/kerasgo/kerasgo/ir"

// lostCalls finds models that Keras 3.2 wrote wrong: it gave the calls of a shared
// model one number, so that readers of the second read the first, which Keras finds
// as little in the file. Every call of a right file is read. Architectures as JSON do
// not state a version.
func (d *dialect) lostCalls(m *modelSpec, keras string) error {
	if d.name != "keras3" || keras != "" && (d.version.less(3, 2) || !d.version.less(3, 3)) {
		return nil
	}
	read := map[tensorRef]bool{}
	note := func(v any) {
		if r, ok := v.(tensorRef); ok {
			read[tensorRef{layer: r.layer, node: r.node}] = true
		}
	}
	flatten(m.outputs, note)
	for _, l := range m.layers {
		for i := range l.calls {
			flatten(l.calls[i].args, note)
			flatten(l.calls[i].kwargs, note)
		}
	}
	for _, l := range m.layers {
		for i := range l.calls {
			if len(l.calls) > 1 && !read[tensorRef{layer: l.name, node: i}] {
				return &ir.Error{Kind: ir.ErrUnsupported, Layer: l.name, Class: l.class, Field: "inbound_nodes",
					Text: "is called several times, but the file does not say by whom each result is used: Keras 3.2 does not write it; make the model with another version of Keras, load the weights and save it again"}
			}
		}
		if l.model != nil {
			if err := d.lostCalls(l.model, keras); err != nil {
				return err
			}
		}
	}
	return nil
}
