package runtime

import (
	"slices"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/arena"
	"github.com/kerasgo/kerasgo/ir"
)

// plan is a Program made ready for one set of input shapes: every step is bound
// to its memory.
type plan struct {
	shapes  [][]int // of the inputs
	sizes   []int   // of the program's dims
	inputs  []*buffer
	views   [][]*buffer // by input: buffers that share its memory
	steps   []planned
	outputs []*Tensor
	copies  []outputCopy // outputs that are not computed by a step of their own
	bytes   int

	parallel bool // a step wants workers
}

type planned struct {
	node int
	run  step
}

type outputCopy struct {
	to   *Tensor
	from *buffer
}

// planner builds a plan.
type planner struct {
	p       *Program
	types   []ir.Type
	buffers []*buffer
	blocks  []arena.Block
	block   []int // by value: its block, or -1
}

func (s *Session) newPlan(shapes [][]int) (*plan, error) {
	p := s.program
	m := p.model
	in := make([]ir.Shape, len(shapes))
	for i, sh := range shapes {
		in[i] = ir.Dims(sh...)
	}
	types, err := m.BindSized(in, s.sizeMap())
	if err != nil {
		return nil, err
	}
	b := &planner{p: p, types: types, buffers: make([]*buffer, len(m.Values)), block: make([]int, len(m.Values))}
	scratch, err := b.place()
	if err != nil {
		return nil, err
	}
	offsets, total := arena.Plan(b.blocks)
	if int64(total) > p.opts.maxMemory {
		return nil, ir.Errorf(ir.ErrLimit, "a run with input shapes %v needs %d bytes of memory, the limit is %d; see runtime.WithMaxMemory (--limit MaxMemory=N)", shapes, total, p.opts.maxMemory)
	}
	mem := arenaMemory(total)
	pl := &plan{shapes: cloneShapes(shapes), sizes: slices.Clone(s.sizes), views: make([][]*buffer, len(m.Inputs)), bytes: total}
	b.bindMemory(pl, mem, offsets)
	shared := 0
	bind := func(i int) (*binding, step, error) {
		bd := b.binding(s, &m.Nodes[i])
		if scratch[i] >= 0 {
			blk := b.blocks[scratch[i]]
			bd.scratch = unsafe.Slice((*float32)(unsafe.Pointer(&mem[offsets[scratch[i]]])), blk.Size/4)
		}
		run, err := p.executors[i].bind(bd)
		if err != nil {
			return nil, nil, (&compiler{Program: p}).locate(err, &m.Nodes[i])
		}
		shared = min(shared+bd.shared, parallelSumOfThem)
		pl.parallel = pl.parallel || bd.parallel || shared >= parallelSumOfThem
		return bd, run, nil
	}
	var last *[]float32 // what the last product calls its next
	for i, e := range p.executors {
		if e == nil || e.view || i > 0 && p.partner(i-1) == i {
			continue
		}
		bd, run, err := bind(i)
		if err != nil {
			return nil, err
		}
		if last != nil && len(bd.weights) > 0 {
			*last = bd.weights
		}
		if bd.next != nil {
			last = bd.next
		}
		out := bd.out
		if j := p.partner(i); j >= 0 {
			second, _, err := bind(j)
			if err != nil {
				return nil, err
			}
			run, out = pairStep(bd.rnn, second.rnn), slices.Concat(out, second.out)
		}
		pl.steps = append(pl.steps, planned{i, rounded(run, out)})
	}
	return pl, nil
}

// place decides which block of memory every value and every scratch lives in.
// It returns the scratch block of each node, or -1.
func (b *planner) place() ([]int, error) {
	p, m := b.p, b.p.model
	for i := range b.block {
		b.block[i] = -1
	}
	last := make([]int, len(m.Values)) // by root: the last use of any view of it
	for i := range m.Values {
		r := p.root[i]
		last[r] = max(last[r], p.lastUse[i])
	}
	scratch := make([]int, len(m.Nodes))
	for i := range m.Nodes {
		scratch[i] = -1
		e := p.executors[i]
		if e == nil || e.view {
			continue
		}
		n := &m.Nodes[i]
		for j, id := range n.Outputs {
			if p.uses[id] == 0 {
				continue
			}
			size, err := b.bytes(id)
			if err != nil {
				return nil, (&compiler{Program: p}).locate(err, n)
			}
			if j == 0 {
				if over := b.takeover(i, n, e, size, last); over >= 0 {
					b.block[id] = over
					b.blocks[over].Last = max(last[id], p.when[i])
					continue
				}
			}
			b.block[id] = len(b.blocks)
			b.blocks = append(b.blocks, arena.Block{Size: size, First: p.when[i], Last: max(last[id], p.when[i])})
		}
		if e.scratch == nil {
			continue
		}
		var in, out []ir.Type
		for _, id := range n.Inputs {
			if id == ir.None {
				in = append(in, ir.Type{})
			} else {
				in = append(in, b.types[id])
			}
		}
		for _, id := range n.Outputs {
			out = append(out, b.types[id])
		}
		k := e.scratch(in, out)
		if k > int(p.opts.maxMemory/4) {
			return nil, (&compiler{Program: p}).locate(ir.Errorf(ir.ErrLimit, "computing %v takes more memory than the limit of %d bytes; see runtime.WithMaxMemory (--limit MaxMemory=N)", out[0].Shape, p.opts.maxMemory), n)
		}
		if k > 0 {
			scratch[i] = len(b.blocks)
			b.blocks = append(b.blocks, arena.Block{Size: 4 * k, First: p.when[i], Last: p.when[i]})
		}
	}
	return scratch, nil
}

// takeover returns the block of an input that dies at node i and that output 0
// may overwrite, or -1.
func (b *planner) takeover(i int, n *ir.Node, e *executor, size int, last []int) int {
	for _, k := range e.inplace {
		if !has(n, k) {
			continue
		}
		r := b.p.root[n.Inputs[k]]
		blk := b.block[r]
		if blk < 0 || last[r] != b.p.when[i] || b.blocks[blk].Size != size || kindSize(kindOf(b.types[r].DType)) != kindSize(kindOf(b.types[n.Outputs[0]].DType)) {
			continue
		}
		shared := 0
		for _, id := range n.Inputs {
			if id != ir.None && b.p.root[id] == r {
				shared++
			}
		}
		if shared == 1 {
			return blk
		}
	}
	return -1
}

func (b *planner) bytes(id ir.ValueID) (int, error) {
	n, ok := b.types[id].Shape.Elems()
	size := kindSize(kindOf(b.types[id].DType))
	if !ok || n > int(b.p.opts.maxMemory/16) {
		return 0, ir.Errorf(ir.ErrLimit, "a value of shape %v needs more memory than the limit of %d bytes; see runtime.WithMaxMemory (--limit MaxMemory=N)", b.types[id].Shape, b.p.opts.maxMemory)
	}
	return n * size, nil
}

// bindMemory makes the buffer of every value.
func (b *planner) bindMemory(pl *plan, mem []byte, offsets []int) {
	p, m := b.p, b.p.model
	buf := func(id ir.ValueID) *buffer {
		shape, _ := b.types[id].Shape.Ints()
		return &buffer{kind: kindOf(b.types[id].DType), dtype: b.types[id].DType, shape: shape}
	}
	inputOf := map[ir.ValueID]int{}
	for i, port := range m.Inputs {
		b.buffers[port.Value] = buf(port.Value)
		pl.inputs = append(pl.inputs, b.buffers[port.Value])
		inputOf[port.Value] = i
	}
	for i := range m.Values {
		if p.consts[i] != nil {
			b.buffers[i] = p.consts[i]
		}
	}
	for i, e := range p.executors {
		if e == nil {
			continue
		}
		for _, id := range m.Nodes[i].Outputs {
			if p.uses[id] == 0 {
				continue
			}
			v := buf(id)
			b.buffers[id] = v
			if e.view {
				r := p.root[id]
				if k, ok := inputOf[r]; ok {
					pl.views[k] = append(pl.views[k], v)
				} else if b.buffers[r] != nil {
					v.share(b.buffers[r])
				}
				continue
			}
			if n := elems(v.shape); v.kind == ir.String {
				v.setMemory(nil, n)
			} else if n > 0 {
				v.setMemory(mem[offsets[b.block[id]]:], n)
			}
		}
	}
	for _, port := range m.Outputs {
		v := b.buffers[port.Value]
		t := &Tensor{shape: v.shape, buf: *v}
		_, isInput := inputOf[p.root[port.Value]]
		if isInput || m.Values[p.root[port.Value]].Const != nil {
			t.buf = buffer{kind: v.kind, dtype: v.dtype, shape: v.shape}
			t.buf.setMemory(alignedBytes(elems(v.shape)*kindSize(v.kind)), elems(v.shape))
			pl.copies = append(pl.copies, outputCopy{t, v})
		}
		pl.outputs = append(pl.outputs, t)
	}
}

func (b *planner) binding(s *Session, n *ir.Node) *binding {
	bd := &binding{session: s}
	for _, id := range n.Inputs {
		if id == ir.None {
			bd.in, bd.types = append(bd.in, nil), append(bd.types, ir.Type{})
			continue
		}
		bd.in, bd.types = append(bd.in, b.buffers[id]), append(bd.types, b.types[id])
	}
	for _, id := range n.Outputs {
		if b.p.uses[id] == 0 {
			bd.out = append(bd.out, nil)
		} else {
			bd.out = append(bd.out, b.buffers[id])
		}
	}
	return bd
}

// rounded makes a step bring its outputs to what their dtypes can hold.
func rounded(run step, out []*buffer) step {
	var outs []*buffer
	for _, o := range out {
		if o != nil && narrow(o.dtype) {
			outs = append(outs, o)
		}
	}
	if outs == nil {
		return run
	}
	return func(x *exec) error {
		if err := run(x); err != nil {
			return err
		}
		for _, o := range outs {
			o.toDType()
		}
		return nil
	}
}

func alignedBytes(n int) []byte {
	if n == 0 {
		return nil
	}
	mem := make([]byte, n+arena.Align)
	skip := -int(uintptr(unsafe.Pointer(&mem[0]))) & (arena.Align - 1)
	return mem[skip : skip+n : skip+n]
}

func cloneShapes(s [][]int) [][]int {
	out := make([][]int, len(s))
	for i := range s {
		out[i] = slices.Clone(s[i])
	}
	return out
}
