package kernel

// Winograd's F(2×2, 3×3): an output tile of 2×2 comes from 16 products instead of 36, with the interpolation points 0, ±1
// and ∞. It is no less accurate than the direct convolution, and its weights take half the memory of F(4×4, 3×3)'s: for
// few tiles with many channels. The transforms work on all channels of a position at a time.

const (
	smallTile = 2
	smallSize = smallTile + 2
	smallFreq = smallSize * smallSize
)

// small reports whether tiles are of 2×2.
func (p *WinogradPlan) small() bool { return p.tile == smallTile && !p.line() }

// smallInputLine is Bᵀ·d for vectors: v[i·step] from d[i·step].
func smallInputLine(v, d [][]float32, step int) {
	Sub(v[0], d[0], d[2*step])
	Add(v[step], d[step], d[2*step])
	Sub(v[2*step], d[2*step], d[step])
	Sub(v[3*step], d[step], d[3*step])
}

// smallOutputLine is Aᵀ·m for vectors. It destroys m.
func smallOutputLine(y [2][]float32, m [smallSize][]float32) {
	Add(y[0], m[0], m[1])
	Add(y[0], y[0], m[2])
	Sub(m[1], m[1], m[2])
	Sub(y[1], m[1], m[3])
}

// smallWeightLine is G·g for vectors.
func smallWeightLine(u [smallSize][]float32, g [3][]float32) {
	copy(u[0], g[0])
	copy(u[3], g[2])
	Add(u[1], g[0], g[2])
	Sub(u[2], u[1], g[1])
	Add(u[1], u[1], g[1])
	MulScalar(u[1], u[1], 0.5)
	MulScalar(u[2], u[2], 0.5)
}

// packSmallWinograd is PackWinogradScaled for smallTile.
func packSmallWinograd(dst []float32, g ConvGeom, kernel, scale []float32) {
	n := g.Cout
	size, tap := PackedBFloats(g.Cin, n), g.Cin*n
	mem := make([]float32, (9+3*smallSize+smallSize)*n)
	row := func(i int) []float32 { return mem[i*n : (i+1)*n] }
	for ci := range g.Cin {
		for t := range 9 {
			w := kernel[t*tap+ci*n:][:n]
			if scale == nil {
				copy(row(t), w)
			} else {
				Mul(row(t), w, scale)
			}
		}
		column := func(i, kx int) []float32 { return row(9 + i*3 + kx) }
		for kx := range 3 {
			smallWeightLine([smallSize][]float32{column(0, kx), column(1, kx), column(2, kx), column(3, kx)}, [3][]float32{row(kx), row(3 + kx), row(6 + kx)})
		}
		line := [smallSize][]float32{row(21), row(22), row(23), row(24)}
		for i := range smallSize {
			smallWeightLine(line, [3][]float32{column(i, 0), column(i, 1), column(i, 2)})
			for j, u := range line {
				f := dst[(i*smallSize+j)*size+ci*Panel:]
				for co := 0; co < n; co += Panel {
					to := f[co*g.Cin:][:Panel]
					clear(to[copy(to, u[co:]):])
				}
			}
		}
	}
}

// smallFloats is the room that the transforms of a tile need.
func (p *WinogradPlan) smallFloats() int {
	if !p.small() {
		return 0
	}
	return roundUp(smallFreq*max(p.Geom.Cin, p.Geom.Cout), Panel)
}

// smallInput transforms the input of a tile into v, 16 places lines apart.
func (c *Winograd) smallInput(x []float32, y0, x0 int, v []float32, lines int, room []float32) {
	g := &c.Plan.Geom
	n := g.Cin
	var d, t, to [smallFreq][]float32
	for i := range d {
		y, x1 := y0+i/smallSize, x0+i%smallSize
		d[i] = c.Plan.zero[:n]
		if y >= 0 && y < g.In[1] && x1 >= 0 && x1 < g.In[2] {
			d[i] = x[(y*g.In[2]+x1)*n:][:n]
		}
		t[i], to[i] = room[i*n:][:n], v[i*lines:][:n]
	}
	for i := range smallSize {
		smallInputLine(t[i:], d[i:], smallSize)
	}
	for i := 0; i < smallFreq; i += smallSize {
		smallInputLine(to[i:], t[i:], 1)
	}
}

// smallOutput transforms the products of a tile, 16 places lines apart, into Y at y0, x0 of an image that starts at base.
// It destroys the products.
func (c *Winograd) smallOutput(m []float32, lines, base, y0, x0 int, room []float32) {
	g := &c.Plan.Geom
	n := g.Cout
	place := func(i int) []float32 { return m[i*lines:][:n] }
	half := func(i int) []float32 { return room[i*n:][:n] }
	for j := range smallSize {
		smallOutputLine([2][]float32{half(j), half(smallSize + j)}, [smallSize][]float32{place(j), place(4 + j), place(8 + j), place(12 + j)})
	}
	for r := range min(smallTile, g.Out[1]-y0) {
		h := smallSize * r
		line := [2][]float32{half(8), half(9)}
		smallOutputLine(line, [smallSize][]float32{half(h), half(h + 1), half(h + 2), half(h + 3)})
		for q := range min(smallTile, g.Out[2]-x0) {
			at := base + ((y0+r)*g.Out[2]+x0+q)*n
			v := line[q]
			if c.Bias != nil {
				Add(v, v, c.Bias[:n])
			}
			if c.R != nil {
				Add(v, v, c.R[at:][:n])
			}
			c.Act.Apply(c.Y[at:][:n], v)
		}
	}
}
