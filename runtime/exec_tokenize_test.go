package runtime

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func runStrings(t *testing.T, s *Session, in ...string) ([]string, []int) {
	t.Helper()
	out, err := s.Run(NewTensor(in))
	if err != nil {
		t.Fatal(err)
	}
	return Data[string](out[0]), out[0].Shape()
}

// textModel splits its one input by op.
func textModel(t *testing.T, ops ...ir.Op) *ir.Model {
	t.Helper()
	m := &ir.Model{Name: "text"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.String, Shape: ir.Shape{ir.Sym("batch")}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	for i, op := range ops {
		out, err := m.AddNode(op, ir.Origin{Layer: "t"}, x)
		if err != nil {
			t.Fatal(err)
		}
		m.Outputs = append(m.Outputs, ir.Port{Name: string(rune('a' + i)), Value: out[0]})
	}
	return m
}

func compileText(t *testing.T, ops ...ir.Op) *Session {
	t.Helper()
	p, err := Compile(textModel(t, ops...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p.NewSession()
}

func TestTokenize(t *testing.T) {
	for _, c := range []struct {
		op   ir.Tokenize
		in   string
		want string // joined by |
	}{
		{ir.Tokenize{Split: "whitespace", Tokens: "n"}, " The\tcat,  sat\n", "The|cat,|sat"},
		{ir.Tokenize{Split: "whitespace", Lower: true, Strip: true, Tokens: "n"}, "The 'CAT', Äh - sat!", "the|cat|Äh|sat"},
		{ir.Tokenize{Split: "whitespace", Strip: true, Tokens: "n"}, "... ?", ""},
		{ir.Tokenize{Split: "character", Tokens: "n"}, "aä\xff", "a|ä|\uFFFD"},
		{ir.Tokenize{Split: "whitespace", Ngrams: []int{1, 2}, Tokens: "n"}, "a b c", "a|b|c|a b|b c"},
		{ir.Tokenize{Split: "whitespace", Ngrams: []int{3}, Tokens: "n"}, "a b", ""},
		{ir.Tokenize{Split: "whitespace", Length: 2}, "a b c", "a|b"},
		{ir.Tokenize{Split: "whitespace", Length: 3}, "a", "a||"},
	} {
		got, shape := runStrings(t, compileText(t, &c.op), c.in)
		var want []string
		if c.want != "" {
			want = strings.Split(c.want, "|")
		}
		if !slices.Equal(got, want) || !slices.Equal(shape, []int{1, len(want)}) {
			t.Errorf("%+v of %q: %q, shape %v, want %q", c.op, c.in, got, shape, want)
		}
	}
}

// TestTokensDecideTheShape runs texts of other lengths after one another.
func TestTokensDecideTheShape(t *testing.T) {
	s := compileText(t, &ir.Tokenize{Split: "whitespace", Tokens: "n"}, &ir.Tokenize{Split: "character", Tokens: "m"})
	for _, n := range []int{3, 1, 0, 5, 3, 3} {
		text := strings.TrimSpace(strings.Repeat("ab ", n))
		out, err := s.Run(NewTensor([]string{text, ""}))
		if err != nil {
			t.Fatal(err)
		}
		if got := out[0].Shape(); !slices.Equal(got, []int{2, n}) {
			t.Errorf("%d words: shape %v", n, got)
		}
		if got := out[1].Shape(); !slices.Equal(got, []int{2, len(text)}) {
			t.Errorf("%d characters: shape %v", len(text), got)
		}
		for i, w := range Data[string](out[0]) {
			if want := "ab"; i < n && w != want || i >= n && w != "" {
				t.Errorf("%d words: token %d is %q", n, i, w)
			}
		}
	}
	in := NewTensor([]string{"ab ab", "ab"})
	if n := leastAllocs(20, func() { s.Run(in) }); n != 0 {
		t.Errorf("%v allocations for tokens that are known", n)
	}
}

// TestTokensOfOneName refuses to try again for ever.
func TestTokensOfOneName(t *testing.T) {
	s := compileText(t, &ir.Tokenize{Split: "whitespace", Tokens: "n"}, &ir.Tokenize{Split: "character", Tokens: "n"})
	if _, err := s.Run(NewTensor([]string{"ab cd"})); !errors.Is(err, ir.ErrShape) {
		t.Errorf("%v, want a shape mismatch", err)
	}
	if _, err := s.Run(NewTensor([]string{"a"})); err != nil {
		t.Error(err)
	}
}

// TestStateWaitsForTokens has a recurrent layer before the tokens in the model:
// a run that begins again must not advance its state twice.
func TestStateWaitsForTokens(t *testing.T) {
	m := &ir.Model{Name: "text"}
	add := func(op ir.Op, in ...ir.ValueID) []ir.ValueID {
		out, err := m.AddNode(op, ir.Origin{}, in...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Dims(1, 1, 1)}})
	text := m.AddValue(ir.Value{Name: "text", Type: ir.Type{DType: ir.String, Shape: ir.Dims(1)}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}, {Name: "text", Value: text}}
	one := func(name string) ir.ValueID { return m.AddConst(name, ir.NewFloat32([]float32{1}, 1, 1)) }
	rnn := add(&ir.SimpleRNN{Recurrence: ir.Recurrence{State: "s"}}, x, one("kernel"), one("recurrent"))
	tokens := add(&ir.Tokenize{Split: "whitespace", Tokens: "n"}, text)
	m.Outputs = []ir.Port{{Name: "h", Value: rnn[0]}, {Name: "tokens", Value: tokens[0]}}
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSession()
	for i, words := range []string{"a b c", "a", "a b"} {
		out, err := s.Run(NewTensor([]float32{1}, 1, 1, 1), NewTensor([]string{words}))
		if err != nil {
			t.Fatal(err)
		}
		if got := out[0].Float32s()[0]; got != float32(i+1) {
			t.Errorf("run %d: the state is %v, want %d", i, got, i+1)
		}
	}
}

func TestStrictLookup(t *testing.T) {
	m := &ir.Model{Name: "lookup"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.String, Shape: ir.Shape{ir.Sym("batch")}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	keys := m.AddConst("keys", ir.NewString([]string{"cat", "dog"}, 2))
	out, err := m.AddNode(&ir.Lookup{First: 5, Missing: -1, Strict: true}, ir.Origin{Layer: "words"}, x, keys)
	if err != nil {
		t.Fatal(err)
	}
	m.Outputs = []ir.Port{{Name: "y", Value: out[0]}}
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSession()
	got, err := s.Run(NewTensor([]string{"dog", "cat"}))
	if err != nil || !slices.Equal(Data[int64](got[0]), []int64{6, 5}) {
		t.Fatal(got, err)
	}
	_, err = s.Run(NewTensor([]string{"dog", "newt"}))
	if !errors.Is(err, ir.ErrUsage) || !strings.Contains(err.Error(), `"newt"`) || !strings.Contains(err.Error(), "words") {
		t.Errorf("%v, want an error that names layer and value", err)
	}
}
