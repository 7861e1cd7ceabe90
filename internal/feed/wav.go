package feed

import (
	"encoding/binary"
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// The encodings of WAV that are read.
const (
	wavPCM        = 1
	wavFloat      = 3
	wavExtensible = 0xfffe
)

// wav is what the header of a WAV file says.
type wav struct {
	format, channels, bits int
	rate                   int
	data                   []byte
}

// sound reads a WAV as samples in -1 to 1, its channels averaged.
func sound(b []byte, want ir.Type, rate int) (*ir.Tensor, error) {
	w, err := parseWAV(b)
	if err != nil {
		return nil, err
	}
	if rate > 0 && w.rate != rate {
		return nil, ir.Errorf(ir.ErrUsage, "the sound has %d samples a second, the model wants %d (--rate); resample it first, for example with: ffmpeg -i IN.wav -ar %d OUT.wav", w.rate, rate, rate)
	}
	v := w.mono()
	t := ir.NewFloat32(v, len(v))
	if len(want.Shape) > 3 || len(want.Shape) == 3 && want.Shape[2] != ir.Known(1) {
		return nil, ir.Errorf(ir.ErrUsage, "the file is sound of %d samples, the model wants %v; a model of spectrograms needs them computed first", len(v), want)
	}
	return t, nil
}

func badWAV(format string, args ...any) error { return ir.Errorf(ir.ErrUsage, format, args...) }

func parseWAV(b []byte) (*wav, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, badWAV("is no WAV file")
	}
	w := &wav{}
	le := binary.LittleEndian
	for rest := b[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int64(le.Uint32(rest[4:]))
		rest = rest[8:]
		size = min(size, int64(len(rest))) // streams write a length they do not know
		chunk := rest[:size]
		switch id {
		case "fmt ":
			if len(chunk) < 16 {
				return nil, badWAV("the WAV's format chunk has %d bytes, wants 16", len(chunk))
			}
			w.format, w.channels = int(le.Uint16(chunk)), int(le.Uint16(chunk[2:]))
			w.rate, w.bits = int(le.Uint32(chunk[4:])), int(le.Uint16(chunk[14:]))
			if w.format == wavExtensible && len(chunk) >= 26 {
				w.format = int(le.Uint16(chunk[24:]))
			}
		case "data":
			w.data = chunk
		}
		rest = rest[min(size+size&1, int64(len(rest))):]
	}
	switch {
	case w.channels == 0:
		return nil, badWAV("the WAV has no format chunk")
	case w.data == nil:
		return nil, badWAV("the WAV has no data chunk")
	case w.format == wavPCM && (w.bits == 8 || w.bits == 16 || w.bits == 24 || w.bits == 32), w.format == wavFloat && (w.bits == 32 || w.bits == 64):
		return w, nil
	}
	return nil, badWAV("the WAV holds format %d of %d bits; PCM of 8, 16, 24 or 32 bits and floats of 32 or 64 are read", w.format, w.bits)
}

// mono is the mean of the channels, as float32.
func (w *wav) mono() []float32 {
	size := w.bits / 8
	n := len(w.data) / (size * w.channels)
	out := make([]float32, n)
	for i := range out {
		var sum float64
		for c := range w.channels {
			sum += w.sample(w.data[(i*w.channels+c)*size:])
		}
		out[i] = float32(sum / float64(w.channels))
	}
	return out
}

func (w *wav) sample(b []byte) float64 {
	le := binary.LittleEndian
	switch {
	case w.format == wavFloat && w.bits == 32:
		return float64(math.Float32frombits(le.Uint32(b)))
	case w.format == wavFloat:
		return math.Float64frombits(le.Uint64(b))
	case w.bits == 8:
		return (float64(b[0]) - 128) / 128
	case w.bits == 16:
		return float64(int16(le.Uint16(b))) / (1 << 15)
	case w.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
	}
	return float64(int32(le.Uint32(b))) / (1 << 31)
}
