package ir

// Case is one run of a model by Keras, for comparison. The cases of a stateful
// model are successive runs of one session.
type Case struct {
	Name      string
	Inputs    []*Tensor // in the order of Model.Inputs
	Outputs   []*Tensor // Keras's, in the order of Model.Outputs
	Outputs64 []*Tensor // the same model run by Keras in float64; nil when unknown
}
