package runtime

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/kerasgo/kerasgo/ir"
)

// Large products use Strassen's algorithm: of Dense, whatever is known of its rows when compiled, of pointwise
// convolutions with and without strides, and within chains.
func TestStrassen(t *testing.T) {
	relu := ir.Func{Name: "relu"}
	for _, c := range []struct {
		name  string
		shape []int
		build func(b *builder) ir.ValueID
		fast  bool
	}{
		{"dense, rows known", []int{1, 72, 1536}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Known(72), ir.Known(1536))
			return b.node(&ir.Dense{Act: relu}, x, b.weight(1536, 1024), b.weight(1024))
		}, true},
		{"dense, rows open", []int{2, 72, 1536}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Sym("time"), ir.Known(1536))
			return b.node(&ir.Dense{Act: ir.Func{Name: "gelu"}}, x, b.weight(1536, 1024), b.weight(1024))
		}, true},
		{"dense, a row for each example", []int{64, 1024}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Known(1024))
			return b.node(&ir.Dense{}, x, b.weight(1024, 512))
		}, false},
		{"dense, few rows", []int{3, 512}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Known(512))
			return b.node(&ir.Dense{}, x, b.weight(512, 256))
		}, false},
		{"pointwise with a residual", []int{1, 9, 11, 1024}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Known(9), ir.Known(11), ir.Known(1024))
			y := b.node(&ir.Conv{}, x, b.weight(1, 1, 1024, 1024), b.weight(1024))
			return b.unary("relu", b.node(&ir.Binary{Fn: "add"}, y, x))
		}, true},
		{"pointwise with strides", []int{2, 19, 21, 1024}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Sym("height"), ir.Sym("width"), ir.Known(1024))
			return b.node(&ir.Conv{Strides: []int{2, 2}, Act: relu}, x, b.weight(1, 1, 1024, 768), b.weight(768))
		}, true},
		{"chain", []int{1, 8, 8, 512}, func(b *builder) ir.ValueID {
			x := b.input(batch, ir.Known(8), ir.Known(8), ir.Known(512))
			e := b.node(&ir.Conv{Act: relu}, x, b.weight(1, 1, 512, 2048), b.weight(2048))
			d := b.node(&ir.DepthwiseConv{Padding: ir.Padding{Same: true}, Act: relu}, e, b.weight(3, 3, 2048, 1), b.weight(2048))
			return b.node(&ir.Conv{}, d, b.weight(1, 1, 2048, 1024), b.weight(1024))
		}, true},
	} {
		b := newBuilder(t, 77)
		b.output(c.build(b))
		feed := FromIR(random(b.r, c.shape...).tensor())
		var outs [][]float32
		for _, opts := range [][]Option{{WithExactProducts(), WithThreads(1)}, {WithThreads(1)}, {WithThreads(2)}, {WithThreads(3)}} {
			p, err := Compile(b.m, opts...)
			if err != nil {
				t.Fatal(err)
			}
			s := p.NewSession()
			y, err := s.Run(feed)
			if err != nil {
				t.Fatal(err)
			}
			outs = append(outs, slices.Clone(y[0].Float32s()))
			if n := leastAllocs(2, func() { _, err = s.Run(feed) }); n > 0 || err != nil {
				t.Errorf("%s: a run allocates %v times (error %v)", c.name, n, err)
			}
			p.Close()
		}
		if same := sameBits(outs[0], outs[1]); same == c.fast {
			t.Errorf("%s: Strassen's algorithm: want %v", c.name, c.fast)
		}
		if !sameBits(outs[1], outs[2]) || !sameBits(outs[1], outs[3]) {
			t.Errorf("%s: more threads give other bits than one", c.name)
		}
		if err := farthest(outs[1], outs[0]); err > 3e-6 {
			t.Errorf("%s: %.2g of the largest away from the plain product", c.name, err)
		} else {
			t.Logf("%s: %s of the largest", c.name, fmt.Sprintf("%.2g", err))
		}
	}
}

// farthest is the largest difference as a share of the largest of want.
func farthest(got, want []float32) float64 {
	var d, most float64
	for i, w := range want {
		d, most = max(d, math.Abs(float64(got[i])-float64(w))), max(most, math.Abs(float64(w)))
	}
	return d / most
}
