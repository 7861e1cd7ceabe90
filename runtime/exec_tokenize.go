package runtime

import (
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// tokenizer takes texts apart. Tokens that were met before are not allocated
// again.
type tokenizer struct {
	op     *ir.Tokenize
	text   []byte // the text as standardized
	tokens []span
	gram   []byte
	known  map[string]string
}

// span is a token's place in the text.
type span struct{ from, to int }

const (
	mostKnown   = 1 << 16 // tokens remembered
	longestKept = 64      // bytes of a token worth remembering
)

// sizeError asks for a plan in which a dimension that the data decide has
// another size.
type sizeError struct {
	dim string
	n   int
}

func (e *sizeError) Error() string { return "dimension " + e.dim + " has another size" }

func prepareTokenize(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Tokenize)
	return &executor{bind: func(b *binding) (step, error) {
		t := &tokenizer{op: op, known: map[string]string{}}
		in, out := slot[string](b.in[0]), slot[string](b.out[0])
		if op.Split == "" {
			return t.rows(in, out, b.in[0].shape, b.out[0].shape[len(b.out[0].shape)-1]), nil
		}
		width := b.out[0].shape[len(b.out[0].shape)-1]
		dim := op.DataDim()
		return func(*exec) error {
			most := 0
			for i, s := range *in {
				t.take(s)
				most = max(most, t.write((*out)[i*width:(i+1)*width]))
			}
			if dim != "" && most != width {
				return &sizeError{dim, most}
			}
			return nil
		}, nil
	}}, nil
}

// rows is the step for texts that are tokens already.
func (t *tokenizer) rows(in, out *[]string, shape []int, width int) step {
	n := shape[len(shape)-1]
	rows := elems(shape[:len(shape)-1])
	return func(*exec) error {
		dst := *out
		for row := range rows {
			t.text, t.tokens = t.text[:0], t.tokens[:0]
			for _, s := range (*in)[row*n : (row+1)*n] {
				from := len(t.text)
				t.standardize(s)
				t.tokens = append(t.tokens, span{from, len(t.text)})
			}
			t.write(dst[row*width : (row+1)*width])
		}
		return nil
	}
}

// standardize appends s to the text.
func (t *tokenizer) standardize(s string) {
	if !t.op.Lower && !t.op.Strip {
		t.text = append(t.text, s...)
		return
	}
	for i := range len(s) {
		c := s[i]
		if t.op.Strip && punctuation(c) {
			continue
		}
		if t.op.Lower && c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		t.text = append(t.text, c)
	}
}

// punctuation tells ASCII's.
func punctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// space tells C's isspace in ASCII.
func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// take standardizes and splits one text.
func (t *tokenizer) take(s string) {
	t.text, t.tokens = t.text[:0], t.tokens[:0]
	t.standardize(s)
	if t.op.Split == "character" {
		for i := 0; i < len(t.text); {
			_, n := utf8.DecodeRune(t.text[i:])
			t.tokens = append(t.tokens, span{i, i + n})
			i += n
		}
		return
	}
	for i := 0; i < len(t.text); {
		for i < len(t.text) && space(t.text[i]) {
			i++
		}
		from := i
		for i < len(t.text) && !space(t.text[i]) {
			i++
		}
		if i > from {
			t.tokens = append(t.tokens, span{from, i})
		}
	}
}

// write puts the tokens, or their n-grams, into dst, as far as it is long, and
// empty strings behind them. It returns how many there are.
func (t *tokenizer) write(dst []string) int {
	n := t.op.Grams(len(t.tokens))
	put := 0
	emit := func(width int) {
		for i := 0; i+width <= len(t.tokens) && put < len(dst); i++ {
			dst[put] = t.join(t.tokens[i : i+width])
			put++
		}
	}
	if len(t.op.Ngrams) == 0 {
		emit(1)
	}
	for _, w := range t.op.Ngrams {
		emit(w)
	}
	clear(dst[put:])
	return n
}

const replacement = string(utf8.RuneError)

// join is tokens with a space between each two.
func (t *tokenizer) join(parts []span) string {
	if len(parts) == 1 {
		return t.keep(t.text[parts[0].from:parts[0].to])
	}
	t.gram = t.gram[:0]
	for i, p := range parts {
		if i > 0 {
			t.gram = append(t.gram, ' ')
		}
		t.gram = append(t.gram, t.valid(t.text[p.from:p.to])...)
	}
	return t.keep(t.gram)
}

// valid is a character, or the one that stands for bytes that are none.
func (t *tokenizer) valid(b []byte) []byte {
	if t.op.Split == "character" && len(b) == 1 && b[0] >= utf8.RuneSelf {
		return bytesOf(replacement)
	}
	return b
}

// keep makes a string of bytes that change.
func (t *tokenizer) keep(b []byte) string {
	b = t.valid(b)
	if s, ok := t.known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(b) <= longestKept {
		if len(t.known) == mostKnown {
			clear(t.known)
		}
		t.known[s] = s
	}
	return s
}
