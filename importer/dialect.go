package importer

import (
	"fmt"
	"strings"

	"github.com/kerasgo/kerasgo/internal/naming"
	"github.com/kerasgo/kerasgo/ir"
)

// dialect turns what one family of Keras versions wrote into specs.
type dialect struct {
	name    string // "keras1", "keras2", "tf.keras", "keras3"
	version version
	lim     Limits
	ops     [][]opRow
}

// newDialect tells the dialect from the version the file states or, when it
// states none, from the form of the architecture.
func newDialect(keras string, arch any, lim Limits) *dialect {
	d := &dialect{version: parseVersion(keras), lim: lim, ops: opTable()}
	switch {
	case d.version.major == 0 && (str(at(arch, "module")) != "" || at(arch, "registered_name") != nil):
		d.version = version{major: 3, minor: 15} // of the JSON of Keras 3, which states none
	case d.version.major == 0 && looksLikeKeras1(arch):
		d.version = version{major: 1, minor: 2}
	case d.version.major == 0:
		d.version = version{major: 2}
	}
	switch {
	case d.version.major >= 3:
		d.name = "keras3"
	case d.version.major < 2:
		d.name = "keras1"
	case strings.HasSuffix(keras, "-tf") || !d.version.less(2, 4):
		d.name = "tf.keras"
	default:
		d.name = "keras2"
	}
	return d
}

// model reads an architecture: {"class_name": …, "config": …}.
func (d *dialect) model(v any) (*modelSpec, error) {
	o, ok := v.(object)
	if !ok {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Field: "model_config", Text: "is no JSON object"}
	}
	l, err := d.layer(o, "", 0)
	if err != nil {
		return nil, err
	}
	if l.class == "FeatureSpace" && l.registered == "" {
		return d.featureSpace(l), nil
	}
	if why, ok := notInFile[l.class]; ok && l.model == nil {
		return nil, &ir.Error{Kind: ir.ErrUnsupported, Class: l.class, Text: why}
	}
	if l.model == nil {
		return nil, &ir.Error{Kind: ir.ErrUnsupported, Class: l.class, Text: "is not a Sequential or Functional model: a subclassed model is Python code. " +
			"Rebuild it with the functional API, load the weights and save again"}
	}
	return l.model, nil
}

// layer reads the serialized form of a layer, nested models included.
func (d *dialect) layer(o object, where string, depth int) (*layerSpec, error) {
	if depth > d.lim.ModelDepth {
		e := exceeded("ModelDepth", int64(d.lim.ModelDepth), "layers are nested deeper")
		e.Layer = where
		return nil, e
	}
	s := &layerSpec{class: str(o["class_name"]), module: str(o["module"]), name: str(o["name"])}
	if s.class == "" {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: where, Field: "class_name", Text: "a layer has none"}
	}
	s.registered = str(o["registered_name"])
	if id, ok := asInt(o["shared_object_id"]); ok {
		s.sharedID = id
	}
	d.className(s)
	switch c := o["config"].(type) {
	case object:
		s.config = c
	case []any: // Sequential up to Keras 2.2.2
		s.config = object{"layers": c}
	case nil:
		s.config = object{}
	default:
		return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: where, Class: s.class, Field: "config", Text: "is no JSON object"}
	}
	s.build, _ = o["build_config"].(object)
	if n := str(s.config["name"]); n != "" && s.name == "" {
		s.name = n
	}
	if s.name == "" {
		s.name = naming.Snake(s.class)
	}
	if len(s.name) > maxName {
		return nil, &ir.Error{Kind: ir.ErrLimit, Class: s.class, Field: "name", Text: fmt.Sprintf("has %d bytes, the limit is %d", len(s.name), maxName)}
	}
	path := join(where, s.name)
	s.op = isOp(s.module) || d.version.major >= 3 && s.module == "" && d.bareOp(s)
	// What is registered has a meaning of its own inside a model, which WithLayer gives; a whole one that wrote
	// Functional's or Sequential's configuration is a subclass with its own training, say.
	_, graph := s.config["input_layers"]
	chain := wroteSequential(s.config)
	if _, ok := s.config["layers"].([]any); ok && (s.registered == "" || (graph || chain) && where == "") && !s.op {
		if !s.isModel() && (graph || chain) {
			s.wrote = s.class
		}
		switch {
		case graph:
			s.class = "Functional"
		case chain:
			s.class = "Sequential"
		}
		if s.isModel() {
			var err error
			s.model, err = d.modelConfig(s, path, depth)
			if err != nil {
				return nil, err
			}
		}
	}
	if d.version.major < 2 || keptFromKeras1[s.class] {
		keras1Config(s)
	}
	keras2Config(s)
	return s, nil
}

// wroteSequential tells the configuration of a Sequential, whatever its class, from
// those of users' layers that hold "layers" too: it says what it was built with, or
// begins with an input.
func wroteSequential(config object) bool {
	if _, built := config["build_input_shape"]; built {
		return true
	}
	layers := list(config["layers"])
	return len(config) == 2 && config["name"] != nil && len(layers) > 0 && str(at(layers[0], "class_name")) == "InputLayer"
}

const maxName = 4096

func join(path, name string) string {
	switch {
	case path == "":
		return name
	case name == "":
		return path
	}
	return path + "/" + name
}

// isOp tells the operations of keras.ops, which share class names with layers.
func isOp(module string) bool {
	return strings.Contains(module, ".ops.") || strings.HasSuffix(module, ".ops")
}

// bareOp tells an operation in an .h5 of Keras 3, which leaves modules out: its
// config lacks the argument that every layer has.
func (d *dialect) bareOp(s *layerSpec) bool {
	if s.registered != "" || opByClass(d.ops, s.class) == nil {
		return false
	}
	_, layer := s.config["trainable"]
	return !layer
}

// tfKerasScale is a layer of InceptionResNetV2 that tf.keras.applications
// registers as if it were the user's.
const tfKerasScale = "Custom>CustomScaleLayer"

// className brings class and registered name to their canonical form.
func (d *dialect) className(s *layerSpec) {
	if _, name, ok := strings.Cut(s.class, ">"); ok { // tf.keras 2
		if s.registered == "" {
			s.registered = s.class
		}
		s.class = name
	}
	s.class = s.class[strings.LastIndexByte(s.class, '.')+1:]
	pkg, _, ok := strings.Cut(s.registered, ">")
	if !ok || kerasPackage(pkg) || kerasModule(s.module) || s.registered == tfKerasScale {
		s.registered = ""
	}
	if c, ok := classNames[s.class]; ok && s.registered == "" {
		s.class = c
	}
}

func kerasPackage(pkg string) bool {
	switch strings.ToLower(pkg) {
	case "", "keras", "tf_keras", "tensorflow", "keras_core":
		return true
	}
	return strings.HasPrefix(pkg, "keras.") || strings.HasPrefix(pkg, "tf_keras.")
}

func kerasModule(m string) bool {
	for _, p := range []string{"keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "keras_core"} {
		if m == p || strings.HasPrefix(m, p+".") {
			return true
		}
	}
	return false
}

// modelConfig reads the layers and connections of a Sequential or Functional.
func (d *dialect) modelConfig(s *layerSpec, path string, depth int) (*modelSpec, error) {
	m := &modelSpec{class: s.class, name: s.name}
	inner := path
	if depth == 0 {
		inner = ""
	}
	layers := list(s.config["layers"])
	seen := make(map[string]bool, len(layers))
	var nodes [][]any
	for i, e := range layers {
		o, ok := e.(object)
		if !ok {
			return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: path, Field: "layers", Text: fmt.Sprintf("entry %d is no JSON object", i)}
		}
		l, err := d.layer(o, inner, depth+1)
		if err != nil {
			return nil, err
		}
		if named := str(at(o, "config", "name")) + str(o["name"]); named == "" && l.model != nil { // Keras 1 names no model within a Sequential
			for base, n := l.name, 1; seen[l.name]; n++ {
				l.name = numbered(base, n)
			}
		}
		if seen[l.name] {
			return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: path, Text: fmt.Sprintf("two layers are named %q", l.name)}
		}
		seen[l.name] = true
		m.layers = append(m.layers, l)
		nodes = append(nodes, list(o["inbound_nodes"]))
	}
	if len(m.layers) == 0 {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: path, Class: s.class, Field: "layers", Text: "the model has no layers"}
	}
	if m.class == "Sequential" {
		if beginsWithMerge(s) {
			return m, d.keras1Branches(s, m, inner, depth)
		}
		connectSequential(s, m)
		return m, nil
	}
	for i, l := range m.layers {
		for _, n := range nodes[i] {
			c, err := d.node(l, n, seen)
			if err != nil {
				return nil, err
			}
			l.calls = append(l.calls, c)
		}
		if l.class == "InputLayer" {
			l.calls = []callSpec{{}}
		}
	}
	var err error
	if m.inputs, err = ioRefs(s.config["input_layers"], path, "input_layers"); err != nil {
		return nil, err
	}
	if m.outputs, err = ioRefs(s.config["output_layers"], path, "output_layers"); err != nil {
		return nil, err
	}
	return m, d.nodeBases(m, path)
}

// ioRefs reads input_layers or output_layers: [n, i, j], lists and dicts of it.
func ioRefs(v any, path, field string) (any, error) {
	if r, ok := asRef(v, nil); ok {
		return r, nil
	}
	bad := false
	var walk func(v any, depth int) any
	walk = func(v any, depth int) any {
		if r, ok := asRef(v, nil); ok {
			return r
		}
		switch t := v.(type) {
		case []any:
			out := make([]any, len(t))
			for i, e := range t {
				out[i] = walk(e, depth+1)
			}
			return out
		case object:
			out := object{}
			for k, e := range t {
				out[k] = walk(e, depth+1)
			}
			return out
		}
		bad = true
		return nil
	}
	out := walk(v, 0)
	if bad {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Layer: path, Field: field, Text: "holds something that is no [layer, node, tensor]"}
	}
	return out, nil
}

// asRef reads [layer, node, tensor] or [layer, node, tensor, kwargs]. With
// names, the layer must be one of them.
func asRef(v any, names map[string]bool) (tensorRef, bool) {
	l := list(v)
	if len(l) != 3 && len(l) != 4 {
		return tensorRef{}, false
	}
	name, ok := l[0].(string)
	node, ok1 := asInt(l[1])
	tensor, ok2 := asInt(l[2])
	if !ok || !ok1 || !ok2 || names != nil && !names[name] {
		return tensorRef{}, false
	}
	return tensorRef{name, node, tensor}, true
}

// nodeBases makes all node indices count a layer's calls from 0. Keras counts
// the calls of a nested model from 1 in some places, because building it made
// node 0; which places those are differs by version, so the indices used in
// this file decide where they can.
func (d *dialect) nodeBases(m *modelSpec, path string) error {
	byName := make(map[string]*layerSpec, len(m.layers))
	for _, l := range m.layers {
		byName[l.name] = l
	}
	type span struct{ lo, hi int }
	collect := func(spans map[string]span, r tensorRef) {
		s, ok := spans[r.layer]
		if !ok {
			s = span{r.node, r.node}
		}
		spans[r.layer] = span{min(s.lo, r.node), max(s.hi, r.node)}
	}
	inArgs, inIO := make(map[string]span, len(m.layers)), map[string]span{}
	for _, l := range m.layers {
		for i := range l.calls {
			for _, r := range l.calls[i].refs() {
				collect(inArgs, r)
			}
		}
	}
	each := func(v any) {
		if r, ok := v.(tensorRef); ok {
			collect(inIO, r)
		}
	}
	flatten(m.inputs, each)
	flatten(m.outputs, each)

	bases := func(spans map[string]span, def func(*layerSpec) int) map[string]int {
		out := map[string]int{}
		for name, s := range spans {
			l := byName[name]
			if l == nil || l.model == nil {
				continue
			}
			base := def(l)
			if s.lo < base || s.hi-base >= len(l.calls) {
				if alt := 1 - base; s.lo >= alt && s.hi-alt < len(l.calls) {
					base = alt
				}
			}
			out[name] = base
		}
		return out
	}
	argBase := bases(inArgs, func(l *layerSpec) int {
		if d.version.major >= 3 {
			return 0
		}
		return builtNode(l)
	})
	ioBase := bases(inIO, func(l *layerSpec) int {
		if d.version.major >= 3 && l.model.class == "Sequential" {
			return 0
		}
		return builtNode(l)
	})
	var bad error
	shift := func(base map[string]int) func(any) any {
		return func(v any) any {
			r, ok := v.(tensorRef)
			if !ok {
				return v
			}
			l := byName[r.layer]
			n := r.node - base[r.layer]
			switch {
			case l == nil:
				bad = &ir.Error{Kind: ir.ErrMalformed, Layer: path, Text: fmt.Sprintf("a connection names layer %q, which the model does not have", r.layer)}
			case n < 0 || n >= len(l.calls) || r.tensor < 0:
				bad = &ir.Error{Kind: ir.ErrMalformed, Layer: join(path, r.layer), Class: l.class,
					Text: fmt.Sprintf("a connection names its call %d, output %d, but the layer is called %d times", r.node, r.tensor, len(l.calls))}
			}
			r.node = n
			return r
		}
	}
	toArgs, toIO := shift(argBase), shift(ioBase)
	for _, l := range m.layers {
		for i := range l.calls {
			c := &l.calls[i]
			c.args, _ = mapTree(c.args, toArgs).([]any)
			if c.kwargs != nil {
				c.kwargs, _ = mapTree(c.kwargs, toArgs).(object)
			}
		}
	}
	m.inputs, m.outputs = mapTree(m.inputs, toIO), mapTree(m.outputs, toIO)
	return bad
}

// builtNode is 1 for a model that has a node of its own from being built.
func builtNode(l *layerSpec) int {
	if l.model.class == "Sequential" && l.model.implicitInput {
		return 0
	}
	return 1
}

// node reads one entry of inbound_nodes, in the form of Keras 2 or of Keras 3.
func (d *dialect) node(l *layerSpec, v any, names map[string]bool) (callSpec, error) {
	if o, ok := v.(object); ok {
		if _, ok := o["args"]; ok {
			return keras3Node(o)
		}
	}
	return keras2Node(l, v, names)
}
