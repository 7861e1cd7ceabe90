// Package native encodes an ir.Model as a .kgo file and decodes it. The format
// is described in convert/FORMAT.md; package convert is its public face.
package native

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

// The version this package writes. It reads every minor of its major.
const (
	Major = 1
	Minor = 0
)

// The keys of the header's metadata, in the order they are written.
const (
	keyVersion = "kerasgo.version"
	keySource  = "kerasgo.source"
	keyWeights = "kerasgo.weights"
	keyDigest  = "kerasgo.sha256"
	keyGraph   = "kerasgo.graph"
)

// Limits on what a graph may hold, beside the header's size.
const (
	maxDepth   = 16   // nesting of the graph's JSON
	maxRank    = 32   // of a value
	maxDimName = 1024 // bytes of an open dimension's name
	maxInputs  = 4096 // of a node
)

// weightDTypes are what float32 kernels can be stored as.
var weightDTypes = []ir.DType{ir.Float32, ir.Float16, ir.BFloat16, ir.Int8}

// jsonOptions are those of the metadata's JSON in a header of at most maxHeader
// bytes.
func jsonOptions(maxHeader int64) strictjson.Options {
	o := strictjson.Sized(maxHeader, maxDepth)
	o.Key = strictjson.SnakeCase
	o.Advice = safetensors.Advice
	return o
}

// graph is the JSON under kerasgo.graph. It is read part by part, see splitGraph.
type graph struct {
	Name    string     `json:"name"`
	Inputs  []port     `json:"inputs"`
	Outputs []port     `json:"outputs"`
	Values  []value    `json:"values"`
	Nodes   []node     `json:"nodes"`
	Layers  []ir.Layer `json:"layers"`
	Notes   []string   `json:"notes"`
	Cases   []testCase `json:"cases,omitempty"`
}

type port struct {
	Name  string     `json:"name"`
	Value ir.ValueID `json:"value"`
}

type value struct {
	Name string `json:"name"`
	ir.Type
	Data *data `json:"data,omitempty"`
}

// data says which tensors of the file hold a constant.
type data struct {
	Tensor  string `json:"tensor"`
	Scale   string `json:"scale,omitempty"`   // int8: the float32 scales
	Axis    int    `json:"axis,omitempty"`    // int8: the axis the scales run along
	Offsets string `json:"offsets,omitempty"` // strings: where each begins and ends
}

type node struct {
	Op      string          `json:"op"`
	Params  json.RawMessage `json:"params,omitempty"`
	Inputs  []ir.ValueID    `json:"inputs"`
	Outputs []ir.ValueID    `json:"outputs"`
	ir.Origin
}

type testCase struct {
	Name      string       `json:"name"`
	Inputs    []caseTensor `json:"inputs"`
	Outputs   []caseTensor `json:"outputs"`
	Outputs64 []caseTensor `json:"outputs64,omitempty"`
}

type caseTensor struct {
	ir.Type
	Data data `json:"data"`
}

func version() string { return fmt.Sprintf("%d.%d", Major, Minor) }

func parseVersion(s string) (major, minor int, err error) {
	a, b, ok := strings.Cut(s, ".")
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || major < 0 || minor < 0 {
		return 0, 0, &ir.Error{Kind: ir.ErrMalformed, Field: keyVersion, Text: fmt.Sprintf("corrupt: %q is no version", s)}
	}
	return major, minor, nil
}

// marshal is compact JSON without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// encodeOp is op's parameters; nil when all are zero and left out.
func encodeOp(op ir.Op) (json.RawMessage, error) {
	b, err := marshal(op)
	if err != nil || string(b) == "{}" {
		return nil, err
	}
	return b, nil
}

func decodeOp(kind string, params json.RawMessage) (ir.Op, error) {
	op := ir.NewOp(kind)
	if op == nil {
		return nil, ir.Errorf(ir.ErrUnsupported, "op %q is not known to this version of kerasgo", kind)
	}
	if len(params) == 0 {
		return op, nil
	}
	d := json.NewDecoder(bytes.NewReader(params))
	d.DisallowUnknownFields()
	if params[0] != '{' {
		return nil, ir.Errorf(ir.ErrMalformed, "corrupt: parameters %.40s", params)
	}
	if err := d.Decode(op); err != nil {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Class: kind, Field: "params", Text: "corrupt", Err: err}
	}
	return op, nil
}
