package passes

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

func model(t *testing.T, build func(m *ir.Model, x ir.ValueID) ir.ValueID) *ir.Model {
	t.Helper()
	m := &ir.Model{Name: "test"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time"), ir.Known(4)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	m.Outputs = []ir.Port{{Name: "y", Value: build(m, x)}}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m
}

func add(t *testing.T, m *ir.Model, op ir.Op, in ...ir.ValueID) ir.ValueID {
	t.Helper()
	out, err := m.AddNode(op, ir.Origin{Layer: op.Kind(), Class: "Test"}, in...)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

func kinds(m *ir.Model) string {
	var s []string
	for _, n := range m.Nodes {
		s = append(s, n.Op.Kind())
	}
	return strings.Join(s, " ")
}

func TestErrorsNameThePass(t *testing.T) {
	m := model(t, func(m *ir.Model, x ir.ValueID) ir.ValueID {
		return add(t, m, &ir.Unary{Func: ir.Func{Name: "relu"}}, x)
	})
	broken := pass{"lose the input", func(m *ir.Model) bool {
		m.Inputs = nil
		return true
	}}
	_, err := broken.apply(m)
	if err == nil || !strings.Contains(err.Error(), "lose the input") || !errors.Is(err, ir.ErrMalformed) {
		t.Fatalf("error is %v", err)
	}
}

func TestCloneSharesNothingThatPassesChange(t *testing.T) {
	w := ir.NewFloat32(make([]float32, 16), 4, 4)
	m := model(t, func(m *ir.Model, x ir.ValueID) ir.ValueID {
		d := add(t, m, &ir.Dense{}, x, m.AddConst("w", w))
		return add(t, m, &ir.Unary{Func: ir.Func{Name: "relu"}}, d)
	})
	c := Clone(m)
	if err := Optimise(c); err != nil {
		t.Fatal(err)
	}
	if kinds(c) != "Dense" || kinds(m) != "Dense Unary" || m.Nodes[0].Op.(*ir.Dense).Act.Name != "" {
		t.Fatalf("clone %q, original %q", kinds(c), kinds(m))
	}
	if c.Nodes[0].Op.(*ir.Dense).Act.Name != "relu" || c.Nodes[0].Origin.Layer != "Dense" {
		t.Fatalf("fused node is %+v", c.Nodes[0])
	}
}

// Only what does not depend on the first may run beside it.
func TestPairs(t *testing.T) {
	zeros := func(m *ir.Model, shape ...int) ir.ValueID {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return m.AddConst("w", ir.NewFloat32(make([]float32, n), shape...))
	}
	m := model(t, func(m *ir.Model, x ir.ValueID) ir.ValueID {
		rnn := func(x ir.ValueID, state string) ir.ValueID {
			r := ir.Recurrence{ReturnSequences: true, State: state}
			return add(t, m, &ir.SimpleRNN{Recurrence: r}, x, zeros(m, 4, 4), zeros(m, 4, 4))
		}
		a := rnn(x, "")
		u := add(t, m, &ir.Unary{Func: ir.Func{Name: "exp"}}, a)
		b := rnn(x, "one")
		c := rnn(x, "one")
		d := rnn(c, "")
		sum := u
		for _, v := range []ir.ValueID{b, d} {
			sum = add(t, m, &ir.Binary{Fn: "add"}, sum, v)
		}
		return sum
	})
	if !pairRecurrent(m) {
		t.Fatal("nothing was moved")
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	want := "SimpleRNN SimpleRNN Unary SimpleRNN SimpleRNN Binary Binary"
	if kinds(m) != want {
		t.Fatalf("order is %q, want %q", kinds(m), want)
	}
	got := []bool{Independent(&m.Nodes[0], &m.Nodes[1]), Independent(&m.Nodes[3], &m.Nodes[4]), Independent(&m.Nodes[1], &m.Nodes[3]), Independent(&m.Nodes[0], &m.Nodes[2])}
	if !slices.Equal(got, []bool{true, false, false, false}) {
		t.Fatalf("independent: %v", got)
	}
}

// A long row of maps over one large weight does not rewrite it each time.
func TestFoldingIsBounded(t *testing.T) {
	m := model(t, func(m *ir.Model, x ir.ValueID) ir.ValueID {
		v := add(t, m, &ir.Dense{}, x, m.AddConst("w", ir.NewFloat32(make([]float32, 4*30_000), 4, 30_000)))
		c := m.AddConst("c", ir.NewFloat32([]float32{2}, 1))
		for range 200 {
			v = add(t, m, &ir.Binary{Fn: "mul"}, v, c)
		}
		return v
	})
	if err := Optimise(m); err != nil {
		t.Fatal(err)
	}
	if n := len(m.Nodes); n < 20 || n > 195 {
		t.Errorf("%d nodes are left of 201", n)
	}
	if b := m.WeightBytes(); b > 2_500_000 {
		t.Errorf("constants take %d bytes", b)
	}
}
