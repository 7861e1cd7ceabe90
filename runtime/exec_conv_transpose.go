package runtime

import (
	"fmt"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

// A transposed convolution of stride s is s ordinary convolutions of stride 1
// per axis, each with the taps that reach the outputs of one residue modulo s.
// Their results are interleaved.

// phase is one of these convolutions along one axis.
type phase struct {
	taps     int // 0: no tap reaches these outputs
	first    int // the first tap
	step     int // from tap to tap
	dilation int // of x, from tap to tap
	reach    int // of x, from an output back to the first tap's input
}

// phaseOf finds the taps k with k·dilation = r modulo stride.
func phaseOf(r, kernel, stride, dilation int) phase {
	p := phase{step: stride / gcd(stride, dilation), dilation: dilation / gcd(stride, dilation)}
	for k := range min(kernel, stride) {
		if k*dilation%stride == r {
			p.first, p.taps = k, (kernel-1-k)/p.step+1
			p.reach = (k*dilation - r) / stride
			break
		}
	}
	return p
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// transposed is what does not depend on the shape of x.
type transposed struct {
	op        *ir.ConvTranspose
	window    []int
	cin, cout int
	parts     [][3]phase // by residue, of the last axis fastest
	strides   [3]int
}

func newTransposed(op *ir.ConvTranspose, kernelShape []int) (*transposed, error) {
	rank := len(kernelShape) - 2
	t := &transposed{op: op, window: kernelShape[:rank], cout: kernelShape[rank], cin: kernelShape[rank+1], strides: [3]int{1, 1, 1}}
	total := 1
	for i := range rank {
		t.strides[3-rank+i] = at(op.Strides, i, 1)
		total = mulLimit(total, at(op.Strides, i, 1))
	}
	if total > 1<<12 {
		return nil, ir.Errorf(ir.ErrLimit, "strides %v of a transposed convolution are too large", op.Strides)
	}
	for i := range total {
		r := [3]int{i / t.strides[2] / t.strides[1], i / t.strides[2] % t.strides[1], i % t.strides[2]}
		var p [3]phase
		for d := range 3 {
			p[d] = phase{taps: 1, step: 1, dilation: 1}
			if a := d - (3 - rank); a >= 0 {
				p[d] = phaseOf(r[d], t.window[a], t.strides[d], at(op.Dilations, a, 1))
			}
		}
		t.parts = append(t.parts, p)
	}
	return t, nil
}

// geometry is a part's convolution but for the shapes of x and y.
func (t *transposed) geometry(p [3]phase) kernel.ConvGeom {
	g := kernel.ConvGeom{Stride: [3]int{1, 1, 1}, Cin: t.cin, Cout: t.cout, Groups: 1}
	for d := range 3 {
		g.Kernel[d], g.Dilation[d] = p[d].taps, p[d].dilation
	}
	return g
}

func (t *transposed) packedFloats() (n int) {
	for _, p := range t.parts {
		n += kernel.PackedConvFloats(t.geometry(p))
	}
	return n
}

// kernelFloats is the length of the kernel, and of the room that pack needs.
func (t *transposed) kernelFloats() int { return elems(t.window) * t.cin * t.cout }

// pack packs the kernels of all parts from Keras's [window..., out, in].
func (t *transposed) pack(dst, src, part []float32) {
	w := volume3(t.window)
	for _, p := range t.parts {
		g := t.geometry(p)
		part = part[:0]
		for a := range p[0].taps {
			for b := range p[1].taps {
				for c := range p[2].taps {
					// The last tap reads the first input.
					z := p[0].first + (p[0].taps-1-a)*p[0].step
					y := p[1].first + (p[1].taps-1-b)*p[1].step
					x := p[2].first + (p[2].taps-1-c)*p[2].step
					k := src[((z*w[1]+y)*w[2]+x)*t.cout*t.cin:][:t.cout*t.cin]
					for i := range t.cin {
						for o := range t.cout {
							part = append(part, k[o*t.cin+i])
						}
					}
				}
			}
		}
		n := kernel.PackedConvFloats(g)
		kernel.PackConv(dst[:n], g, part)
		dst = dst[n:]
	}
}

// part is one convolution for x and y of known shape, and where its results go.
type part struct {
	plan    *kernel.ConvPlan // nil when no tap reaches these outputs
	skip    [3]int           // results before the first that is wanted
	first   [3]int           // output position of the first result wanted
	count   [3]int           // results wanted
	weights int              // where its packed kernel begins
	direct  bool             // the results are the output
}

// bindParts works out the convolutions for shapes [batch, spatial..., channels].
func (t *transposed) bindParts(x, y []int) ([]part, error) {
	rank := len(t.window)
	in, out := volume3(x[1:1+rank]), volume3(y[1:1+rank])
	var parts []part
	offset := 0
	for i, p := range t.parts {
		g := t.geometry(p)
		g.In = in
		r := [3]int{i / t.strides[2] / t.strides[1], i / t.strides[2] % t.strides[1], i % t.strides[2]}
		pt := part{weights: offset}
		offset += kernel.PackedConvFloats(g)
		taps, wanted := 1, 1
		for d := range 3 {
			before := 0
			if a := d - (3 - rank); a >= 0 {
				before = at(t.op.Before, a, 0)
			}
			// Output o is q·stride + r - before for the uncropped q.
			s := t.strides[d]
			q0 := max(0, (before-r[d]+s-1)/s)
			pt.first[d] = q0*s + r[d] - before
			if out[d] > pt.first[d] {
				pt.count[d] = (out[d]-pt.first[d]-1)/s + 1
			}
			taps *= p[d].taps
			wanted = mulLimit(wanted, pt.count[d])
			back := p[d].reach + (p[d].taps-1)*p[d].dilation // the first input that result 0 reads is -back
			pt.skip[d] = max(0, q0-back)
			g.Pad[d] = back - q0 + pt.skip[d]
			g.Out[d] = pt.count[d] + pt.skip[d]
		}
		if wanted == 0 {
			continue
		}
		if taps > 0 {
			var reach [3]int // as far as windows go, beyond the image too
			for d := range 3 {
				reach[d] = max(g.In[d]+g.Pad[d], mulLimit(g.Out[d]-1, g.Stride[d])+mulLimit(g.Kernel[d]-1, g.Dilation[d])+1)
			}
			if n := elemsLimit(g.Out[:], g.Kernel[:]); n > 1<<28 || elemsLimit(reach[:], []int{t.cin}) > 1<<31-1 {
				return nil, ir.Errorf(ir.ErrLimit, "a transposed convolution of %v to %v is too large", x, y)
			}
			pt.plan = kernel.NewConvPlan(g)
			pt.direct = len(t.parts) == 1 && pt.skip == [3]int{} && pt.count == out
		}
		parts = append(parts, pt)
	}
	return parts, nil
}

func elemsLimit(lists ...[]int) int {
	n := 1
	for _, l := range lists {
		for _, v := range l {
			n = mulLimit(n, v)
		}
	}
	return n
}

// scratch is room for the results of a part and for its convolution.
func partScratch(parts []part, batch int) (results, conv int) {
	for _, p := range parts {
		if p.plan == nil {
			continue
		}
		conv = max(conv, mulLimit(batch, p.plan.ScratchFloats(1)))
		if !p.direct {
			g := &p.plan.Geom
			results = max(results, roundUp(mulLimit(batch, elemsLimit(g.Out[:], []int{g.Cout}))))
		}
	}
	return results, conv
}

func prepareConvTranspose(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.ConvTranspose)
	k, _ := c.model.Type(n.Inputs[1]).Shape.Ints()
	t, err := newTransposed(op, k)
	if err != nil {
		return nil, err
	}
	var w, bias *weights
	if kt := c.take(n, 1); kt != nil {
		layout := fmt.Sprint("transposed conv ", op.Strides, op.Dilations)
		w = c.pack(n.Inputs[1], layout, t.packedFloats(), func(dst []float32) { t.pack(dst, kt.Float32s(), make([]float32, t.kernelFloats())) })
	}
	if bt := c.take(n, 2); bt != nil {
		bias = c.pack(n.Inputs[2], "bias", kernel.PackedBiasFloats(t.cout), func(dst []float32) { kernel.PackBias(dst, t.cout, bt.Float32s()) })
	}
	// A computed kernel or bias, or a residual, is rare: bias, residual and
	// activation are then applied to the whole output at the end.
	late := has(n, 3) || has(n, 2) && bias == nil
	act := activation(op.Act)
	e := &executor{}
	e.scratch = func(in, out []ir.Type) int {
		x, _ := in[0].Shape.Ints()
		y, _ := out[0].Shape.Ints()
		if elems(y) == 0 {
			return 0
		}
		parts, err := t.bindParts(x, y)
		if err != nil {
			return 0 // bind reports it
		}
		results, conv := partScratch(parts, x[0])
		if w == nil {
			results += roundUp(t.packedFloats()) + t.kernelFloats()
		}
		return min(results, maxScratch/2) + min(conv, maxScratch/2)
	}
	e.bind = func(b *binding) (step, error) {
		x, y := b.in[0], b.out[0]
		if elems(y.shape) == 0 { // an axis may then be of any length
			return noop, nil
		}
		parts, err := t.bindParts(x.shape, y.shape)
		if err != nil {
			return nil, err
		}
		batch := x.shape[0]
		mem := b.scratch
		packed := mem
		var room []float32
		if w != nil {
			packed = w.f32
		} else {
			mem = mem[roundUp(t.packedFloats()):]
			room, mem = mem[:t.kernelFloats()], mem[t.kernelFloats():]
		}
		results, _ := partScratch(parts, batch)
		rank := len(t.window)
		job := &interleave{
			t: t, batch: batch, out: volume3(y.shape[1 : 1+rank]), results: mem[:results], act: act, late: late,
		}
		for _, p := range parts {
			conv := &kernel.Conv{N: batch, Plan: p.plan, W: packed[p.weights:]}
			if !late {
				conv.Act = act
				if bias != nil {
					conv.Bias = bias.f32
				}
			}
			if p.plan != nil {
				b.flops(2, batch, elemsLimit(p.plan.Geom.Out[:], p.plan.Geom.Kernel[:]), t.cin, t.cout)
			}
			job.parts = append(job.parts, p)
			job.convs = append(job.convs, conv)
		}
		return func(ex *exec) error {
			if w == nil {
				t.pack(packed, b.in[1].f32, room)
			}
			job.x, job.y = x.f32, y.f32
			if bias != nil && !late {
				job.bias = bias.f32[:t.cout]
			}
			job.run(ex, mem[results:])
			if !late {
				return nil
			}
			if bias != nil {
				kernel.AddRow(y.f32, y.f32, bias.f32[:t.cout])
			} else if has(n, 2) {
				kernel.AddRow(y.f32, y.f32, b.in[2].f32)
			}
			if has(n, 3) {
				kernel.Add(y.f32, y.f32, b.in[3].f32)
			}
			act.Apply(y.f32, y.f32)
			return nil
		}, nil
	}
	return e, nil
}

// interleave runs the parts and puts their results into the output.
type interleave struct {
	t       *transposed
	batch   int
	out     [3]int
	parts   []part
	convs   []*kernel.Conv
	results []float32
	bias    []float32
	act     kernel.Activation
	late    bool
	x, y    []float32

	current int
}

func (j *interleave) run(ex *exec, scratch []float32) {
	if j.batch == 0 || len(j.y) == 0 {
		return
	}
	for i, p := range j.parts {
		c := j.convs[i]
		if p.plan != nil {
			c.X, c.Y = j.x, j.results
			if p.direct {
				c.Y = j.y
			}
			c.Run(ex.pool, scratch)
		}
		if !p.direct {
			j.current = i
			ex.pool.Run(j, j.batch*p.count[0])
		}
	}
}

// RunChunk puts one plane of one image in place.
func (j *interleave) RunChunk(_, chunk int) {
	p := &j.parts[j.current]
	image, z := chunk/p.count[0], chunk%p.count[0]
	s, cout := j.t.strides, j.t.cout
	for y := range p.count[1] {
		to := (((image*j.out[0]+p.first[0]+z*s[0])*j.out[1]+p.first[1]+y*s[1])*j.out[2] + p.first[2]) * cout
		if p.plan == nil {
			for range p.count[2] {
				j.empty(j.y[to:][:cout])
				to += s[2] * cout
			}
			continue
		}
		o := &p.plan.Geom.Out
		from := (((image*o[0]+z+p.skip[0])*o[1]+y+p.skip[1])*o[2] + p.skip[2]) * cout
		for range p.count[2] {
			copy(j.y[to:][:cout], j.results[from:][:cout])
			to += s[2] * cout
			from += cout
		}
	}
}

// empty is an output that no tap reaches.
func (j *interleave) empty(y []float32) {
	clear(y)
	copy(y, j.bias)
	if !j.late {
		j.act.Apply(y, y)
	}
}
