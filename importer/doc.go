// Package importer turns Keras model files into an [ir.Model].
//
// It reads the HDF5 files of Keras 1 to 3, .keras zips and their unpacked
// directories, and JSON or YAML architectures with their weights; the kind is
// told by content. Nothing in a file is executed.
//
//	m, err := importer.Load("model.h5")
//	m, err := importer.Load("model.json", importer.WithWeights("weights.h5"))
//
// # How a file becomes a graph
//
// source_*.go read containers: an archive is an architecture and weights.
// dialect_*.go bring the architecture, whoever wrote it, to one form: a
// modelSpec of layerSpecs with canonical class names and arguments, and calls
// whose arguments are trees of tensorRef. graph.go makes the calls in Keras's
// order (order.go), inlines nested models and applies the rules for masks
// (mask.go). layer_*.go lower one layer each. weights_*.go find the arrays a
// layer asks for; quantize.go restores quantized ones.
//
// # Adding a layer
//
// Write a [LayerFunc] in layer_<name>.go and a row for it in the slice of its
// family, which table in layers.go lists:
//
//	{class: "UnitNormalization", lower: lowerUnitNormalization, mask: maskPass},
//
//	func lowerUnitNormalization(l *Layer, c *Call) []Value {
//		x := c.Single(l).ID                     // the one input
//		axes := l.Ints("axis", 0, -1)           // an argument; -1 when absent
//		sq := l.Unary(ir.Func{Name: "square"}, x)
//		sum := l.Add(&ir.Reduce{Fn: "sum", Axes: axes, Keep: true}, sq)
//		return one(l.Binary("mul", x, l.Unary(ir.Func{Name: "rsqrt"}, sum)))
//	}
//
// Arguments are read with [Layer.Int], [Layer.Ints], [Layer.Bool],
// [Layer.String], [Layer.OneOf], [Layer.Float], [Layer.Activation],
// [Layer.ChannelsFirst] or [Layer.Raw]; an argument that is not read and not in
// the row's neutral list is an error that names it. Old names of arguments go
// into configNames in dialect_keras2.go. Weights are asked for in the order in
// which Keras creates them, with their shapes:
//
//	kernel := l.Weight("kernel", l.Size(x, -1), units)      // trainable
//	mean := l.State("moving_mean", n)                       // not trainable
//	q := l.Scope("query_dense", "_query_dense").Weight("kernel", d, heads, size)
//	inner := l.Sublayer("layer", l.Raw("layer"))            // a wrapped layer
//	words, err := l.Asset("vocabulary.txt")                 // a file of a .keras
//
// Failures stick to the layer: after the first, the methods do nothing and
// return ir.None, 0 or an empty shape, so a LayerFunc is written straight on.
// But never index l.Shape(x) unchecked: use [Layer.Dim], [Layer.Size] and
// [Layer.WantRank].
//
// The row's mask says what becomes of the inputs' masks: maskDrop (the layer
// has no supports_masking), maskPass (supports_masking, default compute_mask),
// maskPass3 (the same, but only since Keras 3) or maskOwn (the LayerFunc sets
// Value.Mask). A mask the layer itself applies
// is [Call.Mask], or each input's Value.Mask.
//
// A row's check finds what is unsupported from the configuration alone, so that
// all of a model's problems are told at once.
//
// Layer.Keras3 and Layer.Before tell the version where a meaning changed.
//
// A layer that no op of package ir expresses may add an op of its own, a type
// that implements [ir.Op]; runtime.WithOp gives its executor.
//
// # Operations
//
// Nodes of keras.ops, the functions of TensorFlow in tf.keras models
// (TFOpLambda, SlicingOpLambda), its graph ops (TensorFlowOpLayer) and the
// expressions below share one table of operations, of which op_*.go have a slice
// a family and ops.go the list:
//
//	{name: "trace", class: "Trace", params: "x offset axis1 axis2", lower: opTrace},
//
// The name is that in keras.ops, the class that of its node, the parameters are
// in Keras's order; an opFunc reads them with opCall's methods. tf_ops.go maps
// TensorFlow's names and parameters to it. [SupportedOps] lists all. Tensors that
// hold shapes, such as tf.shape(x)[0], are traced back to dimensions where a shape
// is wanted (op_dims.go); what depends on data otherwise is refused.
//
// # Lambda layers
//
// The function of a Lambda layer is Python code. It is never run. Its bytecode is
// read (package pycode): if it only returns operators and indices of what is in
// the file, and these mean to Keras what they mean here, the layer is imported with
// a note that says what was read (lambda_code.go). Otherwise the error that refuses
// it tells its arguments, names and constants, and the expression if it is one.
// [WithLambda] says what it computes:
//
//	importer.WithLambda("scale", "x / 255")
//	importer.WithLambda("pool", "mean(x, axis=1), max(x, axis=1)")  // two outputs
//	importer.WithLambda("heads", "transpose(reshape(x, [-1, shape(x)[1], 4, 16]), (0, 2, 1, 3))")
//	importer.WithLambda("encode", "x + closure[0]")
//
// An expression has Python's syntax and precedence. It may use
//
//   - x, the layer's input; of several, the list x, and each as x0, x1, …
//   - numbers, 'strings', True, False, None, lists and tuples; pi, inf, nan
//   - + - * / // % ** @, comparisons (which do not chain), and & | ^ ~ for logic
//     and bits
//   - x[:, 0, 1:-1, ::2, None, ...], whose bounds may be dimensions: shape(x)[1]
//   - the operations of [SupportedOps] with their arguments by position or by
//     name; keras.ops., K., np. and tf. may stand before them, and behind tf. the
//     names and arguments are TensorFlow's; concatenate, stack and the like take
//     a list or several tensors
//   - the names of the function's own arguments and of its closure, where its
//     code tells them, and of the layer's arguments; closure[i], default[i] and
//     arguments['name'] are the same by place
package importer
