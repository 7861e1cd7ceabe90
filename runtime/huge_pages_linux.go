package runtime

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a huge page, and what memory must reach for them to serve it.
const hugePage = 2 << 20

const (
	// slowPage is how long a huge page may take. Memory that has been in use takes
	// a quarter of it to clear; memory that a virtual machine has yet to get from its
	// host takes six times as long, and small pages in place of a huge one longer too.
	slowPage = time.Millisecond

	joinAfter = time.Second          // of work with small pages
	joinPause = 5 * time.Millisecond // from one huge page to the next
)

// slowUntil is when huge pages are worth asking for again, in ns since 1970: the
// next one would come slowly too.
var slowUntil atomic.Int64

// makeHugePage makes the aligned mem one huge page, if the system has one at hand,
// and reports whether it is worth asking for another.
func makeHugePage(mem []byte) bool {
	start := time.Now()
	if start.UnixNano() < slowUntil.Load() {
		return false
	}
	_ = unix.Madvise(mem, unix.MADV_HUGEPAGE)
	populate(mem)
	if time.Since(start) <= slowPage {
		return true
	}
	slowUntil.Store(start.Add(joinAfter).UnixNano())
	return false
}

// populate makes the pages of mem, which starts with one, in one call: it costs four
// fifths of as many faults.
func populate(mem []byte) { _ = unix.Madvise(mem, unix.MADV_POPULATE_WRITE) }

// joinPages moves the aligned mem, which is in use, to huge pages where they are
// not: runs of models that read their weights from memory are a few per cent
// faster. That is done when the program has been running for a while, and page by
// page.
func joinPages(mem []byte) {
	n := len(mem)
	if n < hugePage {
		return
	}
	at := uintptr(unsafe.Pointer(&mem[0])) // keeps nothing alive: what may be mapped here by then only gets another page size
	time.AfterFunc(joinAfter, func() {
		for end := at + uintptr(n); at+hugePage <= end; at += hugePage {
			if _, _, err := unix.Syscall(unix.SYS_MADVISE, at, hugePage, unix.MADV_COLLAPSE); err != 0 {
				return
			}
			time.Sleep(joinPause)
		}
	})
}
