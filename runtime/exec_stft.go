package runtime

import (
	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/kerasgo/kerasgo/ir"
)

// prepareSTFT transforms in float64. A transform has memory of its own, so the
// pieces are done one after the other.
func prepareSTFT(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.STFT)
	return &executor{bind: func(b *binding) (step, error) {
		shape := b.in[0].shape
		samples := shape[len(shape)-1]
		var out *buffer
		for _, o := range b.out {
			if o != nil {
				out = o
			}
		}
		if out == nil || elems(out.shape) == 0 {
			return noop, nil
		}
		pieces, bins := out.shape[len(out.shape)-2], op.Length/2+1
		fft := fourier.NewFFT(op.Length)
		seq, coeff := make([]float64, op.Length), make([]complex128, bins)
		rows := elems(shape[:len(shape)-1])
		in, window := slot[float32](b.in[0]), slot[float32](b.in[1])
		return func(*exec) error {
			for r := range rows {
				x := (*in)[r*samples : (r+1)*samples]
				for p := range pieces {
					for i, w := range *window {
						seq[i] = float64(x[p*op.Stride+i]) * float64(w)
					}
					fft.Coefficients(coeff, seq)
					at := (r*pieces + p) * bins
					for i, z := range coeff {
						if o := b.out[0]; o != nil {
							o.f32[at+i] = float32(real(z))
						}
						if o := b.out[1]; o != nil {
							o.f32[at+i] = float32(imag(z))
						}
					}
				}
			}
			return nil
		}, nil
	}}, nil
}
