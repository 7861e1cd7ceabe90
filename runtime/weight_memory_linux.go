package runtime

import (
	"os"
	goruntime "runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// weightMemory returns n floats for packed weights. The memory is unmapped when
// the program is garbage.
func (c *compiler) weightMemory(n int) []float32 {
	if 4*n < hugePage {
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

// weightPages gives the memory of weightMemory its pages as it is filled: huge
// ones, which cost a fifth of small ones, until one comes slowly; then small ones.
type weightPages struct {
	mu   sync.Mutex
	mem  []byte
	made []bool // by huge page
	slow bool
}

func newWeightPages(weights []float32) *weightPages {
	if 4*len(weights) < hugePage {
		return nil
	}
	mem := unsafe.Slice((*byte)(unsafe.Pointer(&weights[0])), 4*len(weights))
	return &weightPages{mem: mem, made: make([]bool, len(mem)/hugePage)}
}

// prepare makes the pages of the bytes [from, to), which are about to be written.
func (p *weightPages) prepare(from, to int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	for page := from / hugePage; page*hugePage < to && page < len(p.made) && !p.slow; page++ {
		if !p.made[page] {
			p.made[page] = true
			p.slow = !makeHugePage(p.mem[page*hugePage : (page+1)*hugePage])
		}
	}
	if !p.slow {
		from = max(from, len(p.made)*hugePage)
	}
	p.mu.Unlock()
	if from < to {
		populate(p.mem[from&^(os.Getpagesize()-1) : to])
	}
}

// join has the rest of the memory, which is filled, follow later.
func (p *weightPages) join() {
	if p != nil && p.slow {
		joinPages(p.mem)
	}
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
