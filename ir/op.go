package ir

// Op is one operation with its parameters. Implementations are pointers to
// plain structs whose exported fields are the parameters; the native format
// writes them by their JSON names. Weights are inputs, not parameters.
type Op interface {
	// Kind is the op's stable name in the format, unique in Ops.
	Kind() string
	// Infer validates the parameters against the input types and returns the
	// output types. An absent optional input has the zero Type. Open dimensions
	// are allowed and must stay open or be derived; known shapes must give
	// known shapes.
	Infer(in []Type) ([]Type, error)
}

// DataSized is implemented by ops with an output dimension whose size depends on the
// data of an input. DataDim returns the name of that dimension, or "" if the op has
// none with its parameters.
type DataSized interface {
	DataDim() string
}

// Ops has a constructor for every op. The names that their Kind returns are those of
// the .kgo format.
var Ops = []func() Op{
	func() Op { return new(Unary) },
	func() Op { return new(Binary) },
	func() Op { return new(Where) },
	func() Op { return new(Cast) },
	func() Op { return new(Reshape) },
	func() Op { return new(Transpose) },
	func() Op { return new(Concat) },
	func() Op { return new(Slice) },
	func() Op { return new(Gather) },
	func() Op { return new(Pad) },
	func() Op { return new(Broadcast) },
	func() Op { return new(Tile) },
	func() Op { return new(Repeat) },
	func() Op { return new(Flip) },
	func() Op { return new(OneHot) },
	func() Op { return new(Lookup) },
	func() Op { return new(Bucketize) },
	func() Op { return new(Bincount) },
	func() Op { return new(Hash) },
	func() Op { return new(CrossHash) },
	func() Op { return new(Tokenize) },
	func() Op { return new(Text) },
	func() Op { return new(STFT) },
	func() Op { return new(Range) },
	func() Op { return new(ShapeOf) },
	func() Op { return new(GatherAlong) },
	func() Op { return new(Scatter) },
	func() Op { return new(Sort) },
	func() Op { return new(Cumulative) },
	func() Op { return new(Linalg) },
	func() Op { return new(CTCBeam) },
	func() Op { return new(NMS) },
	func() Op { return new(Reduce) },
	func() Op { return new(Softmax) },
	func() Op { return new(Dense) },
	func() Op { return new(MatMul) },
	func() Op { return new(Einsum) },
	func() Op { return new(Conv) },
	func() Op { return new(DepthwiseConv) },
	func() Op { return new(ConvTranspose) },
	func() Op { return new(Pool) },
	func() Op { return new(AdaptivePool) },
	func() Op { return new(Resize) },
	func() Op { return new(BatchNorm) },
	func() Op { return new(LayerNorm) },
	func() Op { return new(Attention) },
	func() Op { return new(LSTM) },
	func() Op { return new(GRU) },
	func() Op { return new(SimpleRNN) },
	func() Op { return new(ConvLSTM) },
	func() Op { return new(History) },
}

// NewOp returns a new op of the given kind whose parameters are zero, or nil if there
// is no such kind.
func NewOp(kind string) Op {
	for _, f := range Ops {
		if op := f(); op.Kind() == kind {
			return op
		}
	}
	return nil
}

func arity(in []Type, required, total int) error {
	if len(in) < required || len(in) > total {
		if required == total {
			return Errorf(ErrMalformed, "has %d inputs, wants %d", len(in), required)
		}
		return Errorf(ErrMalformed, "has %d inputs, wants %d to %d", len(in), required, total)
	}
	for i := range required {
		if in[i].Absent() {
			return Errorf(ErrMalformed, "input %d is absent", i)
		}
	}
	return nil
}

// optional returns input i, or the zero Type when it is absent.
func optional(in []Type, i int) Type {
	if i < len(in) {
		return in[i]
	}
	return Type{}
}

func wantFloat(in []Type, idx ...int) error {
	for _, i := range idx {
		if t := optional(in, i); !t.Absent() && !t.DType.IsFloat() {
			return Errorf(ErrDType, "input %d is %v, wants a float dtype", i, t)
		}
	}
	return nil
}

func wantShape(what string, got Type, want ...Dim) error {
	if got.Absent() {
		return nil
	}
	if !got.Shape.CompatibleWith(Shape(want)) {
		return Errorf(ErrShape, "%s has shape %v, wants %v", what, got.Shape, Shape(want))
	}
	return nil
}

func one(t DType, s Shape) []Type { return []Type{{t, s}} }

// Extent is one dimension of a shape to make: a number, the rest (-1), or the
// dimension Axis of input From-1.
type Extent struct {
	N    int `json:"n,omitempty"`
	From int `json:"from,omitempty"`
	Axis int `json:"axis,omitempty"`
}

// Size is an Extent of n elements; -1 means whatever remains.
func Size(n int) Extent { return Extent{N: n} }

// DimOf is the Extent that dimension axis of the given input has.
func DimOf(input, axis int) Extent { return Extent{From: input + 1, Axis: axis} }

func (e Extent) dim(in []Type) (d Dim, rest bool, err error) {
	if e.From == 0 {
		if e.N == -1 {
			return Dim{}, true, nil
		}
		if e.N < 0 {
			return Dim{}, false, Errorf(ErrShape, "dimension %d", e.N)
		}
		return Known(e.N), false, nil
	}
	if e.From < 0 || e.From > len(in) || in[e.From-1].Absent() {
		return Dim{}, false, Errorf(ErrMalformed, "refers to input %d of %d", e.From-1, len(in))
	}
	s := in[e.From-1].Shape
	a, err := NormAxis(e.Axis, len(s))
	if err != nil {
		return Dim{}, false, err
	}
	return s[a], false, nil
}
