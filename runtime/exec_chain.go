package runtime

import (
	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/internal/workers"
	"github.com/kerasgo/kerasgo/ir"
)

// A chain of convolutions whose values between are large runs by rows: a strip
// of rows goes through all parts while it is in the cache. Otherwise the parts
// run one after the other.

const (
	chainStrip  = 320 << 10 // bytes of the wider value between that a strip holds
	chainWhole  = 512 << 10 // bytes of it, for each thread, that are no reason to run by rows
	chainMicros = 50        // of work that are worth a chunk of its own
	chainTwice  = 6         // a chunk has this many times the rows that it computes like its neighbour, or more
)

// chain is the constant side of a Chain; expand or project may be nil.
type chain struct {
	expand, project *chainGemm
	win             window
	w, bias         *vector
	act             kernel.Activation
	channels        int
	mean            bool // output 1 has the means over the positions
	latest          latest[*chainPlan]
}

// chainGemm is a 1×1 convolution.
type chainGemm struct {
	k, n     int
	act      kernel.Activation
	w, bias  *weights
	quarters *quarters
	residual int // which input, 0 for none
}

func prepareChain(c *compiler, n *ir.Node) (*executor, error) {
	ch := &chain{mean: n.Op.(*passes.Chain).Mean != nil && c.live(n, 1)}
	for i, part := range n.Op.(*passes.Chain).Parts {
		first := 1 + passes.ChainInputs*i
		switch o := part.(type) {
		case *ir.DepthwiseConv:
			k, _ := c.model.Type(n.Inputs[first]).Shape.Ints()
			ch.win = window{k[:2], o.Strides, o.Dilations, o.Padding}
			ch.channels = k[2]
			ch.w, ch.bias, ch.act = c.plain(n, first), c.plain(n, first+1), activation(o.Act)
		case *ir.Conv:
			g := c.chainGemm(n, first, activation(o.Act))
			if ch.win.size == nil {
				ch.expand = g
			} else {
				ch.project = g
			}
		}
	}
	threads := c.opts.threads
	e := &executor{}
	e.scratch = func(in, out []ir.Type) int {
		if n, _ := out[0].Shape.Elems(); n == 0 {
			return 0
		}
		p, err := ch.plan(in, out, threads)
		if err != nil {
			return 0 // bind reports it
		}
		copies := threads
		if p.whole {
			copies = 1
		}
		return p.fastScratch() + mulLimit(copies, roundUp(p.floatsE)+roundUp(p.floatsD)) + mulLimit(p.batch, p.floatsSums)
	}
	e.bind = func(b *binding) (step, error) {
		if elems(b.out[0].shape) == 0 { // an axis may then be of any length
			return noop, nil
		}
		p, err := ch.plan(b.types, b.result(), threads)
		if err != nil {
			return nil, err
		}
		return p.bind(b, threads), nil
	}
	return e, nil
}

func (c *compiler) chainGemm(n *ir.Node, first int, act kernel.Activation) *chainGemm {
	t := c.take(n, first)
	g := &chainGemm{k: t.Shape[2], n: t.Shape[3], act: act}
	geom := kernel.ConvGeom{Kernel: [3]int{1, 1, 1}, Cin: g.k, Cout: g.n, Groups: 1}
	g.w = c.pack(n.Inputs[first], "conv", kernel.PackedConvFloats(geom), func(dst []float32) { packConv(dst, geom, t) })
	if known := c.model.Type(n.Inputs[0]).Shape; known[1].IsKnown() && known[2].IsKnown() {
		// Only a chain of small images runs part after part, which is when a part has rows enough.
		if rows := mulLimit(known[1].Size, known[2].Size); 4*mulLimit(rows, max(g.k, g.n)) <= chainWhole {
			g.quarters = c.quarters(g.w, rows, g.k, g.n)
		}
	}
	if bias := c.take(n, first+1); bias != nil {
		g.bias = c.pack(n.Inputs[first+1], "bias", kernel.PackedBiasFloats(g.n), func(dst []float32) { kernel.PackBias(dst, g.n, bias.Float32s()) })
	}
	if has(n, first+2) {
		g.residual = first + 2
	}
	return g
}

// gemm is g over rows rows.
func (g *chainGemm) gemm(rows int, a, c, r []float32) kernel.Gemm {
	m := kernel.Gemm{M: rows, N: g.n, K: g.k, A: a, LDA: g.k, B: g.w.f32, C: c, LDC: g.n, Act: g.act}
	if g.bias != nil {
		m.Bias = g.bias.f32
	}
	if r != nil {
		m.R, m.LDR = r, g.n
	}
	return m
}

// strip is some rows of the depthwise convolution's result, and the rows of its
// input that they need.
type strip struct {
	y0, y1 int
	lo, hi int
	plan   *kernel.WindowPlan
}

// chainPlan is a chain for values of known shape. E is what the depthwise
// convolution reads, D what it writes.
type chainPlan struct {
	*chain
	batch            int
	geom             kernel.ConvGeom
	floatsE, floatsD int  // that must be kept at once; 0 when the model's own buffer serves
	floatsSums       int  // of the rows of an image, when means are wanted
	whole            bool // the parts run one after the other
	fast             bool // by Strassen's algorithm, if it pays: whatever the threads
	strips           [][]strip
	full             *kernel.WindowPlan
}

func (ch *chain) plan(in, out []ir.Type, threads int) (*chainPlan, error) {
	x, _ := in[0].Shape.Ints()
	y, _ := out[0].Shape.Ints()
	return ch.latest.of(x, y, func() (*chainPlan, error) { return ch.newPlan(x, y, threads) })
}

// newPlan divides the work. What is computed does not depend on the number of threads: where rows that are computed with
// fewer others may come out differently in the last bit, the division does not either.
func (ch *chain) newPlan(x, y []int, threads int) (*chainPlan, error) {
	e := []int{x[0], x[1], x[2], ch.channels}
	g, err := ch.win.geometry(e, y, ch.channels, ch.channels)
	if err != nil {
		return nil, err
	}
	if tapLists(g) > maxTapLists {
		return nil, ir.Errorf(ir.ErrLimit, "a depthwise window of %v over %v overlaps the borders in too many ways", ch.win.size, x)
	}
	p := &chainPlan{chain: ch, batch: x[0], geom: g}
	rowE, rowD := x[2]*ch.channels, y[2]*ch.channels
	sizeE, sizeD := mulLimit(x[1], rowE), mulLimit(y[1], rowD)
	between := sizeD
	if ch.expand != nil {
		between = max(sizeE, sizeD)
	}
	if ch.mean {
		p.floatsSums = mulLimit(y[1], ch.channels)
	}
	for _, part := range []struct {
		gemm  *chainGemm
		width int
	}{{ch.expand, x[2]}, {ch.project, y[2]}} {
		if part.gemm != nil && !kernel.RowsAlike(part.width, part.gemm.k) {
			threads = 1
		}
	}
	if mulLimit(4*p.batch, between) <= chainWhole*threads {
		p.whole, p.fast = true, mulLimit(4*p.batch, between) <= chainWhole
		p.full = kernel.NewWindowPlan(g)
		if ch.expand != nil {
			p.floatsE = mulLimit(p.batch, sizeE)
		}
		if ch.project != nil {
			p.floatsD = mulLimit(p.batch, sizeD)
		}
		return p, nil
	}
	p.cut(rowE, rowD, threads)
	return p, nil
}

// fastScratch is what the products of the parts need.
func (p *chainPlan) fastScratch() int {
	if !p.fast {
		return 0
	}
	n := 0
	if p.expand != nil {
		n = p.expand.quarters.scratch(p.geom.In[1] * p.geom.In[2])
	}
	if p.project != nil {
		n = max(n, p.project.quarters.scratch(p.geom.Out[1]*p.geom.Out[2]))
	}
	return n
}

// cut divides an image into chunks of strips.
func (p *chainPlan) cut(rowE, rowD, threads int) {
	g := &p.geom
	k, stride, height := (g.Kernel[1]-1)*g.Dilation[1]+1, g.Stride[1], g.Out[1]
	rows := chainStrip / 4 / max(1, rowD)
	if p.expand != nil {
		rows = min(rows, (chainStrip/4/max(1, rowE)-k)/stride+1)
	}
	rows = min(max(rows, 1), height)
	flops := 2 * float64(height) * float64(rowD) * float64(g.Kernel[1]*g.Kernel[2]*2)
	if p.expand != nil {
		flops += 2 * float64(g.In[1]) * float64(rowE) * float64(p.expand.k)
	}
	if p.project != nil {
		flops += 2 * float64(height) * float64(rowD) * float64(p.project.n)
	}
	chunks := 1
	if threads > 1 {
		chunks = min((2*threads+p.batch-1)/p.batch, int(flops/60_000)/chainMicros, height/2)
		if twice := k - stride; p.expand != nil && twice > 0 {
			chunks = min(chunks, g.In[1]/(chainTwice*twice))
		}
		if chunks > threads {
			chunks -= chunks % threads
		}
		chunks = max(chunks, 1)
	}
	plans := map[[3]int]*kernel.WindowPlan{}
	for i := range chunks {
		var strips []strip
		end := (i + 1) * height / chunks
		for y := i * height / chunks; y < end; y += rows {
			s := strip{y0: y, y1: min(end, y+rows)}
			top := s.y0*stride - g.Pad[1]
			s.lo = min(max(0, top), g.In[1])
			s.hi = max(s.lo, min(g.In[1], (s.y1-1)*stride-g.Pad[1]+k))
			key := [3]int{s.hi - s.lo, s.y1 - s.y0, s.lo - top}
			if plans[key] == nil {
				sg := *g
				sg.In[1], sg.Out[1], sg.Pad[1] = key[0], key[1], key[2]
				plans[key] = kernel.NewWindowPlan(sg)
			}
			s.plan = plans[key]
			if p.expand != nil {
				p.floatsE = max(p.floatsE, (s.hi-s.lo)*rowE)
			}
			if p.project != nil {
				p.floatsD = max(p.floatsD, (s.y1-s.y0)*rowD)
			}
			strips = append(strips, s)
		}
		p.strips = append(p.strips, strips)
	}
}

func (p *chainPlan) bind(b *binding, threads int) step {
	g := &p.geom
	positions := p.batch * g.Out[1] * g.Out[2]
	b.flops(4, positions, p.channels, g.Kernel[1]*g.Kernel[2])
	if p.expand != nil {
		b.flops(2, p.batch*g.In[1]*g.In[2], p.expand.k, p.expand.n)
	}
	if p.project != nil {
		b.flops(2, positions, p.project.k, p.project.n)
	}
	r := &chainRun{chainPlan: p, b: b, tools: make([]chainTools, threads)}
	b.next = &r.next
	for _, part := range []*chainGemm{p.project, p.expand} {
		if part != nil {
			b.weights = part.w.f32
		}
	}
	if p.fast {
		if p.expand != nil {
			p.expand.quarters.bind(&r.tools[0].expand, g.In[1]*g.In[2], b.scratch)
		}
		if p.project != nil {
			p.project.quarters.bind(&r.tools[0].project, g.Out[1]*g.Out[2], b.scratch)
		}
	}
	mem := b.scratch[p.fastScratch():]
	for i := range r.tools {
		t := &r.tools[i]
		t.dw = kernel.Depthwise{W: p.w.values(b), Bias: p.bias.values(b), Act: p.act}
		if i == 0 || !p.whole {
			t.e, mem = mem[:p.floatsE], mem[roundUp(p.floatsE):]
			t.d, mem = mem[:p.floatsD], mem[roundUp(p.floatsD):]
		}
	}
	r.sums = mem
	return func(x *exec) error {
		if p.whole {
			r.runWhole(x.pool)
			r.sumRows(b.out[0].f32, 0, p.batch*g.Out[1])
		} else {
			x.pool.Run(r, p.batch*len(p.strips))
		}
		if p.mean {
			r.means()
		}
		return nil
	}
}

// chainTools are what a worker needs to itself.
type chainTools struct {
	expand, project kernel.FastGemm
	dw              kernel.Depthwise
	e, d            []float32
}

// chainRun runs a chain in a plan.
type chainRun struct {
	*chainPlan
	b     *binding
	tools []chainTools
	sums  []float32 // by image and row of it, of every channel
	next  []float32 // what the step after the chain reads
}

// rows returns n rows from row first on of an image of buf, with floats per row.
func rows(buf []float32, image, height, first, n, floats int) []float32 {
	at := (image*height + first) * floats
	return buf[at : at+n*floats]
}

// residualRows is rows of input i, or nil when i is 0.
func (r *chainRun) residualRows(i, image, height, first, n, floats int) []float32 {
	if i == 0 {
		return nil
	}
	return rows(r.b.in[i].f32, image, height, first, n, floats)
}

func (r *chainRun) runWhole(p *workers.Pool) {
	g, t := &r.geom, &r.tools[0]
	in, out := r.b.in[0].f32, r.b.out[0].f32
	e, d := in, out
	if r.expand != nil {
		e = t.e
		t.expand.Gemm = r.expand.gemm(r.batch*g.In[1]*g.In[2], in, e, r.residualRows(r.expand.residual, 0, 0, 0, r.batch*g.In[1], g.In[2]*r.channels))
		if r.project != nil {
			t.expand.Next = r.project.w.f32
		}
		t.expand.Run(p)
	}
	if r.project != nil {
		d = t.d
	}
	t.dw.Plan, t.dw.N, t.dw.X, t.dw.Y = r.full, r.batch, e, d
	t.dw.Run(p)
	if r.project != nil {
		t.project.Gemm = r.project.gemm(r.batch*g.Out[1]*g.Out[2], d, out, r.residualRows(r.project.residual, 0, 0, 0, r.batch*g.Out[1], g.Out[2]*r.project.n))
		t.project.Next = r.next
		t.project.Run(p)
	}
}

// RunChunk runs some strips of an image.
func (r *chainRun) RunChunk(worker, chunk int) {
	g, t := &r.geom, &r.tools[worker]
	image, strips := chunk/len(r.strips), r.strips[chunk%len(r.strips)]
	height, width := g.In[1], g.In[2]
	rowE, rowD := width*r.channels, g.Out[2]*r.channels
	x, y := r.b.in[0].f32, r.b.out[0].f32
	done := 0 // rows of E before this one are, or were, computed
	first := 0
	for i := range strips {
		s := &strips[i]
		var e []float32
		if r.expand == nil {
			e = rows(x, image, height, s.lo, s.hi-s.lo, rowE)
		} else {
			from := s.lo
			if i > 0 && done > s.lo {
				copy(t.e, t.e[(s.lo-first)*rowE:(done-first)*rowE])
				from = done
			}
			if n := s.hi - from; n > 0 {
				t.expand.Gemm = r.expand.gemm(n*width, rows(x, image, height, from, n, width*r.expand.k), t.e[(from-s.lo)*rowE:],
					r.residualRows(r.expand.residual, image, height, from, n, rowE))
				t.expand.Run(nil)
			}
			first, done = s.lo, max(from, s.hi)
			e = t.e[:(s.hi-s.lo)*rowE]
		}
		n := s.y1 - s.y0
		d := t.d
		if r.project == nil {
			d = rows(y, image, g.Out[1], s.y0, n, rowD)
		}
		t.dw.Plan, t.dw.N, t.dw.X, t.dw.Y = s.plan, 1, e, d
		t.dw.Run(nil)
		r.sumRows(d, image*g.Out[1]+s.y0, n)
		if r.project != nil {
			floats := g.Out[2] * r.project.n
			t.project.Gemm = r.project.gemm(n*g.Out[2], d, rows(y, image, g.Out[1], s.y0, n, floats),
				r.residualRows(r.project.residual, image, g.Out[1], s.y0, n, floats))
			t.project.Run(nil)
		}
	}
}

// sumRows keeps the sums of n rows d, the first of which is row first of all images, if means are wanted.
func (r *chainRun) sumRows(d []float32, first, n int) {
	if !r.mean {
		return
	}
	row := r.geom.Out[2] * r.channels
	for i := range n {
		kernel.SumCols(r.sums[(first+i)*r.channels:][:r.channels], d[i*row:][:row])
	}
}

// means fills output 1.
func (r *chainRun) means() {
	g, c := &r.geom, r.channels
	for image := range r.batch {
		mean := r.b.out[1].f32[image*c:][:c]
		kernel.SumCols(mean, r.sums[image*r.floatsSums:][:r.floatsSums])
		kernel.MulScalar(mean, mean, 1/float32(g.Out[1]*g.Out[2]))
	}
}
