package kernel

const lanes8 = 8 // the size of a tile

// Transpose sets dst[r·ldd+c] = src[c·lds+r] for r < rows and c < cols; false when there is no kernel for it.
func Transpose(dst, src []float32, rows, cols, ldd, lds int) bool {
	if rows <= 0 || cols <= 0 || !hasTranspose() {
		return false
	}
	checkLen("dst", len(dst), (rows-1)*ldd+cols)
	checkLen("src", len(src), (cols-1)*lds+rows)
	const blockRows, blockCols = 32, 64 // fit the first-level cache
	for r := 0; r < rows; r += blockRows {
		for c := 0; c < cols; c += blockCols {
			transposeBlock(dst[r*ldd+c:], src[c*lds+r:], min(blockRows, rows-r), min(blockCols, cols-c), ldd, lds)
		}
	}
	return true
}

func transposeBlock(dst, src []float32, rows, cols, ldd, lds int) {
	r, c := rows&^(lanes8-1), cols&^(lanes8-1)
	if r > 0 && c > 0 {
		transposeTiles(dst, src, r, c, ldd, lds)
	} else {
		r, c = 0, 0
	}
	if c < cols {
		transposeGeneric(dst[c:], src[c*lds:], r, cols-c, ldd, lds)
	}
	if r < rows {
		transposeGeneric(dst[r*ldd:], src[r:], rows-r, cols, ldd, lds)
	}
}

func transposeGeneric(dst, src []float32, rows, cols, ldd, lds int) {
	for r := range rows {
		for c := range cols {
			dst[r*ldd+c] = src[c*lds+r]
		}
	}
}
