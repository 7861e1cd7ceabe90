package importer

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

var spectrogramLayers = []row{
	{class: "MelSpectrogram", lower: lowerMelSpectrogram, noCast: true},
	{class: "STFTSpectrogram", lower: lowerSTFTSpectrogram, neutral: anyKeys("window", "periodic", "scaling"), note: "all modes"},
}

// lowerMelSpectrogram transforms centered windows, and weighs the magnitudes of
// the frequencies by triangles on the mel scale.
func lowerMelSpectrogram(l *Layer, c *Call) []Value {
	x := l.Cast(c.Single(l).ID, ir.Float32)
	length, stride := l.PositiveInt("fft_length", 2048), l.PositiveInt("sequence_stride", 512)
	sequence := l.PositiveInt("sequence_length", length)
	bins := l.PositiveInt("num_mel_bins", 128)
	rate := l.Float("sampling_rate", 16000)
	low, high := l.Float("min_freq", 20), l.Float("max_freq", math.Trunc(rate/2))
	if l.err == nil && (sequence > length || int64(length) > l.b.lim.ConstantBytes/64 || int64(bins)*int64(length) > l.b.lim.ConstantBytes/8) {
		l.Fail(ir.ErrMalformed, "fft_length", "is %d for a sequence_length of %d and %d mel bins", length, sequence, bins)
	}
	window := l.audioWindow(sequence, length)
	rank := l.Rank(x)
	if rank < 1 {
		l.WantRank(x, 1, 2)
		return nil
	}
	pad := &ir.Pad{Before: make([]int, l.Rank(x)), After: make([]int, l.Rank(x)), Mode: "reflect"}
	pad.Before[l.Rank(x)-1], pad.After[l.Rank(x)-1] = length/2, length/2
	parts := l.AddN(&ir.STFT{Length: length, Stride: stride}, l.Add(pad, x), window)
	if len(parts) != 2 {
		return nil
	}
	square := func(v ir.ValueID) ir.ValueID { return l.Unary(ir.Func{Name: "square"}, v) }
	y := l.Unary(ir.Func{Name: "sqrt"}, l.Binary("add", square(parts[0]), square(parts[1])))
	switch e := l.Float("mag_exp", 2); e {
	case 1:
	case 2:
		y = square(y)
	default:
		y = l.Binary("pow", y, l.Scalar(e, ir.Float32))
	}
	mel := l.Const("mel", func() *ir.Tensor {
		if !l.Allows("num_mel_bins", length/2+1, bins) {
			return nil
		}
		return ir.NewFloat32(melWeights(bins, length/2+1, rate, low, high), length/2+1, bins)
	})
	y = l.Add(&ir.Dense{}, y, mel)
	if l.Bool("power_to_db", true) {
		y = l.decibels(y)
	}
	l.Ignore("top_db", "min_power", "ref_power")
	perm := make([]int, rank+1)
	for i := range perm {
		perm[i] = i
	}
	perm[rank-1], perm[rank] = rank, rank-1
	return one(l.Cast(l.Transpose(y, perm...), l.compute))
}

// decibels is 10*log10 relative to ref_power, at most top_db below the largest
// value of the whole batch.
func (l *Layer) decibels(y ir.ValueID) ir.ValueID {
	least := l.Float("min_power", 1e-10)
	k := func(v float64) ir.ValueID { return l.Scalar(v, ir.Float32) }
	db := l.Binary("mul", l.Unary(ir.Func{Name: "log10"}, l.Binary("max", y, k(least))), k(10))
	ref := 10 * math.Log10(math.Max(math.Abs(l.Float("ref_power", 1)), least))
	db = l.Binary("sub", db, k(ref))
	top := l.Add(&ir.Reduce{Fn: "max"}, db)
	return l.Binary("max", db, l.Binary("sub", top, k(l.Float("top_db", 80))))
}

// audioWindow is the argument window, of sequence elements in the middle of
// length: a name, an array, or none. Named ones are periodic, as
// tf.signal.hann_window makes them: those of odd length are not.
func (l *Layer) audioWindow(sequence, length int) ir.ValueID {
	raw, given := l.cfg.m["window"]
	l.Ignore("window")
	if !given {
		raw = "hann"
	}
	return l.windowOf(raw, sequence, length)
}

func (l *Layer) windowOf(raw any, sequence, length int) ir.ValueID {
	if !l.Allows("fft_length", length) {
		return ir.None
	}
	values := make([]float32, length)
	at := values[(length-sequence)/2:][:sequence]
	cosine := func(a, b float64) {
		n := float64(sequence - sequence%2)
		for i := range at {
			at[i] = 1
			if sequence > 1 {
				at[i] = float32(a - b*math.Cos(2*math.Pi*float64(i)/n))
			}
		}
	}
	switch w := raw.(type) {
	case nil:
		for i := range values {
			values[i] = 1
		}
	case string:
		switch w {
		case "hann":
			cosine(0.5, 0.5)
		case "hamming":
			cosine(0.54, 0.46)
		default:
			l.Unsupported("window", w)
		}
	default:
		flat, shape, ok := numbers(raw)
		if !ok || !slices.Equal(shape, []int{sequence}) {
			l.badKey("window", raw, "hann, hamming or an array as long as sequence_length")
			return ir.None
		}
		copy(at, flat)
	}
	return l.Const(fmt.Sprintf("window/%s/%d/%d", show(raw), sequence, length), func() *ir.Tensor { return ir.NewFloat32(values, length) })
}

// melWeights is linear_to_mel_weight_matrix: for each frequency its weight in
// each of some triangles, evenly spaced on the mel scale.
func melWeights(bins, frequencies int, rate, low, high float64) []float32 {
	mel := func(hz float64) float64 { return 1127 * math.Log(1+hz/700) }
	edge := func(i int) float64 { return mel(low) + (mel(high)-mel(low))*float64(i)/float64(bins+1) }
	out := make([]float32, frequencies*bins)
	for f := 1; f < frequencies; f++ {
		m := mel(rate / 2 * float64(f) / float64(frequencies-1))
		for b := range bins {
			rising := (m - edge(b)) / (edge(b+1) - edge(b))
			falling := (edge(b+2) - m) / (edge(b+2) - edge(b+1))
			out[f*bins+b] = float32(math.Max(0, math.Min(rising, falling)))
		}
	}
	return out
}

// lowerSTFTSpectrogram convolves every channel with kernels of sines and
// cosines, which are weights of the layer.
func lowerSTFTSpectrogram(l *Layer, c *Call) []Value {
	x := c.Single(l).ID
	mode := l.OneOf("mode", "log", "log", "magnitude", "psd", "real", "imag", "angle", "stft")
	frame := l.PositiveInt("frame_length", 256)
	step := l.PositiveInt("frame_step", max(frame/2, 1))
	fft := l.PositiveInt("fft_length", 1<<bits.Len(uint(frame-1)))
	padding := l.padding(0, nil, nil)
	first, expand := l.ChannelsFirst(), l.Bool("expand_dims", false)
	if !l.WantRank(x, 3) {
		return nil
	}
	if !first {
		x = l.Transpose(x, 0, 2, 1)
	}
	signal := l.Reshape(x, []ir.Extent{ir.Size(-1), ir.DimOf(0, 2), ir.Size(1)})
	convolved := func(name string) ir.ValueID {
		kernel := l.Weight(name, frame, 1, fft/2+1)
		return l.Add(&ir.Conv{Strides: []int{step}, Padding: padding}, signal, kernel)
	}
	var y ir.ValueID
	switch mode {
	case "real":
		y = convolved("real_kernel")
	case "imag":
		y = convolved("imag_kernel")
	default:
		re, im := convolved("real_kernel"), convolved("imag_kernel")
		switch mode {
		case "angle":
			y = l.Binary("atan2", im, re)
		case "stft":
			y = l.Add(&ir.Concat{Axis: 2}, re, im)
		default:
			y = l.spectralPower(mode, re, im, fft/2+1)
		}
	}
	// y is [batch*channels, time, frequencies].
	y = l.Reshape(y, []ir.Extent{ir.DimOf(1, 0), ir.DimOf(1, 1), ir.DimOf(0, 1), ir.DimOf(0, 2)}, x)
	switch {
	case expand && first:
		return one(y)
	case expand:
		return one(l.Transpose(y, 0, 2, 3, 1))
	case first:
		return one(l.Reshape(l.Transpose(y, 0, 1, 3, 2), []ir.Extent{ir.DimOf(0, 0), ir.Size(l.Size(y, 1) * l.Size(y, 3)), ir.DimOf(0, 3)}))
	}
	return one(l.Reshape(l.Transpose(y, 0, 2, 1, 3), []ir.Extent{ir.DimOf(0, 0), ir.DimOf(0, 1), ir.Size(l.Size(y, 1) * l.Size(y, 3))}))
}

func (l *Layer) spectralPower(mode string, re, im ir.ValueID, bins int) ir.ValueID {
	dt := l.Type(re).DType
	square := func(v ir.ValueID) ir.ValueID { return l.Unary(ir.Func{Name: "square"}, v) }
	power := l.Binary("add", square(re), square(im))
	if mode == "psd" { // every frequency but the first and the last stands for its mirror too
		return l.Binary("mul", power, l.Cast(l.Const("sides", func() *ir.Tensor {
			if !l.Allows("fft_length", bins) {
				return nil
			}
			sides := make([]float32, bins)
			for i := range sides {
				sides[i] = 1
				if i > 0 && i < bins-1 {
					sides[i] = 2
				}
			}
			return ir.NewFloat32(sides, bins)
		}), dt))
	}
	least := l.Scalar(1e-7, dt)
	y := l.Unary(ir.Func{Name: "sqrt"}, l.Binary("max", power, least))
	if mode == "magnitude" {
		return y
	}
	return l.Unary(ir.Func{Name: "log"}, l.Binary("max", y, least))
}
