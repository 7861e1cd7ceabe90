// Package kerasgo runs Keras models in Go, without Python and without C.
//
//	program, err := kerasgo.Load("model.h5") // or .keras, or .kgo
//	if err != nil {
//		log.Fatal(err)
//	}
//	outputs, err := program.Predict(kerasgo.Tensor([]float32{5.1, 3.5, 1.4, 0.2}, 1, 4))
//
// Load reads a file of any version of Keras, or a .kgo, kerasgo's own format. The
// content of the file decides which, not its name. The result is a
// [runtime.Program], which any number of goroutines may share.
//
// This package only forwards to others, which can also be used alone:
//
//   - importer reads Keras files into the graph of package ir,
//   - runtime compiles such a graph and runs it,
//   - convert writes it as a .kgo and reads it back,
//   - exporter writes it as a file of Keras 3.
//
// A program that only loads .kgo files can import convert and runtime alone. It
// then links no code for HDF5 and Keras's JSON.
package kerasgo
