package importer

import (
	"math/bits"

	"github.com/kerasgo/kerasgo/ir"
)

var tfSignalOps = []opRow{
	{name: "signal.stft", params: "signals frame_length frame_step fft_length window_fn pad_end", lower: opTFSTFT, note: "TensorFlow's"},
}

// opTFSTFT has the zeros behind a frame, where Keras has them on both sides of it.
func opTFSTFT(o *opCall) []Value {
	x := o.AsFloat(o.tensor("signals"))
	frame, step := o.size("frame_length"), o.size("frame_step")
	length := o.size("fft_length", 1<<bits.Len(uint(max(frame-1, 0))))
	if o.err == nil && (frame < 1 || step < 1 || length < frame || int64(length) > o.b.lim.ConstantBytes/64) {
		o.bad("fft_length", "at least frame_length, and within limits")
	}
	if o.given("window_fn") {
		o.bad("window_fn", "the default or None; else multiply by the window yourself, or give the layer's lowering in Go with importer.WithLayer")
	}
	if o.err != nil || o.Rank(x) < 1 || !o.Allows("fft_length", length) {
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
	var kind any = "hann"
	if _, given := o.args["window_fn"]; given {
		kind = nil
	}
	window := o.b.m.Const(o.windowOf(kind, frame, frame))
	if o.err != nil || window == nil {
		return nil
	}
	values := append(window.Float32s(), make([]float32, length-frame)...)
	weights := o.Const(constantKey(o.Layer), func() *ir.Tensor { return ir.NewFloat32(values, length) })
	parts := o.AddN(&ir.STFT{Length: length, Stride: step}, o.Add(pad, x), weights)
	if len(parts) != 2 {
		return nil
	}
	return o.complexValue(parts[0], parts[1])
}
