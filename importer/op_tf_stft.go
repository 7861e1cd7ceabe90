package importer

import (
	"math/bits"

	"github.com/kerasgo/kerasgo/ir"
)

var tfSTFTOps = []opRow{
	{name: "signal.stft", params: "signals frame_length frame_step fft_length window_fn pad_end", lower: opTFSTFT, note: "TensorFlow's"},
	{name: "signal.inverse_stft", params: "stfts frame_length frame_step fft_length window_fn", lower: opInverseSTFT, complex: true, note: "TensorFlow's"},
}

// frameArgs are the lengths of a frame, from one to the next, and of its
// transform, and the window of a frame; nil when there is an error.
func (o *opCall) frameArgs() (frame, step, length int, window []float32) {
	frame, step = o.size("frame_length"), o.size("frame_step")
	length = o.size("fft_length", 1<<bits.Len(uint(max(frame-1, 0))))
	if o.err == nil && (frame < 1 || step < 1 || length < 1 || int64(max(frame, length)) > o.b.lim.ConstantBytes/64) {
		o.bad("fft_length", "lengths of at least 1, and within limits")
	}
	if o.given("window_fn") {
		o.bad("window_fn", "the default or None; else multiply by the window yourself, or give the layer's lowering in Go with importer.WithLayer")
	}
	if !o.Allows("fft_length", length) {
		return 0, 0, 0, nil
	}
	var kind any = "hann"
	if _, given := o.args["window_fn"]; given {
		kind = nil
	}
	if w := o.b.m.Const(o.windowOf(kind, frame, frame)); w != nil {
		window = w.Float32s()
	}
	return frame, step, length, window
}

// opTFSTFT has the zeros behind a frame, where Keras has them on both sides of it.
func opTFSTFT(o *opCall) []Value {
	x := o.AsFloat(o.tensor("signals"))
	frame, step, length, window := o.frameArgs()
	if o.err == nil && (length < frame || o.Rank(x) < 1) {
		o.bad("fft_length", "at least frame_length")
	}
	if o.err != nil || window == nil {
		return nil
	}
	behind := length - frame
	if o.flag("pad_end", false) {
		n := o.Size(x, -1)
		last := (n + step - 1) / step * step // where the frame behind the last one starts
		behind += max(0, last-step+frame-n)
	}
	pad := &ir.Pad{Mode: "constant", Before: make([]int, o.Rank(x)), After: make([]int, o.Rank(x))}
	pad.After[o.Rank(x)-1] = behind
	values := append(window, make([]float32, length-frame)...)
	weights := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(values, length) })
	parts := o.AddN(&ir.STFT{Length: length, Stride: step}, o.Add(pad, x), weights)
	if len(parts) != 2 {
		return nil
	}
	return o.complexValue(parts[0], parts[1])
}

// opInverseSTFT cuts the transform to a frame, or fills it with zeros.
func opInverseSTFT(o *opCall) []Value {
	re, im := o.parts(o.tensor("stfts"))
	frame, step, length, window := o.frameArgs()
	if window == nil {
		return nil
	}
	gain := make([]float64, frame)
	for i, w := range window[:min(frame, length)] {
		gain[i] = float64(w)
	}
	return outputs(o.overlapped(re, im, length, step, gain))
}
