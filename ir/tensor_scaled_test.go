package ir

import (
	"slices"
	"testing"
)

func TestScaledTensor(t *testing.T) {
	base := NewFloat32([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	s := base.Scaled([]float32{1, 10, 100}).Scaled([]float32{2, 1, 1})
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Float32s(), []float32{2, 20, 300, 8, 50, 600}; !slices.Equal(got, want) {
		t.Errorf("is %v, want %v", got, want)
	}
	if of, f := s.Factors(); of != base || !slices.Equal(f, []float32{2, 10, 100}) {
		t.Errorf("factors are %v and %v", of, f)
	}
	if of, f := base.Factors(); of != base || f != nil {
		t.Errorf("factors of a plain tensor are %v and %v", of, f)
	}
}
