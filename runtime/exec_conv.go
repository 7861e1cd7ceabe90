package runtime

import (
	"strconv"
	"sync"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareConv(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Conv)
	k, _ := c.model.Type(n.Inputs[1]).Shape.Ints()
	rank, groups := len(k)-2, max(1, op.Groups)
	win := window{k[:rank], op.Strides, op.Dilations, op.Padding}
	cout := k[rank+1]
	cv := &conv{
		win: win, cout: cout, groups: groups, act: activation(op.Act), residual: has(n, 3), maxMemory: c.opts.maxMemory, threads: c.opts.threads,
		positions: elems(k[:rank]), perOutput: elems(k[:rank+1]),
	}
	use, tile := cv.winograd(c, n)
	cv.filter = prepareFilter(c, n, kernel.ConvGeom{Kernel: volume3(k[:rank]), Cin: k[rank] * groups, Cout: cout, Groups: groups}, use, tile)
	if cv.positions == 1 && groups == 1 {
		cv.quarters = c.quarters(cv.filter.w, exampleRows(c.model.Type(n.Outputs[0]).Shape), k[rank], cout)
	}
	e := &executor{scratch: cv.scratch, bind: cv.bind}
	if has(n, 3) {
		e.inplace = []int{3}
	}
	return e, nil
}

// conv is a Conv node made ready.
type conv struct {
	win                  window
	cout, groups         int
	act                  kernel.Activation
	residual             bool
	filter               *filter
	quarters             *quarters
	positions, perOutput int // taps, and multiplications, of an output
	maxMemory            int64
	threads              int
	latest               latest[boundConv]
}

// winograd says whether Winograd's algorithm is to be used: yes, no, or, while
// the image's size is open, perhaps.
func (cv *conv) winograd(c *compiler, n *ir.Node) (use choice, tile int) {
	if c.opts.exactProducts || c.model.Const(n.Inputs[1]) == nil {
		return never, 0
	}
	open := func(s ir.Shape) []int {
		dims := []int{1}
		for _, d := range s[1:] {
			if !d.IsKnown() {
				return nil
			}
			dims = append(dims, d.Size)
		}
		return dims
	}
	x, y := open(c.model.Type(n.Inputs[0]).Shape), open(c.model.Type(n.Outputs[0]).Shape)
	if x == nil || y == nil {
		return perhaps, kernel.LargeWinogradTile(kernel.ConvGeom{Kernel: volume3(cv.win.size)}) // most are large
	}
	if g, err := cv.win.geometry(x, y, cv.cout, cv.groups); err != nil {
		return never, 0
	} else if tile := kernel.WinogradTile(g); tile != 0 {
		return always, tile
	}
	return never, 0
}

// choice is made when a node is prepared, or left to when it is bound.
type choice int

const (
	never choice = iota
	perhaps
	always
)

// boundConv is a convolution for values of known shape: one of the two plans.
type boundConv struct {
	direct   *kernel.ConvPlan
	winograd *kernel.WinogradPlan
}

func (cv *conv) plan(x, y []int) (boundConv, error) {
	return cv.latest.of(x, y, func() (boundConv, error) { return cv.newPlan(x, y) })
}

func (cv *conv) newPlan(x, y []int) (b boundConv, err error) {
	g, err := cv.win.geometry(x, y, cv.cout, cv.groups)
	if err != nil {
		return b, err
	}
	if cv.filter.choice == always || cv.filter.choice == perhaps && kernel.WinogradTile(g) == cv.filter.tile {
		b.winograd = kernel.NewWinogradPlan(g, cv.filter.tile)
		return b, nil
	}
	if 4*mulLimit(elems(y[1:len(y)-1]), cv.positions) > int(cv.maxMemory) {
		return b, ir.Errorf(ir.ErrLimit, "a convolution of window %v over an image of %v needs too many offsets; see runtime.WithMaxMemory (--limit MaxMemory=N)", cv.win.size, x[1:])
	}
	b.direct = kernel.NewConvPlan(g)
	return b, nil
}

func (cv *conv) scratch(in, out []ir.Type) int {
	x, _ := in[0].Shape.Ints()
	y, _ := out[0].Shape.Ints()
	if elems(y) == 0 {
		return 0
	}
	p, err := cv.plan(x, y)
	switch {
	case err != nil:
		return 0 // bind reports it
	case p.winograd != nil:
		return roundUp(p.winograd.ScratchFloats(cv.threads)) + cv.filter.scratch()
	}
	return roundUp(mulLimit(x[0], p.direct.ScratchFloats(1))) + roundUp(cv.filter.scratch()) + cv.quarters.scratch(p.direct.Rows(1))
}

func (cv *conv) bind(b *binding) (step, error) {
	x, y := b.in[0], b.out[0]
	if elems(y.shape) == 0 { // an axis may then be of any length
		return noop, nil
	}
	p, err := cv.plan(x.shape, y.shape)
	if err != nil {
		return nil, err
	}
	b.flops(2, elems(y.shape), cv.perOutput)
	batch := x.shape[0]
	var residual *buffer
	if cv.residual {
		residual = b.in[3]
	}
	if p.winograd != nil {
		_, bias, before := cv.filter.bind(b, b.scratch[roundUp(p.winograd.ScratchFloats(cv.threads)):])
		w := &kernel.Winograd{Plan: p.winograd, N: batch, W: cv.filter.winograd(), Bias: bias, Act: cv.act}
		b.weights, b.next = w.W, &w.Next
		return func(ex *exec) error {
			if before != nil {
				before()
			}
			w.X, w.Y = x.f32, y.f32
			if residual != nil {
				w.R = residual.f32
			}
			w.Run(ex.pool, b.scratch)
			return nil
		}, nil
	}
	w, bias, before := cv.filter.bind(b, b.scratch[roundUp(p.direct.ScratchFloats(batch)):])
	c := &kernel.Conv{Plan: p.direct, N: batch, W: w, Bias: bias, Act: cv.act}
	b.weights, b.next = w, &c.Next
	cv.quarters.bind(&c.Product, p.direct.Rows(1), b.scratch[roundUp(p.direct.ScratchFloats(batch))+roundUp(cv.filter.scratch()):])
	return func(ex *exec) error {
		if before != nil {
			before()
		}
		c.X, c.Y = x.f32, y.f32
		if residual != nil {
			c.R = residual.f32
		}
		c.Run(ex.pool, b.scratch)
		return nil
	}, nil
}

func volume3(k []int) [3]int {
	v := [3]int{1, 1, 1}
	copy(v[3-len(k):], k)
	return v
}

// filter is a convolution's kernel and bias; like matrix, packed by prepare
// when they are constants and by every run when the model computes them.
type filter struct {
	geom kernel.ConvGeom // what packing looks at: Kernel, Cin, Cout, Groups
	w    *weights
	bias *weights
	hasB bool

	choice choice   // of Winograd's algorithm
	tile   int      // of it
	wino   *weights // for choice always: w has nothing then
	once   sync.Once
	late   *ir.Tensor // for choice perhaps
}

func prepareFilter(c *compiler, n *ir.Node, g kernel.ConvGeom, wino choice, tile int) *filter {
	f := &filter{geom: g, hasB: has(n, 2), choice: wino, tile: tile}
	if t := c.take(n, 1); t != nil && wino == always {
		f.w = &weights{}
		f.wino = c.pack(n.Inputs[1], "winograd "+strconv.Itoa(tile), kernel.PackedWinogradFloats(g, tile), func(dst []float32) { packWinograd(dst, g, tile, t) })
	} else if t != nil {
		if wino == perhaps {
			f.late = t
		}
		layout := "conv"
		if g.Groups > 1 {
			layout = "grouped conv " + strconv.Itoa(g.Groups)
		}
		f.w = c.pack(n.Inputs[1], layout, kernel.PackedConvFloats(g), func(dst []float32) { packConv(dst, g, t) })
	}
	if !f.hasB {
		return f
	}
	if t := c.take(n, 2); t != nil {
		f.bias = c.pack(n.Inputs[2], "conv bias "+strconv.Itoa(g.Groups), kernel.PackedConvBiasFloats(g), func(dst []float32) { kernel.PackConvBias(dst, g, t.Float32s()) })
	}
	return f
}

func packConv(dst []float32, g kernel.ConvGeom, t *ir.Tensor) {
	base, scale := t.Factors()
	kernel.PackConvScaled(dst, g, base.Float32s(), scale)
}

func packWinograd(dst []float32, g kernel.ConvGeom, tile int, t *ir.Tensor) {
	base, scale := t.Factors()
	kernel.PackWinogradScaled(dst, g, tile, base.Float32s(), scale)
}

// winograd returns the kernel packed for Winograd's algorithm. When the choice
// was left open, the first plan that wants it packs it.
func (f *filter) winograd() []float32 {
	f.once.Do(func() {
		if f.wino == nil {
			n := kernel.PackedWinogradFloats(f.geom, f.tile)
			f.wino = &weights{f32: alignedFloats(n)}
			packWinograd(f.wino.f32, f.geom, f.tile, f.late)
			f.late = nil
		}
	})
	return f.wino.f32
}

func (f *filter) scratch() int {
	size := 0
	if f.w == nil {
		size += kernel.PackedConvFloats(f.geom)
	}
	if f.hasB && f.bias == nil {
		size += kernel.PackedConvBiasFloats(f.geom)
	}
	return size
}

func (f *filter) bind(b *binding, scratch []float32) (w, bias []float32, before func()) {
	dynW, dynB := f.w == nil, f.hasB && f.bias == nil
	if dynW {
		n := kernel.PackedConvFloats(f.geom)
		w, scratch = scratch[:n], scratch[n:]
	} else {
		w = f.w.f32
	}
	if dynB {
		bias = scratch[:kernel.PackedConvBiasFloats(f.geom)]
	} else if f.hasB {
		bias = f.bias.f32
	}
	if !dynW && !dynB {
		return w, bias, nil
	}
	return w, bias, func() {
		if dynW {
			kernel.PackConv(w, f.geom, b.in[1].f32)
		}
		if dynB {
			kernel.PackConvBias(bias, f.geom, b.in[2].f32)
		}
	}
}
