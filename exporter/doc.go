// Package exporter writes models as files of Keras 3, .keras or .h5. They are read
// by keras.models.load_model and compute the same. It is the inverse of package
// importer.
//
//	model, err := importer.Load("old.h5")
//	err = exporter.WriteFile("new.keras", model)
//
// The file holds the graph as a Functional model. Its layers and operations of
// keras.ops are the nodes of the graph and have the names of the layers from which
// these came. Masks, which Keras attaches to tensors, become arguments, and nested
// models are dissolved. What only training needs, such as initializers,
// regularizers and dropout, is not in the graph and so not in the file.
package exporter
