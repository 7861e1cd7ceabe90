package runtime

import (
	goruntime "runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size that a weight arena must reach for huge pages to serve it.
const hugePage = 2 << 20

const (
	joinAfter = time.Second          // of work with small pages
	joinPause = 5 * time.Millisecond // from one huge page to the next
)

// weightMemory returns n floats for packed weights. The memory is unmapped when
// the program is garbage.
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
	goruntime.AddCleanup(c.Program, func(mem []byte) { _ = unix.Munmap(mem) }, mem)
	return unsafe.Slice((*float32)(unsafe.Pointer(&mem[skip])), n)
}

// joinPages moves weights that weightMemory gave, and that are filled, to huge
// pages: runs of models that read their weights from memory are a few per cent
// faster. That is done when the program has been in use for a while, and page by
// page: to get huge pages at once makes loading twice as long, in virtual machines
// three times.
func joinPages(weights []float32) {
	if 4*len(weights) < 2*hugePage {
		return
	}
	start := unsafe.Pointer(&weights[0])
	time.AfterFunc(joinAfter, func() {
		for at := 0; at+hugePage <= 4*len(weights); at += hugePage {
			// If the program is garbage by now, what may be mapped here only gets another page size.
			_, _, err := unix.Syscall(unix.SYS_MADVISE, uintptr(unsafe.Add(start, at)), hugePage, unix.MADV_COLLAPSE)
			if err != 0 {
				return
			}
			time.Sleep(joinPause)
		}
	})
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
