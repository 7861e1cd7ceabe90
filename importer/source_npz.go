package importer

import "github.com/kerasgo/kerasgo/ir"

// readNPZWeights reads weights that Keras saved as .npz.
func readNPZWeights(b *blob, lim Limits) (*pathWeights, error) {
	return nil, ir.Errorf(ir.ErrUnsupported, "npz weights are not supported")
}
