package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// label is one axis of a contraction, with its strides in the operands a and b
// and in the result c; 0 where it is absent or broadcast.
type label struct {
	n int
	s [3]int
}

const (
	inA = iota
	inB
	inC
)

// contraction is c = scale·Σ a·b over the inner labels. Batch labels are in
// both operands and the result, rows in a and the result, cols in b and the
// result. Labels of a kind are ordered, outermost first.
type contraction struct {
	batch, rows, cols, inner []label
	scale                    float32
	packed                   bool // b is a constant, packed as a dense [inner][cols]
}

// gemms is a contraction as matrix products of m×k by k×n, one for every index
// of loops.
type gemms struct {
	contraction
	swap      bool // a is the node's second operand, b its first
	m, n, k   label
	loops     []label
	copies    [3]*move // what brings a and b into order first, and c after
	copied    [3]int   // elements of the ordered copies
	transA    bool
	transB    bool
	ld        [3]int // row strides
	pointwise bool   // the products are too small to be worth their set-up
}

// maxRowStride is the largest distance of rows that kernels take.
const maxRowStride = 1 << 28

// tinyGemm is how many multiplications a product must have to be run as one.
const tinyGemm = 64

// plan makes c into matrix products.
func (c contraction) plan() *gemms {
	g := &gemms{contraction: c}
	if !c.packed && 0 < innermost(c.rows) && innermost(c.rows) < innermost(c.cols) {
		g.swapOperands()
	}
	original := *g
	for _, t := range []int{inA, inB} {
		if len(merged(g.inner, t)) > 1 {
			g.order(t)
		}
	}
	for !g.choose() {
	}
	if !g.packed && mulLimit(g.m.n, mulLimit(g.n.n, g.k.n)) < tinyGemm && size(g.loops) > 8 {
		original.pointwise = true
		return &original
	}
	return g
}

// innermost is the least stride that ls have in the result; 0 if they are empty.
func innermost(ls []label) int {
	s := 0
	for _, l := range ls {
		if l.n > 1 && (s == 0 || l.s[inC] < s) {
			s = l.s[inC]
		}
	}
	return s
}

func (g *gemms) swapOperands() {
	swapped := func(ls []label) []label {
		out := slices.Clone(ls)
		for i := range out {
			out[i].s[inA], out[i].s[inB] = out[i].s[inB], out[i].s[inA]
		}
		return out
	}
	g.swap = !g.swap
	g.batch, g.rows, g.cols, g.inner = swapped(g.batch), swapped(g.cols), swapped(g.rows), swapped(g.inner)
}

// order replaces tensor t by a dense copy with its labels in the order that
// products want.
func (g *gemms) order(t int) {
	g.batch, g.rows, g.cols, g.inner = slices.Clone(g.batch), slices.Clone(g.rows), slices.Clone(g.cols), slices.Clone(g.inner)
	groups := [3][][]label{inA: {g.batch, g.rows, g.inner}, inB: {g.batch, g.inner, g.cols}, inC: {g.batch, g.rows, g.cols}}[t]
	var ls []*label
	for i, group := range groups {
		for j := range group {
			if i > 0 || group[j].s[t] != 0 {
				ls = append(ls, &group[j])
			}
		}
	}
	mv := &move{}
	n := 1
	for _, l := range slices.Backward(ls) {
		mv.shape, mv.from, mv.to = append(mv.shape, l.n), append(mv.from, l.s[t]), append(mv.to, n)
		l.s[t] = n
		n = mulLimit(n, l.n)
	}
	slices.Reverse(mv.shape)
	slices.Reverse(mv.from)
	slices.Reverse(mv.to)
	if t == inC {
		mv.from, mv.to = mv.to, mv.from
	}
	g.copies[t], g.copied[t] = mv, n
}

// choose picks the axes of the products. If a tensor does not allow any, it has
// it ordered, and reports false.
func (g *gemms) choose() bool {
	rows, cols, inner := merged(g.rows, inA, inC), merged(g.cols, inB, inC), merged(g.inner, inA, inB)
	if g.packed && len(cols) > 1 {
		g.order(inC)
		return false
	}
	g.m, rows = last(rows)
	g.n, cols = last(cols)
	g.k, _ = last(inner)
	g.loops = merged(slices.Concat(g.batch, rows, cols), inA, inB, inC)
	m, n, k := g.m, g.n, g.k
	switch {
	case k.n == 1 || k.s[inA] == 1:
		g.transA, g.ld[inA] = false, m.s[inA]
	case (m.n == 1 || m.s[inA] == 1) && !g.packed:
		g.transA, g.ld[inA] = true, k.s[inA]
	default:
		g.order(inA)
		return false
	}
	switch {
	case n.n == 1 || n.s[inB] == 1:
		g.transB, g.ld[inB] = false, k.s[inB]
	case k.n == 1 || k.s[inB] == 1:
		g.transB, g.ld[inB] = true, n.s[inB]
	default:
		g.order(inB)
		return false
	}
	g.ld[inC] = m.s[inC]
	if n.n != 1 && n.s[inC] != 1 {
		g.order(inC)
		return false
	}
	return true
}

// last splits off the innermost label; it is 1 when there is none.
func last(ls []label) (label, []label) {
	if len(ls) == 0 {
		return label{n: 1}, nil
	}
	return ls[len(ls)-1], ls[:len(ls)-1]
}

func size(ls []label) int {
	n := 1
	for _, l := range ls {
		n = mulLimit(n, l.n)
	}
	return n
}

// merged joins neighbours that are one axis in all the given tensors, and drops
// axes of one element.
func merged(ls []label, in ...int) []label {
	var out []label
next:
	for _, l := range ls {
		if l.n == 1 {
			continue
		}
		if k := len(out) - 1; k >= 0 {
			for _, t := range in {
				if out[k].s[t] != l.s[t]*l.n {
					out = append(out, l)
					continue next
				}
			}
			l.n *= out[k].n
			out[k] = l
			continue
		}
		out = append(out, l)
	}
	return out
}

// matmul is the products of g but for what changes from run to run.
func (g *gemms) matmul() *kernel.MatMul {
	m := &kernel.MatMul{
		Batch: [2]int{1, 1}, M: g.m.n, N: g.n.n, K: g.k.n, LDA: g.ld[inA], LDB: g.ld[inB], LDC: g.ld[inC],
		TransA: g.transA, TransB: g.transB, Scale: g.scale,
	}
	for i := range min(2, len(g.loops)) {
		l := g.loops[len(g.loops)-1-i]
		m.Batch[1-i], m.SA[1-i], m.SB[1-i], m.SC[1-i] = l.n, l.s[inA], l.s[inB], l.s[inC]
	}
	return m
}

// scratch is what a step of g needs.
func (g *gemms) scratch(threads int) int {
	if g.pointwise {
		return 0
	}
	n := 0
	for _, k := range g.copied {
		n += roundUp(k)
	}
	if !g.packed {
		n += g.matmul().ScratchFloats(threads)
	}
	return n
}

// roundUp keeps what follows in a scratch aligned.
func roundUp(n int) int { return min((n+weightAlign-1)&^(weightAlign-1), maxScratch) }

// bind makes the step. w is b when it is packed.
func (g *gemms) bind(bd *binding, w []float32) (step, error) {
	c := bd.out[0]
	tensors := [3]*buffer{bd.in[0], nil, c}
	if len(bd.in) > 1 {
		tensors[inB] = bd.in[1]
	}
	if g.swap {
		tensors[inA], tensors[inB] = tensors[inB], tensors[inA]
	}
	if len(c.f32) == 0 {
		return noop, nil
	}
	if g.pointwise {
		return g.bindLoops(tensors)
	}
	if max(g.ld[inA], g.ld[inB], g.ld[inC]) > maxRowStride {
		return nil, ir.Errorf(ir.ErrLimit, "a product with %d elements from row to row is too large", max(g.ld[inA], g.ld[inB], g.ld[inC]))
	}
	mem := bd.scratch
	var steps [3]step
	for t, mv := range g.copies {
		if mv == nil {
			continue
		}
		ordered := &buffer{kind: c.kind, f32: mem[:g.copied[t]]}
		mem = mem[roundUp(g.copied[t]):]
		from, to := tensors[t], ordered
		if t == inC {
			from, to = ordered, c
		}
		var err error
		if steps[t], err = bindMoves(bd, to, []*buffer{from}, *mv); err != nil {
			return nil, err
		}
		tensors[t] = ordered
	}
	bd.flops(2, size(g.loops), g.m.n, g.n.n, g.k.n)
	var product func(x *exec, a, b, c []float32)
	loops := g.loops
	if g.packed {
		gemm := &kernel.Gemm{M: g.m.n, N: g.n.n, K: g.k.n, LDA: g.ld[inA], B: w, LDC: g.ld[inC]}
		product = func(x *exec, a, _, c []float32) {
			gemm.A, gemm.C = a, c
			gemm.Run(x.pool)
		}
	} else {
		mm := g.matmul()
		loops = loops[:max(0, len(loops)-2)]
		product = func(x *exec, a, b, c []float32) {
			mm.A, mm.B, mm.C = a, b, c
			mm.Run(x.pool, mem)
		}
	}
	index := make([]int, len(loops))
	return func(x *exec) error {
		for _, s := range steps[:inC] {
			if s != nil {
				if err := s(x); err != nil {
					return err
				}
			}
		}
		a, c := tensors[inA].f32, tensors[inC].f32
		var b []float32
		if !g.packed {
			b = tensors[inB].f32
		}
		clear(index)
		for at, more := [3]int{}, true; more; more = advance(loops, index, &at) {
			if g.packed {
				product(x, a[at[inA]:], nil, c[at[inC]:])
			} else {
				product(x, a[at[inA]:], b[at[inB]:], c[at[inC]:])
			}
		}
		if steps[inC] != nil {
			return steps[inC](x)
		}
		return nil
	}, nil
}

// advance steps index to the next one of loops and keeps the offsets; it reports
// false after the last.
func advance(loops []label, index []int, at *[3]int) bool {
	for i := len(loops) - 1; i >= 0; i-- {
		l := &loops[i]
		index[i]++
		for t := range at {
			at[t] += l.s[t]
		}
		if index[i] < l.n {
			return true
		}
		index[i] = 0
		for t := range at {
			at[t] -= l.n * l.s[t]
		}
	}
	return false
}

// bindLoops makes the step that computes one element of the result after the
// other.
func (g *gemms) bindLoops(tensors [3]*buffer) (step, error) {
	scale := g.scale
	if scale == 0 {
		scale = 1
	}
	outer := slices.Concat(g.batch, g.rows, g.cols)
	outer, inner := merged(outer, inA, inB, inC), merged(g.inner, inA, inB)
	oi, ii := make([]int, len(outer)), make([]int, len(inner))
	empty := size(inner) == 0
	together := tensors[inB] != nil && len(inner) == 1 && inner[0].s[inA] == 1 && inner[0].s[inB] == 1
	return func(*exec) error {
		a, c := tensors[inA].f32, tensors[inC].f32
		var b []float32
		if tensors[inB] != nil {
			b = tensors[inB].f32
		}
		clear(oi)
		for at, more := [3]int{}, true; more; more = advance(outer, oi, &at) {
			if together {
				c[at[inC]] = kernel.Dot(a[at[inA]:][:inner[0].n], b[at[inB]:]) * scale
				continue
			}
			sum := float32(0)
			clear(ii)
			for k, rest := at, !empty; rest; rest = advance(inner, ii, &k) {
				if b == nil {
					sum += a[k[inA]]
				} else {
					sum += a[k[inA]] * b[k[inB]]
				}
			}
			c[at[inC]] = sum * scale
		}
		return nil
	}, nil
}
