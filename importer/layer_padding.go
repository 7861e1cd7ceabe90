package importer

import "github.com/kerasgo/kerasgo/ir"

var paddingLayers = []row{
	{class: "ZeroPadding1D", lower: zeroPadding(1)},
	{class: "ZeroPadding2D", lower: zeroPadding(2)},
	{class: "ZeroPadding3D", lower: zeroPadding(3)},
	{class: "Cropping1D", lower: cropping(1)},
	{class: "Cropping2D", lower: cropping(2)},
	{class: "Cropping3D", lower: cropping(3)},
}

// borders reads what is added or removed before and after each spatial axis: one
// number for all; a number, or a pair, for each axis; on one axis also the pair
// itself.
func (l *Layer) borders(key string, rank int) (before, after []int) {
	v := l.Raw(key)
	bad := func() ([]int, []int) {
		l.badKey(key, v, "a number, or for each axis a number or a pair, none negative")
		return make([]int, rank), make([]int, rank)
	}
	if v == nil {
		v = int64(1)
		if key == "cropping" && rank > 1 {
			v = int64(0)
		}
	}
	var pairs []any
	if n, ok := asInt(v); ok {
		for range rank {
			pairs = append(pairs, []any{int64(n), int64(n)})
		}
	} else if a, ok := v.([]any); ok {
		pairs = a
		if rank == 1 && len(a) == 2 {
			pairs = []any{a}
		}
	}
	if len(pairs) != rank {
		return bad()
	}
	for _, p := range pairs {
		b, ok1 := asInt(p)
		a, ok2 := b, ok1
		if pair, ok := p.([]any); ok && len(pair) == 2 {
			b, ok1 = asInt(pair[0])
			a, ok2 = asInt(pair[1])
		}
		if !ok1 || !ok2 || a < 0 || b < 0 || a > 1<<31-1 || b > 1<<31-1 {
			return bad()
		}
		before, after = append(before, b), append(after, a)
	}
	return before, after
}

func zeroPadding(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		before, after := l.borders("padding", rank)
		first := l.ChannelsFirst()
		if !l.WantRank(x, rank+2) {
			return nil
		}
		op := &ir.Pad{Before: make([]int, rank+2), After: make([]int, rank+2), Mode: "constant"}
		for i, a := range spatialAxes(rank, first) {
			op.Before[a], op.After[a] = before[i], after[i]
		}
		return one(l.Add(op, x))
	}
}

func cropping(rank int) LayerFunc {
	return func(l *Layer, c *Call) []Value {
		x := c.Single(l).ID
		before, after := l.borders("cropping", rank)
		first := l.ChannelsFirst()
		if !l.WantRank(x, rank+2) {
			return nil
		}
		op := &ir.Slice{}
		for i, a := range spatialAxes(rank, first) {
			if n := l.Dim(x, a); n.IsKnown() && before[i]+after[i] >= n.Size {
				l.Fail(ir.ErrShape, "cropping", "%d and %d leave nothing of axis %d, whose size is %d", before[i], after[i], a, n.Size)
				return nil
			}
			s := ir.AxisSlice{Axis: a}
			if before[i] > 0 {
				s.Start = &before[i]
			}
			if after[i] > 0 {
				end := -after[i]
				s.End = &end
			}
			op.Axes = append(op.Axes, s)
		}
		return one(l.Add(op, x))
	}
}
