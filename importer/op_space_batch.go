package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var spaceBatchOps = []opRow{
	{name: "space_to_batch", params: "x block_shape pad_width", lower: opSpaceToBatch, note: "TensorFlow's, of known sizes"},
	{name: "batch_to_space", params: "x block_shape crops", lower: opBatchToSpace, note: "TensorFlow's, of known sizes"},
}

// blockShape is the sizes of blocks on the axes behind the batch: one for both
// axes of an image, or a list.
func (o *opCall) blockShape(x ir.ValueID) []int {
	block := o.wholes("block_shape", 0)
	if one, ok := asInt(o.plain("block_shape")); ok {
		block = []int{one, one}
	}
	if o.err == nil && (len(block) < 1 || len(block) >= o.Rank(x) || slices.Min(block) < 1) {
		o.bad("block_shape", "sizes of at least 1 for axes behind the batch")
	}
	return block
}

// blockWidths is an argument of a pair of numbers for each axis of blocks.
func (o *opCall) blockWidths(name string, axes int) (before, after []int) {
	o.args["pad_width"] = o.args[name]
	for _, w := range o.padWidths(axes) {
		before, after = append(before, w[0]), append(after, w[1])
	}
	return before, after
}

// opSpaceToBatch makes the places in a block to the slowest axis of the batch.
func opSpaceToBatch(o *opCall) []Value {
	x := o.tensor("x")
	block := o.blockShape(x)
	before, after := o.blockWidths("pad_width", len(block))
	if o.err != nil {
		return nil
	}
	rest := o.Rank(x) - 1 - len(block)
	none := make([]int, rest)
	x = o.Add(&ir.Pad{Mode: "constant", Before: slices.Concat([]int{0}, before, none), After: slices.Concat([]int{0}, after, none)}, x)
	dims, out := []ir.Extent{ir.DimOf(0, 0)}, []ir.Extent{ir.Size(-1)}
	var inner, outer []int
	for i, b := range block {
		n := o.Size(x, 1+i)
		if o.err == nil && n%b != 0 {
			o.Fail(ir.ErrShape, "block_shape", "%d elements of axis %d are no blocks of %d", n, 1+i, b)
		}
		dims = append(dims, ir.Size(n/b), ir.Size(b))
		out = append(out, ir.Size(n/b))
		inner, outer = append(inner, 2+2*i), append(outer, 1+2*i)
	}
	perm := slices.Concat(inner, []int{0}, outer)
	for i := range rest {
		dims = append(dims, ir.DimOf(0, 1+len(block)+i))
		out = append(out, ir.DimOf(0, len(perm)))
		perm = append(perm, len(perm))
	}
	return outputs(o.Reshape(o.Transpose(o.Reshape(x, dims), perm...), out))
}

func opBatchToSpace(o *opCall) []Value {
	x := o.tensor("x")
	block := o.blockShape(x)
	before, after := o.blockWidths("crops", len(block))
	if o.err != nil {
		return nil
	}
	var dims, out []ir.Extent
	for _, b := range block {
		dims = append(dims, ir.Size(b))
	}
	dims, out = append(dims, ir.Size(-1)), append(out, ir.DimOf(0, 0))
	perm := []int{len(block)}
	op := &ir.Slice{}
	for i, b := range block {
		n := o.Size(x, 1+i)
		dims, out = append(dims, ir.Size(n)), append(out, ir.Size(n*b))
		perm = append(perm, len(block)+1+i, i)
		if before[i] < 0 || after[i] < 0 || before[i]+after[i] > n*b {
			o.Fail(ir.ErrShape, "crops", "%d and %d elements cannot be cut off %d", before[i], after[i], n*b)
			return nil
		}
		op.Axes = append(op.Axes, between(1+i, before[i], n*b-after[i]))
	}
	for i := 1 + len(block); i < o.Rank(x); i++ {
		dims, out = append(dims, ir.DimOf(0, i)), append(out, ir.DimOf(0, len(perm)))
		perm = append(perm, len(perm))
	}
	return outputs(o.Add(op, o.Reshape(o.Transpose(o.Reshape(x, dims), perm...), out)))
}
