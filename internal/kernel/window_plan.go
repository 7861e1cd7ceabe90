package kernel

import "math"

// WindowPlan lists, for a depthwise convolution or a pooling, the taps of each output position that fall inside the
// input. It is immutable and may be shared.
type WindowPlan struct {
	Geom ConvGeom // Cin is the number of channels; Cout and Groups are not read

	axes [3][]axisClass
	of   [3][]int   // output index -> class
	ends []int      // by output column: the column after the last that has the same taps
	taps [][]window // per class triple

	sliding sliding
}

// axisClass is a range [k0, k1) of kernel positions that are inside the input.
type axisClass struct{ k0, k1 int }

// window is one tap: where its input is, counted from the first tap, and where its weights are. Assembly reads it.
type window struct{ x, w int32 } // in floats

// NewWindowPlan works out the taps.
func NewWindowPlan(g ConvGeom) *WindowPlan {
	if volume(g.In) > math.MaxInt32/max(1, g.Cin) || volume(g.Kernel) > math.MaxInt32/max(1, g.Cin) {
		panic("kernel: image is too large")
	}
	p := &WindowPlan{Geom: g}
	for d := range 3 {
		for o := range g.Out[d] {
			// Taps from the first that is not before the image to the first behind it.
			start := o*g.Stride[d] - g.Pad[d]
			c := axisClass{k0: min(g.Kernel[d], stepsTo(-start, g.Dilation[d]))}
			c.k1 = max(c.k0, min(g.Kernel[d], stepsTo(g.In[d]-start, g.Dilation[d])))
			i := 0
			for i < len(p.axes[d]) && p.axes[d][i] != c {
				i++
			}
			if i == len(p.axes[d]) {
				p.axes[d] = append(p.axes[d], c)
			}
			p.of[d] = append(p.of[d], i)
		}
	}
	for _, cz := range p.axes[0] {
		for _, cy := range p.axes[1] {
			for _, cx := range p.axes[2] {
				p.taps = append(p.taps, g.windows(cz, cy, cx))
			}
		}
	}
	p.ends = make([]int, g.Out[2])
	for x := g.Out[2] - 1; x >= 0; x-- {
		p.ends[x] = x + 1
		if x+1 < g.Out[2] && p.of[2][x] == p.of[2][x+1] {
			p.ends[x] = p.ends[x+1]
		}
	}
	p.sliding = newSliding(&g)
	return p
}

// stepsTo is how many steps reach n or go beyond.
func stepsTo(n, step int) int {
	if n <= 0 {
		return 0
	}
	return (n-1)/step + 1
}

func (g *ConvGeom) windows(cz, cy, cx axisClass) []window {
	var ws []window
	for kz := cz.k0; kz < cz.k1; kz++ {
		for ky := cy.k0; ky < cy.k1; ky++ {
			for kx := cx.k0; kx < cx.k1; kx++ {
				x := ((kz-cz.k0)*g.Dilation[0]*g.In[1]+(ky-cy.k0)*g.Dilation[1])*g.In[2] + (kx-cx.k0)*g.Dilation[2]
				w := (kz*g.Kernel[1]+ky)*g.Kernel[2] + kx
				ws = append(ws, window{x: int32(x * g.Cin), w: int32(w * g.Cin)})
			}
		}
	}
	return ws
}

// rows is the number of output rows of an image.
func (p *WindowPlan) rows() int { return p.Geom.Out[0] * p.Geom.Out[1] }

// windowRun is a stretch of an output row whose positions have the same taps.
type windowRun struct {
	out    int // first output position within the image
	n      int
	in     int // offset in floats of the first tap of the first position within the image
	stride int // floats from one position's tap to the next's
	taps   []window
}

// next returns the run that begins at column x of row.
func (p *WindowPlan) next(row, x int) windowRun {
	g := &p.Geom
	oz, oy := row/g.Out[1], row%g.Out[1]
	iz, iy, ix := p.of[0][oz], p.of[1][oy], p.of[2][x]
	r := windowRun{
		out: row*g.Out[2] + x, n: p.ends[x] - x, stride: g.Stride[2] * g.Cin,
		taps: p.taps[(iz*len(p.axes[1])+iy)*len(p.axes[2])+ix],
	}
	if len(r.taps) > 0 {
		z := oz*g.Stride[0] - g.Pad[0] + p.axes[0][iz].k0*g.Dilation[0]
		y := oy*g.Stride[1] - g.Pad[1] + p.axes[1][iy].k0*g.Dilation[1]
		xx := x*g.Stride[2] - g.Pad[2] + p.axes[2][ix].k0*g.Dilation[2]
		r.in = ((z*g.In[1]+y)*g.In[2] + xx) * g.Cin
	}
	return r
}
