package kernel

// Winograd's F(4×4, 3×3): an output tile of 4×4 comes from 36 products instead of 144. The interpolation points are 0,
// ±3/4, ±3/2 and ∞, which double the rounding error of a direct convolution; the textbook's 0, ±1, ±2 and ∞ make it
// five times as large.
const (
	winoTile = 4
	winoSize = 6
	winoFreq = winoSize * winoSize

	winoA  = 0.75
	winoB  = 1.5
	winoA2 = winoA * winoA
	winoB2 = winoB * winoB
)

// winoWeightLine is G·g, a line of at most 5 weights seen from the six points.
func winoWeightLine(g []float64) [winoSize]float64 {
	const (
		zero = 1 / (winoA2 * winoB2)
		ka   = 1 / (2 * winoA2 * (winoA2 - winoB2))
		kb   = 1 / (2 * winoB2 * (winoB2 - winoA2))
	)
	var even, odd [2]float64 // of the polynomial g at a and b
	for i := len(g) - 1; i >= 0; i-- {
		for p, x := range [2]float64{winoA, winoB} {
			even[p], odd[p] = odd[p]*x, even[p]*x
			even[p] += g[i]
		}
	}
	ea, oa, eb, ob := ka*even[0], ka*odd[0], kb*even[1], kb*odd[1]
	return [winoSize]float64{zero * g[0], ea + oa, ea - oa, eb + ob, eb - ob, g[len(g)-1]}
}

// WinogradPlan holds what a Winograd convolution of one geometry needs besides its weights. It is immutable and may be
// shared.
type WinogradPlan struct {
	Geom ConvGeom

	tile          int // outputs of a tile in each direction: winoTile or smallTile; or in the row
	freq          int // products of a tile
	tilesX, tiles int // in a row, in an image
	block         int // tiles that are transformed and multiplied together
	zero          []float32
}

// WinogradFits reports whether NewWinogradPlan takes the geometry: stride 1, one group, at least 8 channels, and a kernel
// of 2 to 5 taps in a row, or of 3×3, not dilated, with padding of at most 2 and channels in multiples of 8.
func WinogradFits(g ConvGeom) bool {
	square := g.Kernel == [3]int{1, 3, 3} && g.Dilation == [3]int{1, 1, 1} && g.Pad[1] <= 2 && g.Pad[2] <= 2 &&
		g.Cin%Lane == 0 && g.Cout%Lane == 0
	line := g.Kernel[0] == 1 && isLine(&g) && g.Kernel[2] >= 2 && g.Kernel[2] <= lineTaps && g.Pad[1] == 0 && g.In[1] == g.Out[1]
	return (square || line) && g.Stride == [3]int{1, 1, 1} && g.Groups == 1 &&
		g.In[0] == 1 && g.Out[0] == 1 && g.Pad[0] == 0 &&
		g.Cin >= Lane && g.Cout >= Lane && g.Cout <= len(zeroFloats)
}

// WinogradTile estimates which tiles are fastest: 4 or 2 outputs wide, or 0 for the direct convolution. With them the
// weights grow to 36 or 16 ninths, so few tiles with many channels are better off with small ones or without. Kernels in a
// row have one size of tiles.
func WinogradTile(g ConvGeom) int {
	if !WinogradFits(g) || g.Cin < 16 || g.Cout < 16 {
		return 0
	}
	const (
		flops     = 95e3 // per microsecond and core
		nearBytes = 40e3 // per microsecond, while the weights stay in the last-level cache
		farBytes  = 12e3
		llc       = 16 << 20
	)
	pairs := float64(g.Cin) * float64(g.Cout)
	weights := func(bytes float64) float64 {
		if bytes > llc {
			return bytes / farBytes
		}
		return bytes / nearBytes
	}
	taps := float64(volume(g.Kernel))
	best, least := 0, 0.85*max(2*taps*float64(volume(g.Out))*pairs/flops, weights(4*taps*pairs))
	type form struct {
		tile      int
		transform float64 // microseconds a tile and channel
	}
	forms := []form{{winoTile, 8e-3}, {smallTile, 2.5e-3}}
	if isLine(&g) {
		forms = []form{{lineTile(&g), 1.3e-3}}
	}
	for _, t := range forms {
		tiles, freq := float64(winogradTiles(&g, t.tile)), float64(winogradFreq(&g, t.tile))
		fast := max(2*freq*tiles*pairs/flops, weights(4*freq*pairs)) + t.transform*tiles*float64(g.Cin+g.Cout)
		if fast < least {
			best, least = t.tile, fast
		}
	}
	return best
}

// winogradFreq is the number of products of a tile.
func winogradFreq(g *ConvGeom, tile int) int {
	if isLine(g) {
		return lineFreq
	}
	return (tile + 2) * (tile + 2)
}

// winogradTiles is the number of tiles of an image.
func winogradTiles(g *ConvGeom, tile int) int {
	if isLine(g) {
		return g.Out[1] * lineTiles(g)
	}
	return ceilDiv(g.Out[1], tile) * ceilDiv(g.Out[2], tile)
}

// LargeWinogradTile is the tile for images that are not small.
func LargeWinogradTile(g ConvGeom) int {
	if isLine(&g) {
		return lineTile(&g)
	}
	return winoTile
}

// NewWinogradPlan prepares a convolution that WinogradFits, with a tile that WinogradTile may give.
func NewWinogradPlan(g ConvGeom, tile int) *WinogradPlan {
	if !WinogradFits(g) || tile != LargeWinogradTile(g) && (tile != smallTile || isLine(&g)) {
		panic("kernel: geometry does not fit Winograd")
	}
	p := &WinogradPlan{Geom: g, tile: tile, freq: winogradFreq(&g, tile), tiles: winogradTiles(&g, tile)}
	most := winoBlock
	if p.line() {
		p.tilesX, most = lineTiles(&g), lineBlock
	} else {
		p.tilesX, p.zero = ceilDiv(g.Out[2], tile), make([]float32, (g.In[2]+winoSize)*g.Cin)
	}
	blocks := ceilDiv(p.tiles, most)
	if blocks > 1 {
		blocks = roundUp(blocks, 2) // for two threads
	}
	p.block = ceilDiv(p.tiles, blocks)
	return p
}

// winoBlock is the most tiles of a block: as few as keep the transformed tiles near, as many as make the reading of the
// weights cheap. lineBlock is that of tiles in a row, which have fewer products.
const (
	winoBlock = 28
	lineBlock = 48
)

// PackedWinogradFloats is the length of the packed kernel.
func PackedWinogradFloats(g ConvGeom, tile int) int {
	return winogradFreq(&g, tile) * PackedBFloats(g.Cin, g.Cout)
}

// PackWinograd transforms and packs a Keras kernel [3, 3, Cin, Cout] or [taps, Cin, Cout].
func PackWinograd(dst []float32, g ConvGeom, tile int, kernel []float32) {
	PackWinogradScaled(dst, g, tile, kernel, nil)
}

// winoRows is how many input channels one call of assembly transforms.
const winoRows = 128

// PackWinogradScaled is PackWinograd of the kernel with its output channels multiplied by scale; nil: by nothing.
func PackWinogradScaled(dst []float32, g ConvGeom, tile int, kernel, scale []float32) {
	if isLine(&g) {
		packLineWinograd(dst, g, kernel, scale)
		return
	}
	if tile == smallTile {
		packSmallWinograd(dst, g, kernel, scale)
		return
	}
	size := PackedBFloats(g.Cin, g.Cout)
	dst = dst[:winoFreq*size]
	tap := g.Cin * g.Cout
	_ = kernel[9*tap-1]
	var factors [Panel]float32
	for q := range factors {
		factors[q] = 1
	}
	// A line is collected before it goes to its place: the 36 places are far apart, often on one set of a cache.
	var lines [winoFreq * Panel]float32
	for co := 0; co < g.Cout; co += Panel {
		n := min(Panel, g.Cout-co)
		if scale != nil {
			copy(factors[:], scale[co:co+n])
		}
		ci := 0
		for n == Panel && ci < g.Cin {
			rows := min(winoRows, g.Cin-ci)
			if !winoWeights(dst[co*g.Cin+ci*Panel:], lines[:], kernel[ci*g.Cout+co:], factors[:], size, tap, g.Cout, rows) {
				break
			}
			ci += rows
		}
		for ; ci < g.Cin; ci++ {
			at := co*g.Cin + ci*Panel
			for q := range n {
				winoWeightsOf(lines[q:], kernel[ci*g.Cout+co+q:], float64(factors[q]), tap)
			}
			for f := range winoFreq {
				copy(dst[f*size+at:][:Panel], lines[f*Panel:][:n])
				clear(dst[f*size+at+n:][:Panel-n])
			}
		}
	}
}

// winoWeightsOf transforms one pair of channels into every Panel-th place of lines.
func winoWeightsOf(lines, w []float32, factor float64, tap int) {
	var columns [3][winoSize]float64
	for kx := range columns {
		columns[kx] = winoWeightLine([]float64{factor * float64(w[kx*tap]), factor * float64(w[(3+kx)*tap]), factor * float64(w[(6+kx)*tap])})
	}
	for i := range winoSize {
		for j, u := range winoWeightLine([]float64{columns[0][i], columns[1][i], columns[2][i]}) {
			lines[(i*winoSize+j)*Panel] = float32(u)
		}
	}
}
