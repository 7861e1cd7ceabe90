package printable

import (
	"fmt"
	"strings"
	"testing"
)

func TestString(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"dense_1 → größe\n\tx", "dense_1 → größe\n\tx"},
		{"a\x1b[31mb", "a\uFFFD[31mb"},
		{"\r\x00\a\x7f", "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"\u009b2J", "\uFFFD2J"}, // CSI in one character
	} {
		if got := String(c.in); got != c.want {
			t.Errorf("String(%q) is %q, want %q", c.in, got, c.want)
		}
		var b strings.Builder
		if n, err := fmt.Fprint(Writer(&b), c.in); n != len(c.in) || err != nil || b.String() != c.want {
			t.Errorf("a write of %q returns %d, %v and writes %q, want %d, nil and %q", c.in, n, err, b.String(), len(c.in), c.want)
		}
	}
}
