// Package cpu says which instruction set the kernels may use and how large the caches are.
package cpu

import (
	"fmt"
	"os"
)

// Level is an instruction set the kernels know, in rising order within an architecture.
type Level uint8

const (
	Generic Level = iota // portable Go
	NEON                 // arm64 Advanced SIMD
	AVX2                 // amd64 AVX2 and FMA3
	AVX512               // amd64 AVX-512 F, DQ, BW and VL; BMI2
)

// EnvOverride is the environment variable that lowers the level: generic, neon, avx2 or avx512.
const EnvOverride = "KERASGO_CPU"

var names = [...]string{Generic: "generic", NEON: "neon", AVX2: "avx2", AVX512: "avx512"}

func (l Level) String() string {
	if int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Parse returns the level of a name that String gives.
func Parse(name string) (Level, error) {
	for l, n := range names {
		if n == name {
			return Level(l), nil
		}
	}
	return Generic, fmt.Errorf("unknown CPU level %q: want generic, neon, avx2 or avx512", name)
}

// Select returns the level to use when the environment asks for override. An empty override is the best level; one
// the processor cannot run is an error, and the best level is returned beside it.
func Select(override string) (Level, error) {
	best := Best()
	if override == "" {
		return best, nil
	}
	l, err := Parse(override)
	if err != nil {
		return best, err
	}
	if !Supported(l) {
		return best, fmt.Errorf("CPU level %q is not available on this processor: the best is %q", l, best)
	}
	return l, nil
}

// Active is Select of the environment's EnvOverride. An override that cannot be honoured is ignored; a command that
// wants to complain calls Select itself.
func Active() Level {
	l, _ := Select(os.Getenv(EnvOverride))
	return l
}

// Supported reports whether the processor can run level l.
func Supported(l Level) bool {
	best := Best()
	switch l {
	case Generic:
		return true
	case NEON:
		return best == NEON
	default:
		return l <= best
	}
}

// Cache sizes in bytes that blocking assumes. They are the smallest of the processors aimed at, so that a block that
// fits here fits everywhere.
const (
	L1Bytes = 32 << 10
	L2Bytes = 512 << 10
)

// Families that AMDFamily returns. Zen 4 executes an instruction of 512 bits in two halves.
const (
	Zen4 = 0x19 // Zen 3 too, which has no AVX-512
	Zen5 = 0x1a
)
