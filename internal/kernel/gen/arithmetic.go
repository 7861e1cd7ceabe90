package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// op3 is an instruction dst = f(a, b).
type op3 func(a, b, dst VecVirtual)

// propagating makes an operation that drops NaN in one operand keep it.
func propagating(op op3) op3 {
	return func(a, b, dst VecVirtual) {
		m, unordered, s := YMM(), YMM(), YMM()
		op(a, b, m)
		VCMPPS(Imm(3), b, a, unordered)
		VADDPS(b, a, s)
		VBLENDVPS(unordered, s, m, dst)
	}
}

func arithmetic() {
	ops := []struct {
		name string
		op   op3
	}{
		{"add", func(a, b, d VecVirtual) { VADDPS(b, a, d) }},
		{"sub", func(a, b, d VecVirtual) { VSUBPS(b, a, d) }},
		{"mul", func(a, b, d VecVirtual) { VMULPS(b, a, d) }},
		{"div", func(a, b, d VecVirtual) { VDIVPS(b, a, d) }},
		{"max", propagating(func(a, b, d VecVirtual) { VMAXPS(b, a, d) })},
		{"min", propagating(func(a, b, d VecVirtual) { VMINPS(b, a, d) })},
	}
	for _, o := range ops {
		fn(o.name+"AVX2", "func(dst, a, b *float32, n int)", o.name+"AVX2 combines a[i] and b[i] into dst[i] for i < n.")
		zip([]string{"a", "b"}, func(v []VecVirtual) { o.op(v[0], v[1], v[0]) })
		end()
		fn(o.name+"ScalarAVX2", "func(dst, a *float32, n int, s float32)", o.name+"ScalarAVX2 combines a[i] and s into dst[i] for i < n.")
		s := broadcastParam("s")
		zip([]string{"a"}, func(v []VecVirtual) { o.op(v[0], s, v[0]) })
		end()
	}
	for _, o := range ops[:4] {
		if o.name != "sub" && o.name != "div" {
			continue
		}
		fn(o.name+"ReverseAVX2", "func(dst, a *float32, n int, s float32)", o.name+"ReverseAVX2 combines s and a[i] into dst[i] for i < n.")
		s := broadcastParam("s")
		zip([]string{"a"}, func(v []VecVirtual) { o.op(s, v[0], v[0]) })
		end()
	}
	fn("fmaAVX2", "func(dst, a, b, c *float32, n int)", "fmaAVX2 sets dst[i] = a[i]·b[i] + c[i] for i < n.")
	zip([]string{"a", "b", "c"}, func(v []VecVirtual) { VFMADD213PS(v[2], v[1], v[0]) })
	end()
	fn("axpyAVX2", "func(dst, x *float32, n int, s float32)", "axpyAVX2 adds s·x[i] to dst[i] for i < n.")
	s := broadcastParam("s")
	zip([]string{"dst", "x"}, func(v []VecVirtual) { VFMADD231PS(v[1], s, v[0]) })
	end()
}

// zip goes over the sources and dst, four vectors at a time, then one, then a masked one. f leaves its result in the first.
func zip(names []string, f func(v []VecVirtual)) {
	dst := Load(Param("dst"), GP64()).(GPVirtual)
	var src []GPVirtual
	for _, name := range names {
		src = append(src, Load(Param(name), GP64()).(GPVirtual))
	}
	n := Load(Param("n"), GP64())
	advance := func(bytes uint64) {
		ADDQ(Imm(bytes), dst)
		for _, s := range src {
			ADDQ(Imm(bytes), s)
		}
	}
	one := func(i int) {
		v := ymms(len(src))
		for j, s := range src {
			VMOVUPS(at(s, i*32), v[j])
		}
		f(v)
		VMOVUPS(v[0], at(dst, i*32))
	}
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
	SUBQ(I8(-128), dst)
	SUBQ(Imm(4*lanes), n)
	JGE(LabelRef(four))
	Label(single)
	ADDQ(Imm(4*lanes-lanes), n)
	JL(LabelRef(tail))
	Label(ones)
	one(0)
	advance(32)
	SUBQ(Imm(lanes), n)
	JGE(LabelRef(ones))
	Label(tail)
	ADDQ(Imm(lanes), n)
	JZ(LabelRef(done))
	mask := tailMask(n)
	v := ymms(len(src))
	for j, s := range src {
		VMASKMOVPS(Mem{Base: s}, mask, v[j])
	}
	f(v)
	VMASKMOVPS(v[0], mask, Mem{Base: dst})
	Label(done)
}
