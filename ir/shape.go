package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Dim is one dimension: a number, or, when Keras leaves it open, a name plus a
// number: Dim{Name: "time", Size: -2} is two less than time. Dims that are equal
// with == are equal at run time; unequal symbolic ones may still be.
type Dim struct {
	Name string // empty when the dimension is known
	Size int    // the dimension when known, else what is added to Name
}

// Known returns a dimension of n.
func Known(n int) Dim { return Dim{Size: n} }

// maxDimName bounds the names of dimensions that are made from others. A chain
// of concatenations could double them at every step.
const maxDimName = 256

// Sym returns an open dimension with a name. A name that is very long is
// replaced by a hash of it, so that equal names stay equal.
func Sym(name string) Dim {
	if len(name) > maxDimName {
		sum := sha256.Sum256([]byte(name))
		name = "dim" + hex.EncodeToString(sum[:8])
	}
	return Dim{Name: name}
}

// IsKnown reports whether d is a number.
func (d Dim) IsKnown() bool { return d.Name == "" }

func (d Dim) String() string {
	switch {
	case d.Name == "":
		return strconv.Itoa(d.Size)
	case d.Size == 0:
		return d.Name
	case strings.ContainsAny(d.Name, "+*/"):
		return fmt.Sprintf("(%s)%+d", d.Name, d.Size)
	}
	return fmt.Sprintf("%s%+d", d.Name, d.Size)
}

// Add returns d + n.
func (d Dim) Add(n int) Dim {
	sum := d.Size + n
	switch {
	case d.Size > 0 && n > 0 && sum < 0:
		sum = math.MaxInt
	case d.Size < 0 && n < 0 && sum >= 0:
		sum = math.MinInt
	}
	return Dim{d.Name, sum}
}

// Plus returns d + o.
func (d Dim) Plus(o Dim) Dim {
	switch {
	case o.IsKnown():
		return d.Add(o.Size)
	case d.IsKnown():
		return o.Add(d.Size)
	}
	return Sym(d.Name + "+" + o.Name).Add(d.Size).Add(o.Size)
}

// Times returns d * o.
func (d Dim) Times(o Dim) Dim {
	switch {
	case d.IsKnown() && o.IsKnown():
		return Known(mulClamp(d.Size, o.Size))
	case d.IsKnown() && d.Size == 1, o.IsKnown() && o.Size == 0:
		return o
	case o.IsKnown() && o.Size == 1, d.IsKnown() && d.Size == 0:
		return d
	}
	return Sym(factor(d) + "*" + factor(o))
}

// FloorDiv returns d / n rounded down.
func (d Dim) FloorDiv(n int) Dim {
	if n == 1 {
		return d
	}
	if d.IsKnown() {
		q := d.Size / n
		if d.Size%n != 0 && (d.Size < 0) != (n < 0) {
			q--
		}
		return Known(q)
	}
	return Sym(factor(d) + "/" + strconv.Itoa(n))
}

// CeilDiv returns d / n rounded up.
func (d Dim) CeilDiv(n int) Dim { return d.Add(n - 1).FloorDiv(n) }

func factor(d Dim) string {
	if d.Size != 0 && d.Name != "" || strings.ContainsAny(d.Name, "+") {
		return "(" + d.String() + ")"
	}
	return d.String()
}

// mulClamp multiplies without overflow; the clamped product fails every limit.
func mulClamp(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	p := a * b
	if p/b != a || p < 0 && a > 0 && b > 0 {
		return math.MaxInt
	}
	return p
}

// Compatible reports whether a and b can be equal at run time.
func Compatible(a, b Dim) bool { return !a.IsKnown() || !b.IsKnown() || a.Size == b.Size }

// Unify returns the more certain of two dims that must be equal.
func Unify(a, b Dim) (Dim, bool) {
	if !Compatible(a, b) {
		return a, false
	}
	if b.IsKnown() && !a.IsKnown() {
		return b, true
	}
	return a, true
}

// MarshalJSON writes a number, or a string for a symbolic dimension.
func (d Dim) MarshalJSON() ([]byte, error) {
	if d.IsKnown() {
		return strconv.AppendInt(nil, int64(d.Size), 10), nil
	}
	return json.Marshal(d.Name + "|" + strconv.Itoa(d.Size))
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (d *Dim) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		i := strings.LastIndexByte(s, '|')
		if i <= 0 {
			return Errorf(ErrMalformed, "dimension %q: want name|offset", s)
		}
		n, err := strconv.Atoi(s[i+1:])
		if err != nil {
			return Errorf(ErrMalformed, "dimension %q: %v", s, err)
		}
		*d = Dim{Name: s[:i], Size: n}
		return nil
	}
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return Errorf(ErrMalformed, "dimension %s: %v", b, err)
	}
	*d = Known(n)
	return nil
}

// Shape is the dimensions of a value, outermost first. A scalar's is empty.
type Shape []Dim

// Dims makes a known shape.
func Dims(n ...int) Shape {
	s := make(Shape, len(n))
	for i, v := range n {
		s[i] = Known(v)
	}
	return s
}

func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = d.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Rank is the number of dimensions.
func (s Shape) Rank() int { return len(s) }

// Clone returns a copy that shares nothing.
func (s Shape) Clone() Shape { return append(Shape(nil), s...) }

// Equal reports whether s and o are the same shape, symbols included.
func (s Shape) Equal(o Shape) bool {
	if len(s) != len(o) {
		return false
	}
	for i := range s {
		if s[i] != o[i] {
			return false
		}
	}
	return true
}

// CompatibleWith reports whether s and o can be the same shape at run time.
func (s Shape) CompatibleWith(o Shape) bool {
	if len(s) != len(o) {
		return false
	}
	for i := range s {
		if !Compatible(s[i], o[i]) {
			return false
		}
	}
	return true
}

// Ints returns the sizes of a known shape; ok is false if a dimension is open.
func (s Shape) Ints() (n []int, ok bool) {
	n = make([]int, len(s))
	for i, d := range s {
		if !d.IsKnown() {
			return nil, false
		}
		n[i] = d.Size
	}
	return n, true
}

// Elems is the number of elements; ok is false if a dimension is open.
func (s Shape) Elems() (n int, ok bool) {
	n = 1
	for _, d := range s {
		if !d.IsKnown() {
			return 0, false
		}
		n = mulClamp(n, d.Size)
	}
	return n, true
}

// NormAxis turns a possibly negative axis into 0 <= axis < rank.
func NormAxis(axis, rank int) (int, error) {
	a := axis
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		return 0, Errorf(ErrShape, "axis %d is out of range for rank %d", axis, rank)
	}
	return a, nil
}

// BroadcastShapes returns NumPy's broadcast of two shapes.
func BroadcastShapes(a, b Shape) (Shape, error) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := a.Clone()
	off := len(a) - len(b)
	for i, d := range b {
		e := a[off+i]
		switch {
		case d == e:
		case d == Known(1):
		case e == Known(1):
			out[off+i] = d
		case d.IsKnown() && e.IsKnown():
			return nil, Errorf(ErrShape, "shapes %v and %v do not broadcast: %v against %v", a, b, e, d)
		case d.IsKnown(): // e is open: it is 1 or d
			out[off+i] = d
		}
	}
	return out, nil
}

// Float is a float64 that survives JSON when it is infinite or NaN.
type Float float64

// MarshalJSON writes a number, or "inf", "-inf", "nan".
func (f Float) MarshalJSON() ([]byte, error) {
	v := float64(f)
	switch {
	case math.IsNaN(v):
		return []byte(`"nan"`), nil
	case math.IsInf(v, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-inf"`), nil
	}
	return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (f *Float) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil {
		return Errorf(ErrMalformed, "number %s: %v", b, err)
	}
	*f = Float(v)
	return nil
}
