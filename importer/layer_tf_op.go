package importer

import (
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// tfLayers are the layers that tf.keras 2 makes of calls of TensorFlow.
var tfLayers = []row{
	{class: "TFOpLambda", lower: lowerTFOpLambda, noCast: true, check: checkTFFunction, note: "functions of TensorFlow, see the operations"},
	{class: "SlicingOpLambda", lower: lowerSlicingOpLambda, noCast: true, neutral: anyKeys("function")},
	{class: "TensorFlowOpLayer", lower: lowerTensorFlowOpLayer, noCast: true, check: checkNodeDef, note: "TensorFlow 2.0 to 2.3"},
}

func checkTFFunction(l *Layer) {
	if f := str(l.spec.config["function"]); l.b.tfByName(f) == nil {
		l.unknownTF("function", "the function", f)
	}
}

func lowerTFOpLambda(l *Layer, c *Call) []Value {
	return l.tfCall(l.String("function"), c.Args, c.Kwargs)
}

// lowerSlicingOpLambda reads slice_spec: integers, tensors, null for a new axis,
// {"start", "stop", "step"} and {"class_name": "__ellipsis__"}.
func lowerSlicingOpLambda(l *Layer, c *Call) []Value {
	if f := str(l.spec.config["function"]); strings.HasSuffix(f, "boolean_mask") {
		return l.tfCall(f, c.Args, c.Kwargs)
	}
	key := c.Arg(1, "slice_spec")
	if items, ok := key.([]any); ok {
		out := make([]any, len(items))
		for i, e := range items {
			out[i] = slicePart(e)
		}
		key = out
	} else {
		key = slicePart(key)
	}
	args := object{"key": key}
	if len(c.Args) > 0 {
		args["x"] = c.Args[0]
	}
	o := l.bindOp(l.b.opByName("get_item"), nil, args)
	o.tf = true
	return o.run()
}

func slicePart(v any) any {
	o, ok := v.(object)
	if !ok {
		if v == "..." {
			return ellipsis{}
		}
		return v
	}
	if str(o["class_name"]) == "__ellipsis__" {
		return ellipsis{}
	}
	if str(o["class_name"]) == "__slice__" {
		o, _ = o["config"].(object)
	}
	return sliceValue{o["start"], o["stop"], o["step"]}
}

func checkNodeDef(l *Layer) {
	n, err := parseNodeDef(l.spec.config["node_def"])
	if err != nil {
		l.fail(err)
	} else if l.b.tfByName(n.op) == nil {
		l.unknownTF("node_def", "the graph op", n.op)
	}
}

// lowerTensorFlowOpLayer puts the constants among the inputs at their places.
func lowerTensorFlowOpLayer(l *Layer, c *Call) []Value {
	n, err := parseNodeDef(l.Raw("node_def"))
	if err != nil {
		l.fail(err)
		return nil
	}
	var in []any
	if len(c.Args) > 0 {
		for _, v := range values(c.Args[0]) {
			in = append(in, v)
		}
	}
	constants, _ := l.Raw("constants").(object)
	placed := 0
	for k := 0; placed < len(constants); k++ {
		v, ok := constants[strconv.Itoa(k)]
		switch {
		case ok && k <= len(in):
			in = append(in[:k:k], append([]any{v}, in[k:]...)...)
			placed++
		case k >= len(in):
			l.Fail(ir.ErrMalformed, "constants", "are %s beside %d inputs", show(l.spec.config["constants"]), len(in))
			return nil
		}
	}
	return l.tfCall(n.op, n.positional(in), n.attrs)
}
