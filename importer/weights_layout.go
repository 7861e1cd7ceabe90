package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// rearranged is a tensor whose element at each index of its new shape is found
// by from, which gives the element's number in t. Strings are not moved.
func rearranged(t *ir.Tensor, shape []int, from func(index []int) int) *ir.Tensor {
	size := t.DType.Size()
	out := &ir.Tensor{DType: t.DType, Shape: shape, Data: make([]byte, product(shape)*size)}
	index := make([]int, len(shape))
	for i := range product(shape) {
		at := from(index) * size
		copy(out.Data[i*size:(i+1)*size], t.Data[at:at+size])
		for d := len(shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}

// strides are the distances between neighbours along each axis.
func strides(shape []int) []int {
	out := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = n
		n *= shape[i]
	}
	return out
}

// permuted moves axes: axis i of the result is axis perm[i] of t.
func permuted(t *ir.Tensor, perm ...int) *ir.Tensor {
	step := strides(t.Shape)
	return rearranged(t, permutedShape(t.Shape, perm), func(index []int) int {
		at := 0
		for i, p := range perm {
			at += index[i] * step[p]
		}
		return at
	})
}

func permutedShape(shape, perm []int) []int {
	out := make([]int, len(perm))
	for i, p := range perm {
		out[i] = shape[p]
	}
	return out
}

// turned reverses the first axes of a kernel, its windows.
func turned(t *ir.Tensor, axes int) *ir.Tensor {
	step := strides(t.Shape)
	return rearranged(t, t.Shape, func(index []int) int {
		at := 0
		for i, n := range index {
			if i < axes {
				n = t.Shape[i] - 1 - n
			}
			at += n * step[i]
		}
		return at
	})
}

// sideBySide joins tensors that differ at most in their last axis along it.
func sideBySide(ts []*ir.Tensor) *ir.Tensor {
	size := ts[0].DType.Size()
	rank := len(ts[0].Shape)
	rows, last := product(ts[0].Shape[:rank-1]), 0
	for _, t := range ts {
		last += t.Shape[rank-1]
	}
	out := &ir.Tensor{DType: ts[0].DType, Shape: append(slices.Clone(ts[0].Shape[:rank-1]), last)}
	for r := range rows {
		for _, t := range ts {
			w := t.Shape[rank-1] * size
			out.Data = append(out.Data, t.Data[r*w:(r+1)*w]...)
		}
	}
	return out
}

// reshaped is t with another shape of the same size.
func reshaped(t *ir.Tensor, shape []int) *ir.Tensor {
	out := *t
	out.Shape = shape
	return &out
}

// converted is an array of the file in another layout.
func converted(w *stored, shape []int, f func(t *ir.Tensor) *ir.Tensor) *stored {
	out := *w
	out.shape = shape
	read := w.read
	out.read = func() (*ir.Tensor, error) {
		t, err := read()
		if err != nil {
			return nil, err
		}
		if t.DType == ir.String {
			return nil, ir.Errorf(ir.ErrDType, "%s holds strings", w.path)
		}
		return f(t), nil
	}
	return &out
}
