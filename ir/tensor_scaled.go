package ir

// Scaled is t with its last axis multiplied by scale, which must have that
// axis's length and not change any more. The product is made when it is read, so
// that t's memory, often a mapped file, serves for both: Data is nil. Inside a
// running program there are such tensors; files do not hold them.
func (t *Tensor) Scaled(scale []float32) *Tensor {
	base, own := t.Factors()
	if own != nil {
		both := make([]float32, len(scale))
		for i := range both {
			both[i] = own[i] * scale[i]
		}
		scale = both
	}
	return &Tensor{DType: Float32, Shape: t.Shape, Owner: base.Owner, base: base, scale: scale}
}

// Factors returns what a Scaled tensor is the product of; of another tensor,
// itself and nil.
func (t *Tensor) Factors() (*Tensor, []float32) {
	if t.base != nil {
		return t.base, t.scale
	}
	return t, nil
}

// copyScaled multiplies the elements into dst.
func (t *Tensor) copyScaled(dst []float32) {
	t.base.CopyFloat32s(dst)
	for n := len(t.scale); len(dst) >= n && n > 0; dst = dst[n:] {
		row := dst[:n]
		for i, s := range t.scale {
			row[i] *= s
		}
	}
}
