package hdf5

import (
	"encoding/binary"
	"fmt"
)

// undoFletcher32 verifies and removes the checksum at the end.
func undoFletcher32(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("no room for a fletcher32 checksum")
	}
	data, want := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if got := fletcher32(data); got != want {
		return nil, fmt.Errorf("its fletcher32 checksum is %08x, the file says %08x", got, want)
	}
	return data, nil
}

// fletcher32 sums big-endian words, as libhdf5 does; an odd last byte is the
// high half of a word.
func fletcher32(b []byte) uint32 {
	var s1, s2 uint32
	for len(b) >= 2 {
		n := min(len(b)/2, 360) // sums of 360 words cannot overflow
		for range n {
			s1 += uint32(b[0])<<8 | uint32(b[1])
			s2 += s1
			b = b[2:]
		}
		s1 = s1&0xffff + s1>>16
		s2 = s2&0xffff + s2>>16
	}
	if len(b) == 1 {
		s1 += uint32(b[0]) << 8
		s2 += s1
		s1 = s1&0xffff + s1>>16
		s2 = s2&0xffff + s2>>16
	}
	s1 = s1&0xffff + s1>>16
	s2 = s2&0xffff + s2>>16
	return s2<<16 | s1
}
