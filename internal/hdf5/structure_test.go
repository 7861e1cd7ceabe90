package hdf5

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// le appends numbers of the widths of their types, little-endian.
func le(parts ...any) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		if s, ok := p.(string); ok {
			b.WriteString(s)
			continue
		}
		if err := binary.Write(&b, binary.LittleEndian, p); err != nil {
			panic(err)
		}
	}
	return b.Bytes()
}

// fileWith returns a file of superblock 0 whose root header, at address 96,
// holds the given messages, with more bytes after it.
func fileWith(messages []byte, more []byte) []byte {
	head := le(uint8(1), uint8(0), uint16(1), uint32(1), uint32(len(messages)), uint32(0), messages, more)
	end := uint64(96 + len(head))
	return le(signature, [5]uint8{}, uint8(8), uint8(8), uint8(0), uint16(4), uint16(16), uint32(0),
		uint64(0), undefined, end, undefined, uint64(0), uint64(96), uint32(0), uint32(0), [16]uint8{}, head)
}

func headerMessage(typ uint16, flags uint8, body []byte) []byte {
	return le(typ, uint16(len(body)), flags, [3]uint8{}, body)
}

func wantError(t *testing.T, b []byte, kind error, text string) {
	t.Helper()
	f, err := OpenBytes(b)
	if err == nil {
		err = f.Walk(func(o Object) error {
			names, err := o.Attrs().Names()
			for _, n := range names {
				if err == nil {
					_, err = o.Attrs().Get(n)
				}
			}
			return err
		})
	}
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v is not %v about %q", err, kind, text)
	}
	var e *ir.Error
	if errors.As(err, &e) && !e.HasOffset {
		t.Errorf("error %v has no offset", err)
	}
}

func TestHeaders(t *testing.T) {
	empty := headerMessage(msgLinkInfo, 0, le(uint8(0), uint8(0), undefined, undefined))
	if _, err := OpenBytes(fileWith(empty, nil)); err != nil {
		t.Fatal(err)
	}
	// A block at 96+16+24 that continues at itself.
	again := headerMessage(msgContinuation, 0, le(uint64(96+16+24), uint64(24)))
	wantError(t, fileWith(again, again), ir.ErrMalformed, "twice")
	wantError(t, fileWith(headerMessage(msgContinuation, 0, le(uint64(1<<40), uint64(24))), nil), ir.ErrMalformed, "end of the file")
	wantError(t, fileWith(headerMessage(msgContinuation, 0, le(uint64(96), undefined-1)), nil), ir.ErrMalformed, "end of the file")
	wantError(t, fileWith(headerMessage(0x99, flagMustKnow, nil), nil), ir.ErrUnsupported, "0x99")
	wantError(t, fileWith(nil, nil), ir.ErrMalformed, "neither")
	wantError(t, fileWith(headerMessage(msgDatatype, flagShared, le(uint8(3), uint8(2), uint64(96))), nil), ir.ErrMalformed, "not a group")

	link := le(uint8(1), uint8(0), uint8(1), "x", uint64(96))
	twice := slices.Concat(headerMessage(msgLink, 0, link), headerMessage(msgLink, 0, link))
	wantError(t, fileWith(twice, nil), ir.ErrMalformed, "twice")
	wantError(t, fileWith(headerMessage(msgLink, 0, le(uint8(2), uint8(0))), nil), ir.ErrUnsupported, "version 2 of a link")
}

// attributeOf returns a root group with one attribute of a type and a space.
func attributeOf(typ, space, data []byte) []byte {
	group := headerMessage(msgLinkInfo, 0, le(uint8(0), uint8(0), undefined, undefined))
	body := le(uint8(3), uint8(0), uint16(2), uint16(len(typ)), uint16(len(space)), uint8(0), "a\x00", typ, space, data)
	return fileWith(slices.Concat(group, headerMessage(msgAttribute, 0, body)), nil)
}

func TestHostileAttributes(t *testing.T) {
	scalar := le(uint8(2), uint8(0), uint8(0), uint8(0))
	int32Type := le(uint32(0x10|8<<8), uint32(4), uint16(0), uint16(32))
	f, err := OpenBytes(attributeOf(int32Type, scalar, le(int32(-5))))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := f.Root().Attrs().Get("a"); err != nil || a.Type().Name != "int32" || a.Raw()[0] != 0xfb {
		t.Errorf("%+v, %v", a, err)
	}

	nested := int32Type
	for range maxTypeDepth + 2 {
		nested = le(uint32(0x30|8), uint32(4), nested) // an enumeration over an enumeration
	}
	wantError(t, attributeOf(nested, scalar, nil), ir.ErrMalformed, "deep")

	dims := func(n ...uint64) []byte { return le(uint8(2), uint8(len(n)), uint8(0), uint8(1), n) }
	wantError(t, attributeOf(int32Type, dims(1<<32, 1<<32), nil), ir.ErrLimit, "elements")
	wantError(t, attributeOf(int32Type, dims(1<<62), nil), ir.ErrLimit, "elements")
	wantError(t, attributeOf(int32Type, dims(1<<28), nil), ir.ErrMalformed, "ends within")
	wantError(t, attributeOf(int32Type, make([]byte, 300), nil), ir.ErrUnsupported, "version 0 of a dataspace")
	wantError(t, attributeOf(int32Type, le(uint8(2), uint8(33), uint8(0), uint8(1), [33]uint64{}), nil), ir.ErrMalformed, "rank 33")
	wantError(t, attributeOf(le(uint32(0x10), uint32(0), uint32(0)), scalar, nil), ir.ErrMalformed, "0 bytes")

	text := le(uint32(0x19|1<<8), uint32(16), uint32(0x13), uint32(1))
	wantError(t, attributeOf(text, scalar, le(uint32(5), uint64(96), uint32(1))), ir.ErrMalformed, "GCOL")
	wantError(t, attributeOf(text, scalar, le(uint32(5), uint64(1<<50), uint32(1))), ir.ErrMalformed, "end of the file")
	f, err = OpenBytes(attributeOf(text, scalar, make([]byte, 16)))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := f.Root().Attrs().Get("a"); err != nil || a.strings[0] != "" {
		t.Errorf("null string: %+v, %v", a, err)
	}
}

func TestCyclicTree(t *testing.T) {
	b := fixture(t, "old_group_deep")
	at := 0
	for {
		i := bytes.Index(b[at:], []byte("TREE"))
		if i < 0 {
			t.Fatal("no inner node")
		}
		if at += i; b[at+5] == 2 && binary.LittleEndian.Uint16(b[at+6:]) == 2 {
			break
		}
		at += 4
	}
	first, second := at+24+8, at+24+24
	self := bytes.Clone(b)
	binary.LittleEndian.PutUint64(self[first:], uint64(at))
	wantError(t, self, ir.ErrMalformed, "level")
	double := bytes.Clone(b)
	copy(double[second:second+8], double[first:first+8])
	wantError(t, double, ir.ErrMalformed, "twice")
}

// A user block put before a file, without its superblock knowing.
func TestAddedUserBlock(t *testing.T) {
	b := fixture(t, "superblock0")
	f, err := OpenBytes(append(make([]byte, 512), b...))
	if err != nil {
		t.Fatal(err)
	}
	g, err := OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	compareDumps(t, dump(t, f), dump(t, g))
}

func TestOldLayouts(t *testing.T) {
	for _, version := range []uint8{1, 2} {
		b := le(version, uint8(2), uint8(layoutContiguous), [5]uint8{}, uint64(1000), uint32(3), uint32(4))
		c := cursor{b: b, offSize: 8, lenSize: 8}
		if l, err := decodeLayout(&c); err != nil || l.addr != 1000 || l.size != undefined || c.left() != 0 {
			t.Errorf("contiguous, version %d: %+v, %v", version, l, err)
		}
		b = le(version, uint8(3), uint8(layoutChunked), [5]uint8{}, uint64(1000), uint32(3), uint32(4), uint32(8))
		c = cursor{b: b, offSize: 8, lenSize: 8}
		if l, err := decodeLayout(&c); err != nil || !slices.Equal(l.chunk, []uint64{3, 4}) || l.elem != 8 {
			t.Errorf("chunked, version %d: %+v, %v", version, l, err)
		}
		b = le(version, uint8(1), uint8(layoutCompact), [5]uint8{}, uint32(3), uint32(4), "abcd")
		c = cursor{b: b, offSize: 8, lenSize: 8}
		if l, err := decodeLayout(&c); err != nil || string(l.compact) != "abcd" {
			t.Errorf("compact, version %d: %+v, %v", version, l, err)
		}
	}
}

func TestTinyHeapObjects(t *testing.T) {
	r := &reader{superblock: superblock{offSize: 8, lenSize: 8}}
	for _, c := range []struct {
		idSize int
		id     string
		want   string
	}{
		{7, "\x22abc", "abc"},
		{17, "\x2fabcdefghijklmnop", "abcdefghijklmnop"},
		{20, "\x20\x03abcd", "abcd"},
	} {
		id := append([]byte(c.id), make([]byte, c.idSize-len(c.id))...)
		o, err := r.heapObject(&fractalHeap{idSize: c.idSize}, id)
		if err != nil || string(o.b) != c.want {
			t.Errorf("%q: %q, %v", c.id, o.b, err)
		}
	}
}

func TestLookup3(t *testing.T) {
	for text, want := range map[string]uint32{
		"":                               0xdeadbeef,
		"Four score and seven years ago": 0x17770551,
	} {
		if got := lookup3([]byte(text)); got != want {
			t.Errorf("%q: %08x, not %08x", text, got, want)
		}
	}
}

func TestLZF(t *testing.T) {
	var p pipeline
	b, err := hex.DecodeString("0061e00000")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := p.undoLZF(b, 10); err != nil || string(out) != "aaaaaaaaaa" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := p.undoLZF(b, 9); err == nil {
		t.Error("copy beyond the chunk")
	}
	for n := 1; n < len(b); n++ {
		if out, err := p.undoLZF(b[:n], 10); err == nil && n != 2 {
			t.Errorf("cut to %d bytes: %q", n, out)
		}
	}
}

func TestGoroutines(t *testing.T) {
	b := fixture(t, "chunked_latest")
	f, err := Open(readerAt{bytes.NewReader(b)}, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if readEverything(t, f) == 0 { // Strings of numbers fails
				t.Error("no failure")
			}
		})
	}
	wg.Wait()
}

func TestInflatesTooFar(t *testing.T) {
	b := fixture(t, "chunked_old")
	f, err := OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	r := f.backend.(*reader)
	d, err := f.Dataset("one_gzip")
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	ds := r.objects[d.Addr()].dataset
	err = r.locate(ds)
	r.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	k := ds.chunks[0]
	stored := b[k.addr : k.addr+k.size]
	size := int(ds.grid.bytes)
	var p pipeline
	for _, want := range []int{size - 1, size + 1} {
		if _, err := p.undo(ds.filters, 0, stored, want, 0); !errors.Is(err, ir.ErrMalformed) {
			t.Errorf("%d bytes inflated to %d: %v", size, want, err)
		}
	}
	for _, cut := range []int{0, 1, 10, len(stored) - 1} {
		if _, err := p.undo(ds.filters, 0, stored[:cut], size, 0); !errors.Is(err, ir.ErrMalformed) {
			t.Errorf("cut to %d bytes: %v", cut, err)
		}
	}
	if out, err := p.undo(ds.filters, 0, stored, size, 0); err != nil || len(out) != size {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}
