package importer

import "testing"

func TestParseEinsum(t *testing.T) {
	for _, c := range []struct {
		equation string
		rank     int
		want     string
	}{
		{"ab,bc->ac", 2, "ab,bc->ac"},
		{"abc,cde->abde", 3, "abc,cde->abde"},
		{"...x,xy->...y", 4, "abcx,xy->abcy"},
		{"ab...,bc->ac...", 4, "abde,bc->acde"},
		{"...x,xy->...y", 1, "x,xy->y"},
		{"ab,bc->ac", 3, ""},
		{"...ab,bc->...ac", 1, ""},
		{"ab,b.c->ac", 2, ""},
		{"ab,bc,cd->ad", 2, ""},
		{"ab->ba", 2, ""},
		{"", 2, ""},
	} {
		s, ok := parseEinsum(c.equation, c.rank)
		if ok != (c.want != "") || ok && s.equation() != c.want {
			t.Errorf("%q for rank %d gives %q, %v; want %q", c.equation, c.rank, s.equation(), ok, c.want)
		}
	}
}
