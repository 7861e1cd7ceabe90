package cpu

import (
	"runtime"

	xcpu "golang.org/x/sys/cpu"
)

// Best returns the highest level the processor runs.
func Best() Level {
	x := &xcpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA:
		return Generic
	case runtime.GOOS == "darwin":
		// Signals clobber AVX-512 state there: golang/go#49233.
		return AVX2
	case x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasBMI2:
		return AVX512
	default:
		return AVX2
	}
}
