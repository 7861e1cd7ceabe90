package runtime

import "github.com/kerasgo/kerasgo/ir"

func prepareMatMul(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.MatMul)
	threads := c.opts.threads
	var w *weights
	if t := c.model.Const(n.Inputs[1]); t != nil && elems(t.Shape[:len(t.Shape)-2]) == 1 {
		c.take(n, 1)
		r := len(t.Shape)
		k, cols := t.Shape[r-2], t.Shape[r-1]
		dense := move{shape: []int{k, cols}, from: []int{cols, 1}, to: []int{cols, 1}}
		if op.TransB {
			k, cols = cols, k
			dense = move{shape: []int{k, cols}, from: []int{1, k}, to: []int{cols, 1}}
		}
		scale := float32(op.Scale)
		if scale == 0 {
			scale = 1
		}
		var err error
		if w, err = c.packMatrix(n.Inputs[1], k, cols, dense, t, scale); err != nil {
			return nil, err
		}
	}
	plan := func(in, out []ir.Type) *gemms {
		a, _ := in[0].Shape.Ints()
		b, _ := in[1].Shape.Ints()
		y, _ := out[0].Shape.Ints()
		con := matmulLabels(op, a, b, y)
		if w != nil {
			con.packed = true
			con.inner[0].s[inB], con.cols[0].s[inB] = con.cols[0].n, 1
		}
		return con.plan()
	}
	return &executor{
		scratch: func(in, out []ir.Type) int { return plan(in, out).scratch(threads) },
		bind: func(b *binding) (step, error) {
			var packed []float32
			if w != nil {
				packed = w.f32
			}
			return plan(b.types, b.result()).bind(b, packed)
		},
	}, nil
}

func matmulLabels(op *ir.MatMul, a, b, y []int) contraction {
	sa, sb, sy := contiguous(a), contiguous(b), contiguous(y)
	ra, rb, ry := len(a), len(b), len(y)
	m, ka, kb, n := ra-2, ra-1, rb-2, rb-1
	if op.TransA {
		m, ka = ka, m
	}
	if op.TransB {
		kb, n = n, kb
	}
	c := contraction{
		scale: float32(op.Scale),
		inner: []label{{a[ka], [3]int{sa[ka], sb[kb], 0}}},
		cols:  []label{{y[ry-1], [3]int{0, sb[n], sy[ry-1]}}},
	}
	for i := range ry - 2 {
		l := label{n: y[i], s: [3]int{inC: sy[i]}}
		if j := i - (ry - ra); j >= 0 && a[j] != 1 {
			l.s[inA] = sa[j]
		}
		if j := i - (ry - rb); j >= 0 && b[j] != 1 {
			l.s[inB] = sb[j]
		}
		if l.s[inB] == 0 && l.s[inA] != 0 { // more rows
			c.rows = append(c.rows, l)
		} else {
			c.batch = append(c.batch, l)
		}
	}
	c.rows = append(c.rows, label{y[ry-2], [3]int{sa[m], 0, sy[ry-2]}})
	return c
}
