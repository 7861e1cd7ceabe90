// Package libhdf5 reads HDF5 files through the C library: a second opinion for
// tests, and a way to read what package hdf5 refuses to. It is built only with
// cgo and the tag libhdf5, where the library is installed:
//
//	apt-get install libhdf5-dev
//	go test -tags libhdf5 ./internal/hdf5/...
//
// The C library is not made for files from strangers: a damaged one can end
// the process.
package libhdf5
