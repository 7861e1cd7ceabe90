package arena

import (
	"testing"

	"pgregory.net/rapid"
)

func TestBlocksThatLiveTogetherDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Block {
			first := rapid.IntRange(0, 20).Draw(t, "first")
			return Block{rapid.IntRange(0, 1000).Draw(t, "size"), first, first + rapid.IntRange(0, 10).Draw(t, "life")}
		}), 0, 30).Draw(t, "blocks")
		offsets, total := Plan(blocks)
		for i, a := range blocks {
			if offsets[i]%Align != 0 || offsets[i]+a.Size > total {
				t.Fatalf("block %d at %d of %d", i, offsets[i], total)
			}
			for j, b := range blocks[:i] {
				if a.Size > 0 && b.Size > 0 && a.First <= b.Last && b.First <= a.Last &&
					offsets[i] < offsets[j]+b.Size && offsets[j] < offsets[i]+a.Size {
					t.Fatalf("blocks %d and %d overlap", i, j)
				}
			}
		}
	})
}

func TestMemoryIsReused(t *testing.T) {
	_, total := Plan([]Block{{640, 0, 1}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}})
	if total != 1280 {
		t.Fatalf("a chain takes %d bytes, want two blocks", total)
	}
}
