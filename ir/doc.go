// Package ir is the graph that connects the parts of kerasgo: package importer makes
// it from Keras files, package convert stores it, and package runtime compiles it.
//
// A Model is a list of nodes, in an order in which they can run, over values that
// are assigned once. A value has a dtype and a shape. A dimension that Keras leaves
// open (None) has a name; equal names must be equal in a run.
//
// Weights are values with constant data, in Keras's own layouts. Masks, which Keras
// attaches to tensors behind the caller's back, are ordinary bool values here.
// Everything is channels-last.
package ir
