package runtime

import "github.com/kerasgo/kerasgo/ir"

// slot points to the buffer's slice of T, an Element, to be read when a step
// runs.
func slot[T any](b *buffer) *[]T {
	var zero T
	var p any
	switch any(zero).(type) {
	case float32:
		p = &b.f32
	case int32:
		p = &b.i32
	case int64:
		p = &b.i64
	case bool:
		p = &b.b
	default:
		p = &b.str
	}
	return p.(*[]T)
}

// noop is the step of an empty output.
func noop(*exec) error { return nil }

func badKind(what string, kind ir.DType) error {
	return ir.Errorf(ir.ErrDType, "%s is not defined for %v", what, kind)
}
