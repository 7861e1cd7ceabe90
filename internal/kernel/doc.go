// Package kernel computes on float32 slices: matrix products, convolutions, recurrent layers, elementwise functions,
// reductions. It knows neither the ir nor the runtime. Tensors are row-major and channels last; weights come in
// Keras's layouts and are packed once, by the Pack functions.
//
// Nothing allocates when running. An operation that needs scratch says how much (ScratchFloats) and takes it as an
// argument. The operations that are structs belong to one goroutine at a time; keep them where they outlive a call.
// They take a *workers.Pool, nil for one thread, and give the same bits whatever its size. Plans and packed weights
// are immutable and may be shared. A slice that is too short is a programmer's error and panics. Weights and arenas
// should begin at multiples of 64 bytes: vectors that straddle cache lines cost up to half the speed.
//
// # Matrix products
//
//	b := make([]float32, PackedBFloats(in, units))
//	PackB(b, in, units, kernel, units)             // or PackBTrans
//	bias := make([]float32, PackedBiasFloats(units))
//	PackBias(bias, units, keras)                   // padded to whole panels
//	g := &Gemm{M: rows, N: units, K: in, A: x, LDA: in, B: b, Bias: bias, C: y, LDC: units, Act: Activation{Kind: Relu}}
//	g.Run(pool)                                    // set R, LDR for a residual added before the activation
//
//	m := &MatMul{Batch: [2]int{batch, heads}, M: tq, N: tk, K: dim, TransB: true, Scale: 1 / sqrt(dim), ...}
//	m.Run(pool, scratch)                           // both operands known only when running
//
// # Convolutions
//
//	geom := Geom2D(in, kernel, stride, dilation, padBefore, out, cin, cout, groups) // pairs {vertical, horizontal}
//	plan := NewConvPlan(geom)
//	PackConv(w, geom, keras); PackConvBias(bias, geom, kerasBias)
//	c := &Conv{Plan: plan, N: batch, X: x, W: w, Bias: bias, Y: y, R: residual, Act: act}
//	c.Run(pool, scratch)                           // plan.ScratchFloats(batch) values
//
//	if tile := WinogradTile(geom); tile != 0 {     // 3×3, stride 1: up to three times as fast, twice the rounding error
//		plan := NewWinogradPlan(geom, tile)
//		PackWinograd(w, geom, tile, keras)     // PackedWinogradFloats(geom, tile); the bias as above
//		c := &Winograd{Plan: plan, N: batch, X: x, W: w, Bias: bias, Y: y, R: residual, Act: act}
//		c.Run(pool, scratch)                   // plan.ScratchFloats(pool.Threads()) values
//	}
//
//	d := &Depthwise{Plan: NewWindowPlan(geom), N: batch, X: x, W: keras, Bias: bias, Y: y, Act: act}
//	d.Run(pool)
//	q := &Pooling{Plan: NewWindowPlan(geom), Average: true, N: batch, X: x, Y: y}
//	q.Run(pool)
//
// The three axes of ConvGeom serve one and three dimensions; Out and Pad hold the padding rule.
//
// # Recurrent layers
//
//	PackRNNInput(w, in, units, 4, kernel)          // B of a Gemm with N = RNNCols(units, 4)
//	PackRNNBias(bias, units, 4, keras)             // GRU with reset_after: PackGRUBias
//	PackRecurrent(u, units, 4, recurrent)          // GRUResetBefore: PackGRURecurrent
//	input := &RNNInput{X: x, Size: in, Step: in, Batch: steps * in, W: w, Bias: bias}
//	r := &RNN{Cell: LSTM, Units: units, Batch: batch, Steps: steps, Input: input,
//		U: u, H: h, C: c, Y: y, YStep: units, YBatch: steps * units,
//		Act: Activation{Kind: Tanh}, RecurrentAct: Activation{Kind: Sigmoid}}
//	r.Run(pool, scratch)                           // h and c: initial state in, final state out
//
// # Elementwise, rows and reductions
//
//	Activation{Kind: Gelu}.Apply(dst, src)         // see the ActKind constants
//	Add(dst, a, b); MulScalar(dst, a, 2); AddRow(dst, a, row); ScaleShiftRow(dst, a, scale, shift); FMA; Axpy
//	Softmax(dst, src, n); LogSoftmax(dst, src, n, scratch); LayerNorm(dst, src, n, gamma, beta, eps); RMSNorm
//	SumOf, VarianceOf, MaxOf, MinOf, Dot; SumCols, AddRows, MaxRows, MinRows
package kernel
