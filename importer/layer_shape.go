package importer

import (
	"github.com/kerasgo/kerasgo/ir"
)

var shapeLayers = []row{
	{class: "Reshape", lower: lowerReshape},
	{class: "Permute", lower: lowerPermute},
	{class: "RepeatVector", lower: lowerRepeatVector},
}

func lowerReshape(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	if l.Rank(x) < 1 {
		l.Fail(ir.ErrShape, "", "cannot reshape a scalar")
		return nil
	}
	dims := []ir.Extent{ir.DimOf(0, 0)}
	raw, _ := l.Raw("target_shape").([]any)
	if raw == nil {
		if _, ok := l.Raw("target_shape").([]any); !ok {
			l.badKey("target_shape", l.Raw("target_shape"), "a list of integers")
			return nil
		}
	}
	for i, e := range raw {
		n, ok := asInt(e)
		switch {
		case e == nil:
			n = -1
		case !ok || n < -1 || n > 1<<31-1:
			l.badKey("target_shape", raw, "integers")
			return nil
		}
		if n == -1 && i+1 < l.Rank(x) && len(raw)+1 == l.Rank(x) && sameButOne(l, x, raw) {
			dims = append(dims, ir.DimOf(0, i+1)) // the open dimension itself
			continue
		}
		dims = append(dims, ir.Size(n))
	}
	return one(l.Reshape(x, dims))
}

// sameButOne reports whether the target keeps every dimension of x, so that the
// open one keeps its name.
func sameButOne(l *Layer, x ir.ValueID, target []any) bool {
	for i, e := range target {
		if n, ok := asInt(e); ok && n != -1 && l.Dim(x, i+1) != ir.Known(n) {
			return false
		}
	}
	return true
}

func lowerPermute(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	perm := []int{0}
	return one(l.Transpose(x, append(perm, l.Ints("dims", 0)...)...))
}

func lowerRepeatVector(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	n := l.PositiveInt("n")
	if !l.WantRank(x, 2) {
		return nil
	}
	return one(l.Add(&ir.Broadcast{Dims: []ir.Extent{ir.DimOf(0, 0), ir.Size(n), ir.DimOf(0, 2)}}, l.ExpandDims(x, 1)))
}
