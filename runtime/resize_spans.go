package runtime

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// spans says how one axis of an image is resampled: output i is the sum over k <
// count[i] of weights[i*width+k] times input start[i]+k, plus border[i] times the
// fill value. border is nil when nothing is filled in.
type spans struct {
	start, count []int
	weights      []float32
	width        int
	border       []float32
}

func newSpans(out, width int) *spans {
	return &spans{start: make([]int, out), count: make([]int, out), weights: make([]float32, out*width), width: width}
}

func (s *spans) row(i int) []float32 { return s.weights[i*s.width:][:s.count[i]] }

// fitted is the part of an axis that is scaled: n elements from off, which may
// begin before the image (padding).
type fitted struct{ off, n int }

// fit applies op.Fit to an image of h by w; exact means that nothing is scaled.
// The roundings are those of keras/src/backend/tensorflow/image.py.
func fit(op *ir.Resize, h, w, outH, outW int) (y, x fitted, exact bool) {
	y, x = fitted{0, h}, fitted{0, w}
	aspect := func(a, num, den int) int { return int(float32(a*num) / float32(den)) }
	switch op.Fit {
	case "center":
		if h >= outH && w >= outW {
			return fitted{(h - outH) / 2, outH}, fitted{(w - outW) / 2, outW}, true
		}
		fallthrough
	case "crop":
		ch := max(min(h, aspect(w, outH, outW)), 1)
		cw := max(min(w, aspect(h, outW, outH)), 1)
		y, x = fitted{(h - ch) / 2, ch}, fitted{(w - cw) / 2, cw}
	case "pad":
		ph := (max(h, aspect(w, outH, outW)) - h) / 2
		pw := (max(w, aspect(h, outW, outH)) - w) / 2
		y, x = fitted{-ph, h + 2*ph}, fitted{-pw, w + 2*pw}
	}
	return y, x, y.n == outH && x.n == outW
}

// resample makes the spans of one axis of size elements.
func resample(op *ir.Resize, size, out int, f fitted, exact bool, limit int) (*spans, error) {
	width := 1
	k := filterOf(op)
	scale := float32(f.n) / float32(out) // input elements for one of output
	switch {
	case exact || op.Method == "nearest":
	case k != nil:
		width = min(2*int(math.Ceil(float64(k.radius*k.stretch(f.n, out))))+1, f.n)
	case op.Method == "bilinear":
		width = 2
	case op.Method == "bicubic":
		width = 4
	case op.Method == "area":
		width = int(math.Ceil(float64(scale))) + 2
	}
	if width > limit/max(out, 1) {
		return nil, ir.Errorf(ir.ErrLimit, "scaling %d to %d by %s needs too many weights; see runtime.WithMaxMemory (--limit MaxMemory=N)", f.n, out, op.Method)
	}
	s := newSpans(out, width)
	for i := range out {
		switch {
		case exact:
			s.start[i], s.count[i] = i, 1
			s.row(i)[0] = 1
		case op.Method == "nearest":
			at := int(math.Floor(float64((float32(i) + 0.5) * scale)))
			s.start[i], s.count[i] = min(max(at, 0), f.n-1), 1
			s.row(i)[0] = 1
		case k != nil:
			s.filter(i, k, f.n, out)
		case op.Method == "bilinear":
			s.bilinear(i, scale, f.n)
		case op.Method == "bicubic":
			s.bicubic(i, scale, f.n)
		case op.Method == "area":
			s.area(i, scale, f.n)
		}
	}
	s.place(f.off, size)
	return s, nil
}

// place moves spans from the fitted part to the image; weights of elements
// outside it go to the border.
func (s *spans) place(off, size int) {
	for i := range s.start {
		s.start[i] += off
		row := s.row(i)
		for s.count[i] > 0 && s.start[i] < 0 {
			s.borderOf(i, row[0])
			copy(row, row[1:])
			s.start[i]++
			s.count[i]--
			row = s.row(i)
		}
		for s.count[i] > 0 && s.start[i]+s.count[i] > size {
			s.borderOf(i, row[s.count[i]-1])
			s.count[i]--
		}
		if s.count[i] == 0 {
			s.start[i] = 0
		}
	}
}

func (s *spans) borderOf(i int, w float32) {
	if s.border == nil {
		s.border = make([]float32, len(s.start))
	}
	s.border[i] += w
}

func (s *spans) bilinear(i int, scale float32, n int) {
	at := (float32(i)+0.5)*scale - 0.5
	floor := float32(math.Floor(float64(at)))
	lower, upper := max(int(floor), 0), min(int(math.Ceil(float64(at))), n-1)
	s.start[i], s.count[i] = lower, upper-lower+1
	row := s.row(i)
	lerp := at - floor
	if upper == lower {
		row[0] = 1
		return
	}
	row[0], row[1] = 1-lerp, lerp
}

// bicubic is TensorFlow's resize_bicubic: Keys's cubic, a = -0.5, looked up in a
// table of 1024 steps; elements outside the image have no weight.
func (s *spans) bicubic(i int, scale float32, n int) {
	const table = 1024
	at := (float32(i)+0.5)*scale - 0.5
	floor := math.Floor(float64(at))
	step := math.RoundToEven(float64((at - float32(floor)) * table))
	near := func(step float64) float32 {
		x := float32(step / table)
		return float32(((-0.5+2)*float64(x)-(-0.5+3))*float64(x)*float64(x) + 1)
	}
	far := func(step float64) float32 {
		x := float64(float32(step/table) + 1)
		return float32(((-0.5*x+2.5)*x-4)*x + 2)
	}
	all := [4]float32{far(step), near(step), near(table - step), far(table - step)}
	first := int(floor) - 1
	lo, hi := max(first, 0), min(first+3, n-1)
	s.start[i], s.count[i] = lo, hi-lo+1
	row := s.row(i)
	copy(row, all[lo-first:])
	normalize(row)
}

// area gives every element the part of it that the output covers.
func (s *spans) area(i int, scale float32, n int) {
	from, to := float32(i)*scale, float32(i+1)*scale
	lo, hi := int(math.Floor(float64(from))), int(math.Ceil(float64(to)))
	hi = min(hi, lo+s.width)
	first := min(max(lo, 0), n-1)
	s.start[i], s.count[i] = first, min(hi-1, n-1)-first+1
	row := s.row(i)
	for k := lo; k < hi; k++ {
		covered := min(float32(k+1), to) - max(float32(k), from)
		row[min(max(k-first, 0), len(row)-1)] += covered / scale
	}
}

// filter is TensorFlow's scale_and_translate.
func (s *spans) filter(i int, k *filterKernel, n, out int) {
	inverse := 1 / (float32(out) / float32(n))
	at := (float32(i) + 0.5) * inverse
	if at < 0 || at > float32(n) {
		return
	}
	stretch := k.stretch(n, out)
	reach := k.radius * stretch
	first := min(max(int(math.Ceil(float64(at-reach-0.5))), 0), n-1)
	last := min(max(int(math.Floor(float64(at+reach-0.5))), 0), n-1)
	s.start[i], s.count[i] = first, min(last-first+1, s.width)
	row := s.row(i)
	for j := range row {
		pos := float32(first+j) + 0.5 - at
		row[j] = float32(k.weight(math.Abs(float64(pos * (1 / stretch)))))
	}
	normalize(row)
}

func normalize(row []float32) {
	var sum float32
	for _, w := range row {
		sum += w
	}
	if math.Abs(float64(sum)) < 1000*0x1p-126 {
		return
	}
	for j := range row {
		row[j] *= 1 / sum
	}
}

// filterKernel is a symmetric filter, given for distances of 0 and more.
type filterKernel struct {
	radius    float32
	weight    func(x float64) float64
	antialias bool
}

// stretch is how much wider the filter becomes when an antialiased image shrinks.
func (k *filterKernel) stretch(n, out int) float32 {
	if !k.antialias {
		return 1
	}
	return max(1/(float32(out)/float32(n)), 1)
}

// filterOf is the filter of methods that TensorFlow resamples by
// scale_and_translate, else nil.
func filterOf(op *ir.Resize) *filterKernel {
	k := &filterKernel{antialias: op.Antialias}
	switch {
	case op.Method == "lanczos3":
		k.radius, k.weight = 3, lanczos(3)
	case op.Method == "lanczos5":
		k.radius, k.weight = 5, lanczos(5)
	case op.Method == "gaussian":
		k.radius, k.weight = 1.5, func(x float64) float64 {
			if x >= 1.5 {
				return 0
			}
			return math.Exp(-x * x / (2 * 0.5 * 0.5))
		}
	case op.Method == "mitchellcubic":
		k.radius, k.weight = 2, func(x float64) float64 {
			switch {
			case x >= 2:
				return 0
			case x >= 1:
				return ((-7./18*x+2)*x-10./3)*x + 16./9
			}
			return (7./6*x-2)*x*x + 8./9
		}
	case op.Method == "bilinear" && op.Antialias:
		k.radius, k.weight = 1, func(x float64) float64 { return max(1-x, 0) }
	case op.Method == "bicubic" && op.Antialias:
		k.radius, k.weight = 2, func(x float64) float64 {
			switch {
			case x >= 2:
				return 0
			case x >= 1:
				return ((-0.5*x+2.5)*x-4)*x + 2
			}
			return (1.5*x-2.5)*x*x + 1
		}
	default:
		return nil
	}
	return k
}

func lanczos(radius float64) func(x float64) float64 {
	return func(x float64) float64 {
		switch {
		case x > radius:
			return 0
		case x <= 1e-3:
			return 1
		}
		return radius * math.Sin(math.Pi*x) * math.Sin(math.Pi*x/radius) / (math.Pi * math.Pi * x * x)
	}
}
