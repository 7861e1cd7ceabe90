package strictjson

import "strconv"

// Tree checks b and decodes it into nil, bool, int64, float64, string, []any and
// map[string]any, as Python does: an integer without a point that int64 does not
// hold is a float64, and a number beyond that infinite. It also estimates, from
// above, the memory that the tree takes beside the text of its strings, which are
// parts of one copy of b; Options.MaxMemory stops it before it takes more.
func Tree(b []byte, opt Options) (tree any, memory int64, err error) {
	s := scanner{b: b, doc: string(b), opt: opt}
	tree, err = s.document()
	return tree, s.memory, err
}

func (s *scanner) makesTree() bool { return s.doc != "" }

// member is a value of an object or list that is not closed yet.
type member struct {
	name  string
	value any
}

// maxOpen is how many members of an object or list wait for its end, which tells
// its size. Of many, those that wait would take more than was counted.
const maxOpen = 64

func (s *scanner) add(name string, v any) {
	if s.makesTree() {
		s.open = append(s.open, member{name, v})
	}
}

// closeList appends the open members from first on.
func (s *scanner) closeList(list []any, first int) []any {
	if !s.makesTree() {
		return nil
	}
	if list == nil {
		list = make([]any, 0, len(s.open)-first)
	}
	for _, m := range s.open[first:] {
		list = append(list, m.value)
	}
	s.open = s.open[:first]
	return list
}

// closeObject adds the open members from first on.
func (s *scanner) closeObject(members map[string]any, first int) map[string]any {
	if !s.makesTree() {
		return nil
	}
	if members == nil {
		members = make(map[string]any, len(s.open)-first)
	}
	for _, m := range s.open[first:] {
		members[m.name] = m.value
	}
	s.open = s.open[:first]
	return members
}

// str is a text that began with a quote at from as a string: a part of the
// document, unless it was longer there, by escapes.
func (s *scanner) str(text []byte, from int) string {
	if from+1+len(text)+1 == s.i {
		return s.doc[from+1 : s.i-1]
	}
	return string(text)
}

func number(text string, whole bool) any {
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}
