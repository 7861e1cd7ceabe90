package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// loraWeight is the weight of that name. Keras merges low-rank updates into it
// when it writes .keras files, but its .h5 files hold them apart: weight +
// alpha/rank * A·B, where A has the weight's shape with rank in place of the
// last axis.
func (l *Layer) loraWeight(name string, dims ...int) ir.ValueID {
	nameA, nameB := "lora_"+name+"_a", "lora_"+name+"_b"
	if !l.Has("lora_rank") || !slices.ContainsFunc(l.Stored(), func(w StoredWeight) bool { return w.Name == nameA }) {
		return l.Weight(name, dims...)
	}
	return l.Const(name, func() *ir.Tensor {
		rank := l.PositiveInt("lora_rank")
		n := len(dims) - 1
		out := dims[n]
		a := l.Tensor(nameA, append(slices.Clone(dims[:n]), rank)...)
		b := l.Tensor(nameB, rank, out)
		weight := l.Tensor(name, dims...)
		if l.err != nil {
			return nil
		}
		sum := make([]float32, weight.Elems())
		weight.CopyFloat32s(sum)
		av, bv := a.Float32s(), b.Float32s()
		scale := float32(l.Float("lora_alpha", float64(rank)) / float64(rank))
		for i := range len(av) / rank {
			row := sum[i*out : (i+1)*out]
			for k := range rank {
				s := scale * av[i*rank+k]
				for j := range row {
					row[j] += s * bv[k*out+j]
				}
			}
		}
		return ir.NewFloat32(sum, dims...)
	})
}
