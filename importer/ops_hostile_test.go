package importer

import (
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// anyArgs gives arguments that make no sense.
type anyArgs struct {
	r      *rand.Rand
	values []Value
}

func (a *anyArgs) arg(depth int) any {
	r := a.r
	pick := func(v ...any) any { return v[r.IntN(len(v))] }
	switch r.IntN(12) {
	case 0, 1, 2, 3, 4:
		return a.values[r.IntN(len(a.values))]
	case 5:
		return pick(int64(0), int64(1), int64(2), int64(3), int64(-1), int64(-2), int64(5))
	case 6:
		return pick(int64(1<<40), int64(-1<<62), int64(1<<31-1), int64(100), 0.5, -2.5, 1e300, true, false, nil)
	case 7:
		return pick("same", "valid", "reflect", "float32", "int32", "bool", "bij,bjk->bik", "bij->bji", "b i j -> b j i", "channels_first", "nearest", "", "...", "fro")
	case 8:
		return pick(sliceValue{}, sliceValue{start: int64(1)}, sliceValue{nil, int64(-1), int64(2)}, sliceValue{step: int64(-1)}, ellipsis{}, object{"a": int64(1)})
	case 9:
		return arrayValue{pick([]any{int64(1), int64(0)}, []any{1.5, 2.5}, []any{[]any{int64(1)}, []any{int64(0)}}, int64(2), []any{}, []any{[]any{1.0}, 2.0}), pick("float32", "int64", "float64", "").(string)}
	}
	if depth > 2 {
		return int64(1)
	}
	out := make([]any, r.IntN(4))
	for i := range out {
		out[i] = a.arg(depth + 1)
	}
	return out
}

// TestOpsRefuseNonsense calls every operation with arguments of every kind: what
// comes out is a graph that is valid or an error.
func TestOpsRefuseNonsense(t *testing.T) {
	var calls []struct {
		name string
		n    int
		run  func(l *Layer, positional []any, named object) []Value
	}
	add := func(name string, n int, run func(l *Layer, positional []any, named object) []Value) {
		calls = append(calls, struct {
			name string
			n    int
			run  func(l *Layer, positional []any, named object) []Value
		}{name, n, run})
	}
	for _, r := range slices.Concat(opTable()...) {
		add(r.name, len(strings.Fields(r.params)), func(l *Layer, positional []any, named object) []Value { return l.bindOp(&r, positional, named).run() })
	}
	for _, r := range tfOps() {
		name := strings.Fields(r.names)[0]
		add("tf."+name, len(strings.Fields(r.params)), func(l *Layer, positional []any, named object) []Value { return l.tfCall(name, positional, named) })
	}
	types := []ir.Type{
		{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(3), ir.Known(4)}}, {DType: ir.Float32, Shape: ir.Dims()}, {DType: ir.Float32, Shape: ir.Dims(4)},
		{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(5), ir.Known(6), ir.Known(3)}}, {DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time")}},
		{DType: ir.Int32, Shape: ir.Dims(3)}, {DType: ir.Int64, Shape: ir.Dims()}, {DType: ir.Bool, Shape: ir.Shape{ir.Sym("batch"), ir.Known(3), ir.Known(1)}},
		{DType: ir.String, Shape: ir.Dims(2)}, {DType: ir.Float16, Shape: ir.Dims(2, 0)}, {DType: ir.Uint8, Shape: ir.Dims(1, 2, 2, 1, 2)},
	}
	rounds := 40
	if testing.Short() {
		rounds = 20
	}
	valid := map[string]bool{}
	for k, c := range calls {
		for i := range rounds {
			l := testLayer()
			l.b.lim.ConstantBytes = 1 << 16
			r := rand.New(rand.NewPCG(uint64(k), uint64(i)))
			a := &anyArgs{r: r}
			for _, ty := range types {
				id := l.b.m.AddValue(ir.Value{Type: ty})
				l.b.m.Inputs = append(l.b.m.Inputs, ir.Port{Value: id})
				a.values = append(a.values, Value{id, ir.None})
			}
			shape := l.Add(&ir.ShapeOf{}, a.values[0].ID)
			a.values = append(a.values, Value{shape, ir.None}, Value{l.Reshape(l.Add(&ir.Slice{Axes: []ir.AxisSlice{between(0, 0, 1)}}, shape), []ir.Extent{}), ir.None})
			args := make([]any, r.IntN(c.n+1))
			if i%2 == 0 {
				args = make([]any, c.n) // more often complete
			}
			for j := range args {
				args[j] = a.arg(0)
				if j == 0 && i%3 == 0 {
					args[j] = a.values[0]
				}
			}
			out := func() []Value {
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("%s(%s) panics: %v\n%s", c.name, showArg(args), p, debug.Stack())
						l.Fail(ir.ErrMalformed, "", "panic")
					}
				}()
				return c.run(l, args, object{})
			}()
			if l.err != nil {
				continue
			}
			for _, v := range out {
				if v.ID == ir.None {
					t.Fatalf("%s(%s): neither output nor error", c.name, showArg(args))
				}
				l.b.m.Outputs = append(l.b.m.Outputs, ir.Port{Value: v.ID})
			}
			if len(out) == 0 {
				continue
			}
			valid[c.name] = true
			if err := l.b.m.Validate(); err != nil {
				t.Fatalf("%s(%s): %v", c.name, showArg(args), err)
			}
		}
	}
	if len(valid) < len(calls)/2 && !testing.Short() {
		t.Errorf("only %d of %d operations ever accept their arguments: the test is too wild", len(valid), len(calls))
	}
}
