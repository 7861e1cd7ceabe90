package ir

import "slices"

// Resize scales images as tf.image.resize does, with half-pixel centers. Input:
// x [batch, height, width, c]; output [batch, out height, out width, c] of the
// same dtype. Either Size gives the output's height and width or Scale whole
// factors of the input's. Methods other than "nearest" want floats.
//
// Fit changes the image before it is scaled: "crop" and "pad" bring it to the
// output's aspect ratio around its center, "pad" with Fill; "center" cuts the
// output out of the middle, unscaled, where the image is large enough, and is
// "crop" where it is not.
//
// Rounded says that the result will be rounded: sums are then made in the order
// that TensorFlow makes them, so that halves come out on the same side.
type Resize struct {
	Size      []int  `json:"size,omitempty"`
	Scale     []int  `json:"scale,omitempty"`
	Method    string `json:"method"` // one of ResizeMethods
	Antialias bool   `json:"antialias,omitempty"`
	Fit       string `json:"fit,omitempty"` // "", "crop", "pad", "center"
	Fill      Float  `json:"fill,omitempty"`
	Rounded   bool   `json:"rounded,omitempty"`
}

// ResizeMethods are the interpolations of Resize.
var ResizeMethods = []string{"nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"}

func (*Resize) Kind() string { return "Resize" }

func (o *Resize) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	if !slices.Contains(ResizeMethods, o.Method) {
		return nil, Errorf(ErrUnsupported, "interpolation %q is not one of %v", o.Method, ResizeMethods)
	}
	if !slices.Contains([]string{"", "crop", "pad", "center"}, o.Fit) {
		return nil, Errorf(ErrMalformed, "fit %q is not known", o.Fit)
	}
	x := in[0].Shape
	if len(x) != 4 {
		return nil, Errorf(ErrShape, "input %v, wants [batch, height, width, channels]", x)
	}
	if d := in[0].DType; d == String || d == Bool || o.Method != "nearest" && !d.IsFloat() {
		return nil, Errorf(ErrDType, "cannot resize %v by %s", d, o.Method)
	}
	out := x.Clone()
	switch {
	case len(o.Size) == 2 && o.Scale == nil:
		if err := positive("size", o.Size, 2); err != nil {
			return nil, err
		}
		out[1], out[2] = Known(o.Size[0]), Known(o.Size[1])
	case len(o.Scale) == 2 && o.Size == nil:
		if err := positive("scale", o.Scale, 2); err != nil {
			return nil, err
		}
		out[1], out[2] = x[1].Times(Known(o.Scale[0])), x[2].Times(Known(o.Scale[1]))
	default:
		return nil, Errorf(ErrMalformed, "size %v and scale %v: want two numbers in one of them", o.Size, o.Scale)
	}
	return one(in[0].DType, out), nil
}
