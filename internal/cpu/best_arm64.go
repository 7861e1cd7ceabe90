package cpu

// Best returns the highest level the processor runs. Every arm64 processor Go supports has Advanced SIMD.
func Best() Level { return NEON }
