package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// framesOps take signals apart, and put them together, as TensorFlow does.
var framesOps = []opRow{
	{name: "signal.frame", params: "x frame_length frame_step pad_end pad_value axis", lower: opFrame, note: "TensorFlow's, of a known length"},
	{name: "signal.overlap_and_add", params: "x frame_step", lower: opOverlapAndAdd, note: "TensorFlow's"},
	{name: "signal.dct", params: "x type n axis norm", lower: opDCT(false), note: "TensorFlow's"},
	{name: "signal.idct", params: "x type n axis norm", lower: opDCT(true), note: "TensorFlow's"},
	{name: "signal.mfccs_from_log_mel_spectrograms", params: "x", lower: opMFCC, note: "TensorFlow's"},
}

func opFrame(o *opCall) []Value {
	x := o.tensor("x")
	size, step := o.size("frame_length"), o.size("frame_step")
	axis := o.axis("axis", o.Rank(x), -1)
	if o.err != nil || size < 1 || step < 1 {
		o.bad("frame_length", "lengths")
		return nil
	}
	last := o.Rank(x) - 1
	x = o.moveAxes(x, []int{axis}, []int{last})
	if o.flag("pad_end", false) {
		n := o.Size(x, -1)
		pad := &ir.Pad{Mode: "constant", Before: make([]int, last+1), After: make([]int, last+1), Value: ir.Float(o.num("pad_value", 0))}
		pad.After[last] = max(0, (n-1)/step*step+size-n)
		x = o.Add(pad, x)
	}
	y := opExtractSequences(o.with(object{"x": Value{x, ir.None}, "sequence_length": int64(size), "sequence_stride": int64(step)}))
	if len(y) != 1 || o.err != nil {
		return nil
	}
	return outputs(o.moveAxes(y[0].ID, []int{last, last + 1}, []int{axis, axis + 1}))
}

// opOverlapAndAdd shifts each frame by the step of those before it.
func opOverlapAndAdd(o *opCall) []Value {
	x, step := o.AsFloat(o.tensor("x")), o.size("frame_step")
	if o.err != nil || o.Rank(x) < 2 || step < 1 {
		o.bad("frame_step", "a step of at least 1 on frames")
		return nil
	}
	n := o.Size(x, -1)
	if o.err != nil || n < 1 || n > maxDFT || !o.Allows("x", n, n) {
		o.bad("x", "frames within limits")
		return nil
	}
	eye := make([]float32, n*n)
	for i := range n {
		eye[i*n+i] = 1
	}
	return outputs(o.overlapAdd(x, step, ir.NewFloat32(eye, n, 1, n)))
}

// opDCT is a matrix of cosines; the inverse of type 2 is that of type 3.
func opDCT(inverse bool) opFunc {
	return func(o *opCall) []Value {
		x := o.AsFloat(o.tensor("x"))
		kind, norm := o.whole("type", 2), o.text("norm", "")
		if inverse && (kind == 2 || kind == 3) {
			kind = 5 - kind
		}
		if kind < 1 || kind > 4 || norm != "" && (norm != "ortho" || kind == 1) {
			o.bad("type", "1 to 4, 2 to 4 with norm ortho")
		}
		if o.err == nil && o.axis("axis", o.Rank(x), -1) != o.Rank(x)-1 {
			o.bad("axis", "the last axis")
		}
		if o.given("n") {
			x = o.fit(x, o.size("n"))
		}
		return outputs(o.product(x, o.dctTable(o.Size(x, -1), kind, norm != "")))
	}
}

func (o *opCall) dctTable(n, kind int, ortho bool) ir.ValueID {
	if o.err == nil && n < 1+boolInt(kind == 1) {
		o.Fail(ir.ErrShape, "x", "a transform of %d elements", n)
	}
	return o.table(n, n, func(i, j int) float64 { // element i of x, j of the result
		x, k, size := float64(i), float64(j), float64(n)
		switch kind {
		case 1:
			if i == 0 || i == n-1 {
				return math.Cos(math.Pi * float64(i*j%(2*n-2)) / (size - 1))
			}
			return 2 * math.Cos(math.Pi*float64(i*j%(2*n-2))/(size-1))
		case 2:
			y := 2 * math.Cos(math.Pi*k*(2*x+1)/(2*size))
			switch {
			case ortho && j == 0:
				return y * math.Sqrt(1/(4*size))
			case ortho:
				return y * math.Sqrt(1/(2*size))
			}
			return y
		case 3:
			y := 2 * math.Cos(math.Pi*x*(2*k+1)/(2*size))
			switch {
			case ortho && i == 0:
				return math.Sqrt(1 / size)
			case ortho:
				return y * math.Sqrt(1/(2*size))
			case i == 0:
				return 1
			}
			return y
		}
		y := 2 * math.Cos(math.Pi*(2*x+1)*(2*k+1)/(4*size))
		if ortho {
			y *= math.Sqrt(1 / (2 * size))
		}
		return y
	})
}

// opMFCC scales all coefficients alike, as HTK does.
func opMFCC(o *opCall) []Value {
	x := o.AsFloat(o.tensor("x"))
	y := o.product(x, o.dctTable(o.Size(x, -1), 2, false))
	return outputs(o.Binary("mul", y, o.Scalar(1/math.Sqrt(2*float64(o.Size(x, -1))), o.Type(x).DType)))
}
