package pycode

import (
	"slices"
	"strconv"
)

// instruction is what an opcode does, and how many words of cache follow it.
type instruction struct {
	do    func(m *machine, arg int)
	cache int
}

func nothing(*machine, int) {}

func loadConst(m *machine, arg int) {
	t, ok := constant(at(m, m.consts, arg), m.old)
	m.bad = m.bad || !ok
	m.push(t)
}

func loadVar(m *machine, name string) {
	t, ok := m.vars[name]
	m.bad = m.bad || !ok
	m.push(t)
}

func loadFast(m *machine, arg int) { loadVar(m, at(m, m.locals, arg)) }

func storeFast(m *machine, arg int) { m.vars[at(m, m.locals, arg)] = m.values(1)[0] }

// loadFree counts the variables of the closure alone.
func loadFree(m *machine, arg int) { loadVar(m, at(m, m.Free, arg)) }

func (m *machine) global(i int) term {
	n := at(m, m.Names, i)
	m.bad = m.bad || !isName(n)
	m.result.Plain = false
	m.result.Globals = append(m.result.Globals, n)
	return name(n)
}

func loadGlobal(m *machine, arg int) { m.push(m.global(arg)) }

func loadAttr(m *machine, arg int) {
	n := at(m, m.Names, arg)
	m.bad = m.bad || !isName(n)
	m.result.Plain = false
	m.push(attribute(m.values(1)[0], n))
}

func pushNull(m *machine, _ int) { m.push(term{sequence: null}) }

func loadMethod(m *machine, arg int) {
	loadAttr(m, arg)
	pushNull(m, 0)
}

func operator(op string) func(*machine, int) {
	return func(m *machine, _ int) {
		v := m.values(2)
		m.push(operation(op, v[0], v[1]))
	}
}

// binaryOp has the operators by number, each again for its assignment.
func binaryOp(m *machine, arg int) {
	ops := []string{"+", "&", "//", "", "@", "*", "%", "|", "**", "", "-", "/", "^"}
	op := at(m, ops, arg%len(ops))
	m.bad = m.bad || op == "" || arg >= 2*len(ops)
	operator(op)(m, 0)
}

func negative(m *machine, _ int) { m.push(prefix("-", m.values(1)[0])) }
func invert(m *machine, _ int)   { m.push(prefix("~", m.values(1)[0])) }

// compare has the operator behind bits that say how it is run.
func compare(shift int) func(*machine, int) {
	return func(m *machine, arg int) {
		op := at(m, []string{"<", "<=", "==", "!=", ">", ">="}, arg>>shift)
		m.result.Plain = m.result.Plain && op != "==" && op != "!="
		operator(op)(m, 0)
	}
}

func subscript(m *machine, _ int) {
	v := m.values(2)
	t, ok := index(v[0], v[1])
	m.bad = m.bad || !ok
	m.push(t)
}

func buildSlice(m *machine, arg int) {
	m.bad = m.bad || arg != 2 && arg != 3
	m.push(slice(m.values(arg)))
}

func binarySlice(m *machine, _ int) {
	buildSlice(m, 2)
	subscript(m, 0)
}

// oldSlice has no bounds but those given.
func oldSlice(start, stop bool) func(*machine, int) {
	return func(m *machine, _ int) {
		bounds := []term{name("None"), name("None")}
		if stop {
			bounds[1] = m.values(1)[0]
		}
		if start {
			bounds[0] = m.values(1)[0]
		}
		m.push(slice(bounds))
		subscript(m, 0)
	}
}

func build(kind sequence) func(*machine, int) {
	return func(m *machine, arg int) { m.push(sequenceOf(kind, m.values(arg))) }
}

// listExtend completes a list of constants.
func listExtend(m *machine, arg int) {
	v := m.values(2)
	m.bad = m.bad || arg != 1 || v[0].sequence != list || v[1].sequence != tuple
	m.push(sequenceOf(list, slices.Concat(v[0].items, v[1].items)))
}

const maxUnpacked = 256

func unpack(m *machine, arg int) {
	v := m.values(1)[0]
	m.bad = m.bad || v.sequence != single && arg != len(v.items) || arg > maxUnpacked
	for i := arg - 1; i >= 0 && !m.bad; i-- {
		if v.sequence != single {
			m.push(v.items[i])
			continue
		}
		t, _ := index(v, number(strconv.Itoa(i)))
		m.push(t)
	}
}

func duplicate(m *machine, _ int) {
	v := m.values(1)[0]
	m.push(v)
	m.push(v)
}

// rotate moves the top below n-1 others.
func rotate(n int) func(*machine, int) {
	return func(m *machine, _ int) {
		v := m.values(n)
		m.stack = append(m.stack, v[n-1])
		m.stack = append(m.stack, v[:n-1]...)
	}
}

func swap(m *machine, arg int) {
	if v := m.values(arg); !m.bad && arg > 1 {
		v[0], v[arg-1] = v[arg-1], v[0]
		m.stack = append(m.stack, v...)
		return
	}
	m.bad = true
}

func copyTerm(m *machine, arg int) { m.push(at(m, m.stack, len(m.stack)-arg)) }

func returnValue(m *machine, _ int) {
	m.result.Text = m.values(1)[0].text
	m.returned = true
}

func returnConst(m *machine, arg int) {
	loadConst(m, arg)
	returnValue(m, 0)
}

// Calls, by the conventions of the versions.

func (m *machine) call(f term, args []term, names []string) {
	m.bad = m.bad || f.sequence != single || len(names) > len(args)
	for _, n := range names {
		m.bad = m.bad || !isName(n)
	}
	m.result.Plain = false
	if !m.bad {
		m.push(call(f, args, names))
	}
}

// names are those that strings hold.
func (m *machine) names(of []term) []string {
	var out []string
	for _, t := range of {
		if m.bad = m.bad || len(t.text) < 2 || t.text[0] != '"'; !m.bad {
			out = append(out, t.text[1:len(t.text)-1])
		}
	}
	return out
}

// callPairs counts arguments in its low byte and, in its high byte, the pairs of
// name and value behind them.
func callPairs(m *machine, arg int) {
	pairs := m.values(2 * (arg >> 8))
	var names, named []term
	for i := 0; i+1 < len(pairs); i += 2 {
		names, named = append(names, pairs[i]), append(named, pairs[i+1])
	}
	args := m.values(arg & 0xff)
	m.call(m.values(1)[0], append(args, named...), m.names(names))
}

func callFunction(m *machine, arg int) {
	args := m.values(arg)
	m.call(m.values(1)[0], args, nil)
}

// callNamed has a tuple of names on top.
func callNamed(m *machine, arg int) {
	names := m.names(m.values(1)[0].items)
	args := m.values(arg)
	m.call(m.values(1)[0], args, names)
}

// callNull is of a function with a null on either side, where a method's object
// would be.
func callNull(m *machine, arg int) {
	args := m.values(arg)
	pair := m.pop(2)
	if pair[0].sequence == null {
		pair[0], pair[1] = pair[1], pair[0]
	}
	m.bad = m.bad || pair[1].sequence != null
	names := m.keywords
	m.keywords = nil
	m.call(pair[0], args, names)
}

// keywordNames are for the call that follows.
func keywordNames(m *machine, arg int) {
	loadConst(m, arg)
	m.keywords = m.names(m.values(1)[0].items)
}

func callNullNamed(m *machine, arg int) {
	m.keywords = m.names(m.values(1)[0].items)
	callNull(m, arg)
}
