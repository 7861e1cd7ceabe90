package kernel

const (
	mostRepeats = 8        // that there is a kernel for
	repeatCall  = 16 << 10 // results of one call of assembly
)

// Repeat sets dst[i·m+j] = src[i] for j < m.
func Repeat(dst, src []float32, m int) {
	checkLen("dst", len(dst), len(src)*m)
	if m > 1 && m <= mostRepeats && hasRepeat() {
		var index [mostRepeats * lanes8]int32
		for i := range m * lanes8 {
			index[i] = int32(i / m)
		}
		for len(src) >= lanes8 {
			n := min(len(src), repeatCall/m) &^ (lanes8 - 1)
			repeat(dst, src, index[:], n, m)
			dst, src = dst[n*m:], src[n:]
		}
	}
	for i, v := range src {
		for j := range dst[i*m : (i+1)*m] {
			dst[i*m+j] = v
		}
	}
}
