package importer

import (
	"fmt"
	"math"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// opFunc lowers an operation to nodes and returns its outputs. Like a LayerFunc
// it need not check each step.
type opFunc func(o *opCall) []Value

// opRow is an operation. Keras 3, TensorFlow's names in tf.keras 2 and the
// expressions that stand for Lambda functions share the table.
type opRow struct {
	name   string // as keras.ops has it: "reduce_sum" is sum
	class  string // of keras.ops in functional graphs; empty when there is none
	params string // in order; "*operands" takes the rest, "**lengths" other names
	lower  opFunc
	note   string
	// dropped is an argument that Keras's node forgets.
	dropped string
	complex bool // it takes complex tensors
	nested  bool // in Python its first result is in a list of its own
}

// opCall is a call of an operation. Arguments are tensors (Value), constants
// (nil, bool, int64, float64, string, arrayValue, sliceValue, ellipsis) and lists
// of these.
type opCall struct {
	*Layer
	row  *opRow
	args object
	tf   bool // by TensorFlow's rules: a constant takes the dtype of its tensor
}

// neutralOpArgs change no operation's result.
var neutralOpArgs = map[string]bool{
	"name": true, "dtype_policy": true, "trainable": true, "flash_attention": true, "synchronized": true, "sorted": true, "stable": true,
	"validate_indices": true, "validate_shape": true, "sparse": true, "conjugate": true, "experimental_functions": true,
}

// bindOp gives arguments to parameters: by name, then by position to those not
// yet given.
func (l *Layer) bindOp(r *opRow, positional []any, named object) *opCall {
	o := &opCall{Layer: l, row: r, args: object{}}
	params := strings.Fields(r.params)
	known, others := map[string]bool{}, object(nil)
	for _, p := range params {
		if p, ok := strings.CutPrefix(p, "**"); ok {
			others = object{}
			o.args[p] = others
		}
		known[strings.TrimLeft(p, "*")] = true
	}
	for _, k := range sortedKeys(named) {
		switch {
		case known[k]:
			o.args[k] = named[k]
		case others != nil && k != "name":
			others[k] = named[k]
		case neutralOpArgs[k] || named[k] == nil:
		default:
			l.Fail(ir.ErrUnsupported, k, "%s has no such argument here (value %s); its arguments are %s", r.name, show(named[k]), r.params)
		}
	}
	rest := positional
	for _, p := range params {
		if p, all := strings.CutPrefix(p, "*"); all {
			if _, given := o.args[p]; !given {
				o.args[p], rest = rest, nil
			}
			continue
		}
		if _, given := o.args[p]; !given && len(rest) > 0 {
			o.args[p], rest = rest[0], rest[1:]
		}
	}
	if len(rest) > 0 {
		l.Fail(ir.ErrMalformed, "", "%s is called with %d arguments, has %s", r.name, len(positional), r.params)
	}
	return o
}

// with is the call with other arguments, for another operation's lowering.
func (o *opCall) with(args object) *opCall { return &opCall{o.Layer, o.row, args, o.tf} }

func (o *opCall) run() []Value {
	if o.err != nil {
		return nil
	}
	if len(o.b.complex) > 0 && !o.row.complex && o.b.anyComplex(o.args) {
		if f := onComplex[o.row.name]; f != nil {
			return f(o)
		}
		o.Fail(ir.ErrUnsupported, "", "%s of complex tensors is not supported; take their real and imaginary parts before", o.row.name)
		return nil
	}
	return o.row.lower(o)
}

// given tells whether an argument is there and not None.
func (o *opCall) given(name string) bool { return o.args[name] != nil }

func (o *opCall) bad(name, want string) {
	o.Fail(ir.ErrUnsupported, name, "%s: is %s, wants %s", o.row.name, showArg(o.args[name]), want)
}

// showArg is show for an argument; tensors are named as such.
func showArg(v any) string {
	return show(mapTree(v, func(v any) any {
		switch t := v.(type) {
		case Value:
			return "a tensor"
		case arrayValue:
			return t.value
		case sliceValue:
			return fmt.Sprintf("%v:%v:%v", t.start, t.stop, t.step)
		case ellipsis:
			return "..."
		}
		return v
	}))
}

// plain is an argument without the wrappers of arrays and, where its content is
// known, of tensors.
func (o *opCall) plain(name string) any {
	v := o.args[name]
	if a, ok := v.(arrayValue); ok {
		return a.value
	}
	if t, ok := v.(Value); ok {
		if c, ok := o.content(t.ID); ok {
			return c
		}
	}
	return v
}

// whole is an integer argument.
func (o *opCall) whole(name string, def ...int) int {
	v := o.plain(name)
	if v == nil && len(def) > 0 {
		return def[0]
	}
	if l := list(v); len(l) == 1 {
		v = l[0]
	}
	if b, ok := v.(bool); ok && b {
		return 1
	}
	n, ok := asInt(v)
	if !ok {
		o.bad(name, "an integer")
	}
	return n
}

// size is whole for a size: 0 to 2^31-1.
func (o *opCall) size(name string, def ...int) int {
	n := o.whole(name, def...)
	if n < 0 || n > math.MaxInt32 {
		o.bad(name, "a size")
		return 0
	}
	return n
}

// num is a number.
func (o *opCall) num(name string, def ...float64) float64 {
	v := o.plain(name)
	if v == nil && len(def) > 0 {
		return def[0]
	}
	n, ok := asFloat(v)
	if s, isText := v.(string); isText { // Keras writes float("inf") so
		switch strings.ToLower(s) {
		case "inf", "infinity":
			return math.Inf(1)
		case "-inf", "-infinity":
			return math.Inf(-1)
		}
	}
	if !ok {
		o.bad(name, "a number")
	}
	return n
}

// flag is a bool.
func (o *opCall) flag(name string, def bool) bool {
	switch v := o.plain(name).(type) {
	case nil:
		return def
	case bool:
		return v
	case int64:
		return v != 0
	}
	o.bad(name, "true or false")
	return def
}

// text is a string.
func (o *opCall) text(name, def string) string {
	switch v := o.plain(name).(type) {
	case nil:
		return def
	case string:
		return v
	}
	o.bad(name, "a string")
	return def
}

// dtype is a dtype's name.
func (o *opCall) dtype(name string, def ir.DType) ir.DType {
	v := o.args[name]
	if v == nil {
		return def
	}
	text := policyName(v)
	if n, ok := asInt(v); ok { // tf.DType's number
		text = tfDTypes[n]
	}
	d, err := ir.ParseDType(strings.TrimPrefix(text, "tf."))
	if err != nil {
		o.bad(name, "a dtype")
	}
	return d
}

// wholes is a list of integers; one integer is a list of n of it (n > 0), and a
// list must then have n elements.
func (o *opCall) wholes(name string, n int, def ...int) []int {
	v := o.plain(name)
	if v == nil && def != nil {
		return def
	}
	var out []int
	if one, ok := asInt(v); ok {
		for range max(n, 1) {
			out = append(out, one)
		}
		return out
	}
	items, ok := v.([]any)
	for _, e := range items {
		if t, isTensor := e.(Value); isTensor {
			e, _ = o.content(t.ID)
		}
		k, isInt := asInt(e)
		ok = ok && isInt
		out = append(out, k)
	}
	if !ok || n > 0 && len(out) != n {
		o.bad(name, "integers")
		return make([]int, n)
	}
	return out
}

// axes is an axis argument; nil when it is None.
func (o *opCall) axes(name string) []int {
	if o.plain(name) == nil {
		return nil
	}
	return o.wholes(name, 0)
}

// axis is one axis of x, not negative.
func (o *opCall) axis(name string, rank int, def ...int) int {
	a, err := ir.NormAxis(o.whole(name, def...), rank)
	if err != nil {
		o.fail(err)
		return 0
	}
	return a
}

// alongAxis is x and the axis of the argument axis or, without one, all of x in
// a row.
func (o *opCall) alongAxis(x ir.ValueID) (ir.ValueID, int) {
	if o.given("axis") {
		return x, o.axis("axis", o.Rank(x))
	}
	return o.flat(x), 0
}

// tensors are the tensors of a list, constants included.
func (o *opCall) tensors(name string) []ir.ValueID {
	items, ok := o.args[name].([]any)
	if !ok {
		items = []any{o.args[name]}
	}
	if len(items) == 0 {
		o.bad(name, "tensors")
		return nil
	}
	return o.promoteAll(items, false)
}

// tensor is an argument as a tensor.
func (o *opCall) tensor(name string) ir.ValueID {
	if o.args[name] == nil {
		o.bad(name, "a tensor")
		return ir.None
	}
	return o.asTensor(name, o.args[name], ir.Invalid)
}

// optional is tensor, or ir.None when the argument is not given.
func (o *opCall) optional(name string) ir.ValueID {
	if !o.given(name) {
		return ir.None
	}
	return o.tensor(name)
}

// asTensor makes a tensor of a tensor, a constant or a list of both. A constant
// gets the dtype dt unless that is Invalid.
func (o *opCall) asTensor(name string, v any, dt ir.DType) ir.ValueID {
	if t, ok := v.(Value); ok {
		return t.ID
	}
	if items, ok := v.([]any); ok && len(values(items)) > 0 {
		parts := o.promoteAll(items, false)
		for i := range parts {
			parts[i] = o.ExpandDims(parts[i], 0)
		}
		return o.Add(&ir.Concat{}, parts...)
	}
	t, err := constantTensor(v, dt)
	if err != nil {
		o.Fail(ir.ErrUnsupported, name, "%s: %v", o.row.name, err)
		return ir.None
	}
	if len(t.Shape) == 0 && t.DType != ir.String {
		if n, ok := scalarOf(v); ok && (t.DType != ir.Int64 && t.DType != ir.Uint64 || math.Abs(n) < 1<<53) {
			return o.Scalar(n, t.DType)
		}
	}
	return o.Const(constantKey(o.Layer), func() *ir.Tensor { return t })
}

// scalarOf is the number of a constant of rank 0.
func scalarOf(v any) (float64, bool) {
	if a, ok := v.(arrayValue); ok {
		v = a.value
	}
	if b, ok := v.(bool); ok {
		if b {
			return 1, true
		}
		return 0, true
	}
	return asFloat(v)
}

// outputs makes values without masks.
func outputs(ids ...ir.ValueID) []Value {
	out := make([]Value, len(ids))
	for i, id := range ids {
		out[i] = Value{id, ir.None}
	}
	return out
}

// constantKey names a constant of which the layer has only one.
func constantKey(l *Layer) string { return fmt.Sprintf("constant_%d", len(l.consts)) }
