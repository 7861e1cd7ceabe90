package importer

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// loraKernel is the weight "kernel". Keras merges low-rank updates into it when
// it writes .keras files, but its .h5 files hold them apart: kernel + alpha/rank
// * A·B, where A has the kernel's shape with rank in place of the last axis.
func (l *Layer) loraKernel(dims ...int) ir.ValueID {
	if !slices.ContainsFunc(l.Stored(), func(w StoredWeight) bool { return w.Name == "lora_kernel_a" }) {
		return l.Weight("kernel", dims...)
	}
	return l.Const("kernel", func() *ir.Tensor {
		rank := l.PositiveInt("lora_rank")
		n := len(dims) - 1
		out := dims[n]
		a := l.Tensor("lora_kernel_a", append(slices.Clone(dims[:n]), rank)...)
		b := l.Tensor("lora_kernel_b", rank, out)
		kernel := l.Tensor("kernel", dims...)
		if l.err != nil {
			return nil
		}
		sum := slices.Clone(kernel.Float32s())
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
