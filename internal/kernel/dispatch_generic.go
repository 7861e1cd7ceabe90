//go:build !amd64 || noasm

package kernel

func copyPanel(panel, b []float32, ldb, k int) {
	copyPanelGeneric(panel, b, ldb, k, Panel)
}

func thin(a *thinArgs, columns int) bool { return false }

func copyPanelScaled(panel, b []float32, ldb, k int, scale []float32) {
	copyPanelGeneric(panel, b, ldb, k, Panel)
	scalePanelGeneric(panel, scale, k, Panel)
}

func winoWeights(dst, lines, w, scale []float32, size, tap, ld, n int) bool { return false }

func transposePanel(panel, bt []float32, ldb, k int) {
	transposePanelGeneric(panel, bt, ldb, k, Panel)
}

func depthwiseRun(a *windowArgs)                       { depthwiseGeneric(a) }
func hasSliding() bool                                 { return false }
func slidingRows(*slidingArgs, int, int)               { panic("kernel: no column kernel") }
func slidingBlocks() int                               { return 1 }
func winoInputRun(a *winoInputArgs)                    { winoInputGeneric(a) }
func winoOutputRun(a *winoOutputArgs)                  { winoOutputGeneric(a) }
func winoLineInputRun(a *winoInputArgs)                { winoLineInputGeneric(a) }
func winoLineOutputRun(a *winoOutputArgs, outputs int) { winoLineOutputGeneric(a, outputs) }
func maxPoolRun(a *windowArgs)                         { maxPoolGeneric(a) }
func avgPoolRun(a *windowArgs)                         { avgPoolGeneric(a) }

func scalar(op arithOp, dst, a []float32, s float32) { scalarGeneric(op, dst, a, s) }
func fma(dst, a, b, c []float32)                     { fmaGeneric(dst, a, b, c) }
func axpy(y []float32, s float32, x []float32)       { axpyGeneric(y, s, x) }
func lerp(dst, a, b []float32, s float32)            { lerpGeneric(dst, a, b, s) }
func sum(x []float32) float32                        { return sumGeneric(x) }
func sumSquares(x []float32, mean float32) float32   { return sumSquaresGeneric(x, mean) }
func foldRows(op arithOp, dst, x []float32, rows, stride int) {
	foldRowsGeneric(op, dst, x, rows, stride)
}
func dot(a, b []float32) float32                          { return dotGeneric(a, b) }
func maximum(x []float32) float32                         { return maximumGeneric(x) }
func minimum(x []float32) float32                         { return minimumGeneric(x) }
func gatherRows(dst, table []float32, ids []int32, n int) { gatherRowsGeneric(dst, table, ids, n) }
func hasRepeat() bool                                     { return false }
func repeat(_, _ []float32, _ []int32, _, _ int)          {}
func hasTranspose() bool                                  { return false }
func transposeTiles(dst, src []float32, rows, cols, ldd, lds int) {
	transposeGeneric(dst, src, rows, cols, ldd, lds)
}
func softmax(dst, src []float32, n int)                               { softmaxGeneric(dst, src, n) }
func layerNorm(dst, src, gamma, beta []float32, epsilon float32) bool { return false }
func expSum(dst, src []float32, shift float32) float32                { return expSumGeneric(dst, src, shift) }

func fusedLSTM(act, rec Activation, a *cellArgs) bool { return false }
func fusedGRU(act, rec Activation, a *cellArgs) bool  { return false }
func fusedSimple(act Activation, a *cellArgs) bool    { return false }
func fusedReset(rec Activation, a *cellArgs) bool     { return false }
func fusedUpdate(a *cellArgs) bool                    { return false }
