package ir

// ShapeOf gives the dimensions of its input as numbers: int32 [rank]. The
// input's data are not read.
type ShapeOf struct{}

func (*ShapeOf) Kind() string { return "ShapeOf" }

func (o *ShapeOf) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	return one(Int32, Dims(len(in[0].Shape))), nil
}
