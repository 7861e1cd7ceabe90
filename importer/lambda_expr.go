package importer

import (
	"fmt"
	"math"
	"strings"

	"github.com/kerasgo/kerasgo/internal/expr"
	"github.com/kerasgo/kerasgo/ir"
)

// scope evaluates an expression for one call of a Lambda layer. Values are those
// of an opCall's arguments.
type scope struct {
	*Layer
	names map[string]any
	read  bool // from bytecode, so that Keras must mean the same
}

// evalLambda lowers the expression that stands for the layer's function, given by
// the user or read from its bytecode.
func (l *Layer) evalLambda(text string, c *Call, read bool) []Value {
	tree, err := expr.Parse(text)
	if err != nil {
		l.fail(err)
		return nil
	}
	s := &scope{l, map[string]any{"pi": math.Pi, "inf": math.Inf(1), "nan": math.NaN()}, read}
	s.bind(l.lambdaFunc(), c)
	out := s.eval(tree)
	items, many := out.([]any)
	if !many {
		items = []any{out}
	}
	if read && l.err == nil && !(len(c.Args) == 1 && s.sureResult(items)) {
		s.doubt("it does not give the tensors that the layer declares")
		return nil
	}
	var result []Value
	for _, v := range items {
		o := &opCall{Layer: l, row: &opRow{name: "expression"}}
		result = append(result, Value{o.asTensor("--lambda", v, ir.Invalid), ir.None})
	}
	return result
}

// bind gives the names of an expression their values: x, and x0, x1, … for
// several inputs; its arguments; closure, default and arguments as lists; and,
// before these, the function's own argument and closure names, where its code
// tells them.
func (s *scope) bind(f *lambdaFunc, c *Call) {
	s.names["closure"], s.names["default"], s.names["arguments"] = f.closure, f.defaults, f.arguments
	for k, v := range f.arguments {
		s.names[k] = v
	}
	var x any
	if len(c.Args) > 0 {
		x = c.Args[0]
	}
	s.names["x"] = x
	for i, v := range values(x) {
		s.names[fmt.Sprintf("x%d", i)] = v
	}
	if f.code != nil {
		for i, name := range f.code.Free {
			if i < len(f.closure) {
				s.names[name] = f.closure[i]
			}
		}
		for i, name := range f.code.Args {
			if k := i - len(f.code.Args) + len(f.defaults); k >= 0 {
				s.names[name] = f.defaults[k]
			}
			if v, ok := f.arguments[name]; ok {
				s.names[name] = v
			}
			if i == 0 {
				s.names[name] = x
			}
		}
	}
}

func (s *scope) bad(e expr.Expr, format string, args ...any) any {
	if s.err == nil {
		err := ir.Errorf(ir.ErrUsage, format, args...)
		err.Field = "--lambda"
		s.fail(err.At(int64(e.Offset())))
	}
	return nil
}

var operators = map[string]string{
	"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "mod", "**": "power", "@": "matmul",
	"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal",
	"&": "bitwise_and", "|": "bitwise_or", "^": "bitwise_xor",
}

func (s *scope) eval(e expr.Expr) any {
	if s.err != nil {
		return nil
	}
	switch t := e.(type) {
	case *expr.Literal:
		if _, ok := t.Value.(expr.Ellipsis); ok {
			return ellipsis{}
		}
		return t.Value
	case *expr.Name:
		v, ok := s.named(t.Name)
		if !ok {
			return s.bad(e, "%s is not known; there are %s", t.Name, strings.Join(sortedKeys(s.names), ", "))
		}
		return v
	case *expr.List:
		out := make([]any, len(t.Items))
		for i, item := range t.Items {
			out[i] = s.eval(item)
		}
		return out
	case *expr.Slice:
		part := func(e expr.Expr) any {
			if e == nil {
				return nil
			}
			return s.eval(e)
		}
		return sliceValue{part(t.Start), part(t.Stop), part(t.Step)}
	case *expr.Index:
		return s.index(t)
	case *expr.Operation:
		return s.operation(t)
	case *expr.Call:
		return s.call(t)
	}
	return nil
}

// named is a variable, the shape of one, or what a module has beside functions:
// tf.float32, np.pi, tf.newaxis.
func (s *scope) named(name string) (any, bool) {
	if v, ok := s.names[name]; ok {
		return v, true
	}
	if base, ok := strings.CutSuffix(name, ".shape"); ok && isTensor(s.names[base]) {
		return s.shapeOf(s.names[base]), true
	}
	return moduleConstant(name)
}

func moduleConstant(name string) (any, bool) {
	for _, m := range modules {
		if after, ok := strings.CutPrefix(name, m); ok {
			if _, err := ir.ParseDType(after); err == nil {
				return after, true
			}
			v, ok := map[string]any{"newaxis": nil, "pi": math.Pi, "inf": math.Inf(1), "nan": math.NaN()}[after]
			return v, ok
		}
	}
	return nil, false
}

// index is x[items]: of lists and dicts by Python's rules, of tensors and arrays
// by Keras's.
func (s *scope) index(t *expr.Index) any {
	x := s.eval(t.X)
	key := make([]any, len(t.Items))
	for i, item := range t.Items {
		key[i] = s.eval(item)
	}
	if s.err != nil {
		return nil
	}
	if s.read && !s.sureIndex(x, key) {
		return s.doubt("its index may be of a batch, or of a list")
	}
	switch c := x.(type) {
	case object:
		if v, ok := c[str(key[0])]; ok {
			return v
		}
		return s.bad(t, "there is no %s; there are %s", showArg(key[0]), strings.Join(sortedKeys(c), ", "))
	case []any:
		if n, ok := key[0].(int64); ok && len(key) == 1 {
			if n < 0 {
				n += int64(len(c))
			}
			if n < 0 || n >= int64(len(c)) {
				return s.bad(t, "index %d of a list of %d", n, len(c))
			}
			return c[n]
		}
	}
	return s.op("get_item", []any{x, key}, nil)
}

func (s *scope) operation(t *expr.Operation) any {
	args := make([]any, len(t.Args))
	constant := true
	for i, a := range t.Args {
		args[i] = s.eval(a)
		_, isNumber := asFloat(args[i])
		constant = constant && isNumber
	}
	if s.err != nil {
		return nil
	}
	if s.read && !s.sure(t.Op, args) {
		return s.doubt("of other operands than floats, " + t.Op + " may mean something else")
	}
	if constant {
		if v, ok := foldNumbers(t.Op, args); ok {
			return v
		}
	}
	if len(args) == 1 {
		return s.op(map[string]string{"-": "negative", "~": "bitwise_not"}[t.Op], args, nil)
	}
	return s.op(operators[t.Op], args, nil)
}

// foldNumbers computes with Python numbers.
func foldNumbers(op string, args []any) (any, bool) {
	a, _ := asFloat(args[0])
	i, isInt := args[0].(int64)
	if len(args) == 1 {
		switch {
		case op == "-" && isInt:
			return -i, true
		case op == "-":
			return -a, true
		}
		return nil, false
	}
	b, _ := asFloat(args[1])
	j, isInt2 := args[1].(int64)
	ints := isInt && isInt2 && max(math.Abs(a), math.Abs(b)) < 1<<31
	switch {
	case op == "+" && ints:
		return i + j, true
	case op == "-" && ints:
		return i - j, true
	case op == "*" && ints:
		return i * j, true
	case op == "//" && ints && j != 0:
		return int64(math.Floor(a / b)), true
	case op == "%" && ints && j != 0:
		return ((i % j) + j) % j, true
	case op == "**" && ints && j >= 0 && math.Pow(a, b) < 1<<53:
		return int64(math.Pow(a, b)), true
	case op == "+":
		return a + b, true
	case op == "-":
		return a - b, true
	case op == "*":
		return a * b, true
	case op == "/":
		return a / b, true
	case op == "//":
		return math.Floor(a / b), true
	case op == "**":
		return math.Pow(a, b), true
	}
	return nil, false
}

// modules may stand before a function's name.
var modules = []string{"keras.ops.", "keras.backend.", "keras.activations.", "tf.keras.backend.", "tf.keras.activations.", "backend.", "ops.", "K.", "np.", "tf."}

// functionNames are other names of operations: those of keras.backend, and short
// ones.
var functionNames = map[string]string{
	"concat": "concatenate", "permute_dimensions": "transpose", "repeat_elements": "repeat", "swish": "silu", "hard_swish": "hard_silu", "pow": "power", "not": "logical_not",
	"sub": "subtract", "mul": "multiply", "div": "divide", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "variance": "var",
	"len": "ndim", "constant": "convert_to_tensor",
}

// backendNames are functions of keras.backend that mean something else than the
// operation of that name.
var backendNames = map[string]string{
	"relu": "backend_relu", "repeat": "repeat_vector", "in_top_k": "backend_in_top_k", "ctc_decode": "backend_ctc_decode",
	"binary_crossentropy": "backend_binary_crossentropy", "sparse_categorical_crossentropy": "backend_sparse_categorical_crossentropy",
}

// gathers are the operations whose first argument is a list of tensors, which may
// be written as arguments of their own.
var gathers = map[string]bool{"concatenate": true, "stack": true, "hstack": true, "vstack": true, "dstack": true, "add_n": true}

func (s *scope) call(t *expr.Call) any {
	var args []any
	for _, a := range t.Args {
		args = append(args, s.eval(a))
	}
	named := object{}
	for _, k := range t.Keywords {
		named[k.Name] = s.eval(k.Value)
	}
	if s.err != nil {
		return nil
	}
	name, tf, ok := s.b.function(t.Func)
	if !ok || name == "epsilon" && len(args)+len(named) > 0 || name == "int_shape" && !(len(args) == 1 && len(named) == 0 && isTensor(args[0])) {
		return s.bad(t, "the function %s is not known; kerasgo layers lists the operations", t.Func)
	}
	if gathers[name] && len(args) > 1 {
		n := 0
		for n < len(args) && isTensor(args[n]) {
			n++
		}
		if n > 1 {
			args = append([]any{args[:n:n]}, args[n:]...)
		}
	}
	if t.Func == "len" && len(args) == 1 && len(named) == 0 {
		if list, ok := args[0].([]any); ok {
			return int64(len(list))
		}
	}
	switch {
	case name == "epsilon":
		return 1e-7
	case name == "int_shape":
		return s.shapeOf(args[0])
	case tf:
		return s.result(s.tfCall(name, args, named))
	}
	return s.op(name, args, named)
}

// function finds what a name in an expression calls: an operation or, of names
// that only TensorFlow has or has otherwise, that of tfByName.
func (b *builder) function(name string) (op string, tf, ok bool) {
	ofTF := strings.HasPrefix(name, "tf.") && !strings.HasPrefix(name, "tf.keras.")
	for _, m := range modules {
		if after, ok := strings.CutPrefix(name, m); ok {
			name = after
			if own, ok := backendNames[name]; ok && (m == "K." || strings.HasSuffix(m, "backend.")) {
				name = own
			}
			break
		}
	}
	if ofTF && b.tfByName(name) != nil {
		return name, true, true
	}
	for _, m := range tfModules {
		name = strings.TrimPrefix(name, m)
	}
	if alias, ok := functionNames[name]; ok {
		name = alias
	}
	if name == "epsilon" || name == "int_shape" || b.opByName(name) != nil {
		return name, false, true
	}
	return name, true, b.tfByName(name) != nil
}

func isTensor(v any) bool {
	switch v.(type) {
	case Value, arrayValue:
		return true
	}
	return false
}

func (s *scope) op(name string, args []any, named object) any {
	r := s.b.opByName(name)
	out := s.bindOp(r, args, named).run()
	if r.nested && len(out) == 2 {
		return []any{[]any{out[0]}, out[1]}
	}
	return s.result(out)
}

// shapeOf is a tensor's shape as a list of numbers and, where it is open, of
// tensors.
func (s *scope) shapeOf(tensor any) any {
	x, ok := tensor.(Value)
	if !ok { // an array
		return s.op("shape", []any{tensor}, nil)
	}
	var out []any
	for i, d := range s.Shape(x.ID) {
		if d.IsKnown() {
			out = append(out, int64(d.Size))
		} else {
			out = append(out, s.op("get_item", []any{s.op("shape", []any{x}, nil), int64(i)}, nil))
		}
	}
	return out
}

func (s *scope) result(out []Value) any {
	if len(out) == 1 {
		return out[0]
	}
	all := make([]any, len(out))
	for i, v := range out {
		all[i] = v
	}
	return all
}
