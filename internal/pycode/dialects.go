package pycode

import (
	"encoding/binary"
	"maps"
)

// dialect is the instruction set of some versions of Python.
type dialect struct {
	layout   int
	words    bool // an opcode and a byte; else an opcode and, from 90 on, two bytes
	extended byte // the opcode that gives the next one's argument its upper bits
	resume   byte // what every function begins with, since 3.11
	copyFree byte // and what comes before it when there is a closure
	table    map[byte]instruction
}

const firstWithArgument = 90

// decode reads an instruction with its extended argument.
func (d *dialect) decode(code []byte) (op byte, arg, size int) {
	for range 3 {
		op = code[size]
		switch {
		case d.words && size+2 <= len(code):
			arg |= int(code[size+1])
			size += 2
		case !d.words && op < firstWithArgument:
			return op, 0, size + 1
		case !d.words && size+3 <= len(code):
			arg |= int(binary.LittleEndian.Uint16(code[size+1:]))
			size += 3
		default:
			return op, 0, len(code) + 1
		}
		if op != d.extended || size == len(code) {
			break
		}
		if arg <<= 8; !d.words {
			arg <<= 8
		}
	}
	return op, arg, size
}

// start is behind what every function begins with.
func (d *dialect) start(m *machine) int {
	if d.resume == 0 {
		return 0
	}
	var want []byte
	if n := len(m.Free); n > 0 {
		want = []byte{d.copyFree, byte(n)}
	}
	want = append(want, d.resume, 0)
	m.bad = m.bad || len(m.code) < len(want) || string(m.code[:len(want)]) != string(want)
	return len(want)
}

// withAll is a table with more or other instructions.
func withAll(table, more map[byte]instruction) map[byte]instruction {
	out := maps.Clone(table)
	maps.Copy(out, more)
	return out
}

func op(do func(*machine, int)) instruction { return instruction{do: do} }

// cached has words of cache behind it.
func cached(words int, do func(*machine, int)) instruction { return instruction{do, words} }

// halved has a flag in its argument's lowest bit: what to do beside it.
func halved(do, beside func(*machine, int)) func(*machine, int) {
	return func(m *machine, arg int) {
		do(m, arg>>1)
		if arg&1 != 0 {
			beside(m, 0)
		}
	}
}

// afterNull does it behind a null, if the lowest bit says so.
func afterNull(do func(*machine, int)) func(*machine, int) {
	return func(m *machine, arg int) {
		if arg&1 != 0 {
			pushNull(m, 0)
		}
		do(m, arg>>1)
	}
}

// both does one thing with the upper four bits, another with the lower.
func both(first, second func(*machine, int)) instruction {
	return op(func(m *machine, arg int) {
		first(m, arg>>4)
		second(m, arg&0xf)
	})
}

// stackOps are the same in 2.7 to 3.10.
var stackOps = map[byte]instruction{
	2: op(rotate(2)), 3: op(rotate(3)), 4: op(duplicate), 9: op(nothing),
	11: op(negative), 15: op(invert),
	19: op(operator("**")), 20: op(operator("*")), 22: op(operator("%")), 23: op(operator("+")), 24: op(operator("-")),
	25: op(subscript), 26: op(operator("//")), 27: op(operator("/")), 28: op(operator("//")), 29: op(operator("/")),
	55: op(operator("+")), 56: op(operator("-")), 57: op(operator("*")), 59: op(operator("%")),
	64: op(operator("&")), 65: op(operator("^")), 66: op(operator("|")),
	67: op(operator("**")), 77: op(operator("&")), 78: op(operator("^")), 79: op(operator("|")),
	83: op(returnValue), 92: op(unpack),
	100: op(loadConst), 102: op(build(tuple)), 103: op(build(list)), 106: op(loadAttr), 107: op(compare(0)), 116: op(loadGlobal),
	124: op(loadFast), 125: op(storeFast), 133: op(buildSlice), 136: op(loadFree),
}

var matrixOps = withAll(stackOps, map[byte]instruction{16: op(operator("@")), 17: op(operator("@"))})

// cachedOps are the same in 3.11 and 3.12, which have caches, and calls with a
// null.
var cachedOps = map[byte]instruction{
	2: op(pushNull), 9: op(nothing), 11: op(negative), 15: op(invert), 83: op(returnValue), 92: cached(1, unpack), 99: op(swap),
	100: op(loadConst), 102: op(build(tuple)), 103: op(build(list)), 120: op(copyTerm), 122: cached(1, binaryOp),
	124: op(loadFast), 125: op(storeFast), 133: op(buildSlice), 137: op(loadFast), 162: op(listExtend), 172: op(keywordNames),
}

var python311 = withAll(cachedOps, map[byte]instruction{
	25: cached(4, subscript), 106: cached(4, loadAttr), 107: cached(2, compare(0)), 116: cached(5, afterNull(loadGlobal)),
	160: cached(10, loadMethod), 166: cached(1, nothing), 171: cached(4, callNull),
})

var python312 = withAll(cachedOps, map[byte]instruction{
	25: cached(1, subscript), 26: op(binarySlice), 106: cached(9, halved(loadAttr, pushNull)), 107: cached(1, compare(4)),
	116: cached(4, afterNull(loadGlobal)), 121: op(returnConst), 171: cached(3, callNull),
})

var python313 = map[byte]instruction{
	4: op(binarySlice), 5: cached(1, subscript), 30: op(nothing), 34: op(pushNull), 36: op(returnValue),
	41: op(invert), 42: op(negative), 45: cached(1, binaryOp), 47: op(build(list)), 50: op(buildSlice), 52: op(build(tuple)),
	53: cached(3, callNull), 57: op(callNullNamed), 58: cached(1, compare(5)), 61: op(copyTerm), 81: op(listExtend),
	82: cached(9, halved(loadAttr, pushNull)), 83: op(loadConst), 84: op(loadFast), 85: op(loadFast), 88: both(loadFast, loadFast),
	91: cached(4, halved(loadGlobal, pushNull)), 103: op(returnConst), 110: op(storeFast), 111: both(storeFast, loadFast),
	112: both(storeFast, storeFast), 115: op(swap), 117: cached(1, unpack),
}

// dialects are of the layouts above: 3.11 to 3.13, 3.8 to 3.10, 3.6 and 3.7, 3.0
// to 3.5, 2.7. Python 3.14 begins a function with another opcode than these.
var dialects = []dialect{
	{layout: 0, words: true, extended: 144, resume: 151, copyFree: 149, table: python311},
	{layout: 0, words: true, extended: 144, resume: 151, copyFree: 149, table: python312},
	{layout: 0, words: true, extended: 71, resume: 149, copyFree: 62, table: python313},
	{layout: 1, words: true, extended: 144, table: withAll(matrixOps, map[byte]instruction{
		131: op(callFunction), 141: op(callNamed), 160: op(loadMethod), 161: op(callNull), 162: op(listExtend),
	})},
	{layout: 2, words: true, extended: 144, table: withAll(matrixOps, map[byte]instruction{
		131: op(callFunction), 141: op(callNamed), 160: op(loadMethod), 161: op(callNull),
	})},
	{layout: 2, extended: 144, table: withAll(matrixOps, map[byte]instruction{131: op(callPairs)})},
	{layout: 3, extended: 145, table: withAll(stackOps, map[byte]instruction{
		21: op(operator("/")), 58: op(operator("/")), 131: op(callPairs),
		30: op(oldSlice(false, false)), 31: op(oldSlice(true, false)), 32: op(oldSlice(false, true)), 33: op(oldSlice(true, true)),
	})},
}
