package expr

import (
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

type parser struct {
	text  string
	pos   int // behind tok
	tok   token
	depth int
	nodes int
	err   error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		e := ir.Errorf(ir.ErrUsage, format, args...)
		e.Field = "expression " + shorten(p.text)
		p.err = e.At(int64(p.tok.at))
	}
}

func shorten(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// enter counts a node; leave ends its nesting.
func (p *parser) enter() Pos {
	p.depth++
	p.nodes++
	switch {
	case p.err != nil:
	case p.depth > MaxDepth:
		p.err = ir.Errorf(ir.ErrLimit, "the expression nests more than %d deep", MaxDepth)
	case p.nodes > MaxNodes:
		p.err = ir.Errorf(ir.ErrLimit, "the expression has more than %d parts", MaxNodes)
	}
	return Pos(p.tok.at)
}

func (p *parser) leave() { p.depth-- }

func (p *parser) is(s string) bool { return p.err == nil && p.tok.kind == symbol && p.tok.text == s }

func (p *parser) accept(s string) bool {
	if !p.is(s) {
		return false
	}
	p.next()
	return true
}

func (p *parser) want(s string) {
	if !p.accept(s) {
		p.fail("wants %q, found %s", s, p.tok)
	}
}

// tuple is one expression, or several with commas.
func (p *parser) tuple() Expr {
	at := p.enter()
	defer p.leave()
	first := p.operation(0)
	if !p.is(",") {
		return first
	}
	items := []Expr{first}
	for p.accept(",") && p.tok.kind != end && !p.is(")") {
		items = append(items, p.operation(0))
	}
	return &List{at, items}
}

// levels are the binary operators, loosest first. Comparisons do not chain.
var levels = [][]string{
	{"<", "<=", ">", ">=", "==", "!="},
	{"|"},
	{"^"},
	{"&"},
	{"+", "-"},
	{"*", "/", "//", "%", "@"},
}

func (p *parser) operation(level int) Expr {
	if level == len(levels) {
		return p.unary()
	}
	at := p.enter()
	defer p.leave()
	left := p.operation(level + 1)
	for n := 0; p.err == nil; n++ {
		op := ""
		for _, s := range levels[level] {
			if p.is(s) {
				op = s
			}
		}
		if op == "" {
			break
		}
		if level == 0 && n > 0 {
			p.fail("comparisons do not chain; combine them with &")
			break
		}
		p.next()
		p.enter()
		left = &Operation{at, op, []Expr{left, p.operation(level + 1)}}
		p.leave()
	}
	return left
}

func (p *parser) unary() Expr {
	at := p.enter()
	defer p.leave()
	if p.err != nil {
		return &Literal{at, nil}
	}
	for _, s := range []string{"-", "+", "~"} {
		if p.accept(s) {
			x := p.unary()
			if s == "+" {
				return x
			}
			return &Operation{at, s, []Expr{x}}
		}
	}
	x := p.postfix()
	if p.accept("**") {
		return &Operation{at, "**", []Expr{x, p.unary()}}
	}
	return x
}

func (p *parser) postfix() Expr {
	at := p.enter()
	defer p.leave()
	x := p.atom()
	for p.err == nil {
		switch {
		case p.accept("["):
			p.enter()
			items := []Expr{}
			for p.err == nil && !p.is("]") {
				items = append(items, p.item())
				if !p.accept(",") {
					break
				}
			}
			p.want("]")
			if len(items) == 0 {
				p.fail("an index is empty")
			}
			p.leave()
			x = &Index{at, x, items}
		case p.is("("):
			n, ok := x.(*Name)
			if !ok {
				p.fail("only functions are called")
				return x
			}
			x = p.call(at, n.Name)
		default:
			return x
		}
	}
	return x
}

// item is an index or a slice.
func (p *parser) item() Expr {
	at := p.enter()
	defer p.leave()
	part := func() Expr {
		if p.is(":") || p.is(",") || p.is("]") {
			return nil
		}
		return p.operation(0)
	}
	start := part()
	if !p.is(":") {
		if start == nil {
			p.fail("an index is empty")
		}
		return start
	}
	s := &Slice{Pos: at, Start: start}
	p.next()
	s.Stop = part()
	if p.accept(":") {
		s.Step = part()
	}
	return s
}

func (p *parser) call(at Pos, f string) Expr {
	p.want("(")
	c := &Call{Pos: at, Func: f}
	for p.err == nil && !p.is(")") {
		v := p.operation(0)
		if n, ok := v.(*Name); ok && p.is("=") {
			p.next()
			for _, k := range c.Keywords {
				if k.Name == n.Name {
					p.fail("argument %s is given twice", n.Name)
				}
			}
			c.Keywords = append(c.Keywords, Keyword{n.Name, p.operation(0)})
		} else if len(c.Keywords) > 0 {
			p.fail("an argument without a name follows named ones")
		} else {
			c.Args = append(c.Args, v)
		}
		if !p.accept(",") {
			break
		}
	}
	p.want(")")
	return c
}

var constants = map[string]any{"None": nil, "newaxis": nil, "True": true, "true": true, "False": false, "false": false}

func (p *parser) atom() Expr {
	at := p.enter()
	defer p.leave()
	t := p.tok
	if p.err != nil {
		return &Literal{at, nil}
	}
	switch t.kind {
	case number, text:
		p.next()
		return &Literal{at, t.value}
	case name:
		p.next()
		if v, ok := constants[t.text]; ok && !p.is("(") && !p.is(".") {
			return &Literal{at, v}
		}
		var dotted strings.Builder
		dotted.WriteString(t.text)
		for p.accept(".") {
			if p.tok.kind != name {
				p.fail("wants a name behind the dot, found %s", p.tok)
				break
			}
			dotted.WriteString("." + p.tok.text)
			p.next()
		}
		return &Name{at, dotted.String()}
	}
	switch {
	case p.accept("..."):
		return &Literal{at, Ellipsis{}}
	case p.accept("("):
		if p.accept(")") {
			return &List{at, nil}
		}
		x := p.tuple()
		p.want(")")
		return x
	case p.accept("["):
		l := &List{Pos: at}
		for p.err == nil && !p.is("]") {
			l.Items = append(l.Items, p.operation(0))
			if !p.accept(",") {
				break
			}
		}
		p.want("]")
		return l
	}
	p.fail("unexpected %s", t)
	return &Literal{at, nil}
}
