package exporter

import (
	"encoding/binary"
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// maxInline is how many elements a constant in the config may have.
const maxInline = 256

// arg is input i as an argument of an operation: large constants become
// weights, because text is no place for them.
func (n *node) arg(i int) any { return n.argOf(n.in(i)) }

func (n *node) argOf(v any) any {
	if t, ok := v.(*ir.Tensor); ok && (t.Elems() > maxInline || t.DType == ir.String) {
		return n.symbolic(t)
	}
	return v
}

// symbolic turns a constant into the output of a layer. Nothing in Keras is a
// layer without input, so it depends on an input of the model, whose data do not
// matter: floats are the one row of an Embedding, others are added to 0.
func (n *node) symbolic(v any) ref {
	if r, ok := v.(ref); ok {
		return r
	}
	t := v.(*ir.Tensor)
	typ := t.Type()
	if t.DType == ir.String {
		return n.symbolicText(t)
	}
	zero, ok := n.zero()
	switch {
	case !ok:
		n.unsupported("a constant of %v cannot be written where Keras 3 wants a tensor", typ)
		return ref{&layer{}, 0, typ}
	case t.DType.IsFloat():
		d := variableDType(t.DType)
		l := n.layer("Embedding", object{"input_dim": 1, "output_dim": t.Elems(), "mask_zero": false}, d, ir.Type{DType: d, Shape: ir.Dims(t.Elems())}, zero)
		l.weights = []variables{{names: []string{"embeddings"}, tensors: []*ir.Tensor{stored(reshaped(t, 1, t.Elems()))}}}
		return n.cast(n.op("numpy", "Reshape", ir.Type{DType: d, Shape: typ.Shape}, object{"newshape": ints(t.Shape)}, l.output(0)), t.DType)
	case t.Elems() > 1<<20:
		n.unsupported("a constant of %v is too large for the config", typ)
		return ref{&layer{}, 0, typ}
	case t.DType == ir.Bool:
		no := n.op("core", "Cast", ir.Type{DType: ir.Bool}, object{"dtype": "bool"}, zero)
		return n.op("numpy", "LogicalOr", typ, nil, no, t)
	}
	return n.op("numpy", "Add", typ, nil, n.op("core", "Cast", ir.Type{DType: t.DType}, object{"dtype": t.DType.String()}, zero), t)
}

// zero is an int32 0 that depends on an input.
func (n *node) zero() (ref, bool) {
	if n.anchor != nil {
		return *n.anchor, true
	}
	if len(n.m.Inputs) == 0 {
		return ref{}, false
	}
	r := n.values[n.m.Inputs[0].Value].(ref)
	if r.typ.DType == ir.String {
		r = n.layer("Hashing", object{"num_bins": 1, "output_mode": "int"}, ir.Int64, ir.Type{DType: ir.Int64, Shape: r.typ.Shape}, r).output(0)
	}
	zeros := n.op("numpy", "ZerosLike", ir.Type{DType: ir.Int32, Shape: r.typ.Shape}, object{"dtype": "int32"}, r)
	zero := n.op("numpy", "Sum", ir.Type{DType: ir.Int32}, object{"axis": nil, "keepdims": false}, zeros)
	n.anchor = &zero
	return zero, true
}

// scalar is a number as a constant.
func scalar(v float64, d ir.DType) *ir.Tensor {
	return &ir.Tensor{DType: d, Data: encode(v, d)}
}

func ints[T int | int64](v []T) []any {
	out := make([]any, len(v))
	for i, n := range v {
		out[i] = n
	}
	return out
}

// reshaped is t with another shape of as many elements.
func reshaped(t *ir.Tensor, shape ...int) *ir.Tensor {
	c := *t
	c.Shape = shape
	return &c
}

// variableDType is the dtype of a variable that holds data of d: HDF5 has no
// bfloat16, which float32 holds exactly.
func variableDType(d ir.DType) ir.DType {
	if d == ir.BFloat16 {
		return ir.Float32
	}
	return d
}

// stored is t in the dtype of its variable.
func stored(t *ir.Tensor) *ir.Tensor {
	if t.DType != ir.BFloat16 {
		return t
	}
	return ir.OfFloat32(t.Float32s(), t.Shape...)
}

// converted is t, of floats, in the precision of another float dtype.
func converted(t *ir.Tensor, d ir.DType) *ir.Tensor {
	if d == t.DType || t.DType == ir.Float64 && d == ir.Float32 {
		return t
	}
	out := &ir.Tensor{DType: d, Shape: t.Shape, Data: make([]byte, 0, t.Elems()*d.Size())}
	for _, v := range t.Float32s() {
		out.Data = append(out.Data, encode(float64(v), d)...)
	}
	return out
}

func encode(v float64, d ir.DType) []byte {
	bits := uint64(int64(v))
	switch d {
	case ir.Float32:
		bits = uint64(math.Float32bits(float32(v)))
	case ir.Float64:
		bits = math.Float64bits(v)
	case ir.Float16:
		bits = uint64(ir.Float32ToFloat16(float32(v)))
	case ir.BFloat16:
		bits = uint64(ir.Float32ToBFloat16(float32(v)))
	}
	out := make([]byte, d.Size())
	for i := range out {
		out[i] = byte(bits >> (8 * i))
	}
	return out
}

func float64From(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
