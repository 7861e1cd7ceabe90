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

// winoWeightLine is G·g, a line of three weights seen from the six points.
func winoWeightLine(g0, g1, g2 float64) [winoSize]float64 {
	const (
		zero = 1 / (winoA2 * winoB2)
		ka   = 1 / (2 * winoA2 * (winoA2 - winoB2))
		kb   = 1 / (2 * winoB2 * (winoB2 - winoA2))
	)
	ea, oa := ka*(g0+winoA2*g2), ka*winoA*g1
	eb, ob := kb*(g0+winoB2*g2), kb*winoB*g1
	return [winoSize]float64{zero * g0, ea + oa, ea - oa, eb + ob, eb - ob, g2}
}

// WinogradPlan holds what a Winograd convolution of one geometry needs besides its weights. It is immutable and may be
// shared.
type WinogradPlan struct {
	Geom ConvGeom

	tile          int // outputs of a tile in each direction: winoTile or smallTile
	freq          int // products of a tile
	tilesX, tiles int // in a row, in an image
	block         int // tiles that are transformed and multiplied together
	zero          []float32
}

// WinogradFits reports whether NewWinogradPlan takes the geometry: 3×3, stride 1, not dilated, one group, channels in
// multiples of 8, padding of at most 2.
func WinogradFits(g ConvGeom) bool {
	return g.Kernel == [3]int{1, 3, 3} && g.Stride == [3]int{1, 1, 1} && g.Dilation == [3]int{1, 1, 1} && g.Groups == 1 &&
		g.In[0] == 1 && g.Out[0] == 1 && g.Pad[0] == 0 && g.Pad[1] <= 2 && g.Pad[2] <= 2 &&
		g.Cin > 0 && g.Cin%Lane == 0 && g.Cout > 0 && g.Cout%Lane == 0 && g.Cout <= len(zeroFloats)
}

// WinogradTile estimates which tiles are fastest: 4 or 2 outputs wide, or 0 for the direct convolution. With them the
// weights grow to 36 or 16 ninths, so few tiles with many channels are better off with small ones or without.
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
	best, least := 0, 0.85*max(2*9*float64(volume(g.Out))*pairs/flops, weights(4*9*pairs))
	for _, t := range []struct {
		tile      int
		transform float64 // microseconds a tile and channel
	}{{winoTile, 8e-3}, {smallTile, 2.5e-3}} {
		tiles := float64(ceilDiv(g.Out[1], t.tile) * ceilDiv(g.Out[2], t.tile))
		freq := float64(winogradFreq(t.tile))
		fast := max(2*freq*tiles*pairs/flops, weights(4*freq*pairs)) + t.transform*tiles*float64(g.Cin+g.Cout)
		if fast < least {
			best, least = t.tile, fast
		}
	}
	return best
}

func winogradFreq(tile int) int { return (tile + 2) * (tile + 2) }

// NewWinogradPlan prepares a convolution that WinogradFits, with tiles of 4 or 2.
func NewWinogradPlan(g ConvGeom, tile int) *WinogradPlan {
	if !WinogradFits(g) || tile != winoTile && tile != smallTile {
		panic("kernel: geometry does not fit Winograd")
	}
	p := &WinogradPlan{Geom: g, tile: tile, freq: winogradFreq(tile), tilesX: ceilDiv(g.Out[2], tile), zero: make([]float32, (g.In[2]+winoSize)*g.Cin)}
	p.tiles = p.tilesX * ceilDiv(g.Out[1], tile)
	blocks := ceilDiv(p.tiles, winoBlock)
	if blocks > 1 {
		blocks = roundUp(blocks, 2) // for two threads
	}
	p.block = ceilDiv(p.tiles, blocks)
	return p
}

// winoBlock is the most tiles of a block: as few as keep the transformed tiles near, as many as make the reading of the
// weights cheap.
const winoBlock = 28

// PackedWinogradFloats is the length of the packed kernel.
func PackedWinogradFloats(g ConvGeom, tile int) int {
	return winogradFreq(tile) * PackedBFloats(g.Cin, g.Cout)
}

// PackWinograd transforms and packs a Keras kernel [3, 3, Cin, Cout].
func PackWinograd(dst []float32, g ConvGeom, tile int, kernel []float32) {
	PackWinogradScaled(dst, g, tile, kernel, nil)
}

// winoRows is how many input channels one call of assembly transforms.
const winoRows = 128

// PackWinogradScaled is PackWinograd of the kernel with its output channels multiplied by scale; nil: by nothing.
func PackWinogradScaled(dst []float32, g ConvGeom, tile int, kernel, scale []float32) {
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
		columns[kx] = winoWeightLine(factor*float64(w[kx*tap]), factor*float64(w[(3+kx)*tap]), factor*float64(w[(6+kx)*tap]))
	}
	for i := range winoSize {
		for j, u := range winoWeightLine(columns[0][i], columns[1][i], columns[2][i]) {
			lines[(i*winoSize+j)*Panel] = float32(u)
		}
	}
}
