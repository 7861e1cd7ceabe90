package runtime

import (
	"strconv"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/ir"
)

func prepareConv(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Conv)
	k, _ := c.model.Type(n.Inputs[1]).Shape.Ints()
	rank, groups := len(k)-2, max(1, op.Groups)
	win := window{k[:rank], op.Strides, op.Dilations, op.Padding}
	cout := k[rank+1]
	f := prepareFilter(c, n, kernel.ConvGeom{Kernel: volume3(k[:rank]), Cin: k[rank] * groups, Cout: cout, Groups: groups})
	act := activation(op.Act)
	plan := func(x, y []int) (*kernel.ConvPlan, error) {
		g, err := win.geometry(x, y, cout, groups)
		if err != nil {
			return nil, err
		}
		if 4*mulLimit(elems(y[1:len(y)-1]), elems(k[:rank])) > int(c.opts.maxMemory) {
			return nil, ir.Errorf(ir.ErrLimit, "a convolution of window %v over an image of %v needs too many offsets; see runtime.WithMaxMemory", k[:rank], x[1:])
		}
		return kernel.NewConvPlan(g), nil
	}
	e := &executor{}
	if has(n, 3) {
		e.inplace = []int{3}
	}
	e.scratch = func(in, out []ir.Type) int {
		x, _ := in[0].Shape.Ints()
		y, _ := out[0].Shape.Ints()
		p, err := plan(x, y)
		if err != nil {
			return 0 // bind reports it
		}
		return mulLimit(x[0], p.ScratchFloats(1)) + f.scratch()
	}
	e.bind = func(b *binding) (step, error) {
		p, err := plan(b.in[0].shape, b.out[0].shape)
		if err != nil {
			return nil, err
		}
		batch := b.in[0].shape[0]
		size := p.ScratchFloats(batch)
		w, bias, before := f.bind(b, b.scratch[size:])
		conv := &kernel.Conv{Plan: p, N: batch, W: w, Bias: bias, Act: act}
		b.flops(2, elems(b.out[0].shape), elems(k[:rank+1]))
		x, y := b.in[0], b.out[0]
		var residual *buffer
		if len(b.in) > 3 {
			residual = b.in[3]
		}
		return func(ex *exec) error {
			if before != nil {
				before()
			}
			conv.X, conv.Y = x.f32, y.f32
			if residual != nil {
				conv.R = residual.f32
			}
			conv.Run(ex.pool, b.scratch)
			return nil
		}, nil
	}
	return e, nil
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
}

func prepareFilter(c *compiler, n *ir.Node, g kernel.ConvGeom) *filter {
	f := &filter{geom: g, hasB: has(n, 2)}
	if t := c.take(n, 1); t != nil {
		layout := "conv"
		if g.Groups > 1 {
			layout = "grouped conv " + strconv.Itoa(g.Groups)
		}
		f.w = c.pack(n.Inputs[1], layout, kernel.PackedConvFloats(g), func(dst []float32) { kernel.PackConv(dst, g, t.Float32s()) })
	}
	if !f.hasB {
		return f
	}
	if t := c.take(n, 2); t != nil {
		f.bias = c.pack(n.Inputs[2], "conv bias "+strconv.Itoa(g.Groups), kernel.PackedConvBiasFloats(g), func(dst []float32) { kernel.PackConvBias(dst, g, t.Float32s()) })
	}
	return f
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
