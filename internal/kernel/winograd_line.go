package kernel

import "unsafe"

// Winograd's F(m, r) along one axis, for kernels of r taps in a row, 2 to 5, with the points of F(4×4, 3×3): 6 products for
// the m = 7-r outputs of a tile instead of m·r. A dilated convolution is one for each of as many interleaved parts of the
// row, so that the tile at column x has the outputs x, x+d, x+2d and so on.

const (
	lineFreq = winoSize
	lineTaps = 5 // at most
)

// line reports whether tiles are parts of a row.
func (p *WinogradPlan) line() bool { return isLine(&p.Geom) }

func isLine(g *ConvGeom) bool { return g.Kernel[1] == 1 }

// lineTile is the number of outputs of a tile.
func lineTile(g *ConvGeom) int { return winoSize + 1 - g.Kernel[2] }

// lineParts is the number of interleaved parts of a row that have an output.
func lineParts(g *ConvGeom) int { return min(g.Dilation[2], g.Out[2]) }

// lineTiles is the number of tiles of a row.
func lineTiles(g *ConvGeom) int {
	return lineParts(g) * ceilDiv(ceilDiv(g.Out[2], g.Dilation[2]), lineTile(g))
}

// linePlace returns the row of a tile and the column of its first output, and how many of its outputs are in the row.
func (p *WinogradPlan) linePlace(tile int) (y, x, n int) {
	d, parts := p.Geom.Dilation[2], lineParts(&p.Geom)
	i := tile % p.tilesX
	x = i/parts*p.tile*d + i%parts
	return tile / p.tilesX, x, min(p.tile, ceilDiv(max(0, p.Geom.Out[2]-x), d))
}

// lineInput transforms the input of a tile into v.
func (c *Winograd) lineInput(x []float32, tile int, v []float32) {
	g := &c.Plan.Geom
	d := g.Dilation[2]
	y, x0, _ := c.Plan.linePlace(tile)
	x0 -= g.Pad[2]
	var a winoInputArgs // field by field: a literal would be made elsewhere and copied
	a.first = min(ceilDiv(max(0, -x0), d), winoSize)
	a.last = max(a.first, min(winoSize, ceilDiv(max(0, g.In[2]-x0), d)))
	a.pixel, a.v, a.stride, a.blocks = d*g.Cin*4, slicePtr(v, 0), c.Plan.lines(g.Cin)*4, g.Cin/Lane
	a.rows[0] = a.v // nothing is read when all is padding
	if a.first < a.last {
		a.rows[0] = slicePtr(x, (y*g.In[2]+x0+a.first*d)*g.Cin)
	}
	winoLineInputRun(&a)
	if rest := g.Cin % Lane; rest > 0 { // a last vector begins before the end of the others
		back := (g.Cin - Lane) * 4
		a.rows[0], a.v, a.blocks = unsafe.Add(a.rows[0], back), unsafe.Add(a.v, back), 1
		winoLineInputRun(&a)
	}
}

// lineOutput transforms the products of n channels of a tile to Y[at:].
func (c *Winograd) lineOutput(a *winoOutputArgs, n, at int) {
	winoLineOutputRun(a, c.Plan.tile)
	rest := n % Lane
	if rest == 0 {
		return
	}
	// A last vector begins before the end of the others. What they have written stays: the residual may have been there.
	last, back := *a, n-Lane
	last.m, last.bias, last.y, last.blocks = unsafe.Add(a.m, back*4), unsafe.Add(a.bias, back*4), unsafe.Add(a.y, back*4), 1
	if a.r != nil {
		last.r = unsafe.Add(a.r, back*4)
	}
	written := func(q int) []float32 { return c.Y[at+back+q*a.pixel/4:][:Lane-rest] }
	var kept [winoSize - 1][Lane]float32
	for q := range a.cols {
		copy(kept[q][:], written(q))
	}
	winoLineOutputRun(&last, c.Plan.tile)
	for q := range a.cols {
		copy(written(q), kept[q][:])
	}
}

func winoLineInputGeneric(a *winoInputArgs) {
	pixel, stride := a.pixel/4, a.stride/4
	for c := range a.blocks * Lane {
		var d [winoSize]float32
		for x := a.first; x < a.last; x++ {
			d[x] = *(*float32)(unsafe.Add(a.rows[0], ((x-a.first)*pixel+c)*4))
		}
		for i, v := range winoInputLine(&d) {
			*(*float32)(unsafe.Add(a.v, (i*stride+c)*4)) = v
		}
	}
}

func winoLineOutputGeneric(a *winoOutputArgs, outputs int) {
	stride := a.stride / 4
	for c := range a.blocks * Lane {
		var m [winoSize]float32
		for i := range m {
			m[i] = *(*float32)(unsafe.Add(a.m, (i*stride+c)*4))
		}
		line := winoOutputLine(&m, outputs)
		a.finish(line[:a.cols], 0, c)
	}
}

// packLineWinograd is PackWinogradScaled for kernels in a row.
func packLineWinograd(dst []float32, g ConvGeom, kernel, scale []float32) {
	taps, tap := g.Kernel[2], g.Cin*g.Cout
	size, panel := PackedBFloats(g.Cin, g.Cout), g.Cin*Panel
	var factors [lineTaps][winoSize]float64 // of each tap in the products
	for t := range taps {
		var one [lineTaps]float64
		one[t] = 1
		factors[t] = winoWeightLine(one[:taps])
	}
	packed := make([]float32, taps*panel)
	for co := 0; co < g.Cout; co += Panel {
		n := min(Panel, g.Cout-co)
		var columns []float32
		if scale != nil {
			columns = scale[co : co+n]
		}
		for t := range taps {
			PackBScaled(packed[t*panel:(t+1)*panel], g.Cin, n, kernel[t*tap+co:], g.Cout, columns)
		}
		for f := range lineFreq {
			to := dst[f*size+co*g.Cin:][:panel]
			clear(to)
			for t := range taps {
				if factor := float32(factors[t][f]); factor != 0 { // lest an infinite weight of another product make it NaN
					Axpy(to, factor, packed[t*panel:(t+1)*panel])
				}
			}
		}
	}
}
