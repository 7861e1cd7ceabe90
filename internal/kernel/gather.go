package kernel

// GatherRows sets row i of n values of dst to row ids[i] of table; RowsOf(ids) tells how many rows it must have at least.
func GatherRows(dst, table []float32, ids []int32, n int) {
	if n <= 0 || len(ids) == 0 {
		return
	}
	checkLen("dst", len(dst), n*len(ids))
	for len(ids) > 0 {
		k := min(len(ids), rowsInCall(n))
		gatherRows(dst, table, ids[:k], n)
		dst, ids = dst[k*n:], ids[k:]
	}
}

// RowsOf is one more than the largest of ids, where negative ones count as larger than any other.
func RowsOf(ids []int32) int64 {
	var largest uint32
	if len(ids) == 0 {
		return 0
	}
	for _, id := range ids {
		largest = max(largest, uint32(id))
	}
	return int64(largest) + 1
}

func gatherRowsGeneric(dst, table []float32, ids []int32, n int) {
	for i, id := range ids {
		copy(dst[i*n:(i+1)*n], table[int(id)*n:])
	}
}
