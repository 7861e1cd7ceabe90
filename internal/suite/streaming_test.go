package suite_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// timeAxis reports whether a port of a streaming program flows: its axis 1 is
// then named "time".
func timeAxis(s ir.Shape) int {
	for i, d := range s {
		if d.Name == "time" && d.Size == 0 {
			return i
		}
	}
	return -1
}

// part is steps lo to hi of t along axis.
func part(t *ir.Tensor, axis, lo, hi int) *ir.Tensor {
	outer, inner := 1, 1
	for _, d := range t.Shape[:axis] {
		outer *= d
	}
	for _, d := range t.Shape[axis+1:] {
		inner *= d
	}
	steps := t.Shape[axis]
	out := &ir.Tensor{DType: t.DType, Shape: slices.Clone(t.Shape)}
	out.Shape[axis] = hi - lo
	size := inner * t.DType.Size()
	for o := range outer {
		if t.DType == ir.String {
			out.Strings = append(out.Strings, t.Strings[(o*steps+lo)*inner:(o*steps+hi)*inner]...)
			continue
		}
		out.Data = append(out.Data, t.Data[(o*steps+lo)*size:(o*steps+hi)*size]...)
	}
	return out
}

// joined puts parts one after the other along axis.
func joined(parts []*ir.Tensor, axis int) *ir.Tensor {
	out := &ir.Tensor{DType: parts[0].DType, Shape: slices.Clone(parts[0].Shape)}
	out.Shape[axis] = 0
	outer := 1
	for _, d := range out.Shape[:axis] {
		outer *= d
	}
	for _, p := range parts {
		out.Shape[axis] += p.Shape[axis]
	}
	for o := range outer {
		for _, p := range parts {
			k := len(p.Strings) / outer
			out.Strings = append(out.Strings, p.Strings[o*k:(o+1)*k]...)
			n := len(p.Data) / outer
			out.Data = append(out.Data, p.Data[o*n:(o+1)*n]...)
		}
	}
	return out
}

// stream runs a case in pieces of the given lengths, over and over.
func stream(t *testing.T, p *runtime.Program, s *runtime.Session, c ir.Case, pieces ...int) []*ir.Tensor {
	t.Helper()
	steps := -1
	for i, info := range p.Inputs() {
		if timeAxis(info.Shape) >= 0 {
			if n := c.Inputs[i].Shape[1]; steps >= 0 && n != steps {
				t.Skip("inputs of several lengths")
			} else {
				steps = n
			}
		}
	}
	outputs := make([][]*ir.Tensor, len(p.Outputs()))
	for at, k := 0, 0; at < steps; k++ {
		n := min(pieces[k%len(pieces)], steps-at)
		in := make([]*runtime.Tensor, len(c.Inputs))
		for i, info := range p.Inputs() {
			x := c.Inputs[i]
			if timeAxis(info.Shape) >= 0 {
				x = part(x, 1, at, at+n)
			}
			in[i] = runtime.FromIR(x)
		}
		out, err := s.Run(in...)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range out {
			outputs[i] = append(outputs[i], y.ToIR())
		}
		at += n
	}
	result := make([]*ir.Tensor, len(outputs))
	for i, info := range p.Outputs() {
		if axis := timeAxis(info.Shape); axis >= 0 {
			result[i] = joined(outputs[i], axis)
		} else {
			result[i] = outputs[i][len(outputs[i])-1]
		}
	}
	return result
}

// distance is how far two outputs are from each other, in units in the last
// place of the largest number: 0 when they are the same to the bit.
func distance(a, b *ir.Tensor) float64 {
	if slices.Equal(a.Data, b.Data) {
		return 0
	}
	if a.DType != ir.Float32 || !slices.Equal(a.Shape, b.Shape) {
		return math.Inf(1)
	}
	x, y := a.Float32s(), b.Float32s()
	most, scale := 0.0, 0.0
	for i := range x {
		most = max(most, math.Abs(float64(x[i])-float64(y[i])))
		scale = max(scale, math.Abs(float64(x[i])))
	}
	return most / (scale * 0x1p-23)
}

// maxDistance allows kernels that choose another order of summation for another
// number of rows.
const maxDistance = 32

// mustStream are fixtures, or outputs of them, of all that streaming is for.
var mustStream = []string{
	"lstm", "gru", "simplernn", "gru_reset_before", "lstm_initial_state", "lstm_stateful", "gru_stateful_sequences",
	"lstm_stateful_masked", "masking_partial", "mask_nested_lstm", "net_wavenet", "conv_lstm2d_stateful", "embedding",
	"batch_normalization_3d", "time_distributed_functional", "time_distributed_conv", "time_distributed_rnn",
	"model_nested_rnn", "seed_stacked", "conv1d_causal_time", "conv1d_groups_causal", "separable_conv1d_causal",
	"lstm_masked_sequences", "gru_masked_zero_output", "rnn_stacked_cells", "mask_concatenate_both", "mask_time_distributed",
	"keras1_text_masked",
}

// Every model streams, and gives what the whole window gives, or says which
// layer is in the way. Of a model that does not, each output is tried alone.
func TestStreaming(t *testing.T) {
	streamed := map[string]bool{}
	var exact, rounded int
	for _, c := range append(suite.Cases(t), published(t)...) {
		if c.Golden == "" || c.Fixture.Refused != "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			m, err := load(c)
			if err != nil {
				t.Skip(err)
			}
			cases := golden(t, c, m)
			if streams(t, m, cases, &exact, &rounded) {
				streamed[c.Fixture.Name] = true
				return
			}
			for _, p := range m.Outputs {
				one := *m
				one.Outputs = []ir.Port{p}
				if len(m.Outputs) > 1 && streams(t, &one, cases, &exact, &rounded) {
					streamed[p.Name] = true
				}
			}
		})
	}
	t.Logf("%d models and outputs stream; %d runs give the same bits, %d the same but for rounding", len(streamed), exact, rounded)
	for _, name := range mustStream {
		if !streamed[name] {
			t.Errorf("%s does not stream", name)
		}
	}
}

// streams compares m's streams with its whole windows; it reports whether m
// streams at all.
func streams(t *testing.T, m *ir.Model, cases []ir.Case, exact, rounded *int) bool {
	t.Helper()
	streaming, err := runtime.Compile(m, runtime.WithStreaming())
	if err != nil {
		var e *ir.Error
		if !errors.Is(err, ir.ErrUnsupported) || !errors.As(err, &e) || !strings.Contains(err.Error(), "cannot stream") {
			t.Fatalf("error %v, want %v with %q", err, ir.ErrUnsupported, "cannot stream")
		}
		return false
	}
	defer streaming.Close()
	whole, err := runtime.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	s, w := streaming.NewSession(), whole.NewSession()
	for _, kase := range cases {
		if len(kase.Inputs[0].Shape) > 1 && kase.Inputs[0].Shape[1] == 0 {
			continue
		}
		in := make([]*runtime.Tensor, len(kase.Inputs))
		for i, x := range kase.Inputs {
			in[i] = runtime.FromIR(x)
		}
		w.Reset()
		out, err := w.Run(in...)
		if err != nil {
			t.Fatal(err)
		}
		for _, pieces := range [][]int{{1}, {2, 1, 3}, {1 << 30}} {
			s.Reset()
			for i, y := range stream(t, streaming, s, kase, pieces...) {
				switch d := distance(out[i].ToIR(), y); {
				case d > maxDistance:
					t.Errorf("%s, pieces %v, output %q is %v ulp away", kase.Name, pieces, m.Outputs[i].Name, d)
				case d > 0:
					*rounded++
				default:
					*exact++
				}
			}
		}
	}
	return true
}

// published is the list of other people's models, if they are at hand.
func published(t *testing.T) (cases []suite.Case) {
	t.Run("published", func(t *testing.T) { cases = suite.Real(t) })
	return cases
}
