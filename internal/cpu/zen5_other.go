//go:build !amd64 || noasm

package cpu

// Zen5 reports whether the processor is of AMD's family 1Ah.
func Zen5() bool { return false }
