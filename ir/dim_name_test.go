package ir

import "testing"

// TestDimNamesStayShort doubles a dimension's name many times.
func TestDimNamesStayShort(t *testing.T) {
	a, b := Sym("time"), Sym("time")
	for range 100 {
		a, b = a.Plus(a).Times(a).FloorDiv(3), b.Plus(b).Times(b).FloorDiv(3)
	}
	if len(a.Name) > maxDimName+16 || a != b || a.IsKnown() {
		t.Errorf("%d bytes: %q, %q", len(a.Name), a, b)
	}
	if got := Sym("batch").Plus(Sym("time").Add(2)); got != (Dim{"batch+time", 2}) {
		t.Errorf("%+v", got)
	}
}
