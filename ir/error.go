package ir

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kerasgo/kerasgo/internal/printable"
)

// The kinds of errors. errors.Is tells them apart:
//
//	if errors.Is(err, ir.ErrUnsupported) { ... }
var (
	ErrUnsupported   = errors.New("unsupported")         // the model needs what kerasgo does not have
	ErrMalformed     = errors.New("malformed file")      // the file is damaged or contradicts itself
	ErrLimit         = errors.New("limit exceeded")      // a limit on files or memory, which the text names
	ErrMissingWeight = errors.New("missing weight")      // a layer needs a weight that the file does not have
	ErrUnusedWeight  = errors.New("unused weight")       // the file has weights that belong to no layer
	ErrShape         = errors.New("shape mismatch")      // shapes do not fit together
	ErrDType         = errors.New("dtype mismatch")      // dtypes do not fit together
	ErrVersion       = errors.New("unsupported version") // a version of a format that this build does not read
	ErrChecksum      = errors.New("checksum mismatch")   // data are not what their checksum says
	ErrParity        = errors.New("outputs differ")      // outputs are not those of Keras
	ErrUsage         = errors.New("usage")               // a wrong call: something is missing, unknown or makes no sense
)

// Error is the error type of all packages: its kind, where it happened as far as
// that is known, and a text. The text gives both values of a mismatch and says what
// to do. Fields that are zero are not printed.
type Error struct {
	Kind   error  // one of the Err… sentinels
	File   string // path or archive member
	Layer  string // Keras layer, nested models as a path: "head/dense_1"
	Class  string // Keras class of the layer, or op kind
	Field  string // config key, weight or header field
	Offset int64  // byte offset in File, when HasOffset
	Text   string // what was found, what was wanted, what to do
	Err    error  // cause, may be nil

	HasOffset bool
}

// Errorf returns an Error of the given kind with only its text set.
func Errorf(kind error, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// At returns e with its byte offset set.
func (e *Error) At(offset int64) *Error {
	e.Offset, e.HasOffset = offset, true
	return e
}

// Error returns one or more lines of text. Names come from files, which may be
// hostile: control characters are replaced, as a terminal would obey them, and very
// long texts are cut.
func (e *Error) Error() string { return printable.String(cut(e.text(), maxErrorText)) }

const maxErrorText = 8 << 10

func cut(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func (e *Error) text() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.HasOffset {
			fmt.Fprintf(&b, " at byte %d", e.Offset)
		}
		b.WriteString(": ")
	} else if e.HasOffset {
		fmt.Fprintf(&b, "at byte %d: ", e.Offset)
	}
	if e.Layer != "" || e.Class != "" {
		switch {
		case e.Layer == "":
			b.WriteString(e.Class)
		case e.Class == "":
			fmt.Fprintf(&b, "layer %q", e.Layer)
		default:
			fmt.Fprintf(&b, "layer %q (%s)", e.Layer, e.Class)
		}
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field)
		b.WriteString(": ")
	}
	switch {
	case e.Text != "":
		b.WriteString(e.Text)
	case e.Kind != nil:
		b.WriteString(e.Kind.Error())
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap makes errors.Is see both the kind and the cause.
func (e *Error) Unwrap() []error {
	var out []error
	if e.Kind != nil {
		out = append(out, e.Kind)
	}
	if e.Err != nil {
		out = append(out, e.Err)
	}
	return out
}
