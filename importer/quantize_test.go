package importer

import (
	"math"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// withVars puts tensors at a path of a v3 file, in order.
func withVars(path string, tensors ...*ir.Tensor) *pathWeights {
	w := &pathWeights{groups: map[string]*varGroup{}}
	g := w.group(path)
	for i, t := range tensors {
		g.vars = append(g.vars, &stored{path: path, name: string(rune('0' + i)), shape: t.Shape, dtype: t.DType, read: func() (*ir.Tensor, error) { return t, nil }})
	}
	return w.index()
}

func bytesTensor(dt ir.DType, data []byte, shape ...int) *ir.Tensor {
	return &ir.Tensor{DType: dt, Shape: shape, Data: data}
}

// The kernel of gptq is stored transposed, of awq with each input scaled too.
func TestRestoredKernels(t *testing.T) {
	bias := ir.NewFloat32([]float32{0, 0, 0}, 3)
	// Outputs 0 to 2 by inputs 0 and 1: 1 2, 3 4, 5 6. Two outputs share a byte.
	packed := bytesTensor(ir.Uint8, []byte{0x31, 0x42, 0x05, 0x06}, 2, 2)
	scale := ir.NewFloat32([]float32{0.5, 1, 2, 4, 8, 16}, 3, 2)
	zero := bytesTensor(ir.Uint8, []byte{0, 1, 2, 3, 4, 5}, 3, 2)
	groups := ir.NewFloat32([]float32{0, 1}, 2)
	want := []float32{0.5, 2, 8, 1, 4, 16} // [in][out]: (q - zero) * scale
	policy := func(mode string) string {
		return `{"class_name": "GPTQDTypePolicy", "config": {"mode": "` + mode + `", "source_name": "float32"}}`
	}
	arch := func(mode string) string {
		return seq(`{"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 2]}}`,
			`{"class_name": "Dense", "config": {"name": "d", "units": 3, "dtype": `+policy(mode)+`}}`)
	}
	m := mustImport(t, arch("gptq/4/128"), "3.14.0", withVars("layers/dense", bias, packed, scale, zero, groups))
	if got := m.Const(m.Nodes[0].Inputs[1]).Float32s(); !slices.Equal(got, want) {
		t.Errorf("gptq: %v, want %v", got, want)
	}
	m = mustImport(t, arch("awq/4/128"), "3.14.0", withVars("layers/dense", bias, packed, scale, zero, ir.NewFloat32([]float32{2, 4}, 2), groups))
	want = []float32{0.25, 1, 4, 0.25, 1, 4}
	if got := m.Const(m.Nodes[0].Inputs[1]).Float32s(); !slices.Equal(got, want) {
		t.Errorf("awq: %v, want %v", got, want)
	}
}

// Before Keras 3.14 two rows share a byte, since then two columns.
func TestInt4Packing(t *testing.T) {
	want := []int64{-3, 7, 2, -8, 1, 0}
	if got := unpackFirst(bytesTensor(ir.Int8, []byte{0x2d, 0x87, 0x01, 0x00}, 2, 2), 3, 2, true).Int64s(); !slices.Equal(got, want) {
		t.Errorf("rows: %v", got)
	}
	if got := unpackLast(bytesTensor(ir.Int8, []byte{0x7d, 0x02, 0x18, 0x00}, 2, 2), 2, 3).Int64s(); !slices.Equal(got, want) {
		t.Errorf("columns: %v", got)
	}
}

// float8 e4m3fn: 4 bits of precision, ties to even, 448 at most, steps of 2^-9
// near zero.
func TestRoundFloat8(t *testing.T) {
	in := []float32{0, 1, 1.0625, 1.1875, 17, 447, 1000, -1000, 0.001, 0.0029296875, 0.015625, 0.0146484375}
	want := []float32{0, 1, 1, 1.25, 16, 448, 448, -448, 0.001953125, 0.00390625, 0.015625, 0.015625}
	got := roundFloat8(ir.NewFloat32(in, len(in)), 1).Float32s()
	for i := range in {
		if math.Abs(float64(got[i]-want[i])) > 0 {
			t.Errorf("%v rounds to %v, want %v", in[i], got[i], want[i])
		}
	}
}
