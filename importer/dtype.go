package importer

import (
	"math"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// policyName reads a dtype in any spelling: a string, a Policy or DTypePolicy
// object of any kind; "" when there is none.
func policyName(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case object:
		if n := str(at(t, "config", "name")); n != "" {
			return n
		}
		if n := str(at(t, "config", "source_name")); n != "" { // quantized
			return n
		}
		return policyName(at(t, "config", "default_policy"))
	}
	return ""
}

// computeDType is the dtype a layer computes in.
func (b *builder) computeDType(l *Layer) ir.DType {
	name := policyName(l.spec.config["dtype"])
	if q, source, ok := strings.Cut(name, "_from_"); ok { // "int8_from_mixed_bfloat16"
		_ = q
		name = source
	}
	if d, ok := strings.CutPrefix(name, "mixed_"); ok {
		name = d
	}
	name = strings.TrimPrefix(name, "tf.")
	d, err := ir.ParseDType(name)
	switch {
	case err != nil && name != "":
		l.Fail(ir.ErrUnsupported, "dtype", "policy %.80q is not known", policyName(l.spec.config["dtype"]))
	case err == nil && d.IsFloat():
		return d
	}
	return ir.Float32
}

// autocast casts the float tensors among a call's arguments to the layer's
// compute dtype, as layers do since tf.keras 2.
func (l *Layer) autocast(c *Call) {
	if l.model != nil || l.spec.op || l.row.noCast {
		return
	}
	to := l.compute
	if l.Keras3() {
		to = l.integerPolicy(to)
	}
	cast := func(v any) any {
		t, ok := v.(Value)
		if !ok || t.ID == ir.None {
			return v
		}
		if d := l.Type(t.ID).DType; d.IsFloat() && d != to {
			t.ID = l.Cast(t.ID, to)
		}
		return t
	}
	c.Args, _ = mapTree(c.Args, cast).([]any)
	if c.Kwargs != nil {
		c.Kwargs, _ = mapTree(c.Kwargs, cast).(object)
	}
}

// scalarTensor makes a tensor of rank 0.
func scalarTensor(v float64, dt ir.DType) (*ir.Tensor, error) {
	var t *ir.Tensor
	switch dt {
	case ir.Float32, ir.Float16, ir.BFloat16: // a constant is converted where it is used
		t = ir.NewFloat32([]float32{float32(v)})
	case ir.Float64:
		t = &ir.Tensor{DType: dt, Data: le64(math.Float64bits(v))}
	case ir.Int32:
		t = ir.NewInt32([]int32{int32(v)})
	case ir.Int64:
		t = ir.NewInt64([]int64{int64(v)})
	case ir.Bool:
		t = ir.NewBool([]bool{v != 0})
	default:
		if !dt.IsInt() {
			return nil, ir.Errorf(ir.ErrDType, "a constant of dtype %v", dt)
		}
		b := le64(uint64(int64(v)))[:dt.Size()]
		t = &ir.Tensor{DType: dt, Data: b}
	}
	switch dt {
	case ir.Float16:
		h := ir.Float32ToFloat16(float32(v))
		t = &ir.Tensor{DType: dt, Data: []byte{byte(h), byte(h >> 8)}}
	case ir.BFloat16:
		h := ir.Float32ToBFloat16(float32(v))
		t = &ir.Tensor{DType: dt, Data: []byte{byte(h), byte(h >> 8)}}
	}
	t.Shape = slices.Clip([]int{})
	return t, nil
}

func le64(u uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(u >> (8 * i))
	}
	return b
}
