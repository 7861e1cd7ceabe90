package importer

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/internal/expr"
	"github.com/kerasgo/kerasgo/ir"
)

// doubt tells why its expression may not be what it computes: "" if all of it is
// in the file and means the same to Keras. A mask or training Keras would give it.
func (f *lambdaFunc) doubt() string {
	e := f.returns
	switch {
	case e == nil:
		return "it is no expression"
	case len(e.Globals) > 0:
		return "what it takes from outside may be anything"
	case !e.Plain:
		return "its calls, attributes or equalities may mean something else"
	case len(f.code.Args) == 0 || len(f.code.Free) != len(f.closure) || len(f.defaults) > len(f.code.Args):
		return "its closure or defaults are not in the file"
	}
	for i, name := range f.code.Args {
		_, given := f.arguments[name]
		missing := i > 0 && !given && i < len(f.code.Args)-len(f.defaults)
		if missing || i == 0 && given || name == "mask" || name == "training" {
			return "its argument " + name + " is not in the file"
		}
	}
	for _, name := range sortedKeys(f.arguments) {
		if !slices.Contains(f.code.Args, name) {
			return "it takes no argument " + name
		}
	}
	return ""
}

// ownNames are those that an expression has beside the function's.
var ownNames = regexp.MustCompile(`^(x\d*|closure|default|arguments)$`)

// builtins of Python do something else than the operations of their names.
var builtins = []string{"sum", "max", "min", "len", "all", "any", "round"}

// sayable tells whether a user may give what bytecode says as it is: all names in
// it are known, and none as something else.
func (l *Layer) sayable(f *lambdaFunc) bool {
	tree, err := expr.Parse(f.returns.Text)
	if err != nil || slices.ContainsFunc(f.returns.Globals, func(name string) bool {
		_, argument := f.arguments[name]
		return argument || ownNames.MatchString(name) || slices.Contains(builtins, name)
	}) {
		return false
	}
	ok := true
	expr.Walk(tree, func(e expr.Expr) {
		known := true
		switch t := e.(type) {
		case *expr.Call:
			_, _, known = l.b.function(t.Func)
		case *expr.Name:
			base, _ := strings.CutSuffix(t.Name, ".shape")
			if known = slices.Contains(f.code.Args, base) || slices.Contains(f.code.Free, t.Name) || slices.Contains([]string{"pi", "inf", "nan"}, t.Name); !known {
				_, known = moduleConstant(t.Name)
			}
		}
		ok = ok && known
	})
	return ok
}

// doubt refuses what bytecode says where Keras might compute something else.
func (s *scope) doubt(why string) any {
	s.Fail(ir.ErrUnsupported, "function", "%s", s.lambdaHint(why))
	return nil
}

// sure are operations that give what they give in Keras: with numbers, Python's
// arithmetic; with tensors, that of floats, and logic of what comparisons gave.
// Of integers the backends differ, lists have operators of their own, and arrays
// take the dtype of the tensor beside them.
func (s *scope) sure(op string, args []any) bool {
	var dtype ir.DType
	arrays, numbers, logic := false, true, op == "&" || op == "|" || op == "^" || op == "~"
	for _, a := range args {
		_, number := asFloat(a)
		numbers = numbers && number
		switch t := a.(type) {
		case Value:
			d := s.Type(t.ID).DType
			if logic != (d == ir.Bool) || !logic && !d.IsFloat() || dtype != ir.Invalid && d != dtype || op == "@" && s.Rank(t.ID) < 2 {
				return false
			}
			dtype = d
		case []any, arrayValue:
			arrays = true
			if logic || op == "@" || len(values(t)) > 0 {
				return false
			}
		default:
			if !number || logic || op == "@" {
				return false
			}
		}
	}
	if dtype == ir.Invalid {
		return numbers && sureNumbers(op, args)
	}
	truncated := op == "%" && s.Before(2, 0) // by TensorFlow before 1.0
	return !truncated && (!arrays || dtype == ir.Float32)
}

func sureNumbers(op string, args []any) bool {
	whole := true
	for _, a := range args {
		n, isInt := a.(int64)
		if isInt && (n >= 1<<31 || n <= -1<<31) {
			return false
		}
		whole = whole && isInt
	}
	last, _ := asFloat(args[len(args)-1])
	return op == "+" || op == "-" || op == "*" || op == "/" && !whole && last != 0 && !math.IsNaN(last)
}

// sureIndex tells whether x[key] is an element of a list, or leaves the examples
// of a batch as they are. Of a single input, x[0] may have been either.
func (s *scope) sureIndex(x any, key []any) bool {
	number := func(v any) bool {
		_, ok := v.(int64)
		return ok
	}
	switch t := x.(type) {
	case []any:
		return len(key) == 1 && number(key[0])
	case Value:
		axes := 0
		for _, k := range key {
			switch k := k.(type) {
			case nil, ellipsis:
				continue
			case int64:
			case sliceValue:
				for _, part := range []any{k.start, k.stop, k.step} {
					if part != nil && !number(part) {
						return false
					}
				}
			default:
				return false
			}
			axes++
		}
		if _, ok := key[0].(ellipsis); ok {
			return axes < s.Rank(t.ID)
		}
		return key[0] == any(sliceValue{})
	}
	return false
}

// sureResult tells whether the outputs are tensors, of the shapes that the layer
// says it has.
func (s *scope) sureResult(items []any) bool {
	for _, v := range items {
		if _, ok := v.(Value); !ok {
			return false
		}
	}
	declared, _ := plainConstant(s.spec.config["output_shape"]).([]any)
	if len(items) != 1 || !slices.ContainsFunc(declared, func(d any) bool { _, ok := asInt(d); return ok }) {
		return len(items) > 0
	}
	shape := s.Shape(items[0].(Value).ID)
	if len(declared) == len(shape)-1 {
		shape = shape[1:]
	}
	for i, d := range declared {
		if n, ok := asInt(d); len(declared) != len(shape) || ok && shape[i].IsKnown() && n != shape[i].Size {
			return false
		}
	}
	return true
}
