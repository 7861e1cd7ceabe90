package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func reductions() {
	fold("sum", "func(x *float32, n int) float32", "returns the sum of x[i] for i < n.", []string{"x"}, nil, addValue)
	fold("dot", "func(x, y *float32, n int) float32", "returns the sum of x[i]·y[i] for i < n.", []string{"x", "y"}, nil,
		func(acc VecVirtual, v []VecVirtual, _ VecVirtual) { VFMADD231PS(v[0], v[1], acc) })
	fold("sumSquares", "func(x *float32, n int, mean float32) float32", "returns the sum of (x[i]-mean)² for i < n.", []string{"x"},
		func() VecVirtual { return broadcastParam("mean") }, addSquare)
	foldColumns("sumColumns", "adds", func(a, b, d VecVirtual) { VADDPS(b, a, d) })
	foldColumns("maxColumns", "brings", propagating(func(a, b, d VecVirtual) { VMAXPS(b, a, d) }))
	foldColumns("minColumns", "brings", propagating(func(a, b, d VecVirtual) { VMINPS(b, a, d) }))
	extreme("maximum", math.Inf(-1), func(a, b, c Op) { VMAXPS(a, b, c) })
	extreme("minimum", math.Inf(1), func(a, b, c Op) { VMINPS(a, b, c) })
}

func addValue(acc VecVirtual, v []VecVirtual, _ VecVirtual) { VADDPS(v[0], acc, acc) }

// addSquare adds the square of the difference from the mean.
func addSquare(acc VecVirtual, v []VecVirtual, mean VecVirtual) {
	VSUBPS(mean, v[0], v[0])
	VFMADD231PS(v[0], v[0], acc)
}

// fold emits a sum over four accumulators.
func fold(name, signature, doc string, names []string, param func() VecVirtual, f func(acc VecVirtual, v []VecVirtual, p VecVirtual)) {
	fn(name, signature, doc)
	var p VecVirtual
	if param != nil {
		p = param()
	}
	src, n := sources(names)
	Store(foldSum(src, n, p, f).AsX(), ReturnIndex(0))
	end()
}

// foldSum is the sum of f over all values, in the first lane. Lanes beyond the end hold p, or zero without one, for which
// f must add nothing. The pointers and n are used up.
func foldSum(src []GPVirtual, n GPVirtual, p VecVirtual, f func(acc VecVirtual, v []VecVirtual, p VecVirtual)) VecVirtual {
	acc := vecs(4)
	for _, a := range acc {
		zero(a)
	}
	one := func(i int) {
		v := vecs(len(src))
		for j, s := range src {
			VMOVUPS(at(s, i*width), v[j])
		}
		f(acc[i], v, p)
	}
	foldLoop(src, n, one, func(mask Register) {
		v := vecs(len(src))
		for j, s := range src {
			loadVec(Mem{Base: s}, mask, v[j])
		}
		if p != nil {
			blend(mask, v[0], p, v[0])
		}
		f(acc[0], v, p)
	})
	add := func(a, b, c Op) { VADDPS(a, b, c) }
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	horizontal(acc[0], add)
	return acc[0]
}

func sources(names []string) (src []GPVirtual, n GPVirtual) {
	for _, name := range names {
		src = append(src, Load(Param(name), GP64()).(GPVirtual))
	}
	return src, Load(Param("n"), GP64()).(GPVirtual)
}

// foldLoop calls one(0..3) for four vectors at a time, one(0) for one, and last for the rest.
func foldLoop(src []GPVirtual, n GPVirtual, one func(i int), last func(mask Register)) {
	four, single, ones, tail, done := label("four"), label("single"), label("ones"), label("tail"), label("done")
	SUBQ(Imm(uint64(4*lanes())), n)
	JL(LabelRef(single))
	Label(four)
	for i := range 4 {
		one(i)
	}
	for _, s := range src {
		add(4*width, s)
	}
	SUBQ(Imm(uint64(4*lanes())), n)
	JGE(LabelRef(four))
	Label(single)
	ADDQ(Imm(uint64(3*lanes())), n)
	JL(LabelRef(tail))
	Label(ones)
	one(0)
	for _, s := range src {
		add(width, s)
	}
	SUBQ(Imm(uint64(lanes())), n)
	JGE(LabelRef(ones))
	Label(tail)
	ADDQ(Imm(uint64(lanes())), n)
	JZ(LabelRef(done))
	last(tailMask(n))
	Label(done)
}

// extreme emits a maximum or minimum that is NaN when a value is.
func extreme(name string, start float64, op func(a, b, c Op)) {
	fn(name, "func(x *float32, n int) float32", "returns the "+name+" of x[i] for i < n, NaN if one is.")
	acc := vecs(4)
	for _, a := range acc {
		VMOVUPS(f32(start), a)
	}
	nans := [2]Register{zeroMask(), zeroMask()}
	src, n := sources([]string{"x"})
	take := func(i int, v VecVirtual) {
		orMask(unordered(v, v), nans[i%2])
		op(acc[i], v, acc[i])
	}
	foldLoop(src, n, func(i int) {
		v := vec()
		VMOVUPS(at(src[0], i*width), v)
		take(i, v)
	}, func(mask Register) {
		v := vec()
		loadVec(Mem{Base: src[0]}, mask, v)
		blend(mask, v, acc[0], v)
		take(0, v)
	})
	op(acc[1], acc[0], acc[0])
	op(acc[3], acc[2], acc[2])
	op(acc[2], acc[0], acc[0])
	horizontal(acc[0], op)
	orMask(nans[1], nans[0])
	clean := label("clean")
	jumpIfNone(nans[0], clean)
	VMOVUPS(bits(0x7fc00000), acc[0])
	Label(clean)
	Store(acc[0].AsX(), ReturnIndex(0))
	end()
}

// foldColumns emits a function that folds rows into one, four vectors of columns at a time, then one, then the rest under a
// mask. op sets d to a folded with b.
func foldColumns(name, does string, op func(a, b, d VecVirtual)) {
	fn(name, "func(dst, x *float32, rows, cols, stride int)", does+" x[i·stride+j] for i < rows to dst[j] for j < cols, rows at least 1.")
	dst, x := loadGP("dst"), loadGP("x")
	left, step := loadGP("cols"), loadGP("stride")
	SHLQ(Imm(2), step)
	block := func(count int, io unitIO) {
		acc := vecs(count)
		for v := range acc {
			acc[v] = io.load(at(dst, v*width))
		}
		p, n := GP64(), loadGP("rows")
		MOVQ(x, p)
		loop := label("rows")
		Label(loop)
		for v, y := range acc {
			op(y, io.load(at(p, v*width)), y)
		}
		ADDQ(step, p)
		DECQ(n)
		JNZ(LabelRef(loop))
		for v, y := range acc {
			io.store(y, at(dst, v*width))
		}
	}
	four, one, tail, done := label("columns4"), label("columns1"), label("columns"), label("done")
	Label(four)
	CMPQ(left, Imm(uint64(4*lanes())))
	JL(LabelRef(one))
	block(4, unitIO{})
	add(4*width, dst)
	add(4*width, x)
	SUBQ(Imm(uint64(4*lanes())), left)
	JMP(LabelRef(four))
	Label(one)
	CMPQ(left, Imm(uint64(lanes())))
	JL(LabelRef(tail))
	block(1, unitIO{})
	add(width, dst)
	add(width, x)
	SUBQ(Imm(uint64(lanes())), left)
	JMP(LabelRef(one))
	Label(tail)
	TESTQ(left, left)
	JZ(LabelRef(done))
	block(1, unitIO{mask: tailMask(left)})
	Label(done)
	end()
}
