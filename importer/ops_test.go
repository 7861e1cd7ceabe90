package importer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/ir"
)

// unsaved are operations that no fixture has as a node: Keras evaluates them when
// the model is built, or other ones stand for them.
var unsaved = []string{
	"Abs", "Fabs", "Conj", "Conjugate", "Real", "Array", "ConvertToTensor", "EmptyLike", "Full", "Arange", "Ndim",
	"BitwiseInvert", "BitwiseLeftShift", "BitwiseRightShift", "AllClose", "Vsplit", "Dsplit", "Flipud", "SegmentMin", "SegmentProd",
	"SaturateCast", "Ldexp", "ConvTranspose",
	"ViewAsComplex", // Keras 3.15 on TensorFlow cannot compute it
}

func TestOpsHaveFixtures(t *testing.T) {
	b, err := os.ReadFile("../fixtures/MANIFEST.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Layers []string }
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, r := range rows {
		for _, l := range r.Layers {
			have[l] = true
		}
	}
	seen := map[string]bool{}
	for _, r := range slices.Concat(opTable()...) {
		if r.class == "" {
			continue
		}
		if seen[r.class] {
			t.Errorf("two operations are of class %s", r.class)
		}
		seen[r.class] = true
		if !have["ops."+r.class] && !slices.Contains(unsaved, r.class) {
			t.Errorf("operation %s has no fixture", r.class)
		}
	}
}

// TestTensorFlowTable holds that the table names operations and their
// parameters.
func TestTensorFlowTable(t *testing.T) {
	b := &builder{}
	names := map[string]bool{}
	for _, r := range tfOps() {
		op := b.opByName(r.op)
		if op == nil {
			t.Errorf("%s: there is no operation %s", r.names, r.op)
			continue
		}
		var params []string
		for _, p := range strings.Fields(op.params) {
			params = append(params, strings.TrimLeft(p, "*"))
		}
		for _, p := range strings.Fields(r.params) {
			p, _, _ = strings.Cut(strings.TrimPrefix(p, "*"), ":")
			theirs, ours, renamed := strings.Cut(p, "=")
			if !renamed {
				ours = theirs
			}
			if ours != "" && !slices.Contains(params, ours) && !neutralOpArgs[ours] && ours != "max_norm" && ours != "batch_shape" {
				t.Errorf("%s: %s has no parameter %s", r.names, r.op, ours)
			}
		}
		for _, n := range strings.Fields(r.names) {
			if names[n] {
				t.Errorf("%s is there twice", n)
			}
			names[n] = true
		}
	}
	for _, f := range []string{"math.reduce_mean", "nn.relu", "__operators__.add", "compat.v1.transpose", "linalg.matmul", "image.resize", "StridedSlice"} {
		if b.tfByName(f) == nil {
			t.Errorf("%s is not known", f)
		}
	}
}

// TestNodeDef reads one op in both forms.
func TestNodeDef(t *testing.T) {
	// tf.reduce_mean(x, axis=1, keepdims=True), by TensorFlow 2.21.
	proto := "CgRNZWFuEgRNZWFuGgF4GhZNZWFuL3JlZHVjdGlvbl9pbmRpY2VzKgoKBFRpZHgSAjADKgcKAVQSAjABKg8KCWtlZXBfZGltcxICKAE="
	raw, err := base64.StdEncoding.DecodeString(proto)
	if err != nil {
		t.Fatal(err)
	}
	want := object{"keep_dims": true}
	for _, v := range []any{string(raw), object{"op": "Mean", "attr": object{"keep_dims": object{"b": true}, "T": object{"type": "DT_FLOAT"}}}} {
		n, err := parseNodeDef(v)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, n.attrs); n.op != "Mean" || d != "" {
			t.Errorf("%s: %s", n.op, d)
		}
	}
	for _, v := range []any{nil, int64(3), "", "\x12", "\x12\xff\xff\xff\xff\x0f", "\x2a\x02\x12\x05", object{}, object{"op": "X", "attr": object{"a": object{"s": "*"}}}} {
		if _, err := parseNodeDef(v); !errors.Is(err, ir.ErrMalformed) {
			t.Errorf("%q: %v", v, err)
		}
	}
}

func TestCommonDType(t *testing.T) {
	for _, c := range [][3]ir.DType{
		{ir.Int32, ir.Float16, ir.Float16}, {ir.Bool, ir.Int8, ir.Int8}, {ir.Uint8, ir.Int8, ir.Int16}, {ir.Uint32, ir.Int32, ir.Int64},
		{ir.Float16, ir.BFloat16, ir.Float32}, {ir.Int64, ir.Uint8, ir.Int64}, {ir.Uint64, ir.Int64, ir.Float32}, {ir.Float32, ir.Float64, ir.Float64},
	} {
		for _, p := range [][2]ir.DType{{c[0], c[1]}, {c[1], c[0]}} {
			if got := commonDType(p[0], p[1]); got != c[2] {
				t.Errorf("%v and %v give %v, want %v", p[0], p[1], got, c[2])
			}
		}
	}
}

// testLayer is a layer of an empty model, to lower operations with.
func testLayer() *Layer {
	b := &builder{m: &ir.Model{}, lim: Limits{}.withDefaults(), opts: newOptions(nil), producer: map[ir.ValueID]int{}, lambdaUsed: map[string]bool{}, notes: map[string]bool{}, d: &dialect{version: version{major: 3}}}
	spec := &layerSpec{class: "Lambda", name: "f", config: object{}}
	return &Layer{Name: "f", Class: "Lambda", spec: spec, cfg: newConfig(spec.config), b: b, consts: map[string]ir.ValueID{}, compute: ir.Float32}
}

func TestExpressions(t *testing.T) {
	x := ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Sym("time"), ir.Known(4)}}
	for text, want := range map[string]string{
		"x / 255":                               "float32[batch, time, 4]",
		"x[:, 0]":                               "float32[batch, 4]",
		"x[..., None, ::2]":                     "float32[batch, time, 1, 2]",
		"mean(x, axis=1, keepdims=True)":        "float32[batch, 1, 4]",
		"reshape(x, [-1, shape(x)[1], 2, 2])":   "float32[batch, time, 2, 2]",
		"reshape(x, (shape(x)[0], -1))":         "float32[batch, time*4]",
		"concat(x, x * 2, axis=-1)":             "float32[batch, time, 8]",
		"K.concatenate([x, x], axis=-1)":        "float32[batch, time, 8]",
		"tf.reduce_sum(x, [1, 2])":              "float32[batch]",
		"tf.nn.softmax(x) > 0.5":                "bool[batch, time, 4]",
		`cast(argmax(x, axis=-1), "int64")`:     "int64[batch, time]",
		"where((x > 0) & ~(x > 1), x, 0)":       "float32[batch, time, 4]",
		"K.permute_dimensions(x, (0, 2, 1))":    "float32[batch, 4, time]",
		"einsum('btc,bsc->bts', x, x)":          "float32[batch, time, time]",
		"x @ transpose(x, (0, 2, 1))":           "float32[batch, time, time]",
		"[x, x[:, -1]]":                         "float32[batch, time, 4] float32[batch, 4]",
		"x, split(x, 2, axis=-1)[1]":            "float32[batch, time, 4] float32[batch, time, 2]",
		"x * (2 ** 3 // 3)":                     "float32[batch, time, 4]",
		"x + closure[0][0] * arguments['bias']": "float32[batch, time, 4]",
		"arange(shape(x)[1])":                   "int32[time]",
		"one_hot(cast(x[:, :, 0], 'int32'), 3)": "float32[batch, time, 3]",
		"add_n(x, x * K.epsilon())":             "float32[batch, time, 4]",
		"x * pi":                                "float32[batch, time, 4]",
		"x * tf.constant(np.pi) + np.inf":       "float32[batch, time, 4]",
		"tf.constant([1, 2], dtype=tf.float32)": "float32[2]",
		"tf.cast(x[:, tf.newaxis], tf.int32)":   "int32[batch, 1, time, 4]",
		"reshape(x, (-1, x.shape[1], 2, 2))":    "float32[batch, time, 2, 2]",
		"K.reshape(x, (-1, K.int_shape(x)[2]))": "float32[batch*time, 4]",
		"tile(x[:, :1], [1, shape(x)[1], 1])":   "float32[batch, time, 4]",
	} {
		l := testLayer()
		l.spec.config = object{"arguments": object{"bias": 2.0}, "function": []any{"", nil, []any{[]any{1.5}}}}
		id := l.b.m.AddValue(ir.Value{Type: x})
		out := l.evalLambda(text, &Call{Args: []any{Value{id, ir.None}}}, false)
		if l.err != nil {
			t.Errorf("%s: %v", text, l.err)
			continue
		}
		var got []string
		for _, v := range out {
			got = append(got, l.Type(v.ID).String())
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %s, want %s", text, g, want)
		}
	}
	for text, want := range map[string]string{
		"y":                              "y is not known",
		"tf.float33":                     "tf.float33 is not known",
		"y.shape":                        "y.shape is not known",
		"f(x)":                           "function f is not known",
		"mean(x, axes=1)":                "no such argument",
		"x[0, 0, 0, 0]":                  "takes 4 axes",
		"x[:, x]":                        "not supported",
		"arguments['a']":                 "there is no",
		"closure[3]":                     "index 3 of a list of 1",
		"reshape(x, [2, 3, 5])":          "",
		"relu(x, 1, 2)":                  "called with 3 arguments",
		"where(x > 0)":                   "depend on data",
		"x + 'a'":                        "float32",
		"tile(x, [1, 100000000000, 1])":  "",
		"arange(1000000000000)":          "limits",
		"repeat(x, 99999999999, axis=1)": "",
		"split(x, 5, axis=-1)":           "in 5 parts",
		"reshape(x, x)":                  "depend on data",
	} {
		l := testLayer()
		l.spec.config = object{"arguments": object{}, "function": []any{"", nil, []any{1.0}}}
		id := l.b.m.AddValue(ir.Value{Type: x})
		l.evalLambda(text, &Call{Args: []any{Value{id, ir.None}}}, false)
		if want != "" && (l.err == nil || !strings.Contains(l.err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, l.err, want)
		}
	}
}

// FuzzExpression lowers whatever parses.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"x[:, 0] / 255", "concat(x, x, axis=-1)", "reshape(x, [-1, shape(x)[1], 2, 2])", "quantile(x, 0.5, axis=1)", "tf.strided_slice(x, [0], [1], [1])", "rearrange(x, 'b t c -> t b c')", "meshgrid(x, x)", "top_k(x, 2)[1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l := testLayer()
		l.b.lim.ConstantBytes = 1 << 16
		l.b.lim.Nodes = 1000
		id := l.b.m.AddValue(ir.Value{Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(3), ir.Known(4)}}})
		l.b.m.Inputs = []ir.Port{{Name: "x", Value: id}}
		out := l.evalLambda(s, &Call{Args: []any{Value{id, ir.None}}}, false)
		if l.err != nil || len(out) == 0 {
			return
		}
		for _, v := range out {
			l.b.m.Outputs = append(l.b.m.Outputs, ir.Port{Value: v.ID})
		}
		if err := l.b.m.Validate(); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	})
}

// TestTensorFlowOpLayer is x·3 as TensorFlow 2.0 to 2.3 saved it, its node in
// either form and its constant by the place among the inputs.
func TestTensorFlowOpLayer(t *testing.T) {
	for _, def := range []string{
		`"\u000a\u0003mul\u0012\u0003Mul\u001a\u0001x\u001a\u0005mul/y"`,
		`{"name": "mul", "op": "Mul", "input": ["x", "mul/y"], "attr": {"T": {"type": "DT_FLOAT"}}}`,
	} {
		arch := `{"class_name": "Model", "config": {"name": "f", "layers": [
			{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [null, 3]}, "inbound_nodes": []},
			{"class_name": "TensorFlowOpLayer", "name": "mul", "config": {"name": "mul", "trainable": true, "dtype": "float32", "node_def": ` + def +
			`, "constants": {"1": 3.0}}, "inbound_nodes": [[["x", 0, 0, {}]]]}],
			"input_layers": [["x", 0, 0]], "output_layers": [["mul", 0, 0]]}}`
		m, err := importArch(arch, "2.2.4-tf", nil)
		if err != nil {
			t.Errorf("%s: %v", def[:8], err)
			continue
		}
		if ops(m) != "Binary" || m.Type(m.Outputs[0].Value).String() != "float32[batch, 3]" {
			t.Errorf("%s:\n%v", def[:8], m)
		}
	}
}

func TestUnknownTensorFlow(t *testing.T) {
	for f, want := range map[string]string{"random.normal": "is random", "RandomUniform": "is random", "compat.v1.while_loop": "Python functions", "unique": "the data decide", "strings.format": "importer.WithLayer"} {
		l := testLayer()
		l.tfCall(f, nil, nil)
		if !errors.Is(l.err, ir.ErrUnsupported) || !strings.Contains(l.err.Error(), want) {
			t.Errorf("%s: %v, want %q", f, l.err, want)
		}
	}
}
