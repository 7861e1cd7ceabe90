// Package arena places blocks with known lifetimes in one piece of memory.
package arena

import (
	"cmp"
	"slices"
)

// Align is the alignment in bytes of every block.
const Align = 64

// Block is memory needed from step First to step Last, both included.
type Block struct {
	Size        int // bytes
	First, Last int
}

// Plan gives every block an offset, a multiple of Align, such that blocks whose
// lifetimes overlap do not overlap in memory, and the total size. The largest
// blocks are placed first, each at the lowest offset that is free for its whole
// lifetime. Empty blocks get offset 0.
func Plan(blocks []Block) (offsets []int, total int) {
	offsets = make([]int, len(blocks))
	order := make([]int, 0, len(blocks))
	for i, b := range blocks {
		if b.Size > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(blocks[b].Size, blocks[a].Size), cmp.Compare(blocks[a].First, blocks[b].First))
	})
	placed := make([]int, 0, len(order)) // sorted by offset
	for _, i := range order {
		b, at := blocks[i], 0
		size := roundUp(b.Size)
		for _, j := range placed {
			o := blocks[j]
			if o.First > b.Last || o.Last < b.First {
				continue
			}
			if at+size <= offsets[j] {
				break
			}
			at = max(at, offsets[j]+roundUp(o.Size))
		}
		offsets[i] = at
		pos, _ := slices.BinarySearchFunc(placed, at, func(j, at int) int { return cmp.Compare(offsets[j], at) })
		placed = slices.Insert(placed, pos, i)
		total = max(total, at+size)
	}
	return offsets, total
}

func roundUp(n int) int { return (n + Align - 1) &^ (Align - 1) }
