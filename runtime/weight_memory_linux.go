package runtime

import (
	goruntime "runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size that a weight arena must reach for huge pages to serve it.
const hugePage = 2 << 20

// weightMemory returns n floats for packed weights, of huge pages when they are
// many: that halves the time of layers that read their weights once a run. The
// memory is unmapped when the program is garbage.
func (c *compiler) weightMemory(n int) []float32 {
	if 4*n < 2*hugePage {
		return alignedFloats(n)
	}
	size := (4*n + hugePage - 1) &^ (hugePage - 1)
	mem, err := unix.Mmap(-1, 0, size+hugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return alignedFloats(n)
	}
	skip := -int(uintptr(unsafe.Pointer(&mem[0]))) & (hugePage - 1)
	_ = unix.Madvise(mem[skip:skip+size], unix.MADV_HUGEPAGE)
	goruntime.AddCleanup(c.Program, func(mem []byte) { _ = unix.Munmap(mem) }, mem)
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[skip])), n)
}

// sparseMemory returns n floats, all zero, of which only the pages that are
// written to take memory. It is unmapped when the program is garbage.
func (c *compiler) sparseMemory(n int) []float32 {
	if 4*n < hugePage {
		return alignedFloats(n)
	}
	mem, err := unix.Mmap(-1, 0, 4*n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return alignedFloats(n)
	}
	_ = unix.Madvise(mem, unix.MADV_NOHUGEPAGE)
	goruntime.AddCleanup(c.Program, func(mem []byte) { _ = unix.Munmap(mem) }, mem)
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[0])), n)
}
