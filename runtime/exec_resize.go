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
	e.scratch = func(in, _ []ir.Type) int {
		x, _ := in[0].Shape.Ints()
		return mulLimit(threads, mulLimit(x[2], x[3]))
	}
	e.bind = func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		h, w, oh, ow := x.shape[1], x.shape[2], y.shape[1], y.shape[2]
		if elems(y.shape) == 0 {
			return noop, nil
		}
		if h == 0 || w == 0 {
			return nil, ir.Errorf(ir.ErrShape, "cannot resize an image of shape %v", x.shape)
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
		r := &resize{rows: rows, cols: cols, h: h, w: w, oh: oh, ow: ow, c: x.shape[3], fill: float32(op.Fill)}
		if x.kind != ir.Float32 {
			return func(*exec) error {
				copyPixels(r, x.shape[0], x.i32, y.i32, int32(op.Fill))
				copyPixels(r, x.shape[0], x.i64, y.i64, int64(op.Fill))
				return nil
			}, nil
		}
		perRow := float64(w*r.c*rows.width+ow*r.c*cols.width) * 0.3 // ns
		return newSpread(b, x.shape[0]*oh, perRow, 1, func(worker, lo, hi int) {
			r.run(x.f32, y.f32, b.scratch[worker*w*r.c:][:w*r.c], lo, hi)
		}).step, nil
	}
	return e, nil
}

// resize is a Resize of known shape: first rows are combined, then columns.
type resize struct {
	rows, cols      *spans
	h, w, oh, ow, c int
	fill            float32
}

// run makes the output rows lo to hi, counted through all images.
func (r *resize) run(x, y, scratch []float32, lo, hi int) {
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
				kernel.Axpy(row, w, src[(r.rows.start[i]+k)*line:][:line])
			}
		}
		r.columns(row, y[o*r.ow*r.c:][:r.ow*r.c], r.rowSum(i))
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
		var border float32
		if r.cols.border != nil {
			border = r.cols.border[j] * r.fill * rowSum
		}
		for k := range dst {
			dst[k] = border
		}
		for k, w := range weights {
			pixel := src[k*c:][:c]
			if c >= 16 {
				kernel.Axpy(dst, w, pixel)
				continue
			}
			for i, v := range pixel {
				dst[i] += w * v
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
