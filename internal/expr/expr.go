// Package expr parses the expressions that stand for the Python functions of
// Lambda layers: arithmetic, comparisons, slices and calls, with Python's syntax
// and precedence. It gives a tree; what names and functions mean is up to the
// caller.
package expr

import "github.com/kerasgo/kerasgo/ir"

// The limits of an expression.
const (
	MaxBytes = 64 << 10
	MaxDepth = 200
	MaxNodes = 10_000
)

// Expr is a node of the tree: *Literal, *Name, *Call, *Operation, *Index, *Slice
// or *List.
type Expr interface{ Offset() int }

// Pos is a byte offset in the text.
type Pos int

// Offset is where the expression stands in the text.
func (p Pos) Offset() int { return int(p) }

// Literal is a number (int64, float64), a string, a bool or None (nil).
type Literal struct {
	Pos
	Value any
}

// Ellipsis is the value of a Literal that is "...".
type Ellipsis struct{}

// Name is a variable.
type Name struct {
	Pos
	Name string
}

// Call is a call of a function by its dotted name.
type Call struct {
	Pos
	Func     string
	Args     []Expr
	Keywords []Keyword
}

// Keyword is a named argument.
type Keyword struct {
	Name  string
	Value Expr
}

// Operation is an operator with one or two operands. The operators are Python's:
// + - * / // % ** @ < <= > >= == != & | ^ ~.
type Operation struct {
	Pos
	Op   string
	Args []Expr
}

// Index is x[items]; a single item is a list of one.
type Index struct {
	Pos
	X     Expr
	Items []Expr
}

// Slice is start:stop:step within an Index; absent parts are nil.
type Slice struct {
	Pos
	Start, Stop, Step Expr
}

// List is [a, b], (a, b), or a, b at the top.
type List struct {
	Pos
	Items []Expr
}

// Walk calls f with e and all that is in it.
func Walk(e Expr, f func(Expr)) {
	f(e)
	var in []Expr
	switch t := e.(type) {
	case *Call:
		in = t.Args
		for _, k := range t.Keywords {
			Walk(k.Value, f)
		}
	case *Operation:
		in = t.Args
	case *List:
		in = t.Items
	case *Index:
		Walk(t.X, f)
		in = t.Items
	case *Slice:
		for _, part := range []Expr{t.Start, t.Stop, t.Step} {
			if part != nil {
				in = append(in, part)
			}
		}
	}
	for _, e := range in {
		Walk(e, f)
	}
}

// Parse reads one expression.
func Parse(text string) (Expr, error) {
	if len(text) > MaxBytes {
		return nil, ir.Errorf(ir.ErrLimit, "the expression has %d bytes, the limit is %d", len(text), MaxBytes)
	}
	p := &parser{text: text}
	p.next()
	e := p.tuple()
	if p.err == nil && p.tok.kind != end {
		p.fail("unexpected %s", p.tok)
	}
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}
