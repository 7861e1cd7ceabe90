// Package naming makes names as Keras makes them.
package naming

import (
	"regexp"
	"strings"
)

var (
	nonWord   = regexp.MustCompile(`\W+`)
	wordStart = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	caseTurn  = regexp.MustCompile(`([a-z])([A-Z])`)
)

// Snake is Keras 3's to_snake_case: the name of a class in paths.
func Snake(class string) string {
	s := nonWord.ReplaceAllString(class, "")
	s = wordStart.ReplaceAllString(s, "${1}_$2")
	return strings.ToLower(caseTurn.ReplaceAllString(s, "${1}_$2"))
}
