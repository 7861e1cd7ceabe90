//go:build !amd64 && !arm64

package cpu

// Best returns the highest level the processor runs.
func Best() Level { return Generic }
