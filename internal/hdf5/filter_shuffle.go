package hdf5

import "fmt"

// undoShuffle puts the bytes of each element together again: shuffled data
// hold the first bytes of all elements, then the second bytes, and so on.
// Bytes beyond the last whole element stay where they are.
func (p *pipeline) undoShuffle(b []byte, f filter) ([]byte, error) {
	if len(f.values) == 0 || f.values[0] == 0 {
		return nil, fmt.Errorf("shuffle without a size of elements")
	}
	if uint64(f.values[0]) > uint64(len(b)) || f.values[0] == 1 {
		return b, nil
	}
	size := int(f.values[0])
	n := len(b) / size
	out := p.buffer(len(b))
	switch size {
	case 4:
		b0, b1, b2, b3 := b[:n], b[n:2*n], b[2*n:3*n], b[3*n:4*n]
		o := out[:4*n]
		for i := range b0 {
			e := o[4*i : 4*i+4 : 4*i+4]
			e[0], e[1], e[2], e[3] = b0[i], b1[i], b2[i], b3[i]
		}
	default:
		for j := range size {
			o := j
			for _, x := range b[j*n : (j+1)*n] {
				out[o] = x
				o += size
			}
		}
	}
	copy(out[n*size:], b[n*size:])
	return out, nil
}
