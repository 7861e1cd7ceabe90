package kernel

// Panel is the number of columns of B that are stored together. A packed B is [⌈N/Panel⌉][K][Panel], its last panel
// filled up with zeros; the layout is the same for every instruction set.
const Panel = 16

// PackedBFloats is the length of a packed B of k rows and n columns.
func PackedBFloats(k, n int) int { return roundUp(n, Panel) * k }

// PackB packs the k×n matrix b, row-major with row stride ldb (a Dense kernel [in, units], a Conv kernel seen as
// [taps·in, out]), into dst of PackedBFloats(k, n).
func PackB(dst []float32, k, n int, b []float32, ldb int) { PackBScaled(dst, k, n, b, ldb, nil) }

// packRows is how many rows of b are packed at a time: their pages fit the translation buffer.
const packRows = 16

// PackBScaled is PackB of b with its columns multiplied by scale; nil: by nothing.
func PackBScaled(dst []float32, k, n int, b []float32, ldb int, scale []float32) {
	dst = dst[:PackedBFloats(k, n)]
	for p := 0; p < k; p += packRows {
		rows := min(packRows, k-p)
		for j := 0; j < n; j += Panel {
			w := min(Panel, n-j)
			panel, from := dst[j*k+p*Panel:][:rows*Panel], b[p*ldb+j:]
			switch {
			case w < Panel:
				copyPanelGeneric(panel, from, ldb, rows, w)
				if scale != nil {
					scalePanelGeneric(panel, scale[j:], rows, w)
				}
			case scale == nil:
				copyPanel(panel, from, ldb, rows)
			default:
				copyPanelScaled(panel, from, ldb, rows, scale[j:j+Panel])
			}
		}
	}
}

func scalePanelGeneric(panel, scale []float32, k, w int) {
	for p := range k {
		row := panel[p*Panel : p*Panel+w]
		for c := range row {
			row[c] *= scale[c]
		}
	}
}

// copyPanelGeneric writes panel[p][c] = b[p][c] for p < k and c < w, and zero for the other columns.
func copyPanelGeneric(panel, b []float32, ldb, k, w int) {
	for p := range k {
		row := panel[p*Panel : p*Panel+Panel]
		m := copy(row, b[p*ldb:p*ldb+w])
		clear(row[m:])
	}
}

// PackBTrans packs the k×n matrix whose transpose bt is stored: n rows of k with row stride ldb.
func PackBTrans(dst []float32, k, n int, bt []float32, ldb int) {
	packBTransScaled(dst, k, n, bt, ldb, 1)
}

func packBTransScaled(dst []float32, k, n int, bt []float32, ldb int, scale float32) {
	dst = dst[:PackedBFloats(k, n)]
	for j := 0; j < n; j += Panel {
		w := min(Panel, n-j)
		panel := dst[j*k : (j+Panel)*k]
		if w == Panel && k > 0 {
			transposePanel(panel, bt[j*ldb:], ldb, k)
		} else {
			transposePanelGeneric(panel, bt[j*ldb:], ldb, k, w)
		}
		if scale != 1 {
			MulScalar(panel, panel, scale)
		}
	}
}

// transposePanelGeneric writes panel[p][c] = bt[c][p] for p < k and c < w, and zero for the other columns.
func transposePanelGeneric(panel, bt []float32, ldb, k, w int) {
	for c := range w {
		row := bt[c*ldb : c*ldb+k]
		for p, v := range row {
			panel[p*Panel+c] = v
		}
	}
	for p := range k {
		clear(panel[p*Panel+w : p*Panel+Panel])
	}
}

func packBScaled(dst []float32, k, n int, b []float32, ldb int, scale float32) {
	PackB(dst, k, n, b, ldb)
	if scale != 1 {
		dst = dst[:PackedBFloats(k, n)]
		MulScalar(dst, dst, scale)
	}
}

// PackedBiasFloats is the length of a packed bias of n columns.
func PackedBiasFloats(n int) int { return roundUp(n, Panel) }

// PackBias copies bias (n values, or nil for zeros) to dst and fills up the last panel with zeros.
func PackBias(dst []float32, n int, bias []float32) {
	dst = dst[:PackedBiasFloats(n)]
	m := 0
	if bias != nil {
		m = copy(dst, bias[:n])
	}
	clear(dst[m:])
}
