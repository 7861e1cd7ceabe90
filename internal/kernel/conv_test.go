package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kerasgo/kerasgo/internal/workers"
)

// randomGeom is a convolution or pooling of up to three axes, with any padding that leaves an output.
func randomGeom(r *rand.Rand, groups, cin, cout int) ConvGeom {
	g := ConvGeom{Cin: cin, Cout: cout, Groups: groups, In: [3]int{1, 1, 1}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Out: [3]int{1, 1, 1}}
	first := r.IntN(3)
	for d := first; d < 3; d++ {
		for {
			g.In[d], g.Kernel[d], g.Stride[d], g.Dilation[d] = 1+r.IntN(12), 1+r.IntN(5), 1+r.IntN(3), 1+r.IntN(2)
			if d == 0 {
				g.In[d], g.Kernel[d] = 1+r.IntN(4), 1+r.IntN(3)
			}
			span := (g.Kernel[d]-1)*g.Dilation[d] + 1
			if r.IntN(2) == 0 {
				g.Pad[d], g.Out[d] = 0, (g.In[d]-span)/g.Stride[d]+1
				if g.In[d] < span {
					continue
				}
			} else {
				g.Out[d] = ceilDiv(g.In[d], g.Stride[d])
				g.Pad[d] = max(0, (g.Out[d]-1)*g.Stride[d]+span-g.In[d]) / 2
			}
			break
		}
	}
	return g
}

// eachTap calls f for every output and tap that is inside: positions as flat pixel indices.
func eachTap(g ConvGeom, f func(out, tap, in int)) {
	out := 0
	for oz := range g.Out[0] {
		for oy := range g.Out[1] {
			for ox := range g.Out[2] {
				tap := 0
				for kz := range g.Kernel[0] {
					for ky := range g.Kernel[1] {
						for kx := range g.Kernel[2] {
							z := oz*g.Stride[0] + kz*g.Dilation[0] - g.Pad[0]
							y := oy*g.Stride[1] + ky*g.Dilation[1] - g.Pad[1]
							x := ox*g.Stride[2] + kx*g.Dilation[2] - g.Pad[2]
							if z >= 0 && z < g.In[0] && y >= 0 && y < g.In[1] && x >= 0 && x < g.In[2] {
								f(out, tap, (z*g.In[1]+y)*g.In[2]+x)
							}
							tap++
						}
					}
				}
				out++
			}
		}
	}
}

func TestConv(t *testing.T) {
	pools := []*workers.Pool{nil, testPool(t, 3)}
	eachLevel(t, func(t *testing.T) {
		r := newRand(10)
		for i := range 500 {
			groups := 1
			if r.IntN(3) == 0 {
				groups = 1 + r.IntN(3)
			}
			g := randomGeom(r, groups, groups*(1+r.IntN(9)), groups*(1+r.IntN(20)))
			if i%10 == 0 {
				g.Cin += 16 * groups
			}
			testConv(t, r, g, 1+r.IntN(3), pools)
		}
		for i := range 120 { // few channels out of many
			testConv(t, r, randomGeom(r, 1, 8*(1+r.IntN(4)), 1+i%5), 1+r.IntN(3), pools)
		}
		testConv(t, r, Geom2D([2]int{40, 37}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{40, 37}, 16, 3, 1), 2, pools)
		testConv(t, r, Geom2D([2]int{7, 7}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{7, 7}, 40, 50, 1), 2, pools)
		testConv(t, r, Geom2D([2]int{30, 30}, [2]int{7, 7}, [2]int{2, 2}, [2]int{1, 1}, [2]int{2, 2}, [2]int{15, 15}, 3, 20, 1), 1, pools)
		testConv(t, r, Geom2D([2]int{1, 50}, [2]int{1, 3}, [2]int{1, 1}, [2]int{1, 4}, [2]int{0, 8}, [2]int{1, 50}, 24, 24, 1), 2, pools)
		testConv(t, r, Geom2D([2]int{9, 9}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{}, [2]int{9, 9}, 24, 33, 1), 3, pools)
	})
}

func testConv(t *testing.T, r *rand.Rand, g ConvGeom, n int, pools []*workers.Pool) {
	t.Helper()
	acts := []Activation{{}, {Kind: Relu}, {Kind: Clamp, P: -1, Q: 2}, {Kind: Silu}}
	act := acts[r.IntN(len(acts))]
	cin, cout := g.Cin/g.Groups, g.Cout/g.Groups
	k := volume(g.Kernel)
	x := guardedRand(r, n*g.inFloats())
	w := guardedRand(r, k*cin*g.Cout)
	var bias, res []float32
	c := &Conv{Plan: NewConvPlan(g), N: n, X: x, W: newGuarded(PackedConvFloats(g)).s, Act: act}
	PackConv(c.W, g, w)
	if r.IntN(2) == 0 {
		bias = guardedRand(r, g.Cout)
		c.Bias = newGuarded(PackedConvBiasFloats(g)).s
		PackConvBias(c.Bias, g, bias)
	}
	if r.IntN(3) == 0 {
		res = guardedRand(r, n*g.outFloats())
		c.R = res
	}
	sum := make([]float64, n*g.outFloats())
	abs := make([]float64, len(sum))
	for i := range sum {
		if bias != nil {
			sum[i] += float64(bias[i%g.Cout])
			abs[i] += math.Abs(float64(bias[i%g.Cout]))
		}
		if res != nil {
			sum[i] += float64(res[i])
			abs[i] += math.Abs(float64(res[i]))
		}
	}
	for b := range n {
		eachTap(g, func(out, tap, in int) {
			for o := range g.Cout {
				at := b*g.outFloats() + out*g.Cout + o
				for q := range cin {
					v := float64(x[b*g.inFloats()+in*g.Cin+o/cout*cin+q]) * float64(w[(tap*cin+q)*g.Cout+o])
					sum[at] += v
					abs[at] += math.Abs(v)
				}
			}
		})
	}
	for i := range sum {
		w := activate(act, sum[i])
		sum[i], abs[i] = w, 1.2*abs[i]+2*math.Abs(w)
	}
	what := fmt.Sprintf("%+v n=%d %+v", g, n, act)
	var first []float32
	for _, p := range pools {
		y := newGuarded(n * g.outFloats())
		scratch := newGuarded(c.Plan.ScratchFloats(n))
		c.Y = y.s
		c.Run(p, scratch.s)
		y.check(t, what)
		scratch.check(t, what)
		if first == nil {
			first = c.Y
		}
		sameBits(t, what, c.Y, first)
	}
	near(t, what, first, sum, abs, sumError(k*cin+3))
}

func TestDepthwise(t *testing.T) {
	pools := []*workers.Pool{nil, testPool(t, 3)}
	eachLevel(t, func(t *testing.T) {
		r := newRand(11)
		for i := range 500 {
			g := randomGeom(r, 1, 1+r.IntN(40), 0)
			if i%3 == 0 {
				g = slidingGeom(r)
			}
			if i%20 == 0 {
				g = Geom2D([2]int{28, 28}, [2]int{3, 3}, [2]int{1 + i%2, 1 + i%2}, [2]int{1, 1}, [2]int{1, 1}, [2]int{28 / (1 + i%2), 28 / (1 + i%2)}, 40, 0, 1)
			}
			testDepthwise(t, r, g, 1+r.IntN(2), pools)
		}
	})
}

// slidingGeom is a depthwise convolution of the kinds that run by columns.
func slidingGeom(r *rand.Rand) ConvGeom {
	k, s := 3+2*r.IntN(3), 1+r.IntN(2)
	in := [2]int{k - s + r.IntN(12), k - s + r.IntN(12)}
	var pad, out [2]int
	for d := range 2 {
		pad[d] = r.IntN(k - s + 1)
		out[d] = max(1, ceilDiv(max(1, in[d]+pad[d]+r.IntN(k)-k+1), s))
	}
	return Geom2D(in, [2]int{k, k}, [2]int{s, s}, [2]int{1, 1}, pad, out, 8+r.IntN(40), 0, 1)
}

func testDepthwise(t *testing.T, r *rand.Rand, g ConvGeom, n int, pools []*workers.Pool) {
	t.Helper()
	acts := []Activation{{}, {Kind: Relu6}, {Kind: HardSwish}}
	d := &Depthwise{Plan: NewWindowPlan(g), N: n, X: guardedRand(r, n*g.inFloats()), Act: acts[r.IntN(len(acts))]}
	co := g.Cin
	d.W = guardedRand(r, volume(g.Kernel)*co)
	if r.IntN(2) == 0 {
		d.Bias = guardedRand(r, co)
	}
	size := volume(g.Out) * co
	sum, abs := make([]float64, n*size), make([]float64, n*size)
	for i := range sum {
		if d.Bias != nil {
			sum[i] = float64(d.Bias[i%co])
			abs[i] = math.Abs(sum[i])
		}
	}
	for b := range n {
		eachTap(g, func(out, tap, in int) {
			for o := range co {
				v := float64(d.X[b*g.inFloats()+in*g.Cin+o]) * float64(d.W[tap*co+o])
				sum[b*size+out*co+o] += v
				abs[b*size+out*co+o] += math.Abs(v)
			}
		})
	}
	for i := range sum {
		w := activate(d.Act, sum[i])
		sum[i], abs[i] = w, 1.5*abs[i]+2*math.Abs(w)
	}
	what := fmt.Sprintf("%+v n=%d %+v", g, n, d.Act)
	var first []float32
	for _, p := range pools {
		y := newGuarded(n * size)
		d.Y = y.s
		d.Run(p)
		y.check(t, what)
		if first == nil {
			first = d.Y
		}
		sameBits(t, what, d.Y, first)
	}
	near(t, what, first, sum, abs, sumError(volume(g.Kernel)+3))
}

func TestPooling(t *testing.T) {
	pools := []*workers.Pool{nil, testPool(t, 3)}
	eachLevel(t, func(t *testing.T) {
		r := newRand(12)
		for i := range 500 {
			g := randomGeom(r, 1, 1+r.IntN(40), 0)
			n := 1 + r.IntN(2)
			d := &Pooling{Plan: NewWindowPlan(g), Average: i%2 == 0, N: n, X: guardedRand(r, n*g.inFloats())}
			if i%7 == 0 {
				d.X[r.IntN(len(d.X))] = float32(math.NaN())
			}
			size := volume(g.Out) * g.Cin
			want, count, scale := make([]float64, n*size), make([]float64, n*size), make([]float64, n*size)
			for b := range n {
				eachTap(g, func(out, tap, in int) {
					for c := range g.Cin {
						v := float64(d.X[b*g.inFloats()+in*g.Cin+c])
						at := b*size + out*g.Cin + c
						if d.Average {
							want[at] += v
						} else {
							if count[at] == 0 {
								want[at] = -math.MaxFloat32
							}
							if v > want[at] { // not NaN
								want[at] = v
							}
						}
						scale[at] += math.Abs(v)
						count[at]++
					}
				})
			}
			for at := range want {
				if d.Average {
					want[at] /= count[at]
				} else if count[at] == 0 {
					want[at] = math.Inf(-1)
				} else {
					scale[at] = 0
				}
			}
			what := fmt.Sprintf("%+v n=%d average=%v", g, n, d.Average)
			var first []float32
			for _, p := range pools {
				y := newGuarded(n * size)
				d.Y = y.s
				d.Run(p)
				y.check(t, what)
				if first == nil {
					first = d.Y
				}
				sameBits(t, what, d.Y, first)
			}
			near(t, what, first, want, scale, sumError(volume(g.Kernel)+2))
		}
	})
}

func TestDepthwiseAllocatesNothing(t *testing.T) {
	g := Geom2D([2]int{8, 8}, [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}, [2]int{8, 8}, 16, 16, 1)
	x := make([]float32, 8*8*16)
	d := &Depthwise{Plan: NewWindowPlan(g), N: 1, X: x, W: make([]float32, 9*16), Y: make([]float32, len(x))}
	q := &Pooling{Plan: d.Plan, N: 1, X: x, Y: make([]float32, len(x))}
	c := &Conv{Plan: NewConvPlan(g), N: 1, X: x, W: make([]float32, PackedConvFloats(g)), Y: make([]float32, len(x))}
	if n := testing.AllocsPerRun(20, func() { d.Run(nil); q.Run(nil); c.Run(nil, nil) }); n != 0 {
		t.Errorf("allocates %v times", n)
	}
}
