//go:build !(amd64 || arm64) || noasm

package workers

import "runtime"

// pause gives way to other goroutines, for want of an instruction that says the thread spins.
func pause(uint32) { runtime.Gosched() }
