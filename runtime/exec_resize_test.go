package runtime

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// bilinear samples a at fractional positions, clamped to the border.
func bilinear(a *array, b int, y, x float64, c int) float64 {
	h, w := a.shape[1], a.shape[2]
	pixel := func(i, j float64) float64 {
		return a.at(b, min(max(int(i), 0), h-1), min(max(int(j), 0), w-1), c)
	}
	y0, x0 := math.Floor(y), math.Floor(x)
	fy, fx := y-y0, x-x0
	top := pixel(y0, x0)*(1-fx) + pixel(y0, x0+1)*fx
	bottom := pixel(y0+1, x0)*(1-fx) + pixel(y0+1, x0+1)*fx
	return top*(1-fy) + bottom*fy
}

func TestResizeBilinear(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for _, channels := range []int{1, 3, 17} {
		for _, c := range [][4]int{{5, 4, 9, 7}, {7, 9, 3, 4}, {1, 6, 4, 1}, {6, 6, 6, 12}} {
			x := random(r, 2, c[0], c[1], channels)
			want := newArray(2, c[2], c[3], channels)
			each(want.shape, func(i []int) {
				y := (float64(i[1])+0.5)*float64(c[0])/float64(c[2]) - 0.5
				xx := (float64(i[2])+0.5)*float64(c[1])/float64(c[3]) - 0.5
				want.set(bilinear(x, i[0], y, xx, i[3]), i...)
			})
			checkNode(t, &ir.Resize{Size: []int{c[2], c[3]}, Method: "bilinear"}, []*ir.Tensor{x.tensor()}, []*array{want}, 1e-5)
		}
	}
}

// A uniform image stays uniform, whatever the method and the sizes; padded with
// its own value too.
func TestResizeUniform(t *testing.T) {
	for _, method := range ir.ResizeMethods {
		for _, antialias := range []bool{false, true} {
			for _, fit := range []string{"", "crop", "pad", "center"} {
				for h := 1; h < 7; h++ {
					for out := 1; out < 9; out++ {
						x := newArray(1, h, 7-h, 2)
						for i := range x.v {
							x.v[i] = 3
						}
						want := newArray(1, out, 4, 2)
						for i := range want.v {
							want.v[i] = 3
						}
						op := &ir.Resize{Size: []int{out, 4}, Method: method, Antialias: antialias, Fit: fit, Fill: 3}
						m, feed := nodeModel(t, op, []*ir.Tensor{x.tensor()}, func(int) bool { return false })
						p, err := Compile(m)
						if err != nil {
							t.Fatal(err)
						}
						got, err := p.Predict(feed...)
						if err != nil {
							t.Fatalf("%+v: %v", op, err)
						}
						for i, v := range got[0].Float32s() {
							if math.Abs(float64(v)-3) > 1e-5 {
								t.Fatalf("%+v of %v: element %d is %v", op, x.shape, i, v)
							}
						}
					}
				}
			}
		}
	}
}

func TestResizeIntegers(t *testing.T) {
	x := ir.NewInt32([]int32{1, 2, 3}, 1, 1, 3, 1)
	op := &ir.Resize{Size: []int{6, 4}, Method: "nearest", Fit: "pad", Fill: 9}
	m, feed := nodeModel(t, op, []*ir.Tensor{x}, func(int) bool { return false })
	p, err := Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Predict(feed...)
	if err != nil {
		t.Fatal(err)
	}
	// Padded to 3x3: the aspect ratio wants a height of 3*6/4, rounded down to 4.
	want := []int32{9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 2, 3, 1, 2, 2, 3, 9, 9, 9, 9, 9, 9, 9, 9}
	if got := Data[int32](out[0]); !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}
