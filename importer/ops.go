package importer

import (
	"sort"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// allOps lists the operations: those of keras.ops, and those of TensorFlow that
// have no equal there.
func allOps() []opRow {
	var rows []opRow
	for _, family := range [][]opRow{
		elementwiseOps, arithmeticOps, logicOps, reduceOps, sortOps, linearOps, reshapeOps, joinOps, indexOps,
		createOps, nnOps, windowOps, imageOps, patchOps, nanOps, signalOps,
	} {
		rows = append(rows, family...)
	}
	return rows
}

// opTable lists the operations that are nodes of functional graphs, by class. An
// operation's arguments are in its config, and in the call.
func opTable() []row {
	var rows []row
	for _, r := range allOps() {
		if r.class != "" {
			rows = append(rows, row{class: r.class, lower: r.asLayer, note: r.note})
		}
	}
	return rows
}

// asLayer lowers a node of keras.ops.
func (r *opRow) asLayer(l *Layer, c *Call) []Value {
	named := object{}
	for k, v := range l.spec.config {
		if k == r.dropped {
			continue
		}
		plain, err := keras3Value(v)
		l.fail(err)
		named[k] = plain
	}
	if v := l.spec.config[r.dropped]; v != nil && v != "linear" {
		l.Note("%s = %s does not reach the computation, as in Keras", r.dropped, show(v))
	}
	delete(named, "name")
	for k, v := range c.Kwargs {
		named[k] = v
	}
	return l.bindOp(r, c.Args, named).run()
}

// opByName finds an operation by the name that keras.ops has for it.
func (b *builder) opByName(name string) *opRow {
	if b.opNames == nil {
		b.opNames = map[string]*opRow{}
		rows := allOps()
		for i := range rows {
			b.opNames[rows[i].name] = &rows[i]
		}
	}
	return b.opNames[name]
}

// lookupOp finds the lowering of an operation of keras.ops.
func (b *builder) lookupOp(ls *layerSpec) (*row, error) {
	if r, ok := b.ops[ls.class]; ok {
		return r, nil
	}
	return nil, ir.Errorf(ir.ErrUnsupported, "operation %s.%s is not supported; give its lowering with importer.WithLayer, or replace it in the model", ls.module, ls.class)
}

// SupportedOp describes an operation that can be imported.
type SupportedOp struct {
	Name       string   // as in keras.ops and in expressions for Lambda layers
	Arguments  []string // in order
	TensorFlow []string // functions and graph ops of TensorFlow that are lowered to it
	Note       string
}

// SupportedOps lists the operations in alphabetical order.
func SupportedOps() []SupportedOp {
	tf := map[string][]string{}
	for _, r := range tfOps() {
		tf[r.op] = append(tf[r.op], strings.Fields(r.names)...)
	}
	var out []SupportedOp
	for _, r := range allOps() {
		out = append(out, SupportedOp{r.name, strings.Fields(r.params), tf[r.name], r.note})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
