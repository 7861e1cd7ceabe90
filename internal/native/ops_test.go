package native

import (
	"errors"
	"io"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/ir"
)

// fill gives every field of v, at any depth, a value that is not zero, each
// another where the type allows it.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	if v.Type() == reflect.TypeFor[ir.DType]() {
		v.Set(reflect.ValueOf(ir.DType(1 + *n%14)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%v has the unexported field %s, which no format can hold", v.Type(), v.Type().Field(i).Name)
			}
			fill(t, v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.1)
	case reflect.String:
		v.SetString("<s&> " + string(rune('a'+*n%26)))
	default:
		t.Fatalf("a parameter of kind %v", v.Kind())
	}
}

func TestEveryParameterSurvives(t *testing.T) {
	for _, f := range ir.Ops {
		op, n := f(), 0
		fill(t, reflect.ValueOf(op).Elem(), &n)
		params, err := encodeOp(op)
		if err != nil {
			t.Errorf("%s: %v", op.Kind(), err)
			continue
		}
		if params != nil {
			var any map[string]any
			if err := unmarshalStrict(params, &any); err != nil {
				t.Errorf("%s: %v", op.Kind(), err)
			}
		}
		got, err := decodeOp(op.Kind(), params)
		if err != nil {
			t.Errorf("%s: %v", op.Kind(), err)
			continue
		}
		if d := cmp.Diff(op, got); d != "" {
			t.Errorf("%s: a parameter does not survive %s:\n%s", op.Kind(), params, d)
		}
	}
}

func TestZeroParametersSurvive(t *testing.T) {
	for _, f := range ir.Ops {
		op := f()
		if kind := op.Kind(); kind == "Cast" || kind == "OneHot" || kind == "Range" {
			continue // their dtype must be set
		}
		params, err := encodeOp(op)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeOp(op.Kind(), params)
		if err != nil || !cmp.Equal(op, got) {
			t.Errorf("%s: %s gives %v, %v", op.Kind(), params, got, err)
		}
	}
}

func TestModelFieldsSurvive(t *testing.T) {
	for _, v := range []struct {
		of    reflect.Type
		known int // fields that the format holds
	}{{reflect.TypeFor[ir.Model](), 8}, {reflect.TypeFor[ir.Value](), 3}, {reflect.TypeFor[ir.Node](), 4}, {reflect.TypeFor[ir.Port](), 2},
		{reflect.TypeFor[ir.Case](), 4}, {reflect.TypeFor[ir.Tensor](), 5}} {
		exported := 0 // the others are of models that a pass made
		for i := range v.of.NumField() {
			if v.of.Field(i).IsExported() {
				exported++
			}
		}
		if exported != v.known {
			t.Errorf("%v has %d fields, the format holds %d", v.of, exported, v.known)
		}
	}
	m, n := sampleModel(t), 0
	fill(t, reflect.ValueOf(&m.Source).Elem(), &n)
	m.Layers = make([]ir.Layer, 1)
	fill(t, reflect.ValueOf(&m.Layers[0]).Elem(), &n)
	got := roundTrip(t, m, Options{}).Model
	if d := cmp.Diff(m, got, ignoreOwner); d != "" {
		t.Error(d)
	}
}

// own is an op that the format does not know.
type own struct{ ir.Unary }

func (*own) Kind() string { return "test.Own" }

func TestForeignOpIsNotWritten(t *testing.T) {
	m := &ir.Model{}
	x := m.AddValue(ir.Value{Type: ir.Type{DType: ir.Float32}})
	y, err := m.AddNode(&own{}, ir.Origin{Layer: "mine"}, x)
	if err != nil {
		t.Fatal(err)
	}
	m.Inputs, m.Outputs = []ir.Port{{Name: "x", Value: x}}, []ir.Port{{Name: "y", Value: y[0]}}
	if err := Encode(io.Discard, m, Options{}); !errors.Is(err, ir.ErrUnsupported) {
		t.Errorf("written: %v", err)
	}
}
