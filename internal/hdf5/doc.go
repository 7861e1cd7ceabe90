// Package hdf5 reads HDF5 files: the part of the format that Keras, h5py and
// h5repack write, in pure Go, without trusting the file. It writes them, too.
//
// A file is opened over an [io.ReaderAt] (also a stored member of a zip) or
// over bytes, usually a memory mapping; from bytes, contiguous data are
// returned as sub-slices of the file and nothing is copied.
//
//	f, err := hdf5.OpenBytes(mapping)
//	names, err := hdf5.ChunkedStrings(f.Root().Attrs(), "layer_names")
//	kernel, err := f.Dataset("model_weights/dense/dense/kernel:0")
//	raw, err := kernel.Read() // little-endian, row-major
//
// Read are superblocks 0 to 3, groups and attributes in the old and the new
// storage, strings of fixed and variable length, integers, floats, opaque and
// enumerated data; contiguous, compact and chunked layouts with every chunk
// index, and the filters deflate, shuffle, fletcher32 and lzf. Everything else
// (szip, virtual datasets, external files, compound data, ...) is refused by
// name with [ir.ErrUnsupported] when it is asked for, so a file that merely
// contains it can still be walked.
//
// A [Writer] writes the part of the format that Keras needs to read weights.
//
// All errors are [*ir.Error] with the byte offset in the file where one is
// known: [ir.ErrMalformed], [ir.ErrUnsupported] or [ir.ErrLimit].
package hdf5
