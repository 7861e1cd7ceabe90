package pycode

import (
	"slices"

	"github.com/kerasgo/kerasgo/internal/expr"
)

// Expression is what a function returns, as a text of package expr.
type Expression struct {
	Text string
	// Plain tells that it is made of its variables, constants, operators and
	// indices alone, so that it means what it says. == and != do not: of tensors
	// they have compared identities before they compared elements.
	Plain bool
	// Globals are the names that it takes from outside.
	Globals []string
}

// maxInstructions bounds the time it takes to read a function.
const maxInstructions = 4096

// The flags of a code object that say that calling it is not just running it.
const variadic, keywords, generator, coroutine, asyncGenerator = 0x04, 0x08, 0x20, 0x80, 0x200

// Expression reads the function's instructions, as each version of Python that
// may have written them. It is known only if they are a single expression, in
// which all versions that make sense of them agree.
func (c *Code) Expression() (*Expression, bool) {
	if c.flags&(variadic|keywords|generator|coroutine|asyncGenerator) != 0 || c.named != 0 || c.cells || c.tries {
		return nil, false
	}
	var found *Expression
	for i := range dialects {
		if d := &dialects[i]; d.layout == c.layout {
			e, ok := read(c, d)
			if ok && found != nil && (e.Text != found.Text || e.Plain != found.Plain) {
				return nil, false
			}
			if ok {
				found = e
			}
		}
	}
	return found, found != nil
}

// machine follows instructions with terms in place of values.
type machine struct {
	*Code
	old      bool // Python 2
	stack    []term
	vars     map[string]term
	keywords []string // of the call that follows
	result   *Expression
	returned bool
	bad      bool
}

func read(c *Code, d *dialect) (*Expression, bool) {
	m := &machine{Code: c, old: layouts[c.layout].old, vars: map[string]term{}, result: &Expression{Plain: true}}
	for _, v := range slices.Concat(c.Args, c.Free) {
		if m.bad = m.bad || !isName(v) || m.vars[v].text != ""; !m.bad {
			m.vars[v] = name(v)
		}
	}
	at := d.start(m)
	for n := 0; at < len(c.code) && !m.bad; n++ {
		op, arg, size := d.decode(c.code[at:])
		in, known := d.table[op]
		at += size + 2*in.cache
		if m.bad = !known || m.returned || n > maxInstructions || at > len(c.code); m.bad {
			break
		}
		for _, b := range c.code[at-2*in.cache : at] {
			m.bad = m.bad || b != 0
		}
		in.do(m, arg)
	}
	if m.bad || !m.returned || len(m.stack)+len(m.keywords) != 0 {
		return nil, false
	}
	_, err := expr.Parse(m.result.Text)
	return m.result, err == nil
}

func (m *machine) push(t term) {
	m.bad = m.bad || len(t.text) > maxText
	m.stack = append(m.stack, t)
}

// pop takes n terms, the deepest first.
func (m *machine) pop(n int) []term {
	if m.bad = m.bad || n < 0 || n > len(m.stack); m.bad {
		return make([]term, max(0, min(n, 3)))
	}
	out := slices.Clone(m.stack[len(m.stack)-n:])
	m.stack = m.stack[:len(m.stack)-n]
	return out
}

// values is pop for terms that are values.
func (m *machine) values(n int) []term {
	out := m.pop(n)
	m.bad = m.bad || slices.ContainsFunc(out, func(t term) bool { return t.sequence == null })
	return out
}

// at is an element that an argument counts.
func at[T any](m *machine, list []T, i int) (v T) {
	if m.bad = m.bad || i < 0 || i >= len(list); !m.bad {
		v = list[i]
	}
	return v
}
