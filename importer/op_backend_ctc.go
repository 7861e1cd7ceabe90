package importer

import (
	"github.com/kerasgo/kerasgo/ir"
)

// backendCTCOps are keras.backend's, of probabilities; the last class is the blank.
var backendCTCOps = []opRow{
	{name: "backend_ctc_decode", params: "y_pred input_length greedy beam_width top_paths", lower: opBackendCTCDecode, nested: true, note: "keras.backend's ctc_decode, greedy"},
	{name: "ctc_batch_cost", params: "y_true y_pred input_length label_length", lower: opCTCBatchCost, note: "keras.backend's"},
	{name: "ctc_label_dense_to_sparse", params: "labels label_lengths", lower: opCTCLabels, note: "keras.backend's, for ctc_loss"},
	{name: "tf_ctc_loss", params: "labels inputs sequence_length", lower: opTFCTCLoss, note: "TensorFlow 1's ctc_loss, of keras.backend's labels"},
	{name: "tf_ctc_loss_v2", params: "labels logits label_length logit_length logits_time_major blank_index", lower: opTFCTCLossV2, note: "TensorFlow's ctc_loss, of dense labels"},
}

// logProbabilities are those of y_pred, each a little larger.
func (o *opCall) logProbabilities() Value {
	p := o.AsFloat(o.tensor("y_pred"))
	return Value{o.log(o.Binary("add", p, o.Scalar(lossEpsilon, o.Type(p).DType))), ir.None}
}

func opBackendCTCDecode(o *opCall) []Value {
	if !o.flag("greedy", true) {
		o.bad("greedy", "true: keras.backend's beam search is not that of keras.ops; give the layer's lowering in Go with importer.WithLayer")
		return nil
	}
	in := object{"inputs": o.logProbabilities(), "sequence_lengths": o.args["input_length"], "mask_index": int64(-1)}
	out := opCTCDecode(o.with(in))
	if len(out) != 2 {
		return nil
	}
	return outputs(o.Cast(o.Squeeze(out[0].ID, 0), ir.Int64), out[1].ID)
}

func opCTCBatchCost(o *opCall) []Value {
	column := func(name string) any { return Value{o.Squeeze(o.tensor(name), -1), ir.None} }
	in := object{
		"target": o.args["y_true"], "output": o.logProbabilities(), "mask_index": int64(-1),
		"target_length": column("label_length"), "output_length": column("input_length"),
	}
	loss := opCTCLoss(o.with(in))
	if len(loss) != 1 {
		return nil
	}
	return outputs(o.ExpandDims(loss[0].ID, 1))
}

// opCTCLabels stands for sparse labels with dense ones, -1 behind the last.
func opCTCLabels(o *opCall) []Value {
	x, lengths := o.Cast(o.tensor("labels"), ir.Int32), o.Cast(o.tensor("label_lengths"), ir.Int32)
	if !o.WantRank(x, 2) || !o.WantRank(lengths, 1) {
		return nil
	}
	step := o.ExpandDims(o.Add(&ir.Range{Axis: 1, DType: ir.Int32}, x), 0)
	return outputs(o.where(o.Binary("lt", step, o.ExpandDims(lengths, 1)), x, o.Scalar(-1, ir.Int32)))
}

// opTFCTCLoss takes labels of opCTCLabels, and the steps first.
func opTFCTCLoss(o *opCall) []Value {
	x, labels := o.tensor("inputs"), o.Cast(o.tensor("labels"), ir.Int32)
	if !o.WantRank(x, 3) || !o.WantRank(labels, 2) {
		return nil
	}
	zero := o.Scalar(0, ir.Int32)
	there := o.Binary("ge", labels, zero)
	count := o.Add(&ir.Reduce{Fn: "sum", Axes: []int{1}}, o.Cast(there, ir.Int32))
	dense := func(id ir.ValueID) any { return Value{id, ir.None} }
	return opCTCLoss(o.with(object{
		"target": dense(o.where(there, labels, zero)), "output": dense(o.Transpose(x, 1, 0, 2)), "mask_index": int64(-1),
		"target_length": dense(count), "output_length": o.args["sequence_length"],
	}))
}

// opTFCTCLossV2 takes the steps first unless told otherwise.
func opTFCTCLossV2(o *opCall) []Value {
	x := o.tensor("logits")
	if !o.WantRank(x, 3) {
		return nil
	}
	if o.flag("logits_time_major", true) {
		x = o.Transpose(x, 1, 0, 2)
	}
	in := object{"target": o.args["labels"], "output": Value{x, ir.None}, "target_length": o.args["label_length"], "output_length": o.args["logit_length"]}
	if o.given("blank_index") {
		in["mask_index"] = o.args["blank_index"]
	}
	return opCTCLoss(o.with(in))
}
