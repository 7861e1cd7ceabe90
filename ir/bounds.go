package ir

import (
	"math"
	"reflect"
)

// Bounds of what ops are asked for. Within them the sums and products of two
// parameters, or of a parameter and a dimension, that ops compute fit an int.
const (
	maxParam = min(math.MaxInt32, math.MaxInt/2+1)
	maxDim   = min(1<<46, math.MaxInt)
)

// infer is op.Infer for parameters and dimensions within the bounds.
func infer(op Op, in []Type) ([]Type, error) {
	if err := checkParams(reflect.ValueOf(op), 0); err != nil {
		return nil, err
	}
	out, err := op.Infer(in)
	if err != nil {
		return nil, err
	}
	return out, checkDims(out)
}

func checkDims(types []Type) error {
	for _, t := range types {
		for _, d := range t.Shape {
			if d.Size > maxDim || d.Size < -maxDim {
				return Errorf(ErrLimit, "shape %v has a dimension beyond %d", t.Shape, maxDim)
			}
		}
	}
	return nil
}

// maxParamDepth is deeper than any op of this package nests; ops of others may
// refer to themselves.
const maxParamDepth = 6

// checkParams looks at all ints within an op. The bounds of slices may be any:
// they are cut to the axis.
func checkParams(v reflect.Value, depth int) error {
	if depth++; depth > maxParamDepth {
		return nil
	}
	switch v.Kind() {
	case reflect.Int:
		if n := v.Int(); n > maxParam || n < -maxParam {
			return Errorf(ErrShape, "a parameter is %d, beyond %d", n, maxParam)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return checkParams(v.Elem(), depth)
		}
	case reflect.Slice:
		switch v.Type().Elem().Kind() {
		case reflect.Int, reflect.Struct, reflect.Slice, reflect.Pointer, reflect.Interface:
			for i := range v.Len() {
				if err := checkParams(v.Index(i), depth); err != nil {
					return err
				}
			}
		}
	case reflect.Struct:
		switch p := v.Type(); p {
		case reflect.TypeFor[AxisSlice]():
			return nil
		case reflect.TypeFor[Dim]():
			return checkDims([]Type{{Shape: Shape{Known(int(v.FieldByName("Size").Int()))}}})
		}
		for i := range v.NumField() {
			if err := checkParams(v.Field(i), depth); err != nil {
				return err
			}
		}
	}
	return nil
}
