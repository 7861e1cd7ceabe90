package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func TestLimits(t *testing.T) {
	b := fixture(t, "limits")
	f, err := OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"unwritten", "unwritten_chunks", "one_chunk"} {
		bounded(t, len(b), func() {
			d, err := f.Dataset(path)
			if errors.Is(err, ir.ErrLimit) && math.MaxInt == math.MaxInt32 {
				return // no such axis on this platform
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Read(); !errors.Is(err, ir.ErrLimit) || !strings.Contains(err.Error(), "Limits.") {
				t.Errorf("%s: %v", path, err)
			}
		})
	}
	read := func(path string, l Limits) error {
		f, err := OpenBytes(b, WithLimits(l))
		if err != nil {
			return err
		}
		d, err := f.Dataset(path)
		if err != nil {
			return err
		}
		_, err = d.Read()
		return err
	}
	if err := read("zeros", Limits{}); err != nil {
		t.Errorf("zeros at deflate's best ratio: %v", err)
	}
	if err := read("zeros", Limits{InflateRatio: 100, UnstoredBytes: 1}); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("ratio of 100: %v", err)
	}
	if err := read("zeros", Limits{Members: 11}); !errors.Is(err, ir.ErrLimit) || !strings.Contains(err.Error(), "Members") {
		t.Errorf("11 objects: %v", err)
	}
	if err := read("zeros", Limits{Members: 12}); err != nil {
		t.Errorf("12 objects: %v", err)
	}
	if err := read("zeros", Limits{MetadataBytes: 500}); !errors.Is(err, ir.ErrLimit) || !strings.Contains(err.Error(), "MetadataBytes") {
		t.Errorf("500 bytes of metadata: %v", err)
	}
	dense := fixture(t, "new_group_dense")
	f, err = OpenBytes(dense, WithLimits(Limits{Members: 1000}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Root().Links(); !errors.Is(err, ir.ErrLimit) {
		t.Errorf("1000 objects in a dense group: %v", err)
	}
}

// Many datasets over the same bytes would multiply the memory of a caller that
// keeps them all.
func TestOverlap(t *testing.T) {
	b := fixture(t, "limits")
	f, err := OpenBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	r := f.backend.(*reader)
	var first uint64
	for i := range 8 {
		d, err := f.Dataset("data_" + string(rune('0'+i)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Read(); err != nil {
			t.Fatal(err)
		}
		l := &r.objects[d.Addr()].dataset.layout
		if i == 0 {
			first = l.addr
			continue
		}
		at := bytes.LastIndex(b, binary.LittleEndian.AppendUint64(nil, l.addr))
		binary.LittleEndian.PutUint64(b[at:], first)
	}
	// All eight now lie over the first; the file is as small as if it were
	// written so.
	b = b[:first+4096*8]
	for i := range b[:200] {
		if binary.LittleEndian.Uint64(b[i:]) == uint64(r.src.size) {
			binary.LittleEndian.PutUint64(b[i:], uint64(len(b)))
		}
	}
	if f, err = OpenBytes(b); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		var d *Dataset
		if d, err = f.Dataset("data_" + string(rune('0'+i))); err != nil {
			break
		}
		_, err = d.Read()
		if err == nil {
			_, err = d.Read() // again is not overlap
		}
		if err != nil {
			break
		}
	}
	if !errors.Is(err, ir.ErrMalformed) || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("eight datasets over one: %v", err)
	}
}
