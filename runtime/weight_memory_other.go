//go:build !linux

package runtime

func (c *compiler) weightMemory(n int) []float32 { return alignedFloats(n) }

func joinPages([]float32) {}

func (c *compiler) sparseMemory(n int) []float32 { return alignedFloats(n) }

func arenaMemory(n int) []byte { return alignedBytes(n) }
