// Package ir is the graph that every part of kerasgo speaks. The importer makes
// it from Keras files, package convert stores it, the runtime compiles it.
//
// A Model is a list of nodes in execution order over single-assignment values.
// A value has a dtype and a shape; a dimension Keras leaves open (None) has a
// name, and equal names must agree when the model runs. Weights are values with
// constant data, in Keras's own layouts. Masks, which Keras passes behind the
// caller's back, are ordinary bool values here. Everything is channels-last.
package ir
