//go:build !amd64 || noasm

package cpu

// AMDFamily returns the family of AMD's processor, and 0 for another maker's.
func AMDFamily() int { return 0 }
