package ir

// Tokenize takes texts apart. Input: string [...]. Output: string [..., tokens],
// each text's tokens and then empty strings.
//
// Lower makes ASCII letters small, Strip removes ASCII punctuation. Split is
// "whitespace" (ASCII) or "character" (Unicode code points), or empty: then the
// last axis of the input holds the tokens. Ngrams replaces the tokens by all runs
// of these numbers of tokens, joined by a space. Length cuts and pads to a number
// of tokens; 0 pads to the most that a text has, a dimension that the data decide
// and that bears the name Tokens.
type Tokenize struct {
	Lower  bool   `json:"lower,omitempty"`
	Strip  bool   `json:"strip,omitempty"`
	Split  string `json:"split,omitempty"`
	Ngrams []int  `json:"ngrams,omitempty"`
	Length int    `json:"length,omitempty"`
	Tokens string `json:"tokens,omitempty"`
}

func (*Tokenize) Kind() string { return "Tokenize" }

// DataDim is Tokens when the number of tokens depends on the texts.
func (o *Tokenize) DataDim() string {
	if o.Split == "" || o.Length > 0 {
		return ""
	}
	return o.Tokens
}

// Grams is the number of n-grams that n tokens give.
func (o *Tokenize) Grams(n int) int {
	if len(o.Ngrams) == 0 {
		return n
	}
	total := 0
	for _, w := range o.Ngrams {
		total += max(0, n-w+1)
	}
	return total
}

func (o *Tokenize) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if in[0].DType != String {
		return nil, Errorf(ErrDType, "input is %v, wants strings", in[0].DType)
	}
	if o.Length < 0 || o.Length > 1<<31-1 || len(o.Ngrams) > 64 {
		return nil, Errorf(ErrMalformed, "length %d, %d kinds of n-grams", o.Length, len(o.Ngrams))
	}
	for _, w := range o.Ngrams {
		if w < 1 || w > 1<<20 {
			return nil, Errorf(ErrMalformed, "n-grams of %d", w)
		}
	}
	switch o.Split {
	case "whitespace", "character":
		if o.Length > 0 {
			return one(String, append(s.Clone(), Known(o.Length))), nil
		}
		if o.Tokens == "" {
			return nil, Errorf(ErrMalformed, "neither length nor a name for it")
		}
		return one(String, append(s.Clone(), Sym(o.Tokens))), nil
	case "":
		if len(s) == 0 {
			return nil, Errorf(ErrShape, "input %v has no axis of tokens", s)
		}
		out := s.Clone()
		n := &out[len(s)-1]
		switch {
		case o.Length > 0:
			*n = Known(o.Length)
		case n.IsKnown():
			*n = Known(o.Grams(n.Size))
		case len(o.Ngrams) > 0:
			*n = Sym("(" + n.String() + ")grams")
		}
		return one(String, out), nil
	}
	return nil, Errorf(ErrMalformed, "split by %q", o.Split)
}
