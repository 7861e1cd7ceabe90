package importer

import (
	"fmt"
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

var signalOps = []opRow{
	{name: "rfft", class: "RFFT", params: "x fft_length", lower: opRFFT},
	{name: "irfft", class: "IRFFT", params: "x fft_length", lower: opIRFFT},
	{name: "fft", class: "FFT", params: "x", lower: opFFT(1, false)},
	{name: "fft2", class: "FFT2", params: "x", lower: opFFT(2, false)},
	{name: "ifft2", class: "IFFT2", params: "x", lower: opFFT(2, true)},
	{name: "stft", class: "STFT", params: "x sequence_length sequence_stride fft_length window center", lower: opSTFT},
	{name: "istft", class: "ISTFT", params: "x sequence_length sequence_stride fft_length length window center", lower: opISTFT},
	{name: "extract_sequences", class: "ExtractSequences", params: "x sequence_length sequence_stride", lower: opExtractSequences},
}

// maxDFT bounds a transform that is computed as a matrix product.
const maxDFT = 1 << 12

// complexArg is an argument that is a tensor of real and one of imaginary parts.
func (o *opCall) complexArg(name string) (re, im ir.ValueID) {
	parts := list(o.args[name])
	if len(parts) != 2 {
		o.bad(name, "a pair of real and imaginary parts")
		return ir.None, ir.None
	}
	both := o.promoteAll(parts, true)
	return both[0], both[1]
}

// fit cuts the last axis to n elements or appends zeros.
func (o *opCall) fit(x ir.ValueID, n int) ir.ValueID {
	have := o.Size(x, -1)
	switch {
	case o.err != nil:
		return ir.None
	case have > n:
		return o.Add(&ir.Slice{Axes: []ir.AxisSlice{{Axis: -1, End: &n}}}, x)
	case have < n:
		pad := &ir.Pad{Mode: "constant", Before: make([]int, o.Rank(x)), After: make([]int, o.Rank(x))}
		pad.After[o.Rank(x)-1] = n - have
		return o.Add(pad, x)
	}
	return x
}

func opRFFT(o *opCall) []Value {
	re, im := o.rfft(o.AsFloat(o.tensor("x")))
	return outputs(re, im)
}

// rfft is one frame of a short-time transform with a window of ones.
func (o *opCall) rfft(x ir.ValueID) (re, im ir.ValueID) {
	n := o.size("fft_length", 0)
	if !o.given("fft_length") {
		n = o.Size(x, -1)
	}
	if o.err != nil || n < 1 || !o.Allows("fft_length", n) {
		o.bad("fft_length", "a length within limits")
		return ir.None, ir.None
	}
	ones := make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	window := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(ones, n) })
	parts := o.AddN(&ir.STFT{Length: n, Stride: n}, o.fit(x, n), window)
	if len(parts) != 2 {
		return ir.None, ir.None
	}
	return o.Squeeze(parts[0], -2), o.Squeeze(parts[1], -2)
}

// table is a constant [rows, cols] of f(row, column) for a transform.
func (o *opCall) table(rows, cols int, f func(i, j int) float64) ir.ValueID {
	if o.err == nil && (rows < 1 || cols < 1 || max(rows, cols) > maxDFT || int64(rows*cols) > o.b.lim.ConstantBytes/4) {
		o.Fail(ir.ErrLimit, "x", "a transform of %d elements to %d, the limit is %d", rows, cols, maxDFT)
	}
	if !o.Allows("x", rows, cols) {
		return ir.None
	}
	v := make([]float32, 0, rows*cols)
	for i := range rows {
		for j := range cols {
			v = append(v, float32(f(i, j)))
		}
	}
	return o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(v, rows, cols) })
}

// waves is a table of f(2πij/n), times a weight of row i.
func (o *opCall) waves(rows, cols, n int, f func(float64) float64, weight func(i int) float64) ir.ValueID {
	return o.table(rows, cols, func(i, j int) float64 { return weight(i) * f(2*math.Pi*float64(i*j%n)/float64(n)) })
}

func (o *opCall) product(x, kernel ir.ValueID) ir.ValueID {
	return o.Add(&ir.Dense{}, x, o.Cast(kernel, o.Type(x).DType))
}

func opIRFFT(o *opCall) []Value {
	re, im := o.complexArg("x")
	return outputs(o.irfft(re, im))
}

// irfft counts each frequency but the first and the middle one twice, for its
// mirror.
func (o *opCall) irfft(re, im ir.ValueID) ir.ValueID {
	n := o.size("fft_length", 0)
	if !o.given("fft_length") {
		n = 2 * (o.Size(re, -1) - 1)
	}
	if o.err != nil || n < 1 {
		o.bad("fft_length", "a length within limits")
		return ir.None
	}
	bins := n/2 + 1
	re, im = o.fit(re, bins), o.fit(im, bins)
	weight := func(i int) float64 {
		if i == 0 || 2*i == n {
			return 1 / float64(n)
		}
		return 2 / float64(n)
	}
	cos, sin := o.waves(bins, n, n, math.Cos, weight), o.waves(bins, n, n, math.Sin, weight)
	return o.Binary("sub", o.product(re, cos), o.product(im, sin))
}

// dft transforms the last axis: Σ (re + i·im)(cos - i·sin).
func (o *opCall) dft(re, im ir.ValueID) (ir.ValueID, ir.ValueID) {
	n := o.Size(re, -1)
	one := func(int) float64 { return 1 }
	cos, sin := o.waves(n, n, n, math.Cos, one), o.waves(n, n, n, math.Sin, one)
	return o.Binary("add", o.product(re, cos), o.product(im, sin)), o.Binary("sub", o.product(im, cos), o.product(re, sin))
}

func opFFT(axes int, inverse bool) opFunc {
	return func(o *opCall) []Value {
		re, im := o.complexArg("x")
		re, im = o.fft(re, im, axes, inverse)
		return outputs(re, im)
	}
}

// fft transforms the last one or two axes. The inverse is the conjugate of the
// transform of the conjugate, over the number of elements.
func (o *opCall) fft(re, im ir.ValueID, axes int, inverse bool) (ir.ValueID, ir.ValueID) {
	dt := o.Type(re).DType
	neg := ir.Func{Name: "neg"}
	if inverse {
		im = o.Unary(neg, im)
	}
	n := o.Size(re, -1)
	re, im = o.dft(re, im)
	if axes == 2 {
		n *= o.Size(re, -2)
		swap := func(x ir.ValueID) ir.ValueID {
			if o.err != nil {
				return ir.None
			}
			return o.moveAxes(x, []int{-1}, []int{-2})
		}
		re, im = o.dft(swap(re), swap(im))
		re, im = swap(re), swap(im)
	}
	if inverse {
		count := o.Scalar(float64(n), dt)
		re, im = o.Binary("div", re, count), o.Unary(neg, o.Binary("div", im, count))
	}
	return re, im
}

func opSTFT(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	sequence, stride, length := o.size("sequence_length"), o.size("sequence_stride"), o.size("fft_length")
	if o.err == nil && o.Rank(x) < 1 {
		o.Fail(ir.ErrShape, "x", "is a scalar; want a signal")
	}
	if o.err == nil && (sequence < 1 || stride < 1 || length < sequence || int64(length) > o.b.lim.ConstantBytes/64) {
		o.Fail(ir.ErrMalformed, "fft_length", "is %d for a sequence_length of %d and stride %d", length, sequence, stride)
	}
	if o.err != nil {
		return nil
	}
	if o.flag("center", true) {
		pad := &ir.Pad{Before: make([]int, o.Rank(x)), After: make([]int, o.Rank(x)), Mode: "reflect"}
		pad.Before[o.Rank(x)-1], pad.After[o.Rank(x)-1] = length/2, length/2
		x = o.Add(pad, x)
	}
	return outputs(o.AddN(&ir.STFT{Length: length, Stride: stride}, x, o.windowOf(o.windowArg(), sequence, length))...)
}

// windowArg is the argument window: a name, the numbers themselves, or null.
func (o *opCall) windowArg() any {
	w, there := o.args["window"]
	if !there {
		return "hann"
	}
	if a, ok := w.(arrayValue); ok {
		return a.value
	}
	return w
}

// opISTFT weighs by the window over the sum of the squares of all windows that
// meet at a place.
func opISTFT(o *opCall) []Value {
	re, im := o.complexArg("x")
	sequence, stride, n := o.size("sequence_length"), o.size("sequence_stride"), o.size("fft_length")
	if o.err == nil && (sequence < 1 || stride < 1 || n < sequence) {
		o.Fail(ir.ErrMalformed, "fft_length", "is %d for a sequence_length of %d and stride %d", n, sequence, stride)
	}
	if o.err != nil || !o.Allows("fft_length", n) {
		return nil
	}
	window := o.b.m.Const(o.windowOf(o.windowArg(), sequence, n))
	if window == nil {
		return nil
	}
	gain := make([]float64, n)
	sums := make([]float64, min(stride, n))
	for i, w := range window.Float32s() {
		gain[i] = float64(w)
		sums[i%stride] += gain[i] * gain[i]
	}
	for i := range gain {
		if o.windowArg() != nil {
			gain[i] /= sums[i%stride]
		}
	}
	cut := ir.AxisSlice{Axis: -1}
	if o.flag("center", true) {
		start, end := n/2, -(n / 2)
		cut.Start, cut.End = &start, &end
	}
	if o.given("length") {
		end := o.size("length")
		if cut.Start != nil {
			end += *cut.Start
		}
		cut.End = &end
	}
	y := o.overlapped(re, im, n, stride, gain)
	if cut.End != nil && *cut.End != 0 {
		y = o.Add(&ir.Slice{Axes: []ir.AxisSlice{cut}}, y)
	}
	return outputs(y)
}

// overlapped turns frames of frequencies [..., frames, n/2+1] back, and adds the
// pieces up where they overlap: a transposed convolution whose kernel is the
// inverse transform of n elements, times the gain of each element.
func (o *opCall) overlapped(re, im ir.ValueID, n, stride int, gain []float64) ir.ValueID {
	if o.err == nil && (n < 1 || stride < 1 || max(n, len(gain)) > maxDFT) {
		o.Fail(ir.ErrLimit, "fft_length", "a transform of %d elements, the limit is %d", n, maxDFT)
	}
	if o.err == nil && o.Rank(re) < 2 {
		o.Fail(ir.ErrShape, "x", "has shape %v; want frames of frequencies", o.Shape(re))
	}
	if !o.Allows("fft_length", len(gain), n+2) {
		return ir.None
	}
	bins := n/2 + 1
	kernel := make([]float32, 0, len(gain)*2*bins)
	for i, g := range gain {
		for part := range 2 {
			for f := range bins {
				weight := 2 * g / float64(n)
				if f == 0 || 2*f == n {
					weight /= 2
				}
				sin, cos := math.Sincos(2 * math.Pi * float64(f*i%n) / float64(n))
				kernel = append(kernel, float32(weight*[]float64{cos, -sin}[part]))
			}
		}
	}
	x := o.concat(-1, o.fit(re, bins), o.fit(im, bins))
	return o.overlapAdd(x, stride, ir.NewFloat32(kernel, len(gain), 1, 2*bins))
}

// overlapAdd makes [..., frames, c] to [..., samples] by a kernel [samples of a
// frame, 1, c].
func (o *opCall) overlapAdd(x ir.ValueID, stride int, kernel *ir.Tensor) ir.ValueID {
	rank := o.Rank(x)
	frames := o.Reshape(x, []ir.Extent{ir.Size(-1), ir.DimOf(0, rank-2), ir.DimOf(0, rank-1)})
	weights := o.Cast(o.Const(constantKey(o.Layer), func() *ir.Tensor { return kernel }), o.Type(x).DType)
	y := o.Add(&ir.ConvTranspose{Strides: []int{stride}}, frames, weights)
	return o.Reshape(y, append(extents(1, 0, rank-2), ir.DimOf(0, 1)), x)
}

// opExtractSequences looks up the elements of every frame.
func opExtractSequences(o *opCall) []Value {
	x := o.tensor("x")
	size, stride, n := o.size("sequence_length"), o.size("sequence_stride"), o.Size(x, -1)
	if o.err != nil || size < 1 || stride < 1 {
		o.bad("sequence_length", "lengths")
		return nil
	}
	frames := max(0, (n-size)/stride+1)
	if !o.Allows("sequence_length", frames, size) {
		return nil
	}
	at := make([]int32, 0, frames*size)
	for f := range frames {
		for i := range size {
			at = append(at, int32(f*stride+i))
		}
	}
	index := o.Const(fmt.Sprintf("frames/%d/%d/%d", n, size, stride), func() *ir.Tensor { return ir.NewInt32(at, frames, size) })
	return outputs(o.Add(&ir.Gather{Axis: o.Rank(x) - 1}, x, index))
}
