// Package exporter writes models as files of Keras 3, .keras and .h5, that
// keras.models.load_model reads and that compute the same: the inverse of package
// importer.
//
//	m, err := importer.Load("old.h5")
//	err = exporter.Save(m, "new.keras")
//
// What is written is the graph: a Functional model whose layers and keras.ops
// operations are the graph's nodes, with the names of the layers that these came
// from. Masks, which Keras attaches to tensors, are arguments there, and models
// within the model are gone. Initializers, regularizers, dropout and all else that
// only training needs are not part of a graph and so not of the file.
package exporter
