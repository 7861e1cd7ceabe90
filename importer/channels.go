package importer

import "github.com/kerasgo/kerasgo/ir"

// Layers that take data_format compute with channels last. For channels_first
// they transpose around the computation; passes cancel the pairs.

// channelsLast moves axis 1 of x to the end when first is set.
func (l *Layer) channelsLast(x ir.ValueID, first bool) ir.ValueID {
	rank := l.Rank(x)
	if !first || rank < 3 {
		return x
	}
	perm := []int{0}
	for i := 2; i < rank; i++ {
		perm = append(perm, i)
	}
	return l.Transpose(x, append(perm, 1)...)
}

// channelsBack undoes channelsLast.
func (l *Layer) channelsBack(x ir.ValueID, first bool) ir.ValueID {
	rank := l.Rank(x)
	if !first || rank < 3 {
		return x
	}
	perm := []int{0, rank - 1}
	for i := 1; i < rank-1; i++ {
		perm = append(perm, i)
	}
	return l.Transpose(x, perm...)
}

// inFloat32 computes f in float32 and gives its result in x's dtype or, when x
// is no float, in the compute dtype. Keras's normalizations compute half
// precision so.
func (l *Layer) inFloat32(x ir.ValueID, f func(x ir.ValueID) ir.ValueID) ir.ValueID {
	dt := l.Type(x).DType
	if !dt.IsFloat() {
		dt = l.compute
	}
	wide := dt
	if dt == ir.Float16 || dt == ir.BFloat16 {
		wide = ir.Float32
	}
	return l.Cast(f(l.Cast(x, wide)), dt)
}
