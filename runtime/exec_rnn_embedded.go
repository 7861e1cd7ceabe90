package runtime

import (
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/ir"
)

// embedding is what a recurrent node looks its input up in.
type embedding struct {
	rows int
	wrap bool
	from ir.Origin
	kept *kernel.ProjectedRows
}

func prepareEmbeddedRNN(c *compiler, n *ir.Node) (*executor, error) {
	o := n.Op.(*passes.EmbeddedRNN)
	e := &embedding{rows: c.model.Const(n.Inputs[passes.EmbeddedTable]).Shape[0], wrap: o.Gather.Wrap, from: o.From}
	return prepareCell(c, n, o.RNN, e)
}

// keptBytes is how much memory the projected rows of a program may take. Most
// vocabularies are in the order of frequency, so that the first rows, which are
// kept, are those that texts use.
const keptBytes = 64 << 20

// keptKey tells apart what rows can be projected to.
type keptKey struct {
	table, kernel, bias ir.ValueID
	cell                kernel.Cell
}

// projectedRows is where the projections of n's table are kept for all sessions:
// of as many rows as the memory allows, and untouched until they are wanted.
// Nodes with the same table and weights share it.
func (c *compiler) projectedRows(n *ir.Node, w *rnnWeights) *kernel.ProjectedRows {
	key := keptKey{n.Inputs[passes.EmbeddedTable], n.Inputs[rnnKernel], n.Inputs[rnnBias], w.cell}
	k := c.kept[key]
	if k == nil {
		gates := w.cell.Gates()
		size := 4 * int64(kernel.RNNCols(w.units, gates)+1) // and a state
		rows := min(int64(c.model.Const(key.table).Shape[0]), c.budget/size)
		c.budget -= rows * size
		k = kernel.NewProjectedRows(c.sparseMemory(int(rows)*kernel.RNNCols(w.units, gates)), int(rows), w.units, gates)
		c.kept[key] = k
	}
	return k
}

// indices checks the indices and writes them to dst, none negative.
func (e *embedding) indices(dst []int32, from *buffer) error {
	if from.kind == ir.Int64 {
		return indicesOf(e, dst, from.i64)
	}
	return indicesOf(e, dst, from.i32)
}

func indicesOf[I int32 | int64](e *embedding, dst []int32, ids []I) error {
	if err := checkIndices(ids, gather{n: e.rows, wrap: e.wrap}); err != nil {
		located := *err.(*ir.Error)
		located.Layer, located.Class = e.from.Layer, e.from.Class
		return &located
	}
	for i, id := range ids {
		if id < 0 {
			id += I(e.rows)
		}
		dst[i] = int32(id)
	}
	return nil
}

// int32s is scratch memory taken as whole numbers.
func int32s(v []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}
