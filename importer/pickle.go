package importer

import (
	"encoding/binary"
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// The NumPy files in which Keras keeps npz weights hold Python pickles. A pickle
// is a program for a stack machine; this one builds inert records of what the
// program would import and call, and never imports or calls anything.

// pyGlobal is a name the pickle refers to: "numpy.ndarray".
type pyGlobal string

// pyCall is a call the pickle asks for, with the state it would set.
type pyCall struct {
	fn    any // pyGlobal or *pyCall
	args  any
	state any
}

type pyTuple []any

type pyList struct{ items []any }

type pyDict struct{ keys, values []any }

type pyMark struct{}

// What an opcode costs at most in memory: a value it makes with its place on the
// stack, a place in the memo.
const (
	pickledValue = 80
	pickledMemo  = 100
)

// unpickle runs the program within the limits on values and memory.
func unpickle(b []byte, lim Limits) (any, error) {
	p := &unpickler{b: b, lim: lim, memo: map[int]any{}}
	for p.err == nil {
		if v, done := p.step(); done {
			return v, p.err
		}
	}
	return nil, p.err
}

type unpickler struct {
	b     []byte
	pos   int
	stack []any
	memo  map[int]any
	made  int
	lim   Limits
	err   error
}

func (p *unpickler) fail(format string, args ...any) {
	if p.err == nil {
		p.err = ir.Errorf(ir.ErrMalformed, "pickle: "+format, args...).At(int64(p.pos))
	}
}

func (p *unpickler) take(n uint64) []byte {
	if n > uint64(len(p.b)-p.pos) {
		p.fail("ends too early")
		return nil
	}
	out := p.b[p.pos : p.pos+int(n)]
	p.pos += int(n)
	return out
}

func (p *unpickler) uint(n int) uint64 {
	b := p.take(uint64(n))
	var v uint64
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

func (p *unpickler) push(v any) {
	if p.made++; p.made > p.lim.JSONValues {
		p.err = exceeded("JSONValues", int64(p.lim.JSONValues), "the pickle makes more values")
		return
	}
	p.spend(pickledValue)
	p.stack = append(p.stack, v)
}

func (p *unpickler) spend(n int) {
	if err := p.lim.spend(int64(n), "a pickle"); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *unpickler) keep(i int) {
	p.spend(pickledMemo)
	p.memo[i] = p.top()
}

func (p *unpickler) pop() any {
	if len(p.stack) == 0 {
		p.fail("takes from an empty stack")
		return nil
	}
	v := p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	return v
}

func (p *unpickler) top() any {
	if len(p.stack) == 0 {
		p.fail("looks at an empty stack")
		return nil
	}
	return p.stack[len(p.stack)-1]
}

func (p *unpickler) text(n uint64) {
	b := p.take(n)
	p.spend(len(b))
	p.push(string(b))
}

// marked pops everything above the last mark.
func (p *unpickler) marked() []any {
	for i := len(p.stack) - 1; i >= 0; i-- {
		if _, ok := p.stack[i].(pyMark); ok {
			out := append([]any(nil), p.stack[i+1:]...)
			p.stack = p.stack[:i]
			return out
		}
	}
	p.fail("has no mark")
	return nil
}

func (p *unpickler) setItems(kv []any) {
	d, ok := p.top().(*pyDict)
	if !ok || len(kv)%2 != 0 {
		p.fail("sets items of what is no dict")
		return
	}
	for i := 0; i < len(kv); i += 2 {
		d.keys, d.values = append(d.keys, kv[i]), append(d.values, kv[i+1])
	}
}

func (p *unpickler) line() string {
	for i := p.pos; i < len(p.b); i++ {
		if p.b[i] == '\n' {
			p.spend(i - p.pos)
			s := string(p.b[p.pos:i])
			p.pos = i + 1
			return s
		}
	}
	p.fail("ends too early")
	return ""
}

func (p *unpickler) memoized(i uint64) {
	v, ok := p.memo[int(i)]
	if !ok {
		p.fail("recalls value %d, which it did not keep", i)
	}
	p.push(v)
}

// step runs one opcode; done with the value at STOP.
func (p *unpickler) step() (v any, done bool) {
	op := p.take(1)
	if op == nil {
		return nil, false
	}
	switch op[0] {
	case 0x80: // PROTO
		if n := p.uint(1); n < 2 || n > 5 {
			p.fail("protocol %d", n)
		}
	case 0x95: // FRAME
		p.take(8)
	case '.': // STOP
		return p.pop(), true
	case '(':
		p.push(pyMark{})
	case '0':
		p.pop()
	case '1':
		p.marked()
	case 'N':
		p.push(nil)
	case 0x88:
		p.push(true)
	case 0x89:
		p.push(false)
	case 'J':
		p.push(int64(int32(p.uint(4))))
	case 'K':
		p.push(int64(p.uint(1)))
	case 'M':
		p.push(int64(p.uint(2)))
	case 0x8a: // LONG1
		n := p.uint(1)
		if n > 8 {
			p.fail("integer of %d bytes", n)
			break
		}
		b := p.take(n)
		var u uint64
		for i, c := range b {
			u |= uint64(c) << (8 * i)
		}
		if n > 0 && n < 8 && b != nil && b[n-1]&0x80 != 0 {
			u |= math.MaxUint64 << (8 * n)
		}
		p.push(int64(u))
	case 'G':
		if b := p.take(8); b != nil {
			p.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
		}
	case 0x8c:
		p.text(p.uint(1))
	case 'X':
		p.text(p.uint(4))
	case 0x8d:
		p.text(p.uint(8))
	case 'C':
		p.push(p.take(p.uint(1)))
	case 'B':
		p.push(p.take(p.uint(4)))
	case 0x8e, 0x96: // BINBYTES8, BYTEARRAY8
		p.push(p.take(p.uint(8)))
	case ']':
		p.push(&pyList{})
	case '}':
		p.push(&pyDict{})
	case 0x8f: // EMPTY_SET
		p.push(&pyList{})
	case ')':
		p.push(pyTuple{})
	case 0x85:
		p.push(pyTuple{p.pop()})
	case 0x86:
		b, a := p.pop(), p.pop()
		p.push(pyTuple{a, b})
	case 0x87:
		c, b, a := p.pop(), p.pop(), p.pop()
		p.push(pyTuple{a, b, c})
	case 't':
		p.push(pyTuple(p.marked()))
	case 'l':
		p.push(&pyList{p.marked()})
	case 'd':
		kv := p.marked()
		p.push(&pyDict{})
		p.setItems(kv)
	case 'a', 'e', 0x90: // APPEND, APPENDS, ADDITEMS
		var items []any
		if op[0] == 'a' {
			items = []any{p.pop()}
		} else {
			items = p.marked()
		}
		if l, ok := p.top().(*pyList); ok {
			l.items = append(l.items, items...)
		} else {
			p.fail("appends to what is no list")
		}
	case 's':
		v, k := p.pop(), p.pop()
		p.setItems([]any{k, v})
	case 'u':
		p.setItems(p.marked())
	case 'c':
		module, name := p.line(), p.line()
		p.push(pyGlobal(module + "." + name))
	case 0x93: // STACK_GLOBAL
		name, ok := p.pop().(string)
		module, ok2 := p.pop().(string)
		if !ok || !ok2 {
			p.fail("names a global by what is no text")
		}
		p.spend(len(module) + len(name))
		p.push(pyGlobal(module + "." + name))
	case 'R', 0x81: // REDUCE, NEWOBJ
		args, fn := p.pop(), p.pop()
		p.push(&pyCall{fn: fn, args: args})
	case 0x92: // NEWOBJ_EX
		kwargs, args, fn := p.pop(), p.pop(), p.pop()
		p.push(&pyCall{fn: fn, args: args, state: kwargs})
	case 'b': // BUILD
		state := p.pop()
		if c, ok := p.top().(*pyCall); ok {
			c.state = state
		} else {
			p.fail("sets the state of what is no object")
		}
	case 0x94: // MEMOIZE
		p.keep(len(p.memo))
	case 'q':
		p.keep(int(p.uint(1)))
	case 'r':
		p.keep(int(p.uint(4)))
	case 'h':
		p.memoized(p.uint(1))
	case 'j':
		p.memoized(p.uint(4))
	default:
		p.fail("opcode %#x is not read", op[0])
	}
	return nil, false
}
