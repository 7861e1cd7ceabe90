package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// As converts t to another numeric dtype. It returns t itself if t has that dtype,
// and a converted copy otherwise.
//
// An element that the dtype cannot hold, such as a fraction as an integer, is an
// ir.ErrDType that gives its index and value. Large integers are rounded when they
// become float32.
func (t *Tensor) As(d ir.DType) (*Tensor, error) {
	kind := kindOf(d)
	if kind == t.buf.kind {
		return t, nil
	}
	n := elems(t.shape)
	if kind == ir.String || t.buf.kind == ir.String {
		return nil, ir.Errorf(ir.ErrDType, "a %v tensor cannot be %v", t.buf.kind, d)
	}
	out := &Tensor{shape: t.shape, buf: buffer{kind: kind, dtype: d, shape: t.shape}}
	out.buf.setMemory(alignedBytes(n*kindSize(kind)), n)
	for i := range n {
		v := t.buf.number(i)
		ok := true
		switch kind {
		case ir.Float32:
			out.buf.f32[i] = float32(v)
		case ir.Int32:
			out.buf.i32[i] = int32(v)
			ok = v == math.Trunc(v) && v >= math.MinInt32 && v <= math.MaxInt32
		case ir.Int64:
			if t.buf.kind == ir.Int32 {
				out.buf.i64[i] = int64(t.buf.i32[i])
			} else {
				out.buf.i64[i] = int64(v)
				ok = v == math.Trunc(v) && v >= -(1<<63) && v < 1<<63
			}
		case ir.Bool:
			out.buf.b[i] = v != 0
			ok = v == 0 || v == 1
		}
		if !ok {
			return nil, ir.Errorf(ir.ErrDType, "element %d is %v, which %v cannot hold", i, v, d)
		}
	}
	return out, nil
}

// number is element i of a numeric buffer.
func (b *buffer) number(i int) float64 {
	switch b.kind {
	case ir.Float32:
		return float64(b.f32[i])
	case ir.Int32:
		return float64(b.i32[i])
	case ir.Int64:
		return float64(b.i64[i])
	}
	if b.b[i] {
		return 1
	}
	return 0
}
