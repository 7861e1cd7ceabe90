package expr

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	end kind = iota
	number
	text
	name
	symbol
)

type token struct {
	kind  kind
	at    int
	text  string // name or symbol
	value any    // number or text
}

func (t token) String() string {
	if t.kind == end {
		return "end"
	}
	return fmt.Sprintf("%q", t.text)
}

// symbols, longest first.
var symbols = []string{
	"...", "**", "//", "<=", ">=", "==", "!=",
	"+", "-", "*", "/", "%", "@", "<", ">", "&", "|", "^", "~", "(", ")", "[", "]", ",", ":", "=", ".",
}

// next reads the next token into p.tok.
func (p *parser) next() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
	start := p.pos
	p.tok = token{at: start}
	if start == len(p.text) || p.err != nil {
		return
	}
	c := p.text[start]
	r, size := utf8.DecodeRuneInString(p.text[start:])
	switch {
	case isDigit(c) || c == '.' && start+1 < len(p.text) && isDigit(p.text[start+1]):
		p.number()
	case c == '\'' || c == '"':
		p.quoted(c)
	case r == '_' || unicode.IsLetter(r):
		p.pos += size
		for p.pos < len(p.text) {
			r, size := utf8.DecodeRuneInString(p.text[p.pos:])
			if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				break
			}
			p.pos += size
		}
		p.tok.kind = name
	default:
		for _, s := range symbols {
			if strings.HasPrefix(p.text[start:], s) {
				p.pos += len(s)
				p.tok.kind, p.tok.text = symbol, s
				return
			}
		}
		p.fail("unexpected character %q", r)
		return
	}
	p.tok.text = p.text[start:p.pos]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (p *parser) number() {
	start, float := p.pos, false
	digits := func() {
		for p.pos < len(p.text) && (isDigit(p.text[p.pos]) || p.text[p.pos] == '_') {
			p.pos++
		}
	}
	digits()
	if p.pos < len(p.text) && p.text[p.pos] == '.' {
		float = true
		p.pos++
		digits()
	}
	if p.pos < len(p.text) && (p.text[p.pos] == 'e' || p.text[p.pos] == 'E') {
		after := p.pos + 1
		if after < len(p.text) && (p.text[after] == '+' || p.text[after] == '-') {
			after++
		}
		if after < len(p.text) && isDigit(p.text[after]) {
			float = true
			p.pos = after
			digits()
		}
	}
	s := strings.ReplaceAll(p.text[start:p.pos], "_", "")
	p.tok.kind = number
	if !float {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			p.fail("the integer %s is out of range", s)
		}
		p.tok.value = n
		return
	}
	p.tok.value, _ = strconv.ParseFloat(s, 64) // out of range gives infinity, as in Python
}

func (p *parser) quoted(quote byte) {
	i := strings.IndexByte(p.text[p.pos+1:], quote)
	if i < 0 {
		p.fail("a string without end")
		return
	}
	s := p.text[p.pos+1 : p.pos+1+i]
	if strings.ContainsAny(s, "\\\n") {
		p.fail("strings have no escapes")
		return
	}
	p.pos += i + 2
	p.tok.kind, p.tok.value = text, s
}
