package kernel

import "math"

// ConvGeom is the geometry of a convolution over up to three spatial axes, channels last. Axes that a 1-D or 2-D
// convolution lacks are the first ones, with In, Kernel, Stride, Dilation and Out 1 and Pad 0 (Conv1D is {1, 1, time}).
type ConvGeom struct {
	In, Kernel, Stride, Dilation [3]int
	Pad                          [3]int // before; what follows after is implied by Out
	Out                          [3]int
	Cin, Cout, Groups            int
}

// Geom2D is the geometry of a 2-D convolution: each pair is {vertical, horizontal}.
func Geom2D(in, kernel, stride, dilation, pad, out [2]int, cin, cout, groups int) ConvGeom {
	up := func(p [2]int, first int) [3]int { return [3]int{first, p[0], p[1]} }
	return ConvGeom{
		In: up(in, 1), Kernel: up(kernel, 1), Stride: up(stride, 1), Dilation: up(dilation, 1), Pad: up(pad, 0), Out: up(out, 1),
		Cin: cin, Cout: cout, Groups: groups,
	}
}

func (g *ConvGeom) inFloats() int  { return volume(g.In) * g.Cin }
func (g *ConvGeom) outFloats() int { return volume(g.Out) * g.Cout }

func volume(d [3]int) int { return d[0] * d[1] * d[2] }

// padded reports whether some tap of some output falls outside the input.
func (g *ConvGeom) padded() bool {
	for d := range 3 {
		if g.Pad[d] > 0 || (g.Out[d]-1)*g.Stride[d]+(g.Kernel[d]-1)*g.Dilation[d]-g.Pad[d] >= g.In[d] {
			return true
		}
	}
	return false
}

// ConvPlan holds what a convolution of one geometry needs besides its weights. It is immutable and may be shared.
type ConvPlan struct {
	Geom ConvGeom

	rows int // output positions of an image
	taps int // separate reads per output position
	k    int // floats per tap and group
	off  []int32
	zero []float32

	pointwise bool   // 1×1, no padding, one group: a product of matrices
	plain     bool   // and stride 1: rows of A are rows of the input
	copied    [3]int // size of the padded copy of an image that off refers to; zero when the input is read in place
}

// A padded copy lets the taps of a kernel row be read at once; with this many channels or more it no longer pays.
const convCopyChannels = 16

// NewConvPlan works out the reads of a convolution. It panics when the geometry is not one.
func NewConvPlan(g ConvGeom) *ConvPlan {
	if g.Groups <= 0 || g.Cin%g.Groups != 0 || g.Cout%g.Groups != 0 {
		panic("kernel: groups do not divide the channels")
	}
	p := &ConvPlan{Geom: g, rows: volume(g.Out), taps: volume(g.Kernel), k: g.Cin / g.Groups}
	padded := g.padded()
	p.pointwise = p.taps == 1 && !padded && g.Groups == 1
	if p.pointwise && g.Stride == [3]int{1, 1, 1} && g.In == g.Out {
		p.plain = true
		return p
	}
	merge := g.Groups == 1 && g.Dilation[2] == 1 && g.Kernel[2] > 1
	in, pad := g.In, g.Pad
	if padded && merge {
		if g.Cin < convCopyChannels {
			for d := range 3 {
				in[d] = max(in[d]+pad[d], (g.Out[d]-1)*g.Stride[d]+(g.Kernel[d]-1)*g.Dilation[d]+1)
			}
			p.copied = in
			pad = [3]int{}
		} else {
			merge = false
		}
	}
	if volume(in) > math.MaxInt32/max(1, g.Cin) {
		panic("kernel: image is too large")
	}
	kernel := g.Kernel
	if merge {
		p.k *= kernel[2]
		p.taps /= kernel[2]
		kernel[2] = 1
	}
	if padded && p.copied == [3]int{} {
		p.zero = make([]float32, p.k)
	}
	p.off = make([]int32, 0, p.taps*p.rows)
	for kz := range kernel[0] {
		for ky := range kernel[1] {
			for kx := range kernel[2] {
				p.off = appendTap(p.off, &g, in, pad, [3]int{kz, ky, kx})
			}
		}
	}
	return p
}

// Rows is how many rows the product has that a pointwise convolution of n images is; 0 for others.
func (p *ConvPlan) Rows(n int) int {
	if !p.pointwise {
		return 0
	}
	return n * p.rows
}

// appendTap appends the offset that every output position reads for one tap, -1 for padding.
func appendTap(off []int32, g *ConvGeom, in, pad, tap [3]int) []int32 {
	var first [3]int // what the first position reads
	for d := range first {
		first[d] = tap[d]*g.Dilation[d] - pad[d]
	}
	for oz := range g.Out[0] {
		z := first[0] + oz*g.Stride[0]
		for oy := range g.Out[1] {
			y := first[1] + oy*g.Stride[1]
			inside := uint(z) < uint(in[0]) && uint(y) < uint(in[1])
			row, x := (z*in[1]+y)*in[2], first[2]
			for range g.Out[2] {
				at := int32(-1)
				if inside && uint(x) < uint(in[2]) {
					at = int32((row + x) * g.Cin)
				}
				off = append(off, at)
				x += g.Stride[2]
			}
		}
	}
	return off
}

// PackedConvFloats is the length of a packed convolution kernel.
func PackedConvFloats(g ConvGeom) int {
	return g.Groups * PackedBFloats(volume(g.Kernel)*g.Cin/g.Groups, g.Cout/g.Groups)
}

// PackConv packs a Keras kernel [kernel..., Cin/Groups, Cout].
func PackConv(dst []float32, g ConvGeom, kernel []float32) { PackConvScaled(dst, g, kernel, nil) }

// PackConvScaled is PackConv of the kernel with its output channels multiplied by scale; nil: by nothing.
func PackConvScaled(dst []float32, g ConvGeom, kernel, scale []float32) {
	if g.isThin() {
		packThin(dst, &g, kernel, scale)
		return
	}
	k, n := volume(g.Kernel)*g.Cin/g.Groups, g.Cout/g.Groups
	size := PackedBFloats(k, n)
	for i := range g.Groups {
		factors := scale
		if scale != nil {
			factors = scale[i*n : (i+1)*n]
		}
		PackBScaled(dst[i*size:(i+1)*size], k, n, kernel[i*n:], g.Cout, factors)
	}
}

// PackedConvBiasFloats is the length of a packed convolution bias.
func PackedConvBiasFloats(g ConvGeom) int { return g.Groups * PackedBiasFloats(g.Cout/g.Groups) }

// PackConvBias packs a bias of Cout values; nil means zeros.
func PackConvBias(dst []float32, g ConvGeom, bias []float32) {
	n := g.Cout / g.Groups
	size := PackedBiasFloats(n)
	for i := range g.Groups {
		var b []float32
		if bias != nil {
			b = bias[i*n : (i+1)*n]
		}
		PackBias(dst[i*size:(i+1)*size], n, b)
	}
}
