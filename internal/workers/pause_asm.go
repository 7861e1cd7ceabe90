//go:build (amd64 || arm64) && !noasm

package workers

// pause tells the processor n > 0 times that the thread spins.
//
//go:noescape
func pause(n uint32)
