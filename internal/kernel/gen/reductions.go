package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func reductions() {
	fold("sum", "func(x *float32, n int) float32", "returns the sum of x[i] for i < n.", []string{"x"}, nil,
		func(acc VecVirtual, v []VecVirtual, _ VecVirtual) { VADDPS(v[0], acc, acc) })
	fold("dot", "func(x, y *float32, n int) float32", "returns the sum of x[i]·y[i] for i < n.", []string{"x", "y"}, nil,
		func(acc VecVirtual, v []VecVirtual, _ VecVirtual) { VFMADD231PS(v[0], v[1], acc) })
	fold("sumSquares", "func(x *float32, n int, mean float32) float32", "returns the sum of (x[i]-mean)² for i < n.", []string{"x"},
		func() VecVirtual { return broadcastParam("mean") },
		func(acc VecVirtual, v []VecVirtual, mean VecVirtual) {
			VSUBPS(mean, v[0], v[0])
			VFMADD231PS(v[0], v[0], acc)
		})
	sumColumns()
	extreme("maximum", math.Inf(-1), func(a, b, c Op) { VMAXPS(a, b, c) })
	extreme("minimum", math.Inf(1), func(a, b, c Op) { VMINPS(a, b, c) })
}

// horizontal combines the lanes of y into its first.
func horizontal(y VecVirtual, op func(a, b, c Op)) {
	t := YMM()
	VEXTRACTF128(Imm(1), y, t.AsX())
	op(t.AsX(), y.AsX(), y.AsX())
	VPERMILPS(Imm(0xe), y.AsX(), t.AsX())
	op(t.AsX(), y.AsX(), y.AsX())
	VPERMILPS(Imm(1), y.AsX(), t.AsX())
	op(t.AsX(), y.AsX(), y.AsX())
}

// fold emits a sum over four accumulators.
func fold(name, signature, doc string, names []string, param func() VecVirtual, f func(acc VecVirtual, v []VecVirtual, p VecVirtual)) {
	fn(name+"AVX2", signature, name+"AVX2 "+doc)
	var p VecVirtual
	if param != nil {
		p = param()
	}
	acc := ymms(4)
	for _, a := range acc {
		zero(a)
	}
	src, n := sources(names)
	one := func(i int) {
		v := ymms(len(src))
		for j, s := range src {
			VMOVUPS(at(s, i*32), v[j])
		}
		f(acc[i], v, p)
	}
	foldLoop(src, n, one, func(mask VecVirtual) {
		v := ymms(len(src))
		for j, s := range src {
			VMASKMOVPS(Mem{Base: s}, mask, v[j])
		}
		if p != nil {
			// Lanes beyond the end must equal the mean to add nothing.
			VBLENDVPS(mask, v[0], p, v[0])
		}
		f(acc[0], v, p)
	})
	add := func(a, b, c Op) { VADDPS(a, b, c) }
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	horizontal(acc[0], add)
	Store(acc[0].AsX(), ReturnIndex(0))
	end()
}

func sources(names []string) (src []GPVirtual, n GPVirtual) {
	for _, name := range names {
		src = append(src, Load(Param(name), GP64()).(GPVirtual))
	}
	return src, Load(Param("n"), GP64()).(GPVirtual)
}

// foldLoop calls one(0..3) for four vectors at a time, one(0) for one, and last for the rest.
func foldLoop(src []GPVirtual, n GPVirtual, one func(i int), last func(mask VecVirtual)) {
	four, single, ones, tail, done := label("four"), label("single"), label("ones"), label("tail"), label("done")
	SUBQ(Imm(4*lanes), n)
	JL(LabelRef(single))
	Label(four)
	for i := range 4 {
		one(i)
	}
	for _, s := range src {
		SUBQ(I8(-128), s)
	}
	SUBQ(Imm(4*lanes), n)
	JGE(LabelRef(four))
	Label(single)
	ADDQ(Imm(4*lanes-lanes), n)
	JL(LabelRef(tail))
	Label(ones)
	one(0)
	for _, s := range src {
		ADDQ(Imm(32), s)
	}
	SUBQ(Imm(lanes), n)
	JGE(LabelRef(ones))
	Label(tail)
	ADDQ(Imm(lanes), n)
	JZ(LabelRef(done))
	last(tailMask(n))
	Label(done)
}

// extreme emits a maximum or minimum that is NaN when a value is.
func extreme(name string, start float64, op func(a, b, c Op)) {
	fn(name+"AVX2", "func(x *float32, n int) float32", name+"AVX2 returns the "+name+" of x[i] for i < n, NaN if one is.")
	acc, nans := ymms(4), ymms(2)
	for _, a := range acc {
		VMOVUPS(f32(start), a)
	}
	for _, a := range nans {
		zero(a)
	}
	src, n := sources([]string{"x"})
	take := func(i int, v VecVirtual) {
		u := YMM()
		VCMPPS(Imm(3), v, v, u)
		VORPS(u, nans[i%2], nans[i%2])
		op(acc[i], v, acc[i])
	}
	foldLoop(src, n, func(i int) {
		v := YMM()
		VMOVUPS(at(src[0], i*32), v)
		take(i, v)
	}, func(mask VecVirtual) {
		v := YMM()
		VMASKMOVPS(Mem{Base: src[0]}, mask, v)
		VBLENDVPS(mask, v, acc[0], v)
		take(0, v)
	})
	op(acc[1], acc[0], acc[0])
	op(acc[3], acc[2], acc[2])
	op(acc[2], acc[0], acc[0])
	horizontal(acc[0], op)
	VORPS(nans[1], nans[0], nans[0])
	m := GP32()
	VMOVMSKPS(nans[0], m)
	clean := label("clean")
	TESTL(m, m)
	JZ(LabelRef(clean))
	VMOVUPS(bits(0x7fc00000), acc[0])
	Label(clean)
	Store(acc[0].AsX(), ReturnIndex(0))
	end()
}

// sumColumns emits sums over rows, 32 columns at a time, then 8, then the rest under a mask.
func sumColumns() {
	fn("sumColumnsAVX2", "func(dst, x *float32, rows, cols int)", "sumColumnsAVX2 adds x[i·cols+j] for i < rows to dst[j] for j < cols, rows at least 1.")
	dst, x := loadGP("dst"), loadGP("x")
	left, step := loadGP("cols"), GP64()
	MOVQ(left, step)
	SHLQ(Imm(2), step)
	block := func(vecs int, io unitIO) {
		acc := ymms(vecs)
		for v := range acc {
			acc[v] = io.load(at(dst, v*32))
		}
		p, n := GP64(), loadGP("rows")
		MOVQ(x, p)
		loop := label("rows")
		Label(loop)
		for v, y := range acc {
			if io.mask == nil {
				VADDPS(at(p, v*32), y, y)
			} else {
				VADDPS(io.load(at(p, v*32)), y, y)
			}
		}
		ADDQ(step, p)
		DECQ(n)
		JNZ(LabelRef(loop))
		for v, y := range acc {
			io.store(y, at(dst, v*32))
		}
	}
	four, one, tail, done := label("columns32"), label("columns8"), label("columns"), label("done")
	Label(four)
	CMPQ(left, Imm(4*lanes))
	JL(LabelRef(one))
	block(4, unitIO{})
	SUBQ(I8(-128), dst)
	SUBQ(I8(-128), x)
	SUBQ(Imm(4*lanes), left)
	JMP(LabelRef(four))
	Label(one)
	CMPQ(left, Imm(lanes))
	JL(LabelRef(tail))
	block(1, unitIO{})
	ADDQ(Imm(32), dst)
	ADDQ(Imm(32), x)
	SUBQ(Imm(lanes), left)
	JMP(LabelRef(one))
	Label(tail)
	TESTQ(left, left)
	JZ(LabelRef(done))
	block(1, unitIO{mask: tailMask(left)})
	Label(done)
	end()
}
