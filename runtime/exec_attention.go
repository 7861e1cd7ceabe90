package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// attention computes a block of query rows after the other: their scores, their
// softmax, their sums of values. Scores of all rows exist at once only when the
// model reads them.
type attention struct {
	op                   *ir.Attention
	batch, tq, tk        int
	heads, kvHeads       int
	d, dv                int
	block                int // query rows at once
	parts                int // of the query rows, for a chunk of their own
	scale                float32
	maskStride, biasStep [4]int // of batch, head, query, key; 0 where they broadcast

	q, k, v, bias, out, weights []float32
	mask                        []bool

	scratch []float32
	perWork int
	gemms   []attentionGemms // by worker
}

type attentionGemms struct{ scores, sums kernel.Gemm }

const (
	attentionBlock  = 48      // query rows
	attentionFloats = 1 << 15 // of a block's scores, when there are many keys
	attentionNear   = 1 << 13 // of a block's scores, when there are few
	attentionChunks = 8       // at least, when there are enough query rows
)

func newAttention(op *ir.Attention, q, k, v ir.Shape) *attention {
	a := &attention{
		op: op, batch: q[0].Size, tq: q[1].Size, heads: q[2].Size, d: q[3].Size,
		tk: k[1].Size, kvHeads: k[2].Size, dv: v[3].Size, scale: float32(op.Scale),
	}
	a.block = max(4, min(attentionBlock, attentionFloats/max(1, a.tk)), attentionNear/max(1, a.tk))
	a.parts = max(1, min((attentionChunks+a.units()-1)/max(1, a.units()), a.tq/(2*attentionBlock)))
	keys, values, scores := a.sizes()
	a.perWork = min(keys, maxScratch/4) + min(values, maxScratch/4) + min(scores, maxScratch/4)
	return a
}

// units is how many keys-and-values there are.
func (a *attention) units() int { return a.batch * a.kvHeads }

// sizes of a worker's packed keys and values and its block of scores.
func (a *attention) sizes() (keys, values, scores int) {
	return roundUp(kernel.PackedBFloats(a.d, a.tk)), roundUp(kernel.PackedBFloats(a.tk, a.dv)), roundUp(a.block * a.tk)
}

func prepareAttention(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Attention)
	threads := c.opts.threads
	return &executor{
		scratch: func(in, _ []ir.Type) int {
			return mulLimit(threads, newAttention(op, in[0].Shape, in[1].Shape, in[2].Shape).perWork)
		},
		bind: func(b *binding) (step, error) {
			a := newAttention(op, b.types[0].Shape, b.types[1].Shape, b.types[2].Shape)
			a.scratch, a.gemms = b.scratch, make([]attentionGemms, threads)
			var mask, bias *buffer
			if len(b.in) > 3 && b.in[3] != nil {
				mask = b.in[3]
				a.maskStride = broadcastStrides(mask.shape)
			}
			if len(b.in) > 4 && b.in[4] != nil {
				bias = b.in[4]
				a.biasStep = broadcastStrides(bias.shape)
			}
			b.flops(2, a.batch, a.heads, a.tq, a.tk, a.d+a.dv)
			return func(x *exec) error {
				a.q, a.k, a.v = b.in[0].f32, b.in[1].f32, b.in[2].f32
				if mask != nil {
					a.mask = mask.b
				}
				if bias != nil {
					a.bias = bias.f32
				}
				if b.out[0] != nil {
					a.out = b.out[0].f32
				}
				if b.out[1] != nil {
					a.weights = b.out[1].f32
				}
				if a.units() > 0 && a.tq > 0 {
					x.pool.Run(a, a.units()*a.parts)
				}
				return nil
			}, nil
		},
	}, nil
}

// broadcastStrides are the strides of a shape, 0 where it has one element.
func broadcastStrides(shape []int) (s [4]int) {
	for i, st := range contiguous(shape) {
		if shape[i] != 1 {
			s[i] = st
		}
	}
	return s
}

// RunChunk does a part of the query rows of all the heads that share keys.
func (a *attention) RunChunk(worker, chunk int) {
	part, unit := chunk%a.parts, chunk/a.parts
	batch, kv := unit/a.kvHeads, unit%a.kvHeads
	mem := a.scratch[worker*a.perWork:][:a.perWork]
	nk, nv, _ := a.sizes()
	keys, values, scores := mem[:nk], mem[nk:nk+nv], mem[nk+nv:]
	if a.tk > 0 && a.d > 0 {
		keys = keys[:kernel.PackedBFloats(a.d, a.tk)]
		kernel.PackBTrans(keys, a.d, a.tk, a.k[(batch*a.tk*a.kvHeads+kv)*a.d:], a.kvHeads*a.d)
		kernel.MulScalar(keys, keys, a.scale)
	}
	if a.tk > 0 && a.out != nil {
		kernel.PackB(values, a.tk, a.dv, a.v[(batch*a.tk*a.kvHeads+kv)*a.dv:], a.kvHeads*a.dv)
	}
	g := &a.gemms[worker]
	group := a.heads / a.kvHeads
	for h := kv * group; h < (kv+1)*group; h++ {
		end := (part + 1) * a.tq / a.parts
		for i0 := part * a.tq / a.parts; i0 < end; i0 += a.block {
			i1 := min(i0+a.block, end)
			block := scores
			if a.weights != nil {
				block = a.weights[((batch*a.heads+h)*a.tq+i0)*a.tk:]
			}
			_, last := a.window(i1 - 1)
			g.scores = kernel.Gemm{
				M: i1 - i0, N: last, K: a.d, A: a.q[((batch*a.tq+i0)*a.heads+h)*a.d:], LDA: a.heads * a.d, B: keys, C: block, LDC: a.tk,
			}
			g.scores.Run(nil)
			if a.seesAll() {
				rows := block[:(i1-i0)*a.tk]
				kernel.Softmax(rows, rows, a.tk)
			} else {
				for i := i0; i < i1; i++ {
					a.softmax(block[(i-i0)*a.tk:][:a.tk], batch, h, i)
				}
			}
			if a.out == nil {
				continue
			}
			g.sums = kernel.Gemm{
				M: i1 - i0, N: a.dv, K: a.tk, A: block, LDA: a.tk, B: values,
				C: a.out[((batch*a.tq+i0)*a.heads+h)*a.dv:], LDC: a.heads * a.dv,
			}
			g.sums.Run(nil)
		}
	}
}

// seesAll reports whether every position sees all keys, of which there are some,
// as they are.
func (a *attention) seesAll() bool {
	return a.bias == nil && a.mask == nil && !a.op.Causal && a.op.Window <= 0 && a.tk > 0
}

// window is the range of keys that position i may see.
func (a *attention) window(i int) (first, last int) {
	first, last = 0, a.tk
	if w := a.op.Window; w > 0 {
		w = min(w, i+a.tk+1)
		first, last = max(0, i-w+1), min(a.tk, i+w)
	}
	if a.op.Causal {
		last = min(last, i+1)
	}
	return min(first, last), last
}

// softmax turns a row of scores into weights. A row that may see no key at all
// weighs all keys alike: Keras adds a large negative number to every score.
func (a *attention) softmax(row []float32, batch, head, i int) {
	first, last := a.window(i)
	seen := row[first:last]
	if a.bias != nil && len(seen) > 0 {
		s := &a.biasStep
		b := a.bias[batch*s[0]+head*s[1]+i*s[2]:]
		if s[3] == 0 {
			kernel.AddScalar(seen, seen, b[0])
		} else {
			kernel.Add(seen, seen, b[first:last])
		}
	}
	any := len(seen) > 0
	var mask []bool
	if a.mask != nil && any {
		s := &a.maskStride
		m := a.mask[batch*s[0]+head*s[1]+i*s[2]:]
		if s[3] == 0 {
			any = m[0]
		} else {
			mask = m[first:last]
			any = false
			for j, ok := range mask {
				if ok {
					any = true
				} else {
					seen[j] = float32(math.Inf(-1))
				}
			}
		}
	}
	if !any {
		equal := 1 / float32(len(row))
		if a.op.ZeroMasked {
			equal = 0
		}
		for j := range row {
			row[j] = equal
		}
		return
	}
	kernel.Softmax(seen, seen, len(seen))
	for j, ok := range mask {
		if !ok {
			seen[j] = 0
		}
	}
	clear(row[:first])
	clear(row[last:])
}
