package runtime

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// arenaMemory returns n bytes for intermediate values, of huge pages when they
// are many: convolutions walk through many places of them at once. It is memory
// of the Go heap, since tensors that callers keep point to it.
func arenaMemory(n int) []byte {
	if n < hugePage {
		return alignedBytes(n)
	}
	mem := make([]byte, n+hugePage)
	skip := -int(uintptr(unsafe.Pointer(&mem[0]))) & (hugePage - 1)
	mem = mem[skip : skip+n : skip+n]
	_ = unix.Madvise(mem[:n&^(hugePage-1)], unix.MADV_HUGEPAGE)
	return mem
}
