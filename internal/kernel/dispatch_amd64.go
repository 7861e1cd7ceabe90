//go:build amd64 && !noasm

package kernel

import (
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/cpu"
)

// The assembly reads its argument structs as 8-byte words in this order; the compiler rejects another one.
var (
	_ = [1]struct{}{}[unsafe.Offsetof(tileArgs{}.lo)-14*8]
	_ = [1]struct{}{}[unsafe.Offsetof(tileArgs{}.halves)-23*8]
	_ = [1]struct{}{}[unsafe.Offsetof(thinArgs{}.groups)-10*8]
	_ = [1]struct{}{}[unsafe.Offsetof(windowArgs{}.lo)-10*8]
	_ = [1]struct{}{}[unsafe.Offsetof(windowArgs{}.scale)-11*8]
	_ = [1]struct{}{}[unsafe.Offsetof(slidingArgs{}.ystep)-19*8]
	_ = [1]struct{}{}[unsafe.Offsetof(winoInputArgs{}.blocks)-11*8]
	_ = [1]struct{}{}[unsafe.Offsetof(winoOutputArgs{}.lo)-10*8]
	_ = [1]struct{}{}[unsafe.Offsetof(stepArgs{}.dir)-12*8]
	_ = [1]struct{}{}[unsafe.Offsetof(cellArgs{}.p)-12*8]
)

func useAVX2() bool { return level >= cpu.AVX2 }

func useAVX512() bool { return level >= cpu.AVX512 }

// stripPanels is how many panels a tile takes at once, where there are as many.
func stripPanels() int {
	if useAVX512() {
		return 2
	}
	return 1
}

// tileRows is how many rows a tile has at most, of a product with n columns.
func tileRows(n int) int {
	switch {
	case useAVX512() && halfVectors && n <= Panel+8:
		return 6 // registers that need EVEX make multiply-adds of 256 bits slower
	case useAVX512():
		return 8
	case useAVX2():
		return 6
	default:
		return 4
	}
}

// halfVectors says that two instructions of 256 bits take no longer than one of 512. Their operands come from the
// first-level cache in one cycle, too, instead of two.
var halfVectors = cpu.AMDFamily() == cpu.Zen4

func tile(a *tileArgs) {
	if !useAVX2() {
		tileGeneric(a)
		return
	}
	if a.ahead == 0 {
		a.ahead = uintptr(a.b) // a hint costs nothing where the memory is near
	}
	if halfVectors {
		a.halves = 1
	}
	p := (*byte)(unsafe.Pointer(a))
	switch a.rows {
	case 1:
		if a.stream {
			tile1StreamAsm(p)
		} else {
			tile1Asm(p)
		}
	case 2:
		tile2Asm(p)
	case 3:
		tile3Asm(p)
	case 4:
		tile4Asm(p)
	case 5:
		tile5Asm(p)
	case 6:
		tile6Asm(p)
	case 7:
		tile7AVX512(p)
	case 8:
		tile8AVX512(p)
	default:
		panic("kernel: no tile of so many rows")
	}
}

// thin computes whole groups of rows. It reports whether it has done it.
func thin(a *thinArgs, columns int) bool {
	if !useAVX2() {
		return false
	}
	p := (*byte)(unsafe.Pointer(a))
	switch columns {
	case 1:
		thin1AVX2(p)
	case 2:
		thin2AVX2(p)
	case 3:
		thin3AVX2(p)
	case 4:
		thin4AVX2(p)
	}
	return true
}

func copyPanel(panel, b []float32, ldb, k int) {
	if !useAVX2() {
		copyPanelGeneric(panel, b, ldb, k, Panel)
		return
	}
	_ = b[(k-1)*ldb+Panel-1]
	_ = panel[k*Panel-1]
	copyPanelAVX2(&panel[0], &b[0], ldb, k)
}

func copyPanelScaled(panel, b []float32, ldb, k int, scale []float32) {
	if !useAVX2() {
		copyPanelGeneric(panel, b, ldb, k, Panel)
		scalePanelGeneric(panel, scale, k, Panel)
		return
	}
	_ = b[(k-1)*ldb+Panel-1]
	_ = panel[k*Panel-1]
	copyPanelScaledAVX2(&panel[0], &b[0], ldb, k, &scale[:Panel][0])
}

// winoWeights is winoWeightsOf for n input and Panel output channels, put to their places. It reports whether it has
// done it.
func winoWeights(dst, lines, w, scale []float32, size, tap, ld, n int) bool {
	if !useAVX2() || uintptr(unsafe.Pointer(&dst[0]))%64 != 0 || size%Panel != 0 {
		return false
	}
	_ = dst[(winoFreq-1)*size+n*Panel-1]
	_ = w[8*tap+(n-1)*ld+Panel-1]
	winoWeightsAVX2(&dst[0], &lines[:winoFreq*Panel][0], &w[0], &scale[:Panel][0], size, tap, ld, n)
	return true
}

func transposePanel(panel, bt []float32, ldb, k int) {
	whole := 0
	if useAVX2() {
		if whole = k &^ (lanes8 - 1); whole > 0 {
			_ = bt[(Panel-1)*ldb+k-1]
			_ = panel[k*Panel-1]
			transposePanelAVX2(&panel[0], &bt[0], ldb, whole)
		}
	}
	if whole < k {
		transposePanelGeneric(panel[whole*Panel:], bt[whole:], ldb, k-whole, Panel)
	}
}

func hasRepeat() bool { return useAVX2() }

func repeat(dst, src []float32, index []int32, n, m int) {
	repeatAVX2(&dst[0], &src[0], &index[0], n, m)
}

func hasTranspose() bool { return useAVX2() }

func transposeTiles(dst, src []float32, rows, cols, ldd, lds int) {
	transposeTilesAVX2(&dst[0], &src[0], rows, cols, ldd, lds)
}

func depthwiseRun(a *windowArgs) {
	if useAVX2() {
		depthwiseAsm((*byte)(unsafe.Pointer(a)))
		return
	}
	depthwiseGeneric(a)
}

// hasSliding reports whether depthwise convolutions can run by columns.
func hasSliding() bool { return useAVX2() }

// slidingBlocks is how many blocks of 8 channels are computed at once.
func slidingBlocks() int {
	if useAVX512() {
		return 2
	}
	return 1
}

func slidingRows(a *slidingArgs, k, stride int) {
	p := (*byte)(unsafe.Pointer(a))
	switch k<<2 | stride {
	case 3<<2 | 1:
		depthwise3s1Asm(p)
	case 3<<2 | 2:
		depthwise3s2Asm(p)
	case 5<<2 | 1:
		depthwise5s1Asm(p)
	case 5<<2 | 2:
		depthwise5s2Asm(p)
	case 7<<2 | 1:
		depthwise7s1Asm(p)
	case 7<<2 | 2:
		depthwise7s2Asm(p)
	}
}

func winoInputRun(a *winoInputArgs) {
	if useAVX2() {
		winoInputAsm((*byte)(unsafe.Pointer(a)))
		return
	}
	winoInputGeneric(a)
}

func winoOutputRun(a *winoOutputArgs) {
	if useAVX2() {
		winoOutputAsm((*byte)(unsafe.Pointer(a)))
		return
	}
	winoOutputGeneric(a)
}

func winoLineInputRun(a *winoInputArgs) {
	if useAVX2() {
		winoLineInputAsm((*byte)(unsafe.Pointer(a)))
		return
	}
	winoLineInputGeneric(a)
}

func winoLineOutputRun(a *winoOutputArgs, outputs int) {
	if !useAVX2() {
		winoLineOutputGeneric(a, outputs)
		return
	}
	p := (*byte)(unsafe.Pointer(a))
	switch outputs {
	case 2:
		winoLineOutput2Asm(p)
	case 3:
		winoLineOutput3Asm(p)
	case 4:
		winoLineOutput4Asm(p)
	case 5:
		winoLineOutput5Asm(p)
	}
}

func maxPoolRun(a *windowArgs) {
	if useAVX2() {
		maxPoolAsm((*byte)(unsafe.Pointer(a)))
		return
	}
	maxPoolGeneric(a)
}

func avgPoolRun(a *windowArgs) {
	if useAVX2() {
		avgPoolAsm((*byte)(unsafe.Pointer(a)))
		return
	}
	avgPoolGeneric(a)
}

func applyActivation(a Activation, dst, src []float32) {
	if !useAVX2() {
		applyGeneric(a, dst, src)
		return
	}
	d, s, n := &dst[0], &src[0], len(src)
	switch a.Kind {
	case Relu:
		reluAsm(d, s, n)
	case Relu6:
		clampAsm(d, s, n, 0, 6)
	case Clamp:
		clampAsm(d, s, n, a.P, a.Q)
	case LeakyRelu:
		leakyReluAsm(d, s, n, a.P, 0)
	case Sigmoid:
		sigmoidAsm(d, s, n)
	case Tanh:
		tanhAsm(d, s, n)
	case HardSigmoid:
		hardSigmoidAsm(d, s, n, a.P, a.Q)
	case HardSwish:
		hardSwishAsm(d, s, n)
	case Silu:
		siluAsm(d, s, n)
	case Gelu:
		geluAsm(d, s, n)
	case GeluTanh:
		geluTanhAsm(d, s, n)
	case Elu:
		eluAsm(d, s, n, a.P, 0)
	case Selu:
		seluAsm(d, s, n)
	case Softplus:
		softplusAsm(d, s, n)
	case LogSigmoid:
		logSigmoidAsm(d, s, n)
	case Softsign:
		softsignAsm(d, s, n)
	case Mish:
		mishAsm(d, s, n)
	case Exp:
		expAsm(d, s, n)
	case Erf:
		erfAsm(d, s, n)
	case Square:
		squareAsm(d, s, n)
	case Sqrt:
		sqrtAsm(d, s, n)
	case Rsqrt:
		rsqrtAsm(d, s, n)
	case Abs:
		absAsm(d, s, n)
	case Neg:
		negAsm(d, s, n)
	case Reciprocal:
		divReverseAsm(d, s, n, 1)
	default:
		applyGeneric(a, dst, src)
	}
}

func binary(op arithOp, dst, a, b []float32) {
	n := len(b)
	if n == 0 {
		return
	}
	dst, a = dst[:n], a[:n]
	if !useAVX2() {
		binaryGeneric(op, dst, a, b)
		return
	}
	d, x, y := &dst[0], &a[0], &b[0]
	switch op {
	case opAdd:
		addAsm(d, x, y, n)
	case opSub:
		subAsm(d, x, y, n)
	case opMul:
		mulAsm(d, x, y, n)
	case opDiv:
		divAsm(d, x, y, n)
	case opMax:
		maxAsm(d, x, y, n)
	case opMin:
		minAsm(d, x, y, n)
	default:
		binaryGeneric(op, dst, a, b)
	}
}

func scalar(op arithOp, dst, a []float32, s float32) {
	n := len(a)
	if n == 0 {
		return
	}
	dst = dst[:n]
	if !useAVX2() {
		scalarGeneric(op, dst, a, s)
		return
	}
	d, x := &dst[0], &a[0]
	switch op {
	case opAdd:
		addScalarAsm(d, x, n, s)
	case opSub:
		subScalarAsm(d, x, n, s)
	case opMul:
		mulScalarAsm(d, x, n, s)
	case opDiv:
		divScalarAsm(d, x, n, s)
	case opMax:
		maxScalarAsm(d, x, n, s)
	case opMin:
		minScalarAsm(d, x, n, s)
	case opRSub:
		subReverseAsm(d, x, n, s)
	case opRDiv:
		divReverseAsm(d, x, n, s)
	}
}

func fma(dst, a, b, c []float32) {
	n := len(c)
	if n == 0 {
		return
	}
	dst, a, b = dst[:n], a[:n], b[:n]
	if useAVX2() {
		fmaAsm(&dst[0], &a[0], &b[0], &c[0], n)
		return
	}
	fmaGeneric(dst, a, b, c)
}

func axpy(y []float32, s float32, x []float32) {
	n := len(x)
	if n == 0 {
		return
	}
	y = y[:n]
	if useAVX2() {
		axpyAsm(&y[0], &x[0], n, s)
		return
	}
	axpyGeneric(y, s, x)
}

func lerp(dst, a, b []float32, s float32) {
	n := len(a)
	if n == 0 {
		return
	}
	if b, dst = b[:n], dst[:n]; useAVX2() {
		lerpAsm(&dst[0], &a[0], &b[0], n, s)
		return
	}
	lerpGeneric(dst, a, b, s)
}

func sum(x []float32) float32 {
	if useAVX2() {
		return sumAsm(&x[0], len(x))
	}
	return sumGeneric(x)
}

func sumSquares(x []float32, mean float32) float32 {
	if useAVX2() {
		return sumSquaresAsm(&x[0], len(x), mean)
	}
	return sumSquaresGeneric(x, mean)
}

func foldRows(op arithOp, dst, x []float32, rows, stride int) {
	if !useAVX2() {
		foldRowsGeneric(op, dst, x, rows, stride)
		return
	}
	switch op {
	case opAdd:
		sumColumnsAsm(&dst[0], &x[0], rows, len(dst), stride)
	case opMax:
		maxColumnsAsm(&dst[0], &x[0], rows, len(dst), stride)
	default:
		minColumnsAsm(&dst[0], &x[0], rows, len(dst), stride)
	}
}

func dot(a, b []float32) float32 {
	if useAVX2() {
		return dotAsm(&a[0], &b[0], len(a))
	}
	return dotGeneric(a, b)
}

func maximum(x []float32) float32 {
	if useAVX2() {
		return maximumAsm(&x[0], len(x))
	}
	return maximumGeneric(x)
}

func minimum(x []float32) float32 {
	if useAVX2() {
		return minimumAsm(&x[0], len(x))
	}
	return minimumGeneric(x)
}

func gatherRows(dst, table []float32, ids []int32, n int) {
	if useAVX2() {
		gatherRowsAsm(&dst[0], &table[0], &ids[0], n, len(ids))
		return
	}
	gatherRowsGeneric(dst, table, ids, n)
}

func softmax(dst, src []float32, n int) {
	if useAVX2() {
		softmaxAsm(&dst[0], &src[0], n, len(src)/n)
		return
	}
	softmaxGeneric(dst, src, n)
}

// layerNorm is LayerNorm with gamma and beta; false when there is no such kernel.
func layerNorm(dst, src, gamma, beta []float32, epsilon float32) bool {
	if !useAVX2() {
		return false
	}
	layerNormAsm(&dst[0], &src[0], &gamma[0], &beta[0], len(gamma), len(src)/len(gamma), epsilon)
	return true
}

func expSum(dst, src []float32, shift float32) float32 {
	if useAVX2() {
		_ = dst[len(src)-1]
		return expSumAsm(&dst[0], &src[0], len(src), shift)
	}
	return expSumGeneric(dst, src, shift)
}

// fusedLSTM is RNN.lstm in one call, for tanh and the sigmoids, and relu and the sigmoid. It reports whether it has done
// it.
func fusedLSTM(act, rec Activation, a *cellArgs) bool {
	if !useAVX2() {
		return false
	}
	p := (*byte)(unsafe.Pointer(a))
	switch {
	case act.Kind == Relu:
		lstmReluCellAsm(p)
	case rec.Kind == HardSigmoid:
		a.p, a.q = rec.P, rec.Q
		lstmHardCellAsm(p)
	default:
		lstmCellAsm(p)
	}
	return true
}

// fusedGRU is RNN.gru in one call, likewise.
func fusedGRU(act, rec Activation, a *cellArgs) bool {
	if !useAVX2() {
		return false
	}
	p := (*byte)(unsafe.Pointer(a))
	switch {
	case act.Kind == Relu:
		gruReluCellAsm(p)
	case rec.Kind == HardSigmoid:
		a.p, a.q = rec.P, rec.Q
		gruHardCellAsm(p)
	default:
		gruCellAsm(p)
	}
	return true
}

// fusedSimple is for SimpleRNN with tanh and relu, likewise.
func fusedSimple(act Activation, a *cellArgs) bool {
	if !useAVX2() {
		return false
	}
	if act.Kind == Relu {
		simpleReluCellAsm((*byte)(unsafe.Pointer(a)))
	} else {
		simpleCellAsm((*byte)(unsafe.Pointer(a)))
	}
	return true
}

// fusedReset is phase 0 of GRUResetBefore for tanh and the sigmoids, likewise: c becomes the gate of pre and y the gate of x
// times h.
func fusedReset(rec Activation, a *cellArgs) bool {
	if !useAVX2() {
		return false
	}
	if rec.Kind == HardSigmoid {
		a.p, a.q = rec.P, rec.Q
		gruResetHardCellAsm((*byte)(unsafe.Pointer(a)))
	} else {
		gruResetCellAsm((*byte)(unsafe.Pointer(a)))
	}
	return true
}

// fusedUpdate is phase 1, likewise, with the candidate in pre and the gate in c.
func fusedUpdate(a *cellArgs) bool {
	if !useAVX2() {
		return false
	}
	gruUpdateCellAsm((*byte)(unsafe.Pointer(a)))
	return true
}

// blocksTogether is how many blocks stepGates takes together, or 0 when it only goes forwards, one after the other.
func blocksTogether(rows, gates int) int {
	switch {
	case !useAVX2():
		return 0
	case gates == 1 && (useAVX512() || rows == 1):
		return 4
	case useAVX512():
		return 2
	case rows == 4 && gates == 4:
		return 3
	case rows >= 4 && gates == 1, rows > 4 && gates == 3:
		return 2
	case rows > 1:
		return 1
	default:
		return 2
	}
}

func stepGates(a *stepArgs, gates int) {
	if !useAVX2() {
		stepGatesGeneric(a, gates)
		return
	}
	p := (*byte)(unsafe.Pointer(a))
	switch gates<<3 | a.rows {
	case 1<<3 | 1:
		gates1x1Asm(p)
	case 1<<3 | 2:
		gates1x2Asm(p)
	case 1<<3 | 3:
		gates1x3Asm(p)
	case 1<<3 | 4:
		gates1x4Asm(p)
	case 1<<3 | 5:
		gates1x5Asm(p)
	case 1<<3 | 6:
		gates1x6Asm(p)
	case 3<<3 | 1:
		gates3x1Asm(p)
	case 3<<3 | 2:
		gates3x2Asm(p)
	case 3<<3 | 3:
		gates3x3Asm(p)
	case 3<<3 | 4:
		gates3x4Asm(p)
	case 3<<3 | 5:
		gates3x5Asm(p)
	case 3<<3 | 6:
		gates3x6Asm(p)
	case 4<<3 | 1:
		gates4x1Asm(p)
	case 4<<3 | 2:
		gates4x2Asm(p)
	case 4<<3 | 3:
		gates4x3Asm(p)
	case 4<<3 | 4:
		gates4x4Asm(p)
	case 4<<3 | 5:
		gates4x5Asm(p)
	case 4<<3 | 6:
		gates4x6Asm(p)
	default:
		panic("kernel: no step of so many gates and rows")
	}
}
