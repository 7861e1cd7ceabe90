package hostile

import (
	"errors"

	"github.com/kerasgo/kerasgo/ir"
)

var kinds = []struct {
	name string
	err  error
}{
	{"limit", ir.ErrLimit}, {"unsupported", ir.ErrUnsupported}, {"version", ir.ErrVersion}, {"checksum", ir.ErrChecksum},
	{"missing weight", ir.ErrMissingWeight}, {"unused weight", ir.ErrUnusedWeight}, {"shape", ir.ErrShape}, {"dtype", ir.ErrDType},
	{"usage", ir.ErrUsage}, {"malformed", ir.ErrMalformed},
}

// Kind names the kind of an error: "ok" for none, "" for one that is not the
// project's.
func Kind(err error) string {
	if err == nil {
		return "ok"
	}
	var e *ir.Error
	if errors.As(err, &e) && e.Kind != nil { // the outermost; its cause may be of another kind
		err = e.Kind
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return ""
}
