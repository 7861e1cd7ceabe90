package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// at returns v[i], or def where v is too short.
func at(v []int, i, def int) int {
	if i < len(v) {
		return v[i]
	}
	return def
}

// window is what convolutions and pooling say of their spatial axes.
type window struct {
	size, strides, dilations []int
	padding                  ir.Padding
}

// geometry gives the kernels' form of a window over x [batch, spatial..., c],
// with out's spatial sizes: three axes, of which the last ones are the model's.
func (w window) geometry(x, out []int, cout, groups int) (kernel.ConvGeom, error) {
	g := kernel.ConvGeom{
		In: [3]int{1, 1, 1}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Out: [3]int{1, 1, 1},
		Cin: x[len(x)-1], Cout: cout, Groups: groups,
	}
	rank := len(w.size)
	padded, weights := max(g.Cin, cout), max(1, g.Cin)
	for i := range rank {
		d := 3 - rank + i
		g.In[d], g.Out[d] = x[1+i], out[1+i]
		g.Kernel[d], g.Stride[d], g.Dilation[d] = w.size[i], at(w.strides, i, 1), at(w.dilations, i, 1)
		g.Pad[d], _ = w.padding.Resolve(i, x[1+i], g.Kernel[d], g.Stride[d], g.Dilation[d])
		if g.Out[d] <= 1 {
			g.Stride[d] = 1 // it is never taken, and may be out of range of any image
		}
		if g.Kernel[d] >= math.MaxInt32 || g.Dilation[d] >= math.MaxInt32 {
			return g, ir.Errorf(ir.ErrLimit, "a window of %v with dilations %v is too large", w.size, w.dilations)
		}
		span := int64(g.Out[d]-1)*int64(g.Stride[d]) + int64(g.Kernel[d]-1)*int64(g.Dilation[d]) + 1
		if span >= math.MaxInt32 || g.Pad[d] >= math.MaxInt32-g.In[d] {
			return g, ir.Errorf(ir.ErrLimit, "a window of %v with strides %v, dilations %v and padding %v is too large", w.size, w.strides, w.dilations, w.padding.Before)
		}
		padded = mulLimit(padded, max(1, g.In[d]+g.Pad[d], int(span)))
		weights = mulLimit(weights, g.Kernel[d])
	}
	if padded >= math.MaxInt32 || weights >= math.MaxInt32 {
		return g, ir.Errorf(ir.ErrLimit, "an image of shape %v under a window of %v, padding included, has more than 2^31 elements", x[1:], w.size)
	}
	return g, nil
}

// mulLimit multiplies two non-negative numbers, giving at most MaxInt.
func mulLimit(a, b int) int {
	if a != 0 && b > math.MaxInt/a {
		return math.MaxInt
	}
	return a * b
}

// tapLists bounds how many taps a kernel.WindowPlan lists: one list for each
// way in which the window can overlap the borders.
func tapLists(g kernel.ConvGeom) int {
	total := 1
	for d := range 3 {
		taps := min(g.Kernel[d], g.In[d]+1)
		lists := min(g.Out[d], 2*((g.Kernel[d]*g.Dilation[d]+g.Stride[d]-1)/g.Stride[d])+2)
		total = mulLimit(total, mulLimit(taps, max(1, lists)))
	}
	return total
}

// maxTapLists is how many taps may be listed before it is better to do without.
const maxTapLists = 1 << 22
