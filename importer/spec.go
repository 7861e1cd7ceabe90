package importer

import (
	"slices"
	"sort"
	"strconv"
	"strings"
)

// modelSpec is an architecture in the one form every dialect is turned into.
type modelSpec struct {
	class   string // "Sequential" or "Functional"
	name    string
	layers  []*layerSpec
	inputs  any // tree of tensorRef; nil for Sequential
	outputs any
	// implicitInput marks a Sequential whose InputLayer is not in the file.
	implicitInput bool
}

// layerSpec is a layer, or an operation of keras.ops, of a model.
type layerSpec struct {
	class      string // canonical: "LSTM", "Functional", …
	wrote      string // of a user's subclass of a model: its own class, where class is Keras's
	registered string // "package>Name" of a class that is not Keras's own, else empty
	module     string
	name       string
	config     object
	build      object // build_config
	op         bool   // an operation, not a layer
	branch     bool   // of a Merge that begins a Sequential
	model      *modelSpec
	calls      []callSpec
	sharedID   any // Keras's shared_object_id: the same layer elsewhere has the same
}

// callSpec is one node: args and kwargs are trees of tensorRef and constants.
type callSpec struct {
	args   []any
	kwargs object
}

// tensorRef names an output of a call.
type tensorRef struct {
	layer        string
	node, tensor int
}

// flatten lists the leaves of a tree in Keras's order: dicts by sorted key.
func flatten(v any, leaf func(any)) {
	switch t := v.(type) {
	case []any:
		for _, e := range t {
			flatten(e, leaf)
		}
	case object:
		for _, k := range sortedKeys(t) {
			flatten(t[k], leaf)
		}
	default:
		leaf(v)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// mapTree rebuilds a tree with its leaves replaced.
func mapTree(v any, leaf func(any) any) any {
	switch t := v.(type) {
	case []any:
		out := make([]any, len(t))
		for i, e := range t {
			out[i] = mapTree(e, leaf)
		}
		return out
	case object:
		out := make(object, len(t))
		for k, e := range t {
			out[k] = mapTree(e, leaf)
		}
		return out
	}
	return leaf(v)
}

// inputs is how many tensors the first call reads.
func (s *layerSpec) inputs() int {
	if len(s.calls) == 0 {
		return 0
	}
	return len(s.calls[0].refs())
}

// refs lists the tensors a call reads.
func (c *callSpec) refs() []tensorRef {
	var out []tensorRef
	leaf := func(v any) {
		if r, ok := v.(tensorRef); ok {
			out = append(out, r)
		}
	}
	flatten(c.args, leaf)
	flatten(c.kwargs, leaf)
	return out
}

// version is a Keras version; the zero version is an unknown one.
type version struct{ major, minor, patch int }

func parseVersion(s string) version {
	var v version
	parts := strings.SplitN(s, ".", 4)
	v.major, _ = strconv.Atoi(parts[0])
	for i, n := range []*int{&v.minor, &v.patch} {
		if len(parts) > i+1 {
			*n, _ = strconv.Atoi(strings.TrimRight(parts[i+1], "abcdefghijklmnopqrstuvwxyz-"))
		}
	}
	return v
}

func (v version) before(major, minor, patch int) bool {
	return v.less(major, minor) || v.major == major && v.minor == minor && v.patch < patch
}

func (v version) less(major, minor int) bool {
	return v.major < major || v.major == major && v.minor < minor
}

// modelClasses are the classes that hold layers.
var modelClasses = []string{"Sequential", "Functional"}

func (s *layerSpec) isModel() bool { return slices.Contains(modelClasses, s.class) }
