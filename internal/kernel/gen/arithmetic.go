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
		m, s := vec(), vec()
		op(a, b, m)
		mask := unordered(a, b)
		VADDPS(b, a, s)
		blend(mask, s, m, dst)
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
		fn(o.name, "func(dst, a, b *float32, n int)", "combines a[i] and b[i] into dst[i] for i < n.")
		zip([]string{"a", "b"}, func(v []VecVirtual) { o.op(v[0], v[1], v[0]) })
		end()
		fn(o.name+"Scalar", "func(dst, a *float32, n int, s float32)", "combines a[i] and s into dst[i] for i < n.")
		s := broadcastParam("s")
		zip([]string{"a"}, func(v []VecVirtual) { o.op(v[0], s, v[0]) })
		end()
	}
	for _, o := range ops[:4] {
		if o.name != "sub" && o.name != "div" {
			continue
		}
		fn(o.name+"Reverse", "func(dst, a *float32, n int, s float32)", "combines s and a[i] into dst[i] for i < n.")
		s := broadcastParam("s")
		zip([]string{"a"}, func(v []VecVirtual) { o.op(s, v[0], v[0]) })
		end()
	}
	fn("fma", "func(dst, a, b, c *float32, n int)", "sets dst[i] = a[i]·b[i] + c[i] for i < n.")
	zip([]string{"a", "b", "c"}, func(v []VecVirtual) { VFMADD213PS(v[2], v[1], v[0]) })
	end()
	fn("axpy", "func(dst, x *float32, n int, s float32)", "adds s·x[i] to dst[i] for i < n.")
	s := broadcastParam("s")
	zip([]string{"dst", "x"}, func(v []VecVirtual) { VFMADD231PS(v[1], s, v[0]) })
	end()
	fn("lerp", "func(dst, a, b *float32, n int, s float32)", "sets dst[i] = a[i]+(b[i]-a[i])·s for i < n, each operation rounded.")
	s = broadcastParam("s")
	zip([]string{"a", "b"}, func(v []VecVirtual) {
		VSUBPS(v[0], v[1], v[1])
		VMULPS(s, v[1], v[1])
		VADDPS(v[1], v[0], v[0])
	})
	end()
}

// zip goes over the sources and dst, four vectors at a time, then one, then a masked one. f leaves its result in the first.
func zip(names []string, f func(v []VecVirtual)) {
	dst := Load(Param("dst"), GP64()).(GPVirtual)
	var src []GPVirtual
	for _, name := range names {
		src = append(src, Load(Param(name), GP64()).(GPVirtual))
	}
	n := loadGP("n")
	advance := func(bytes int) {
		for _, s := range src {
			add(bytes, s)
		}
		add(bytes, dst)
	}
	one := func(i int) {
		v := vecs(len(src))
		for j, s := range src {
			VMOVUPS(at(s, i*width), v[j])
		}
		f(v)
		VMOVUPS(v[0], at(dst, i*width))
	}
	four, single, ones, tail, done := label("four"), label("single"), label("ones"), label("tail"), label("done")
	SUBQ(Imm(uint64(4*lanes())), n)
	JL(LabelRef(single))
	Label(four)
	for i := range 4 {
		one(i)
	}
	advance(4 * width)
	SUBQ(Imm(uint64(4*lanes())), n)
	JGE(LabelRef(four))
	Label(single)
	ADDQ(Imm(uint64(3*lanes())), n)
	JL(LabelRef(tail))
	Label(ones)
	one(0)
	advance(width)
	SUBQ(Imm(uint64(lanes())), n)
	JGE(LabelRef(ones))
	Label(tail)
	ADDQ(Imm(uint64(lanes())), n)
	JZ(LabelRef(done))
	mask := tailMask(n)
	v := vecs(len(src))
	for j, s := range src {
		loadVec(Mem{Base: s}, mask, v[j])
	}
	f(v)
	storeVec(v[0], mask, Mem{Base: dst})
	Label(done)
}
