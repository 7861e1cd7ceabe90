package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareResize(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Resize)
	threads := c.opts.threads
	limit := int(c.opts.maxMemory / 4)
	e := &executor{}
	plan := func(x, y []int) (*resize, error) {
		if elems(y) == 0 {
			return nil, nil
		}
		h, w, oh, ow := x[1], x[2], y[1], y[2]
		if h == 0 || w == 0 {
			return nil, ir.Errorf(ir.ErrShape, "cannot resize an image of shape %v", x)
		}
		fy, fx, exact := fit(op, h, w, oh, ow)
		rows, err := resample(op, h, oh, fy, exact, limit)
		if err != nil {
			return nil, err
		}
		cols, err := resample(op, w, ow, fx, exact, limit)
		if err != nil {
			return nil, err
		}
		lerp := op.Rounded && op.Method == "bilinear" && !op.Antialias && rows.border == nil && cols.border == nil
		return &resize{lerp: lerp, plain: op.Rounded && !lerp, rows: rows, cols: cols, h: h, w: w, oh: oh, ow: ow, c: x[3], fill: float32(op.Fill)}, nil
	}
	e.scratch = func(in, out []ir.Type) int {
		x, _ := in[0].Shape.Ints()
		y, _ := out[0].Shape.Ints()
		r, err := plan(x, y)
		if r == nil || err != nil {
			return 0 // bind reports it
		}
		return mulLimit(threads, r.scratch())
	}
	e.bind = func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		r, err := plan(x.shape, y.shape)
		if err != nil {
			return nil, err
		}
		if r == nil {
			return noop, nil
		}
		if x.kind != ir.Float32 {
			return func(*exec) error {
				copyPixels(r, x.shape[0], x.i32, y.i32, int32(op.Fill))
				copyPixels(r, x.shape[0], x.i64, y.i64, int64(op.Fill))
				return nil
			}, nil
		}
		perRow := float64(r.w*r.c*r.rows.width+r.ow*r.c*r.cols.width) * 0.3 // ns
		size := r.scratch()
		return newSpread(b, x.shape[0]*r.oh, perRow, 1, func(worker, lo, hi int) {
			r.run(x.f32, y.f32, b.scratch[worker*size:][:size], lo, hi)
		}).step, nil
	}
	return e, nil
}

// resize is a Resize of known shape. An image that gets fewer rows has its rows
// combined first, then columns; one that gets more the other way round.
type resize struct {
	rows, cols      *spans
	h, w, oh, ow, c int
	fill            float32
	lerp, plain     bool // see ir.Resize.Rounded: the order of TensorFlow's bilinear, and of its filters
}

// columnsFirst reports whether input rows are resampled before they are combined.
func (r *resize) columnsFirst() bool {
	return r.oh > r.h && !r.plain && r.rows.border == nil && r.cols.border == nil
}

// scratch is what run needs.
func (r *resize) scratch() int {
	if r.lerp {
		return mulLimit(2, mulLimit(r.ow, r.c))
	}
	if r.columnsFirst() {
		return mulLimit(r.rows.width, mulLimit(r.ow, r.c))
	}
	return mulLimit(r.w, r.c)
}

// run makes the output rows lo to hi, counted through all images.
func (r *resize) run(x, y, scratch []float32, lo, hi int) {
	if r.lerp {
		r.runLerp(x, y, scratch, lo, hi)
		return
	}
	if r.columnsFirst() {
		r.runColumnsFirst(x, y, scratch, lo, hi)
		return
	}
	line := r.w * r.c
	for o := lo; o < hi; o++ {
		image, i := o/r.oh, o%r.oh
		row := scratch
		src := x[image*r.h*line:][:r.h*line]
		if weights := r.rows.row(i); len(weights) == 1 && weights[0] == 1 && r.rows.border == nil {
			row = src[r.rows.start[i]*line:][:line]
		} else {
			var border float32
			if r.rows.border != nil {
				border = r.rows.border[i] * r.fill
			}
			for k := range row {
				row[k] = border
			}
			for k, w := range weights {
				from := src[(r.rows.start[i]+k)*line:][:line]
				if !r.plain {
					kernel.Axpy(row, w, from)
					continue
				}
				for j, v := range from {
					row[j] += float32(w * v) // float32 keeps the two roundings
				}
			}
		}
		r.columns(row, y[o*r.ow*r.c:][:r.ow*r.c], r.rowSum(i))
	}
}

// runColumnsFirst is run with the last rows.width resampled input rows kept in
// scratch: input row i is in place i%rows.width until place of a later one.
func (r *resize) runColumnsFirst(x, y, scratch []float32, lo, hi int) {
	in, out := r.w*r.c, r.ow*r.c
	image, made := -1, 0 // input rows before made are, or were, in scratch
	for o := lo; o < hi; o++ {
		i := o % r.oh
		first, weights := r.rows.start[i], r.rows.row(i)
		if o/r.oh != image {
			image, made = o/r.oh, first
		}
		for made = max(made, first); made < first+len(weights); made++ {
			r.columns(x[(image*r.h+made)*in:][:in], scratch[made%r.rows.width*out:][:out], 1)
		}
		dst := y[o*out:][:out]
		if len(weights) == 0 {
			clear(dst)
		}
		for k, w := range weights {
			row := scratch[(first+k)%r.rows.width*out:][:out]
			if k == 0 {
				kernel.MulScalar(dst, row, w)
			} else {
				kernel.Axpy(dst, w, row)
			}
		}
	}
}

// runLerp is run for spans of one or two elements, in TensorFlow's order: it
// resamples the two input rows of an output row, which are often those of the row
// before, and then goes from the upper to the lower.
func (r *resize) runLerp(x, y, scratch []float32, lo, hi int) {
	in, out := r.w*r.c, r.ow*r.c
	kept := [2]int{-1, -1} // the rows in scratch, counted through all images
	row := func(n int) []float32 {
		dst := scratch[n%2*out:][:out]
		if kept[n%2] != n {
			kept[n%2] = n
			r.lerpColumns(x[n*in:][:in], dst)
		}
		return dst
	}
	for o := lo; o < hi; o++ {
		i := o % r.oh
		first, weights := o/r.oh*r.h+r.rows.start[i], r.rows.row(i)
		dst, upper := y[o*out:][:out], row(first)
		if len(weights) < 2 {
			copy(dst, upper)
			continue
		}
		kernel.Lerp(dst, upper, row(first+1), weights[1])
	}
}

func (r *resize) lerpColumns(row, y []float32) {
	c := r.c
	for j := range r.ow {
		dst, src, weights := y[j*c:][:c], row[r.cols.start[j]*c:], r.cols.row(j)
		if len(weights) < 2 {
			copy(dst, src[:c])
			continue
		}
		w, right := weights[1], src[c:][:c]
		if c >= 8 {
			kernel.Lerp(dst, src[:c], right, w)
			continue
		}
		for k, v := range src[:c] {
			dst[k] = v + float32((right[k]-v)*w) // float32 keeps the two roundings
		}
	}
}

// rowSum is what the weights of output row i add up to, for the border columns.
func (r *resize) rowSum(i int) float32 {
	if r.cols.border == nil {
		return 0
	}
	var sum float32
	for _, w := range r.rows.row(i) {
		sum += w
	}
	if r.rows.border != nil {
		sum += r.rows.border[i]
	}
	return sum
}

func (r *resize) columns(row, y []float32, rowSum float32) {
	c := r.c
	for j := range r.ow {
		dst := y[j*c:][:c]
		weights, src := r.cols.row(j), row[r.cols.start[j]*c:]
		if len(weights) == 1 && weights[0] == 1 {
			copy(dst, src[:c])
			continue
		}
		if len(weights) == 2 && r.cols.border == nil {
			w0, w1 := weights[0], weights[1]
			left, right := src[:len(dst)], src[c:][:len(dst)]
			for i := range dst {
				dst[i] = float32(w0*left[i]) + float32(w1*right[i])
			}
			continue
		}
		var border float32
		if r.cols.border != nil {
			border = r.cols.border[j] * r.fill * rowSum
		}
		for k := range dst {
			dst[k] = border
		}
		for k, w := range weights {
			pixel := src[k*c:][:c]
			if c >= 16 && !r.plain {
				kernel.Axpy(dst, w, pixel)
				continue
			}
			for i, v := range pixel {
				dst[i] += float32(w * v)
			}
		}
	}
}

// copyPixels is for integers, which are only copied or filled in. x and y are
// empty when the values have another element type.
func copyPixels[T int32 | int64](r *resize, batch int, x, y []T, fill T) {
	if len(y) == 0 {
		return
	}
	for image := range batch {
		for i := range r.oh {
			for j := range r.ow {
				dst := y[((image*r.oh+i)*r.ow+j)*r.c:][:r.c]
				if r.rows.count[i] == 0 || r.cols.count[j] == 0 {
					for k := range dst {
						dst[k] = fill
					}
					continue
				}
				copy(dst, x[((image*r.h+r.rows.start[i])*r.w+r.cols.start[j])*r.c:])
			}
		}
	}
}
