package importer

import (
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

func opPad(o *opCall) []Value {
	x := o.tensor("x")
	rank := o.Rank(x)
	op := &ir.Pad{Mode: strings.ToLower(o.text("mode", "constant")), Before: make([]int, rank), After: make([]int, rank)}
	widths := o.padWidths(rank)
	if o.err != nil {
		return nil
	}
	for i, w := range widths {
		op.Before[i], op.After[i] = w[0], w[1]
	}
	if o.given("constant_values") {
		op.Value = ir.Float(o.num("constant_values"))
	}
	return outputs(o.Add(op, x))
}

// padWidths reads n, (n), (before, after), ((before, after)) and one pair an axis.
func (o *opCall) padWidths(rank int) [][2]int {
	v := o.plain("pad_width")
	if n, ok := asInt(v); ok {
		v = []any{int64(n), int64(n)}
	}
	items := list(v)
	if len(items) == 1 && list(items[0]) == nil {
		items = []any{items[0], items[0]}
	}
	pair := func(v any) ([2]int, bool) {
		p := list(v)
		if len(p) == 1 {
			p = []any{p[0], p[0]}
		}
		if len(p) != 2 {
			return [2]int{}, false
		}
		a, okA := asInt(p[0])
		b, okB := asInt(p[1])
		return [2]int{a, b}, okA && okB
	}
	out := make([][2]int, rank)
	if w, ok := pair(items); ok {
		items = []any{[]any{int64(w[0]), int64(w[1])}}
	}
	if len(items) != rank && len(items) != 1 {
		o.bad("pad_width", "a pair for each axis")
		return out
	}
	for i := range out {
		w, ok := pair(items[min(i, len(items)-1)])
		if !ok {
			o.bad("pad_width", "pairs of integers")
			return out
		}
		out[i] = w
	}
	return out
}

// opDepthToSpace moves blocks of channels to pixels; channels_first orders the
// channels as TensorFlow does for NCHW.
func opDepthToSpace(o *opCall) []Value {
	x, n, first := o.tensor("x"), o.size("block_size"), o.channelsFirst()
	if !o.WantRank(x, 4) {
		return nil
	}
	x = o.channelsLast(x, first)
	c := o.Size(x, 3)
	if n < 1 || n > c || c%(n*n) != 0 {
		o.Fail(ir.ErrShape, "block_size", "%d channels are no blocks of %d×%d", c, n, n)
		return nil
	}
	c /= n * n
	y := o.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.DimOf(0, 1), ir.DimOf(0, 2), ir.Size(n), ir.Size(n * c)})
	y = o.Reshape(o.Transpose(y, 0, 1, 3, 2, 4), []ir.Extent{ir.DimOf(0, 0), ir.Size(-1), ir.DimOf(0, 3), ir.DimOf(0, 4)}) // rows, then columns: both may be open
	return outputs(o.channelsBack(o.Reshape(y, []ir.Extent{ir.DimOf(0, 0), ir.DimOf(0, 1), ir.Size(-1), ir.Size(c)}), first))
}

func opSpaceToDepth(o *opCall) []Value {
	x, n, first := o.tensor("x"), o.size("block_size"), o.channelsFirst()
	if !o.WantRank(x, 4) {
		return nil
	}
	x = o.channelsLast(x, first)
	if n < 1 {
		o.Fail(ir.ErrShape, "block_size", "blocks of %d: want at least 1", n)
		return nil
	}
	for axis := 1; axis <= 2; axis++ {
		if d := o.Dim(x, axis); d.IsKnown() && d.Size%n != 0 {
			o.Fail(ir.ErrShape, "block_size", "an image of %v×%v is no blocks of %d", o.Dim(x, 1), o.Dim(x, 2), n)
			return nil
		}
	}
	c := o.Size(x, 3)
	y := o.Reshape(x, []ir.Extent{ir.DimOf(0, 0), ir.DimOf(0, 1), ir.Size(-1), ir.Size(n * c)}) // columns, then rows: both may be open
	y = o.Reshape(y, []ir.Extent{ir.DimOf(0, 0), ir.Size(-1), ir.Size(n), ir.DimOf(0, 2), ir.DimOf(0, 3)})
	y = o.Transpose(y, 0, 1, 3, 2, 4)
	return outputs(o.channelsBack(o.Reshape(y, []ir.Extent{ir.DimOf(0, 0), ir.DimOf(0, 1), ir.DimOf(0, 2), ir.Size(-1)}), first))
}
