// Package fingerprint has the hash functions that TensorFlow puts strings into
// buckets with. They are part of what a model computes and must not change.
package fingerprint

import (
	"encoding/binary"
	"math/bits"
)

const (
	k0 = 0xc3a5c85c97cb3127
	k1 = 0xb492b66fbe98f273
	k2 = 0x9ae16a3b2f90404f
)

func fetch64(s []byte, at int) uint64 { return binary.LittleEndian.Uint64(s[at:]) }
func fetch32(s []byte, at int) uint64 { return uint64(binary.LittleEndian.Uint32(s[at:])) }
func shiftMix(v uint64) uint64        { return v ^ v>>47 }
func rotate(v uint64, n int) uint64   { return bits.RotateLeft64(v, -n) }

// Farm64 is FarmHash's Fingerprint64.
func Farm64(s []byte) uint64 {
	switch n := len(s); {
	case n <= 16:
		return farm0to16(s)
	case n <= 32:
		return farm17to32(s)
	case n <= 64:
		return farm33to64(s)
	}
	return farmLong(s)
}

func mix(u, v, mul uint64) uint64 {
	a := shiftMix((u ^ v) * mul)
	return shiftMix((v^a)*mul) * mul
}

func farm0to16(s []byte) uint64 {
	n := len(s)
	mul := k2 + 2*uint64(n)
	switch {
	case n >= 8:
		a, b := fetch64(s, 0)+k2, fetch64(s, n-8)
		c := rotate(b, 37)*mul + a
		d := (rotate(a, 25) + b) * mul
		return mix(c, d, mul)
	case n >= 4:
		return mix(uint64(n)+fetch32(s, 0)<<3, fetch32(s, n-4), mul)
	case n > 0:
		y := uint64(s[0]) + uint64(s[n>>1])<<8
		z := uint64(n) + uint64(s[n-1])<<2
		return shiftMix(y*k2^z*k0) * k2
	}
	return k2
}

func farm17to32(s []byte) uint64 {
	n := len(s)
	mul := k2 + 2*uint64(n)
	a, b := fetch64(s, 0)*k1, fetch64(s, 8)
	c, d := fetch64(s, n-8)*mul, fetch64(s, n-16)*k2
	return mix(rotate(a+b, 43)+rotate(c, 30)+d, a+rotate(b+k2, 18)+c, mul)
}

func farm33to64(s []byte) uint64 {
	n := len(s)
	mul := k2 + 2*uint64(n)
	a, b := fetch64(s, 0)*k2, fetch64(s, 8)
	c, d := fetch64(s, n-8)*mul, fetch64(s, n-16)*k2
	y := rotate(a+b, 43) + rotate(c, 30) + d
	z := mix(y, a+rotate(b+k2, 18)+c, mul)
	e, f := fetch64(s, 16)*mul, fetch64(s, 24)
	g, h := (y+fetch64(s, n-32))*mul, (z+fetch64(s, n-24))*mul
	return mix(rotate(e+f, 43)+rotate(g, 30)+h, e+rotate(f+a, 18)+g, mul)
}

type pair struct{ first, second uint64 }

// weak mixes 32 bytes at s with two seeds.
func weak(s []byte, at int, a, b uint64) pair {
	w, x, y, z := fetch64(s, at), fetch64(s, at+8), fetch64(s, at+16), fetch64(s, at+24)
	a += w
	b = rotate(b+a+z, 21)
	c := a
	a += x + y
	b += rotate(a, 44)
	return pair{a + z, b + c}
}

func farmLong(s []byte) uint64 {
	const seed = 81
	n := len(s)
	x := uint64(seed)
	y := x*k1 + 113
	z := shiftMix(y*k2+113) * k2
	var v, w pair
	x = x*k2 + fetch64(s, 0)
	end := (n - 1) / 64 * 64
	round := func(at int, mul, nine uint64) {
		x = rotate(x+y+v.first+fetch64(s, at+8), 37) * mul
		y = rotate(y+v.second+fetch64(s, at+48), 42) * mul
		x ^= w.second * nine
		y += v.first*nine + fetch64(s, at+40)
		z = rotate(z+w.first, 33) * mul
		v = weak(s, at, v.second*mul, x+w.first)
		w = weak(s, at+32, z+w.second, y+fetch64(s, at+16))
		x, z = z, x
	}
	for at := 0; at < end; at += 64 {
		round(at, k1, 1)
	}
	mul := k1 + (z&0xff)<<1
	w.first += uint64(n-1) & 63
	v.first += w.first
	w.first += v.first
	round(n-64, mul, 9)
	return mix(mix(v.first, w.first, mul)+shiftMix(y)*k0+z, mix(v.second, w.second, mul)+x, mul)
}

// Cat64 joins two fingerprints into one, as TensorFlow's FingerprintCat64.
func Cat64(a, b uint64) uint64 {
	const mul = 0xc6a4a7935bd1e995
	r := a ^ mul
	r ^= shiftMix(b*mul) * mul
	r *= mul
	return shiftMix(shiftMix(r) * mul)
}
