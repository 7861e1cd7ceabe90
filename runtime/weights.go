package runtime

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// weights are constants in the layout that kernels want. f32 is filled when
// Compile has prepared every node; until then it is nil.
type weights struct {
	f32  []float32
	n    int
	at   int // where f32 is in the program's weight memory, in bytes
	fill func(dst []float32)
	from *ir.Tensor
	next *weights // is made of these, and filled while they are in the cache
}

// packKey tells apart the layouts that one constant is packed in.
type packKey struct {
	value  ir.ValueID
	layout string
}

// pack returns memory for n packed floats of a constant, which fill writes when
// all nodes are prepared, in parallel with other constants. Nodes that pack one
// constant in one layout share the memory.
func (c *compiler) pack(value ir.ValueID, layout string, n int, fill func(dst []float32)) *weights {
	key := packKey{value, layout}
	if w := c.packed[key]; w != nil {
		return w
	}
	w := &weights{n: n, fill: fill, from: c.model.Const(value)}
	c.packed[key] = w
	c.packs = append(c.packs, w)
	return w
}

// packNext is pack of what fill makes of the packed weights w.
func (w *weights) packNext(n int, fill func(dst []float32)) *weights {
	if w.next == nil {
		w.next = &weights{n: n, fill: fill}
	}
	return w.next
}

// weightAlign is the alignment of packed weights in floats: a cache line.
const weightAlign = 16

// packAll gives all packed weights their memory and fills it.
func (c *compiler) packAll() {
	total := 0
	for _, w := range c.packs {
		for ; w != nil; w = w.next {
			w.at = 4 * total
			total += (w.n + weightAlign - 1) &^ (weightAlign - 1)
		}
	}
	mem := c.weightMemory(total)
	pages := newWeightPages(mem)
	var next atomic.Int64
	var wg sync.WaitGroup
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(c.packs)); i = next.Add(1) - 1 {
			for w := c.packs[i]; w != nil; w = w.next {
				w.f32 = mem[w.at/4:][:w.n:w.n]
				pages.prepare(w.at, w.at+4*w.n)
				w.fill(w.f32)
				release(w.from)
				w.fill, w.from = nil, nil // they hold the constant
			}
		}
	}
	if total > parallelPack {
		for range min(c.opts.threads, len(c.packs)) - 1 {
			wg.Go(work)
		}
	}
	work()
	wg.Wait()
	pages.join()
}

// release gives back the memory of a mapped file that held a constant, before
// the mapping goes: packed weights and the file would take twice the memory.
func release(t *ir.Tensor) {
	if t == nil {
		return
	}
	t, _ = t.Factors()
	if f, ok := t.Owner.(interface{ Release(b []byte) }); ok && len(t.Data) >= releasedBytes {
		f.Release(t.Data)
	}
}

// releasedBytes is how large a constant must be to be worth a system call.
const releasedBytes = 64 << 10

// parallelPack is how many floats to pack are worth starting goroutines.
const parallelPack = 1 << 16

// alignedFloats returns n float32 at an address that kernels like.
func alignedFloats(n int) []float32 {
	b := buffer{kind: ir.Float32}
	b.setMemory(alignedBytes(4*n), n)
	return b.f32
}

// vector is an input that is read as it is: a constant copied beside the packed
// weights, or a value of the model.
type vector struct {
	w     *weights
	input int
}

// plain takes input i of n as it is; nil when it is absent.
func (c *compiler) plain(n *ir.Node, i int) *vector {
	if !has(n, i) {
		return nil
	}
	v := &vector{input: i}
	if t := c.take(n, i); t != nil {
		v.w = c.pack(n.Inputs[i], "plain", t.Elems(), t.CopyFloat32s)
	}
	return v
}

// values returns the floats, while a step runs or, of a constant, at any time.
func (v *vector) values(b *binding) []float32 {
	switch {
	case v == nil:
		return nil
	case v.w != nil:
		return v.w.f32
	}
	return b.in[v.input].f32
}

// packMatrix packs a constant as the B of a GEMM, [k][n], times scale; dense
// brings the constant into that order.
func (c *compiler) packMatrix(value ir.ValueID, k, n int, dense move, t *ir.Tensor, scale float32) (*weights, error) {
	box, err := newBox(dense)
	if err != nil {
		return nil, err
	}
	layout := fmt.Sprint("gemm ", dense, scale)
	return c.pack(value, layout, kernel.PackedBFloats(k, n), func(dst []float32) {
		b := t.Float32s()
		if box.lines > 1 || box.colFrom != 1 || scale != 1 {
			ordered := make([]float32, k*n)
			if k*n > 0 {
				copyLines(ordered, b, &box, 0, box.lines)
			}
			b = ordered
			if scale != 1 {
				kernel.MulScalar(b, b, scale)
			}
		}
		kernel.PackB(dst, k, n, b, n)
	}), nil
}
