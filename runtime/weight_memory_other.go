//go:build !linux

package runtime

func (c *compiler) weightMemory(n int) []float32 { return alignedFloats(n) }
