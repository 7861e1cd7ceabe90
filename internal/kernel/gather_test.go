package kernel

import "testing"

func TestGatherRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := newRand(37)
		for range 200 {
			n, rows, count := 1+r.IntN(70), 1+r.IntN(20), 1+r.IntN(30)
			table := guardedRand(r, rows*n)
			ids := make([]int32, count)
			for i := range ids {
				ids[i] = int32(r.IntN(rows))
			}
			got, want := newGuarded(count*n), make([]float32, count*n)
			GatherRows(got.s, table, ids, n)
			gatherRowsGeneric(want, table, ids, n)
			sameBits(t, "rows", got.s, want)
			got.check(t, "rows")
			if least := RowsOf(ids); least > int64(rows) {
				t.Fatalf("RowsOf = %d of %d", least, rows)
			}
		}
		if n := RowsOf([]int32{3, -1, 2}); n <= 1<<31-1 {
			t.Errorf("RowsOf with a negative id = %d", n)
		}
		GatherRows(nil, nil, nil, 4)
	})
}
