package parity

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// How many times Keras's own rounding error another order of the same sums may
// be off, and how many units of rounding of the largest value at least: where
// an output is one number, Keras's may be close to float64's by chance.
const (
	timesDistance = 8
	timesEpsilon  = 64
	// In half precision every layer rounds; both sides round alike.
	halfTimesDistance = 4
	halfTimesEpsilon  = 4
)

// The bound without a float64 output.
const (
	defaultRTol = 1e-4
	defaultATol = 1e-7
)

// bound returns the bound on the absolute error and how it was found.
func bound(want []float64, want64 *ir.Tensor, scale float64, opt Options) (float64, string) {
	if opt.RTol != 0 {
		return opt.RTol*scale + opt.ATol, fmt.Sprintf("%g of the largest value, as asked", opt.RTol)
	}
	eps, kd, ke := epsilon(opt.DType)
	if want64 == nil || !want64.DType.IsFloat() {
		rtol := max(defaultRTol, ke*eps)
		return rtol*scale + defaultATol, fmt.Sprintf("%.2g of the largest value", rtol)
	}
	var distance float64
	for i, v := range floats(want64) {
		if d := math.Abs(v - want[i]); finite(d) {
			distance = max(distance, d)
		}
	}
	if floor := ke * eps * scale; floor >= kd*distance {
		return floor, fmt.Sprintf("%g units of rounding of the largest value", ke)
	}
	return kd * distance, fmt.Sprintf("%g times Keras's own distance from float64, %.3g", kd, distance)
}

// epsilon is the step after 1 of a dtype, and the factors of the bound for it.
func epsilon(d ir.DType) (eps, timesDist, timesEps float64) {
	switch d {
	case ir.Float16:
		return 0x1p-10, halfTimesDistance, halfTimesEpsilon
	case ir.BFloat16:
		return 0x1p-7, halfTimesDistance, halfTimesEpsilon
	}
	return 0x1p-23, timesDistance, timesEpsilon
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
