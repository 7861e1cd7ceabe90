// Package npz reads and writes numpy's .npy and .npz.
package npz

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// ReadNPY reads an array of at most limit bytes in memory. Strings, of code points or of
// bytes, become ir.String, without the NULs numpy pads them with.
func ReadNPY(r io.Reader, limit int64) (*ir.Tensor, error) {
	h, _, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	e, err := h.elem()
	if err != nil {
		return nil, err
	}
	size, err := h.size(e.size)
	if err != nil {
		return nil, err
	}
	count, err := h.size(1)
	if err != nil {
		return nil, err
	}
	if e.size == 0 && count > maxEmpty {
		return nil, ir.Errorf(ir.ErrLimit, "an array of %d empty strings, the limit is %d", count, maxEmpty)
	}
	// Strings take memory of their own beside the bytes, and another order a copy.
	each := int64(0)
	if e.dtype == ir.String {
		each = stringBytes
	}
	if h.Fortran && len(h.Shape) > 1 {
		each += int64(e.size)
		if e.dtype == ir.String {
			each += stringBytes
		}
	}
	if size > limit || size > math.MaxInt || each > 0 && count > (limit-size)/each {
		return nil, ir.Errorf(ir.ErrLimit, "an array of shape %v and dtype %q takes %d bytes and %d for each element, the limit is %d (--limit NPZBytes=N)", h.Shape, h.Descr, size, each, limit)
	}
	b, err := readExactly(r, size)
	if err != nil {
		return nil, err
	}
	t := &ir.Tensor{DType: e.dtype, Shape: h.Shape}
	if e.dtype == ir.String {
		if t.Strings, err = decodeStrings(b, e, int(count)); err != nil {
			return nil, err
		}
		if h.Fortran {
			out := make([]string, len(t.Strings))
			rowMajor(h.Shape, func(to, from int) { out[to] = t.Strings[from] })
			t.Strings = out
		}
		return t, nil
	}
	if e.big {
		for i := 0; i < len(b); i += e.size {
			slices.Reverse(b[i : i+e.size])
		}
	}
	if e.dtype == ir.Bool {
		for i, v := range b {
			b[i] = min(v, 1)
		}
	}
	if h.Fortran && len(h.Shape) > 1 {
		out := make([]byte, len(b))
		rowMajor(h.Shape, func(to, from int) { copy(out[to*e.size:(to+1)*e.size], b[from*e.size:]) })
		b = out
	}
	t.Data = b
	return t, nil
}

// stringBytes is what a string takes beside its text: itself and where it ends.
const stringBytes = 24

// maxEmpty bounds strings that take no bytes in the file.
const maxEmpty = 1 << 20

// readExactly reads n bytes; memory grows with what is really there.
func readExactly(r io.Reader, n int64) ([]byte, error) {
	b := make([]byte, 0, min(n, 1<<20))
	for int64(len(b)) < n {
		if len(b) == cap(b) {
			b = slices.Grow(b, int(min(int64(len(b)), n-int64(len(b)))))
		}
		end := min(int64(cap(b)), n)
		got, err := io.ReadFull(r, b[len(b):end])
		b = b[:len(b)+got]
		if err != nil {
			return nil, short("data", err)
		}
	}
	return b, nil
}

// rowMajor calls move for every element of a column-major array, with its place
// in row-major order and its own.
func rowMajor(shape []int, move func(to, from int)) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	index, stride := make([]int, len(shape)), make([]int, len(shape))
	for i, s := 0, 1; i < len(shape); i++ {
		stride[i] = s
		s *= shape[i]
	}
	from := 0
	for i := range n {
		move(i, from)
		for a := len(shape) - 1; a >= 0; a-- {
			index[a]++
			from += stride[a]
			if index[a] < shape[a] {
				break
			}
			from -= index[a] * stride[a]
			index[a] = 0
		}
	}
}

func decodeStrings(b []byte, e elem, n int) ([]string, error) {
	var text strings.Builder
	ends := make([]int, n)
	order := binary.ByteOrder(binary.LittleEndian)
	if e.big {
		order = binary.BigEndian
	}
	for i := range n {
		cell := b[i*e.size : (i+1)*e.size]
		if !e.ucs4 {
			text.Write(bytes.TrimRight(cell, "\x00"))
			ends[i] = text.Len()
			continue
		}
		for len(cell) > 0 && order.Uint32(cell[len(cell)-4:]) == 0 {
			cell = cell[:len(cell)-4]
		}
		for ; len(cell) > 0; cell = cell[4:] {
			c := order.Uint32(cell)
			if c > utf8.MaxRune || !utf8.ValidRune(rune(c)) {
				return nil, ir.Errorf(ir.ErrMalformed, "string %d holds %#x, which is no character", i, c)
			}
			text.WriteRune(rune(c))
		}
		ends[i] = text.Len()
	}
	out, all, from := make([]string, n), text.String(), 0
	for i, end := range ends {
		out[i], from = all[from:end], end
	}
	return out, nil
}

// WriteNPY writes t. Numpy has no bfloat16, so that is written as float32.
// Strings become numpy's fixed-width ones, which lose NULs at their ends.
func WriteNPY(w io.Writer, t *ir.Tensor) error {
	if err := t.Check(); err != nil {
		return err
	}
	if t.DType == ir.BFloat16 {
		t = ir.NewFloat32(t.Float32s(), t.Shape...)
	}
	width := 0
	for _, s := range t.Strings {
		if !utf8.ValidString(s) {
			return ir.Errorf(ir.ErrDType, "string %q is not valid UTF-8", s)
		}
		width = max(width, utf8.RuneCountInString(s))
	}
	if _, err := io.WriteString(w, header(t, width)); err != nil {
		return err
	}
	if t.DType != ir.String {
		_, err := w.Write(t.Data)
		return err
	}
	cell := make([]byte, 4*max(width, 1))
	for _, s := range t.Strings {
		clear(cell)
		i := 0
		for _, c := range s {
			binary.LittleEndian.PutUint32(cell[4*i:], uint32(c))
			i++
		}
		if _, err := w.Write(cell); err != nil {
			return err
		}
	}
	return nil
}

func header(t *ir.Tensor, width int) string {
	var descr string
	switch {
	case t.DType == ir.String:
		descr = "<U" + strconv.Itoa(max(width, 1))
	default:
		for code, d := range elems {
			if d == t.DType && len(code) == 2 {
				descr = "<" + code
			}
		}
		if t.DType.Size() == 1 {
			descr = "|" + descr[1:]
		}
	}
	shape := make([]string, len(t.Shape))
	for i, d := range t.Shape {
		shape[i] = strconv.Itoa(d)
	}
	tuple := strings.Join(shape, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple)
	text += strings.Repeat(" ", (align-(10+len(text)+1)%align)%align) + "\n"
	return magic + "\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(text)))) + text
}
