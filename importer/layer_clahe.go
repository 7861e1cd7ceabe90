package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// lowerCLAHE equalizes the histogram of every tile of an image, with what is
// above clip_limit spread over all values, and interpolates between the tiles.
func lowerCLAHE(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	dt := l.Type(x).DType
	lo, hi := l.valueRange()
	limit := l.Float("clip_limit", 4)
	grid := l.Ints("tile_grid_size", 2, 8, 8)
	first := l.ChannelsFirst()
	l.Ignore("factor", "bounding_box_format")
	if !l.WantRank(x, 4) {
		return nil
	}
	x = l.channelsLast(l.Cast(x, ir.Float32), first)
	height, width, channels := l.Size(x, 1), l.Size(x, 2), l.Size(x, 3)
	if l.err == nil && (grid[0] < 1 || grid[1] < 1 || height < 1 || width < 1 || int64(grid[0])*int64(grid[1]) > l.b.lim.ConstantBytes/1024) {
		l.Fail(ir.ErrMalformed, "tile_grid_size", "is %v for images of %d by %d", grid, height, width)
	}
	if l.err != nil {
		return nil
	}
	t := tiles{l, grid[0], grid[1], (height + grid[0] - 1) / grid[0], (width + grid[1] - 1) / grid[1], channels}
	if !l.Allows("tile_grid_size", t.rows*t.tileH) || !l.Allows("tile_grid_size", t.cols*t.tileW) || !l.Allows("tile_grid_size", channels) {
		return nil
	}
	y := l.toRange(x, lo, hi, 0, 255)
	y = l.Add(&ir.Pad{Before: []int{0, 0, 0, 0}, After: []int{0, t.tileH*t.rows - height, t.tileW*t.cols - width, 0}, Mode: "symmetric"}, y)
	pixels := l.Cast(l.Unary(ir.Func{Name: "clip", A: 0, B: 255}, y), ir.Int32)
	y = t.interpolated(pixels, t.curves(l.Cast(y, ir.Int32), limit))
	y = l.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: 1, End: &height}, {Axis: 2, End: &width}}}, y)
	y = l.toRange(y, 0, 255, lo, hi)
	return one(l.channelsBack(l.Cast(y, dt), first))
}

// tiles is a grid over an image.
type tiles struct {
	*Layer
	rows, cols, tileH, tileW, channels int
}

// curves are what each of 256 values becomes in each tile, [batch, rows, cols,
// channels, 256].
func (t *tiles) curves(values ir.ValueID, limit float64) ir.ValueID {
	k := func(v float64) ir.ValueID { return t.Scalar(v, ir.Float32) }
	area := t.tileH * t.tileW
	v := t.Unary(ir.Func{Name: "clip", A: 0, B: 255}, values)
	v = t.Reshape(v, []ir.Extent{ir.DimOf(0, 0), ir.Size(t.rows), ir.Size(t.tileH), ir.Size(t.cols), ir.Size(t.tileW), ir.Size(t.channels)})
	v = t.Reshape(t.Transpose(v, 0, 1, 3, 5, 2, 4), []ir.Extent{ir.DimOf(0, 0), ir.Size(t.rows), ir.Size(t.cols), ir.Size(t.channels), ir.Size(area)})
	counts := t.Cast(t.Add(&ir.Bincount{Depth: 256}, v), ir.Float32)
	if limit > 0 {
		clipped := t.Binary("min", counts, k(float64(float32(limit*float64(area)/256))))
		excess := t.Add(&ir.Reduce{Fn: "sum", Axes: []int{-1}, Keep: true}, t.Binary("sub", counts, clipped))
		counts = t.Binary("add", clipped, t.Binary("div", excess, k(256)))
	}
	sums := t.Add(&ir.Cumulative{Fn: "sum", Axis: -1}, counts)
	least := t.Add(&ir.Reduce{Fn: "min", Axes: []int{-1}, Keep: true}, sums)
	rest := t.Binary("sub", k(float64(area)), least)
	rest = t.Add(&ir.Where{}, t.Binary("eq", rest, k(0)), k(1), rest)
	curve := t.Binary("div", t.Binary("mul", t.Binary("sub", sums, least), k(255)), rest)
	return t.Unary(ir.Func{Name: "clip", A: 0, B: 255}, curve)
}

// interpolated looks every pixel up in the curves of the four tiles around it.
func (t *tiles) interpolated(pixels, curves ir.ValueID) ir.ValueID {
	curves = t.Add(&ir.Pad{Before: []int{0, 1, 1, 0, 0}, After: []int{0, 1, 1, 0, 0}, Mode: "edge"}, curves)
	flat := t.Reshape(curves, []ir.Extent{ir.Size(-1)})
	perTile := 256 * t.channels
	perRow := perTile * (t.cols + 2)
	image := t.Add(&ir.Range{Axis: 0, DType: ir.Int32}, pixels)
	image = t.Binary("mul", image, t.Scalar(float64(perRow*(t.rows+2)), ir.Int32))
	base := t.Binary("add", t.Reshape(image, []ir.Extent{ir.Size(-1), ir.Size(1), ir.Size(1), ir.Size(1)}), pixels)
	channel := make([]int32, t.channels)
	for i := range channel {
		channel[i] = int32(256 * i)
	}
	base = t.Binary("add", base, t.Const("channel", func() *ir.Tensor { return ir.NewInt32(channel, len(channel)) }))
	top, bottom, below := t.neighbours("rows", t.tileH, t.rows, perRow, 3)
	left, right, beyond := t.neighbours("cols", t.tileW, t.cols, perTile, 2)
	at := func(row, col ir.ValueID) ir.ValueID {
		return t.Add(&ir.Gather{}, flat, t.Binary("add", t.Binary("add", base, row), col))
	}
	blend := func(a, b, w ir.ValueID) ir.ValueID {
		return t.Binary("add", t.Binary("mul", a, t.Binary("sub", t.Scalar(1, ir.Float32), w)), t.Binary("mul", b, w))
	}
	return blend(blend(at(top, left), at(top, right), beyond), blend(at(bottom, left), at(bottom, right), beyond), below)
}

// neighbours are, for each pixel along an axis, the tiles before and after it,
// as steps in the curves, and how far it is from the first to the second.
// Behind the axis there are trail-1 more.
func (t *tiles) neighbours(key string, size, count, step, trail int) (before, after, share ir.ValueID) {
	n := size * count
	b, a, w := make([]int32, n), make([]int32, n), make([]float32, n)
	for i := range n {
		at := (float32(i)-float32(size)/2)/float32(size) + 1
		floor := float32(math.Floor(float64(at)))
		w[i] = at - floor
		b[i] = int32(step * min(max(int(floor), 0), count+1))
		a[i] = int32(step * min(max(int(floor)+1, 0), count+1))
	}
	shape := []int{n}
	for range trail - 1 {
		shape = append(shape, 1)
	}
	return t.Const(key+"/before", func() *ir.Tensor { return ir.NewInt32(b, shape...) }),
		t.Const(key+"/after", func() *ir.Tensor { return ir.NewInt32(a, shape...) }),
		t.Const(key+"/share", func() *ir.Tensor { return ir.NewFloat32(w, shape...) })
}
