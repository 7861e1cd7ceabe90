//go:build !linux

package runtime

func (c *compiler) weightMemory(n int) []float32 { return alignedFloats(n) }

type weightPages struct{}

func newWeightPages([]float32) *weightPages { return nil }

func (*weightPages) prepare(from, to int) {}

func (*weightPages) join() {}

func (c *compiler) sparseMemory(n int) []float32 { return alignedFloats(n) }

func arenaMemory(n int) []byte { return alignedBytes(n) }
