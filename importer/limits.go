package importer

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/kerasgo/kerasgo/internal/hdf5"
	"github.com/kerasgo/kerasgo/ir"
)

// Limits bounds what a file may make the importer do. A zero field means its
// default. An error that a limit causes is an ir.ErrLimit and names the field;
// the command sets it with --limit NAME=N.
type Limits struct {
	// FileBytes is the most that is read into memory of a source that cannot be
	// mapped, such as a file of an fs.FS. Default 16 GiB.
	FileBytes int64

	// UnpackedBytes is the memory that all of a file together may take that is
	// not a part of the file: inflated zip members and HDF5 chunks, the trees of
	// JSON documents, unpickled arrays, decoded HDF5 structures, the directory of
	// a zip, the nodes of the graph. Default 24 MiB plus the file's size, so
	// that a file cannot take much more than its size twice; raise it for
	// weights that compress well.
	UnpackedBytes int64

	// InflateRatio is how many times larger than its stored bytes a deflated zip
	// member or a chunked HDF5 dataset may be. Default 1100: deflate reaches at
	// most 1032.
	InflateRatio int64

	// UnstoredBytes is how much more than InflateRatio allows an HDF5 dataset
	// may hold in chunks that were never written. Default 1 MiB.
	UnstoredBytes int64

	// MetadataBytes is the size of headers, trees and heaps that are read of an
	// HDF5 file. Default 1 GiB.
	MetadataBytes int64

	// JSONBytes is the size of a JSON document: architecture, metadata, shard
	// index. Default 256 MiB. YAML may have 16 MiB of it.
	JSONBytes int64

	// JSONValues is the number of values in a JSON document, and of those that a
	// pickle makes. Default 8 million.
	JSONValues int

	// JSONDepth is how deep a JSON document nests. Default 512; less for
	// documents over 2 MiB.
	JSONDepth int

	// Members is the number of files in a zip or directory, and of groups and
	// datasets in an HDF5 file. Default 1 million.
	Members int

	// Nodes is the number of nodes of the graph; nested models that are called
	// several times are inlined each time. Default 1 million.
	Nodes int

	// ModelDepth is how deep models nest. Default 64.
	ModelDepth int

	// ConstantBytes is the size of a constant that the importer itself computes
	// from a configuration, such as a table. Default 64 MiB.
	ConstantBytes int64

	unpacked *unpacked
}

// Set sets a limit by its field's name, in any case.
func (l *Limits) Set(name string, n int64) error {
	v := reflect.ValueOf(l).Elem()
	var names []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		if strings.EqualFold(f.Name, name) {
			if n <= 0 || v.Field(i).OverflowInt(n) {
				return ir.Errorf(ir.ErrUsage, "limit %s of %d: want a positive number", f.Name, n)
			}
			v.Field(i).SetInt(n)
			return nil
		}
		names = append(names, f.Name)
	}
	return ir.Errorf(ir.ErrUsage, "there is no limit %q; there are %s", name, strings.Join(names, ", "))
}

// withDefaults are the limits for one model: copies share one count of what is
// unpacked with everything that is read and made of its files.
func (l Limits) withDefaults() Limits {
	l.unpacked = &unpacked{limit: l.UnpackedBytes}
	if l.UnpackedBytes == 0 {
		*l.unpacked = unpacked{limit: unpackedBase, grows: true}
	}
	def := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	defInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&l.FileBytes, 16<<30)
	def(&l.InflateRatio, 1100)
	def(&l.UnstoredBytes, 1<<20)
	def(&l.MetadataBytes, 1<<30)
	def(&l.JSONBytes, 256<<20)
	defInt(&l.JSONValues, 8<<20)
	defInt(&l.JSONDepth, 512)
	defInt(&l.Members, 1<<20)
	defInt(&l.Nodes, 1<<20)
	defInt(&l.ModelDepth, 64)
	def(&l.ConstantBytes, 64<<20)
	return l
}

// unpackedBase is the default of UnpackedBytes for an empty file.
const unpackedBase = 24 << 20

// unpacked counts what has been taken of UnpackedBytes while a file is read.
type unpacked struct {
	spent, limit int64
	grows        bool // the limit is the default, which depends on sizes
}

// another adds the size of one of the model's files.
func (l Limits) another(size int64) {
	if u := l.unpacked; u != nil && u.grows && size > 0 {
		u.limit += min(size, math.MaxInt64/2-u.limit)
	}
}

// counted is another for a file that was opened.
func (l Limits) counted(b *blob, err error) (*blob, error) {
	if err == nil {
		l.another(b.size)
	}
	return b, err
}

// spend counts n bytes of memory for what.
func (l Limits) spend(n int64, what string) error {
	u := l.unpacked
	if u == nil {
		return nil
	}
	if n > u.limit-u.spent {
		return exceeded("UnpackedBytes", u.limit, "reading %s of %d bytes takes %d in all", what, n, u.spent+min(n, math.MaxInt64-u.spent))
	}
	u.spent += n
	return nil
}

// room is what may still be spent, at least 1; 0 when there is no limit.
func (l Limits) room() int64 {
	if l.unpacked == nil {
		return 0
	}
	return max(1, l.unpacked.limit-l.unpacked.spent)
}

func (l Limits) hdf5() hdf5.Option {
	return hdf5.WithLimits(hdf5.Limits{
		MetadataBytes: l.MetadataBytes, Members: l.Members, InflateRatio: l.InflateRatio, UnstoredBytes: l.UnstoredBytes,
		Spend: func(n int64) error { return l.spend(n, "HDF5") },
	})
}

// exceeded is the error for a limit; the text before it says what was found.
func exceeded(name string, limit int64, format string, args ...any) *ir.Error {
	return ir.Errorf(ir.ErrLimit, "%s; the limit is %d, which importer.Limits.%s (--limit %s=N) raises", fmt.Sprintf(format, args...), limit, name, name)
}
