// Package kerasgo runs Keras models in Go: no Python, no C.
//
//	program, err := kerasgo.Load("model.h5") // or .keras, or .kgo
//	outputs, err := program.Predict(kerasgo.Tensor([]float32{5.1, 3.5, 1.4, 0.2}, 1, 4))
//
// Load reads any Keras file, and files of kerasgo's own format, told apart by
// content. This package only forwards: package importer reads Keras files into
// the graph of package ir, package convert stores that graph as .kgo, package
// runtime compiles and runs it. A program that only loads .kgo files can import
// convert and runtime, and links none of the HDF5 and JSON code.
package kerasgo
