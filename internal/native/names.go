package native

import (
	"fmt"
	"strings"
)

// names hands out unique tensor names.
type names map[string]int

func newNames() names { return names{"__metadata__": 1} }

// pick returns want, or want with "#2", "#3", … if it is taken.
func (n names) pick(want string) string {
	want = strings.ToValidUTF8(want, "\uFFFD")
	name := want
	for n[name] > 0 {
		n[want]++
		name = fmt.Sprintf("%s#%d", want, n[want])
	}
	n[name] = 1
	return name
}
