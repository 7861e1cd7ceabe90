package importer

import (
	"cmp"
	"sort"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/internal/naming"
)

// pathWeights are the weights of Keras's v3 format: variables by number in a
// "vars" group for each saved object, whose path is made of attribute names
// and, in containers, of class names.
type pathWeights struct {
	groups   map[string]*varGroup // by path without "/vars"; "" is the model
	children map[string][]string  // names in each path, sorted
}

type varGroup struct {
	name string // the object's name, since Keras 3.6
	vars []*stored
}

// index completes a pathWeights whose groups are filled.
func (f *pathWeights) index() *pathWeights {
	f.children = make(map[string][]string, len(f.groups))
	f.children[""] = nil
	listed := make(map[string]bool, len(f.groups)) // among its parent's children, and so are its parents
	for path, g := range f.groups {
		g.sort()
		for path != "" && !listed[path] {
			listed[path] = true
			parent, name := "", path
			if i := strings.LastIndexByte(path, '/'); i >= 0 {
				parent, name = path[:i], path[i+1:]
			}
			if !f.has(path) {
				f.children[path] = nil
			}
			f.children[parent] = append(f.children[parent], name)
			path = parent
		}
	}
	for _, names := range f.children {
		sort.Strings(names)
	}
	return f
}

// sort orders variables as they were created: numbers by value, then names.
func (g *varGroup) sort() {
	sort.SliceStable(g.vars, func(i, j int) bool {
		a, errA := strconv.Atoi(g.vars[i].name)
		b, errB := strconv.Atoi(g.vars[j].name)
		if errA == nil && errB == nil {
			return a < b
		}
		return errA == nil && errB != nil
	})
}

// pathScope is one object's place. Paths are the spellings to try, the first
// that exists is used.
type pathScope struct {
	file  *pathWeights
	paths []string
	asked int
}

func (f *pathWeights) root() weightScope { return &pathScope{file: f, paths: []string{""}} }

// has tells whether anything is stored at or below a path.
func (f *pathWeights) has(path string) bool {
	_, ok := f.children[path]
	return ok
}

func (s *pathScope) path() string {
	for _, p := range s.paths {
		if s.file.has(p) {
			return p
		}
	}
	return s.paths[0]
}

func (s *pathScope) child(attr string, aliases []string) weightScope {
	base := s.path()
	c := &pathScope{file: s.file}
	for _, a := range append([]string{attr, "_" + attr}, aliases...) {
		c.paths = append(c.paths, join(base, a))
	}
	return c
}

// containers are the attributes that hold a model's layers: since Keras 2.14,
// and before. The older one lists a layer with weights twice and stores it
// once, so names skip numbers.
var containers = []string{"layers", "_layer_checkpoint_dependencies", "_self_tracked_trackables"}

func (s *pathScope) layers(specs []*layerSpec) []weightScope {
	base := s.path()
	container := containers[0]
	for _, c := range containers {
		if s.file.has(join(base, c)) {
			container = c
			break
		}
	}
	prefix := join(base, container)
	out := make([]weightScope, len(specs))
	count := map[string]int{}
	existing := map[string][]string{}
	for i, l := range specs {
		if l.op {
			out[i] = noWeights{}
			continue
		}
		if l.class == "FeatureSpace" { // saved by itself
			out[i] = s
			continue
		}
		class := pathClass(cmp.Or(l.wrote, l.class))
		n := count[class]
		count[class]++
		var paths []string
		if container == containers[0] {
			paths = []string{join(prefix, numbered(class, n))}
		} else {
			if _, ok := existing[class]; !ok {
				existing[class] = s.file.siblings(prefix, class)
			}
			if have := existing[class]; n < len(have) {
				paths = []string{have[n]}
			} else {
				paths = []string{join(prefix, numbered(class, n))}
			}
		}
		if g := s.file.groups[paths[0]]; g == nil || g.name != "" && g.name != l.name {
			if p, ok := s.file.named(prefix, l.name); ok {
				paths = append([]string{p}, paths...)
			}
		}
		out[i] = &pathScope{file: s.file, paths: paths}
	}
	return out
}

// pathClass is the name of a class in paths: of the Python class, which is not
// always what Keras calls the layer.
func pathClass(class string) string {
	if class == "GroupQueryAttention" {
		return "grouped_query_attention"
	}
	return naming.Snake(class)
}

func numbered(class string, n int) string {
	if n == 0 {
		return class
	}
	return class + "_" + strconv.Itoa(n)
}

// named finds the object with a name directly in a container.
func (f *pathWeights) named(prefix, name string) (string, bool) {
	for _, c := range f.children[prefix] {
		p := join(prefix, c)
		if g := f.groups[p]; g != nil && g.name == name {
			return p, true
		}
	}
	return "", false
}

// siblings are the paths class, class_1, … that exist in a container, in order.
func (f *pathWeights) siblings(prefix, class string) []string {
	var ns []int
	for _, c := range f.children[prefix] {
		if c == class {
			ns = append(ns, 0)
		} else if num, ok := strings.CutPrefix(c, class+"_"); ok {
			if n, err := strconv.Atoi(num); err == nil && n > 0 {
				ns = append(ns, n)
			}
		}
	}
	sort.Ints(ns)
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = join(prefix, numbered(class, n))
	}
	return out
}

func (s *pathScope) group() *varGroup {
	for _, p := range s.paths {
		if g := s.file.groups[p]; g != nil && len(g.vars) > 0 {
			return g
		}
	}
	return s.file.groups[s.path()]
}

func (s *pathScope) stored() []*stored {
	if g := s.group(); g != nil {
		return g.vars
	}
	return nil
}

// next takes the variable of that name if there is one, else the next number.
func (s *pathScope) next(name string, dims []int) (*stored, error) {
	vars := s.stored()
	var w *stored
	for _, v := range vars {
		if v.name == name {
			w = v
		}
	}
	if w == nil {
		for ; s.asked < len(vars); s.asked++ {
			if _, err := strconv.Atoi(vars[s.asked].name); err == nil {
				w = vars[s.asked]
				s.asked++
				break
			}
		}
	}
	if w == nil {
		return nil, missing(name, dims, s.tried(), s.below())
	}
	if !fits(w.shape, dims) {
		return nil, mismatch(w, dims)
	}
	w.used = true
	return w, nil
}

func (s *pathScope) tried() []string {
	var out []string
	for _, p := range s.paths {
		out = append(out, join(p, "vars"))
	}
	return out
}

// below lists what the file has at and under this scope, for errors.
func (s *pathScope) below() []*stored {
	var out []*stored
	stack := []string{s.path()}
	for len(stack) > 0 && len(out) < 20 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if g := s.file.groups[p]; g != nil {
			out = append(out, g.vars...)
		}
		for _, c := range s.file.children[p] {
			if c == "" {
				continue
			}
			stack = append(stack, join(p, c))
		}
	}
	return out
}

func (f *pathWeights) all() []*stored {
	var out []*stored
	for _, p := range sortedKeys(f.groups) {
		out = append(out, f.groups[p].vars...)
	}
	return out
}
