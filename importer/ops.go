package importer

import (
	"slices"
	"sort"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// opTable lists the operations, by family: those of keras.ops, and those of
// TensorFlow that have no equal there.
func opTable() [][]opRow {
	return [][]opRow{
		elementwiseOps, arithmeticOps, logicOps, reduceOps, sortOps, linearOps, reshapeOps, joinOps, indexOps, segmentOps, uniqueOps,
		createOps, diagonalOps, nnOps, windowOps, imageOps, adjustOps, fitOps, projectiveOps, patchOps, nanOps, signalOps, tfSTFTOps, linalgOps, lossOps, ctcOps, statisticsOps, complexOps, backendOps, backendImageOps, backendCTCOps, tfOnlyOps,
		tfWindowOps, spaceBatchOps, tfLossOps, tfMathOps, tfCountOps, fourierOps, framesOps, tfLinalgOps,
		cropAndResizeOps, resizeV1Ops, tfCompareOps, textOps, fakeQuantOps, nmsOps,
	}
}

// opByClass finds the operation that is a node of functional graphs.
func opByClass(ops [][]opRow, class string) *opRow {
	if class == "" {
		return nil
	}
	return find(ops, func(r *opRow) bool { return r.class == class })
}

// asLayer lowers a node of keras.ops. An operation's arguments are in its config,
// and in the call.
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
		rows := slices.Concat(opTable()...)
		for i := range rows {
			b.opNames[rows[i].name] = &rows[i]
		}
	}
	return b.opNames[name]
}

// lookupOp finds the lowering of an operation of keras.ops.
func (b *builder) lookupOp(ls *layerSpec) (*row, error) {
	if r := opByClass(b.ops, ls.class); r != nil {
		return &row{class: r.class, lower: r.asLayer, note: r.note}, nil
	}
	if why, ok := noOperation[ls.class]; ok {
		return nil, ir.Errorf(ir.ErrUnsupported, "operation %s.%s is not supported: %s", ls.module, ls.class, why)
	}
	return nil, ir.Errorf(ir.ErrUnsupported, "operation %s.%s is not supported; give its lowering in Go with importer.WithLayer, or replace it in the model", ls.module, ls.class)
}

const (
	ofFunctions = "it calls Python functions, which are not in the file; write out what they do with other operations, or give its lowering in Go with importer.WithLayer"
	ofData      = "the data decide the size of its result; mark elements with comparisons and where instead"
)

// noOperation are operations of keras.ops that no row can lower.
var noOperation = map[string]string{
	"Cond": ofFunctions, "Switch": ofFunctions, "Map": ofFunctions, "VectorizedMap": ofFunctions, "Scan": ofFunctions, "AssociativeScan": ofFunctions,
	"ForiLoop": ofFunctions, "WhileLoop": ofFunctions, "JVP": ofFunctions,
	"Nonzero":          ofData,
	"Eig":              "its results are complex; use eigh for symmetric matrices",
	"ElasticTransform": "it is random; leave it to the training pipeline",
	"Histogram":        "Keras cannot run a model that has it; use one_hot of digitize, and sum",
	"View":             "it takes the bytes of numbers for others; use cast",
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
	for _, r := range slices.Concat(opTable()...) {
		out = append(out, SupportedOp{r.name, strings.Fields(r.params), tf[r.name], r.note})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
