package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/ir"
)

// readEverything asks for all a file may hold. Parts that fail do not keep it
// from the rest; each failure must be one of the project's errors.
func readEverything(t testing.TB, f *File) (failures int) {
	check := func(err error) {
		if err == nil {
			return
		}
		failures++
		var e *ir.Error
		if !errors.As(err, &e) || !errors.Is(err, ir.ErrMalformed) && !errors.Is(err, ir.ErrLimit) && !errors.Is(err, ir.ErrUnsupported) {
			t.Fatalf("error of no known kind: %#v", err)
		}
		if e.Text == "" {
			t.Fatalf("error without text: %#v", e)
		}
	}
	visit := func(o Object) {
		names, err := o.Attrs().Names()
		check(err)
		for _, n := range names {
			a, err := o.Attrs().Get(n)
			check(err)
			if a != nil {
				_, err = a.Strings()
				check(err)
			}
		}
		if d, ok := o.(*Dataset); ok {
			b, err := d.Read()
			check(err)
			if err == nil && len(b) != d.Len()*d.Type().Size {
				t.Fatalf("%s: %d bytes for shape %v of %s", d.Path(), len(b), d.Shape(), d.Type().Name)
			}
			_, err = d.Strings()
			check(err)
		}
	}
	// Walk stops at the first error; this goes on.
	seen := map[uint64]bool{}
	stack := []Object{f.Root()}
	for len(stack) > 0 {
		o := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[o.Addr()] {
			continue
		}
		seen[o.Addr()] = true
		visit(o)
		g, ok := o.(*Group)
		if !ok {
			continue
		}
		links, err := g.Links()
		check(err)
		for _, l := range links {
			if l.Kind == HardLink && seen[l.Addr] {
				continue
			}
			child, err := g.Lookup(l.Name)
			check(err)
			if child != nil {
				stack = append(stack, child)
			}
		}
	}
	return failures
}

// mutate returns a damaged copy.
func mutate(rng *rand.Rand, b []byte) []byte {
	m := bytes.Clone(b)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(m))
		switch rng.IntN(7) {
		case 0:
			m[at] ^= 1 << rng.IntN(8)
		case 1:
			m[at] = byte(rng.IntN(256))
		case 2: // a number at its limits
			width := []int{1, 2, 4, 8}[rng.IntN(4)]
			v := []uint64{0, 1, 1<<63 - 1, ^uint64(0), ^uint64(0) - 1, 1 << 31, uint64(len(m)), uint64(rng.IntN(len(m)))}[rng.IntN(8)]
			var p [8]byte
			binary.LittleEndian.PutUint64(p[:], v)
			copy(m[at:], p[:width])
		case 3: // a field of another place, such as an address
			width := []int{4, 8, 8, 8, 16, 64}[rng.IntN(6)]
			from := rng.IntN(len(m))
			copy(m[at:], m[from:min(len(m), from+width)])
		case 4: // a small step
			m[at] += byte(rng.IntN(5)) - 2
		case 5:
			clear(m[at:min(len(m), at+rng.IntN(64))])
		case 6: // damage near a signature
			names := []string{"TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF", "BTIN", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB"}
			name := names[rng.IntN(len(names))]
			if i := bytes.Index(m[at:], []byte(name)); i >= 0 {
				if p := at + i + 4 + rng.IntN(60); p < len(m) {
					m[p] = []byte{0, 1, 255, 127, m[p] + 1, m[p] - 1}[rng.IntN(6)]
				}
			}
		}
	}
	return m
}

var mutants = flag.Int("mutants", 60, "damaged copies of each fixture to try")

func TestMutants(t *testing.T) {
	rng := rand.New(rand.NewPCG(uint64(*mutants), 2))
	for _, name := range fixtureNames(t) {
		t.Run(name, func(t *testing.T) {
			b := fixture(t, name)
			n := *mutants
			if len(b) > 100_000 {
				n = (n + 9) / 10
			}
			for range n {
				m := mutate(rng, b)
				for _, skip := range []bool{false, true} {
					opt := func(c *config) { c.skipChecksums = skip }
					bounded(t, len(m), func() {
						if f, err := OpenBytes(m, opt); err == nil {
							readEverything(t, f)
						}
					})
				}
				f, err := Open(readerAt{bytes.NewReader(m)}, int64(len(m)))
				if err == nil {
					readEverything(t, f)
				}
			}
		})
	}
}

// bounded fails when fn takes seconds, or allocates out of proportion to a
// file of the given size.
func bounded(t testing.TB, size int, fn func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	fn()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20+uint64(100*size) {
		t.Errorf("allocated %d bytes in all for a file of %d", used, size)
	}
}

// Damage anywhere in checked metadata must be noticed.
func TestChecksums(t *testing.T) {
	b := fixture(t, "superblock3")
	start := bytes.Index(b, []byte("OHDR"))
	for i := start; i < start+60; i++ {
		m := bytes.Clone(b)
		m[i] ^= 0x10
		f, err := OpenBytes(m)
		if err == nil {
			if readEverything(t, f) == 0 {
				t.Errorf("damage at byte %d of the root header is not noticed", i)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range fixtureNames(f) {
		if b := fixture(f, name); len(b) <= 20_000 {
			f.Add(b, true)
			f.Add(b, false)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, skip bool) {
		file, err := OpenBytes(b, func(c *config) { c.skipChecksums = skip })
		if err == nil {
			readEverything(t, file)
		}
	})
}

func FuzzFilters(f *testing.F) {
	f.Add(uint16(filterDeflate), []byte("\x78\x9c\x03\x00\x00\x00\x00\x01"), uint32(4), 8)
	f.Add(uint16(filterLZF), []byte("\x02abc\xe0\x10\x02"), uint32(4), 64)
	f.Add(uint16(filterShuffle), []byte("aabbccdd"), uint32(4), 8)
	f.Add(uint16(filterFletcher32), []byte("abcd\x00\x00\x00\x00"), uint32(0), 4)
	f.Fuzz(func(t *testing.T, id uint16, b []byte, v uint32, size int) {
		if size < 0 || size > 1<<20 {
			return
		}
		var p pipeline
		fs := []filter{{id: filterShuffle, values: []uint32{v}}, {id: id, values: []uint32{v}}}
		if checkFilters(fs, 0) != nil {
			return
		}
		out, err := p.undo(fs, 0, b, size, 0)
		if err == nil && id == filterDeflate && len(out) != size {
			t.Fatalf("%d bytes, not %d", len(out), size)
		}
	})
}
