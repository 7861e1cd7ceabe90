package feed

import (
	"strings"
	"unicode/utf8"

	"github.com/kerasgo/kerasgo/ir"
)

// lines makes every line an example.
func lines(b []byte, want ir.Type) (*ir.Tensor, error) {
	if want.DType != ir.String {
		return nil, ir.Errorf(ir.ErrUsage, "holds text, the model wants %v; text is for models that begin with a text layer such as TextVectorization", want)
	}
	text := strings.TrimPrefix(string(b), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, ir.Errorf(ir.ErrUsage, "is not UTF-8 text")
	}
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	all := strings.Split(text, "\n")
	return ir.NewString(all, len(all)), nil
}
