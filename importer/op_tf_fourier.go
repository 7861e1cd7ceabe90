package importer

import "github.com/kerasgo/kerasgo/ir"

// fourierOps are TensorFlow's transforms, of complex tensors where those of
// keras.ops take pairs.
var fourierOps = []opRow{
	{name: "signal.rfft", params: "x fft_length", lower: opTFRFFT, note: "TensorFlow's"},
	{name: "signal.irfft", params: "x fft_length", lower: opTFIRFFT, complex: true, note: "TensorFlow's"},
	{name: "signal.fft", params: "x", lower: complexFFT(1, false), complex: true, note: "TensorFlow's"},
	{name: "signal.ifft", params: "x", lower: complexFFT(1, true), complex: true, note: "TensorFlow's"},
	{name: "signal.fft2d", params: "x", lower: complexFFT(2, false), complex: true, note: "TensorFlow's"},
	{name: "signal.ifft2d", params: "x", lower: complexFFT(2, true), complex: true, note: "TensorFlow's"},
	{name: "signal.fftshift", params: "x axes", lower: fftShift(1), complex: true, note: "TensorFlow's"},
	{name: "signal.ifftshift", params: "x axes", lower: fftShift(-1), complex: true, note: "TensorFlow's"},
	{name: "complex", params: "re im", lower: opComplex, note: "TensorFlow's"},
}

func opTFRFFT(o *opCall) []Value {
	re, im := o.rfft(o.AsFloat(o.tensor("x")))
	return o.complexValue(re, im)
}

func opTFIRFFT(o *opCall) []Value {
	re, im := o.parts(o.tensor("x"))
	return outputs(o.irfft(re, im))
}

func complexFFT(axes int, inverse bool) opFunc {
	return func(o *opCall) []Value {
		re, im := o.parts(o.tensor("x"))
		re, im = o.fft(re, im, axes, inverse)
		return o.complexValue(re, im)
	}
}

func opComplex(o *opCall) []Value {
	in := o.promote(true, "re", "im")
	return o.complexValue(in[0], in[1])
}

// fftShift rolls by half of an axis, back or forth.
func fftShift(sign int) opFunc {
	return func(o *opCall) []Value {
		x := o.tensor("x")
		rank, complex := o.Rank(x), o.isComplex(x)
		if complex {
			rank--
		}
		axes, err := ir.NormAxes(o.axes("axes"), rank)
		o.fail(err)
		for _, axis := range axes {
			n := o.Size(x, axis)
			half := n / 2
			if sign < 0 {
				half = n - half
			}
			x = o.rollAxis(x, half, axis)
		}
		if complex {
			return o.asComplex(x)
		}
		return outputs(x)
	}
}
