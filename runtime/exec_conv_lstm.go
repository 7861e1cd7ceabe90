package runtime

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// Inputs of ConvLSTM after z and the recurrent kernel.
const (
	convLSTMMask    = 3
	convLSTMInitial = 4 // h; c follows
)

func prepareConvLSTM(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.ConvLSTM)
	k, _ := c.model.Type(n.Inputs[1]).Shape.Ints()
	rank := len(k) - 2
	filters := k[rank]
	win := window{size: k[:rank], padding: ir.Padding{Same: true}}
	f := prepareFilter(c, n, kernel.ConvGeom{Kernel: volume3(k[:rank]), Cin: filters, Cout: 4 * filters, Groups: 1}, never, 0)
	plan := func(z []int) (*kernel.ConvPlan, error) {
		x := append(append([]int{1}, z[2:rank+2]...), filters)
		g, err := win.geometry(x, x, 4*filters, 1)
		if err != nil {
			return nil, err
		}
		if 4*mulLimit(elems(z[2:rank+2]), elems(k[:rank])) > int(c.opts.maxMemory) {
			return nil, ir.Errorf(ir.ErrLimit, "a convolution of window %v over an image of %v needs too many offsets; see runtime.WithMaxMemory (--limit MaxMemory=N)", k[:rank], z[2:])
		}
		return kernel.NewConvPlan(g), nil
	}
	e := &executor{}
	e.scratch = func(in, _ []ir.Type) int {
		z, _ := in[0].Shape.Ints()
		p, err := plan(z)
		if err != nil {
			return 0 // bind reports it
		}
		state := mulLimit(elems(z[2:rank+2]), filters)
		return mulLimit(state, 2*z[0]+7) + 2*filters + p.ScratchFloats(1) + f.scratch()
	}
	e.bind = func(b *binding) (step, error) {
		z := b.in[0].shape
		p, err := plan(z)
		if err != nil {
			return nil, err
		}
		s := &convLSTM{
			b: b, op: op,
			batch: z[0], steps: z[1], pixels: elems(z[2 : rank+2]), filters: filters,
		}
		shape := slices.Concat(z[:1], z[2:rank+2], []int{filters})
		mem := b.scratch
		next := func(n int) []float32 {
			v := mem[:n:n]
			mem = mem[n:]
			return v
		}
		size := s.pixels * filters
		for i := range s.state {
			s.state[i] = next(s.batch * size)
			if op.State == "" {
				continue
			}
			st, err := b.session.state(slotName(op, i), ir.Float32, 0, shape...)
			if err != nil {
				return nil, err
			}
			s.state[i], s.kept = st.f32, true
		}
		s.gates, s.cand = next(4*size), next(size)
		for i := range s.before {
			s.before[i] = next(size)
		}
		row := next(2 * filters)
		s.act, s.recurrentAct = byPixel(op.Act, filters, row), byPixel(op.RecurrentAct, filters, row)
		convScratch := next(p.ScratchFloats(1))
		w, bias, before := f.bind(b, mem)
		conv := &kernel.Conv{Plan: p, N: 1, W: w, Bias: bias, Y: s.gates}
		b.flops(2, s.batch, s.steps, 4*size, elems(k[:rank+1]))
		return func(x *exec) error {
			if before != nil {
				before()
			}
			s.run(x, func(h, z []float32) {
				conv.X, conv.R = h, z
				conv.Run(x.pool, convScratch)
			})
			return nil
		}, nil
	}
	return e, nil
}

// convLSTM is one ConvLSTM node of known shape. Examples run one after another,
// so that their states stay in the cache.
type convLSTM struct {
	b                             *binding
	op                            *ir.ConvLSTM
	act, recurrentAct             func(dst, x []float32)
	batch, steps, pixels, filters int
	state, before                 [2][]float32 // h, c; those of an example before a step
	kept                          bool         // from one run to the next
	gates                         []float32    // [pixels][i f c o][filters]
	cand                          []float32    // [pixels][filters]
}

// byPixel applies f, to each pixel's filters by themselves if it looks along them.
func byPixel(f ir.Func, filters int, row []float32) func(dst, x []float32) {
	if !f.Rowwise() {
		return activation(f).Apply
	}
	apply := rowFunc(f, row)
	return func(dst, x []float32) {
		copy(dst, x)
		for i := 0; i < len(dst); i += filters {
			apply(dst[i:][:filters])
		}
	}
}

func (s *convLSTM) run(x *exec, conv func(h, z []float32)) {
	size := s.pixels * s.filters
	nonzero := func(v float32) bool { return v != 0 }
	recorded := slices.ContainsFunc(s.state[0], nonzero) || slices.ContainsFunc(s.state[1], nonzero)
	given := !(s.op.Continue && s.b.session.running) && !(s.op.InitialIfZero && s.kept && recorded)
	for i, state := range s.state {
		if in := convLSTMInitial + i; len(s.b.in) > in && s.b.in[in] != nil && given {
			copy(state, s.b.in[in].f32)
		} else if !s.kept {
			clear(state)
		}
	}
	var mask []bool
	masked := 1 // values of the mask a step
	if len(s.b.in) > convLSTMMask && s.b.in[convLSTMMask] != nil {
		mask = s.b.in[convLSTMMask].b
		masked = elems(s.b.in[convLSTMMask].shape[2:])
	}
	z := s.b.in[0].f32
	for e := range s.batch {
		h, c := s.state[0][e*size:][:size], s.state[1][e*size:][:size]
		var prev []float32 // the previous step's output, nil for zeros
		if s.op.Continue {
			prev = h
		}
		for i := range s.steps {
			if x.stopped() {
				return
			}
			t := i
			if s.op.GoBackwards {
				t = s.steps - 1 - i
			}
			real, some := true, []bool(nil) // the pixels that are, if not all
			if mask != nil {
				some = mask[(e*s.steps+t)*masked:][:masked]
				real = slices.Contains(some, true)
				if !slices.Contains(some, false) {
					some = nil
				}
			}
			if real {
				if some != nil {
					copy(s.before[0], h)
					copy(s.before[1], c)
				}
				conv(h, z[(e*s.steps+t)*4*size:][:4*size])
				s.cell(h, c)
				s.where(some, false, h, s.before[0])
				s.where(some, false, c, s.before[1])
			}
			prev = s.output(e, i, real, some, h, prev)
		}
		if s.steps == 0 {
			s.output(e, 0, false, nil, h, prev)
		}
	}
	for i, state := range s.state {
		if o := s.b.out[1+i]; o != nil {
			copy(o.f32, state)
		}
	}
}

// where copies the pixels of x whose mask has this value.
func (s *convLSTM) where(mask []bool, value bool, dst, x []float32) {
	for p, m := range mask {
		if m == value {
			copy(dst[p*s.filters:][:s.filters], x[p*s.filters:])
		}
	}
}

// output writes step i of example e, some of whose pixels may be real, and returns
// what it wrote.
func (s *convLSTM) output(e, i int, real bool, some []bool, h, prev []float32) []float32 {
	o := s.b.out[0]
	if o == nil {
		return nil
	}
	size := len(h)
	at := e * size
	if s.op.ReturnSequences {
		if s.steps == 0 {
			return nil
		}
		at = (e*s.steps + i) * size
	}
	y := o.f32[at:][:size]
	switch {
	case real && some == nil:
		copy(y, h)
		return y
	case prev == nil || s.op.ZeroOutputForMask:
		clear(y)
	default:
		copy(y, prev)
	}
	if real {
		s.where(some, true, y, h)
	}
	return y
}

// cell turns the gates' sums into the next h and c.
func (s *convLSTM) cell(h, c []float32) {
	f := s.filters
	for p := range s.pixels {
		copy(s.cand[p*f:][:f], s.gates[p*4*f+2*f:])
	}
	s.act(s.cand, s.cand)
	s.recurrentAct(s.gates, s.gates)
	for p := range s.pixels {
		g := s.gates[p*4*f:][:4*f]
		in, forget := g[:f], g[f:2*f]
		cp, cand := c[p*f:][:f], s.cand[p*f:][:f]
		for i := range cp {
			cp[i] = forget[i]*cp[i] + in[i]*cand[i]
		}
	}
	s.act(s.cand, c)
	for p := range s.pixels {
		out := s.gates[p*4*f+3*f:][:f]
		hp, cand := h[p*f:][:f], s.cand[p*f:][:f]
		for i := range hp {
			hp[i] = out[i] * cand[i]
		}
	}
}
