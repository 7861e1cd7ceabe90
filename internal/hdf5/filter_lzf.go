package hdf5

import "fmt"

// undoLZF expands LZF: runs of literals, and copies of 3 to 264 bytes from up
// to 8192 bytes back. most bounds the result.
func (p *pipeline) undoLZF(b []byte, most int) ([]byte, error) {
	out := p.buffer(most)[:0]
	for len(b) > 0 {
		head := int(b[0])
		b = b[1:]
		if head < 32 {
			n := head + 1
			if n > len(b) || n > most-len(out) {
				return nil, fmt.Errorf("lzf literals reach beyond the chunk")
			}
			out = append(out, b[:n]...)
			b = b[n:]
			continue
		}
		n := head>>5 + 2
		if n == 9 {
			if len(b) == 0 {
				return nil, fmt.Errorf("lzf data end early")
			}
			n += int(b[0])
			b = b[1:]
		}
		if len(b) == 0 {
			return nil, fmt.Errorf("lzf data end early")
		}
		back := (head&31)<<8 + int(b[0]) + 1
		b = b[1:]
		if back > len(out) || n > most-len(out) {
			return nil, fmt.Errorf("lzf copy reaches beyond the chunk")
		}
		for from := len(out) - back; n > 0; n-- {
			out = append(out, out[from])
			from++
		}
	}
	return out, nil
}
