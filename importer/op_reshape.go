package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var reshapeOps = []opRow{
	{name: "reshape", class: "Reshape", params: "x newshape", lower: opReshape},
	{name: "ravel", class: "Ravel", params: "x", lower: opRavel},
	{name: "expand_dims", class: "ExpandDims", params: "x axis", lower: opExpandDims},
	{name: "squeeze", class: "Squeeze", params: "x axis", lower: opSqueeze},
	{name: "transpose", class: "Transpose", params: "x axes", lower: opTranspose},
	{name: "swapaxes", class: "Swapaxes", params: "x axis1 axis2", lower: opSwapaxes},
	{name: "moveaxis", class: "Moveaxis", params: "x source destination", lower: opMoveaxis},
	{name: "rearrange", class: "Rearrange", params: "tensor pattern **axes_lengths", lower: opRearrange},
	{name: "flip", class: "Flip", params: "x axis", lower: opFlip},
	{name: "fliplr", class: "Fliplr", params: "x", lower: flipAxis(1)},
	{name: "flipud", class: "Flipud", params: "x", lower: flipAxis(0)},
	{name: "rot90", class: "Rot90", params: "x k axes", lower: opRot90},
	{name: "roll", class: "Roll", params: "x shift axis", lower: opRoll},
	{name: "tile", class: "Tile", params: "x repeats", lower: opTile},
	{name: "repeat", class: "Repeat", params: "x repeats axis", lower: opRepeat},
	{name: "broadcast_to", class: "BroadcastTo", params: "x shape", lower: opBroadcastTo},
	{name: "pad", class: "Pad", params: "x pad_width mode constant_values", lower: opPad},
	{name: "shape", params: "x out_type", lower: opShape},
	{name: "size", class: "Size", params: "x out_type", lower: opSize},
	{name: "ndim", class: "Ndim", params: "x", lower: opNdim},
	{name: "depth_to_space", class: "DepthToSpace", params: "x block_size data_format", lower: opDepthToSpace},
	{name: "space_to_depth", class: "SpaceToDepth", params: "x block_size data_format", lower: opSpaceToDepth},
}

func opReshape(o *opCall) []Value {
	x := o.tensor("x")
	dims, others := o.extents("newshape", o.shapeArg("newshape"), x)
	return outputs(o.Reshape(x, dims, others...))
}

func opRavel(o *opCall) []Value { return outputs(o.flat(o.tensor("x"))) }

// flat is x with one axis.
func (l *Layer) flat(x ir.ValueID) ir.ValueID { return l.Reshape(x, []ir.Extent{ir.Size(-1)}) }

func opExpandDims(o *opCall) []Value {
	x := o.tensor("x")
	axes := o.wholes("axis", 0)
	for i, a := range axes {
		n, err := ir.NormAxis(a, o.Rank(x)+len(axes))
		o.fail(err)
		axes[i] = n
	}
	slices.Sort(axes)
	for _, a := range axes {
		x = o.ExpandDims(x, a)
	}
	return outputs(x)
}

func opSqueeze(o *opCall) []Value {
	x := o.tensor("x")
	axes := o.axes("axis")
	if len(axes) == 0 {
		for i, d := range o.Shape(x) {
			if d == ir.Known(1) {
				axes = append(axes, i)
			}
		}
	} else {
		var err error
		if axes, err = ir.NormAxes(axes, o.Rank(x)); err != nil {
			o.fail(err)
			return nil
		}
	}
	slices.Sort(axes)
	for _, a := range slices.Backward(axes) {
		if d := o.Dim(x, a); d.IsKnown() && d.Size != 1 {
			o.Fail(ir.ErrShape, "axis", "squeeze: axis %d of %v is not 1", a, o.Shape(x))
			return nil
		}
		x = o.Squeeze(x, a)
	}
	return outputs(x)
}

func opTranspose(o *opCall) []Value {
	x := o.tensor("x")
	perm := o.axes("axes")
	if perm == nil {
		for i := range o.Rank(x) {
			perm = append(perm, o.Rank(x)-1-i)
		}
	}
	for i, p := range perm {
		if p < 0 {
			perm[i] += o.Rank(x)
		}
	}
	return outputs(o.Transpose(x, perm...))
}

func identityPerm(rank int) []int {
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	return perm
}

func opSwapaxes(o *opCall) []Value {
	x := o.tensor("x")
	a, b := o.axis("axis1", o.Rank(x)), o.axis("axis2", o.Rank(x))
	if o.err != nil {
		return nil
	}
	perm := identityPerm(o.Rank(x))
	perm[a], perm[b] = b, a
	return outputs(o.Transpose(x, perm...))
}

func opMoveaxis(o *opCall) []Value {
	x := o.tensor("x")
	return outputs(o.moveAxes(x, o.wholes("source", 0), o.wholes("destination", 0)))
}

// moveAxes is NumPy's moveaxis.
func (o *opCall) moveAxes(x ir.ValueID, source, destination []int) ir.ValueID {
	rank := o.Rank(x)
	if len(source) != len(destination) {
		o.bad("source", "as many axes as destination")
		return ir.None
	}
	perm, taken := slices.Repeat([]int{-1}, rank), make([]bool, rank)
	for i := range source {
		s, err := ir.NormAxis(source[i], rank)
		o.fail(err)
		d, err := ir.NormAxis(destination[i], rank)
		o.fail(err)
		if o.err != nil {
			return ir.None
		}
		perm[d], taken[s] = s, true
	}
	next := 0
	for i := range perm {
		if perm[i] >= 0 {
			continue
		}
		for next < rank && taken[next] {
			next++
		}
		perm[i] = next
		next++
	}
	return o.Transpose(x, perm...)
}

func opFlip(o *opCall) []Value {
	x := o.tensor("x")
	axes := o.axes("axis")
	if axes == nil {
		axes = identityPerm(o.Rank(x))
	}
	return outputs(o.Add(&ir.Flip{Axes: axes}, x))
}

func flipAxis(axis int) opFunc {
	return func(o *opCall) []Value { return outputs(o.Add(&ir.Flip{Axes: []int{axis}}, o.tensor("x"))) }
}

func opRot90(o *opCall) []Value {
	x := o.tensor("x")
	k, axes := o.whole("k", 1), o.wholes("axes", 2, 0, 1)
	norm, err := ir.NormAxes(axes, o.Rank(x))
	if err != nil {
		o.fail(err)
		return nil
	}
	a, b := norm[0], norm[1]
	if first, _ := ir.NormAxis(axes[0], o.Rank(x)); first == b {
		a, b = b, a
	}
	perm := identityPerm(o.Rank(x))
	perm[a], perm[b] = b, a
	switch (k%4 + 4) % 4 {
	case 1:
		x = o.Transpose(o.Add(&ir.Flip{Axes: []int{b}}, x), perm...)
	case 2:
		if o.err == nil && o.Keras3() && o.Dim(x, a) != o.Dim(x, b) { // it reshapes where it means to exchange axes
			o.Note("turns %v twice over axes of different lengths: Keras on TensorFlow mixes the elements up then; here, as on Keras's other backends, both axes are reversed", o.Shape(x))
		}
		x = o.Add(&ir.Flip{Axes: []int{a, b}}, x)
	case 3:
		x = o.Add(&ir.Flip{Axes: []int{b}}, o.Transpose(x, perm...))
	}
	return outputs(x)
}

func opRoll(o *opCall) []Value {
	x := o.tensor("x")
	if !o.given("axis") {
		y := o.rollAxis(o.flat(x), o.whole("shift"), 0)
		return outputs(o.reshapeLike(y, x))
	}
	axes := o.wholes("axis", 0)
	shifts := o.wholes("shift", len(axes))
	for i, a := range axes {
		n, err := ir.NormAxis(a, o.Rank(x))
		if err != nil {
			o.fail(err)
			return nil
		}
		x = o.rollAxis(x, shifts[i], n)
	}
	return outputs(x)
}

// reshapeLike gives y the shape of x.
func (l *Layer) reshapeLike(y, x ir.ValueID) ir.ValueID {
	var dims []ir.Extent
	for i := range l.Rank(x) {
		dims = append(dims, ir.DimOf(1, i))
	}
	return l.Reshape(y, dims, x)
}

func (o *opCall) rollAxis(x ir.ValueID, shift, axis int) ir.ValueID {
	d := o.Dim(x, axis)
	if !d.IsKnown() { // element i comes from (i-shift) mod n
		i := o.Add(&ir.Range{Axis: axis, DType: ir.Int32}, x)
		n := o.extentOf(x, axis)
		from := o.Binary("mod", o.Binary("sub", i, o.Scalar(float64(shift), ir.Int32)), n)
		return o.Add(&ir.Gather{Axis: axis}, x, from)
	}
	if d.Size == 0 {
		return x
	}
	k := ((shift % d.Size) + d.Size) % d.Size
	if k == 0 {
		return x
	}
	at := d.Size - k
	head := o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, Start: &at}}}, x)
	return o.Add(&ir.Concat{Axis: axis}, head, o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: axis, End: &at}}}, x))
}

// between is start:end of an axis, bounds not negative.
func between(axis, start, end int) ir.AxisSlice {
	return ir.AxisSlice{Axis: axis, Start: &start, End: &end}
}

// opTile repeats by known numbers; by open ones only axes of 1.
func opTile(o *opCall) []Value {
	x := o.tensor("x")
	reps := o.shapeArg("repeats")
	for len(reps) < o.Rank(x) {
		reps = append([]dimension{knownDimension(1)}, reps...)
	}
	for o.Rank(x) < len(reps) && o.err == nil {
		x = o.ExpandDims(x, 0)
	}
	if o.err != nil {
		return nil
	}
	whole := make([]int, len(reps))
	dims, open := o.dimensionsOf(x), false
	for i, r := range reps {
		switch {
		case r.known:
			whole[i] = r.n
		case o.Dim(x, i) == ir.Known(1):
			dims[i], open, whole[i] = r, true, 1
		default:
			o.bad("repeats", "numbers, or open dimensions for axes of 1")
			return nil
		}
	}
	if open {
		x = o.broadcastTo("repeats", x, dims)
	}
	return outputs(o.Add(&ir.Tile{Reps: whole}, x))
}

func opRepeat(o *opCall) []Value {
	x, axis := o.alongAxis(o.tensor("x"))
	n := o.wholes("repeats", 0)
	if len(n) == 1 {
		return outputs(o.Add(&ir.Repeat{Axis: axis, N: n[0]}, x))
	}
	var from []int32
	for i, k := range n {
		if k < 0 || !o.Allows("repeats", k, 1+len(from)) {
			o.bad("repeats", "sizes")
			return nil
		}
		from = append(from, slices.Repeat([]int32{int32(i)}, k)...)
	}
	return outputs(o.Add(&ir.Gather{Axis: axis}, x, o.constInts(from)))
}

// constInts is a constant of rank 1.
func (l *Layer) constInts(v []int32) ir.ValueID {
	return l.Const(constantKey(l), func() *ir.Tensor { return ir.NewInt32(v, len(v)) })
}

func opBroadcastTo(o *opCall) []Value {
	return outputs(o.broadcastTo("shape", o.tensor("x"), o.shapeArg("shape")))
}

func opShape(o *opCall) []Value {
	return outputs(o.Cast(o.Add(&ir.ShapeOf{}, o.tensor("x")), o.dtype("out_type", ir.Int32)))
}

func opSize(o *opCall) []Value {
	y := o.Add(&ir.Reduce{Fn: "prod"}, o.Add(&ir.ShapeOf{}, o.tensor("x")))
	return outputs(o.Cast(y, o.dtype("out_type", ir.Int32)))
}

func opNdim(o *opCall) []Value { return outputs(o.Scalar(float64(o.Rank(o.tensor("x"))), ir.Int32)) }

// channelsFirst reads data_format in any spelling.
func (o *opCall) channelsFirst() bool {
	def := "channels_last"
	if o.b.opts.dataFormat != "" {
		def = o.b.opts.dataFormat
	}
	switch f := o.text("data_format", def); f {
	case "channels_last", "NWC", "NHWC", "NDHWC":
		return false
	case "channels_first", "NCW", "NCHW", "NCDHW":
		return true
	default:
		o.bad("data_format", "channels_last or channels_first")
	}
	return false
}
