// Package printable makes text from strangers fit for a terminal. Names in model
// files may hold control characters, which a terminal would obey.
package printable

import (
	"io"
	"strings"
)

// String returns s with its control characters, except line breaks and tabs,
// replaced by U+FFFD.
func String(s string) string { return strings.Map(replace, s) }

func replace(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
		return '\uFFFD'
	}
	return r
}

// Writer returns a writer that passes String of each Write on to w. A Write must
// not end within a rune.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.w, String(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
