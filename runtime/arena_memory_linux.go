package runtime

import "unsafe"

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
	at := 0
	for at+hugePage <= n && makeHugePage(mem[at:at+hugePage]) {
		at += hugePage
	}
	populate(mem[at:])
	joinPages(mem[at:])
	return mem
}
