package exporter

import (
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

// writeLookup writes a layer that gives 1 + the place among the keys, or 0, and
// what turns that into the op's numbers. A TextVectorization has given 1 more.
func writeLookup(n *node) {
	op := n.Op.(*ir.Lookup)
	keys := n.m.Const(n.Inputs[1])
	if keys == nil {
		n.unsupported("its vocabulary is computed; a layer of Keras 3 holds its own")
		return
	}
	config := object{"num_oov_indices": 1, "mask_token": nil, "output_mode": "int"}
	class, none := "IntegerLookup", int64(0)
	x := n.tensor(0)
	switch {
	case keys.DType == ir.String && x.typ.DType == ir.Int64: // places of tokens
		class, none = "", 1
	case keys.DType == ir.String:
		if !n.vocabulary(keys.Strings) {
			return
		}
		class = "StringLookup"
		config["vocabulary"], config["oov_token"] = keys.Strings, otherToken(keys.Strings)
	case keys.Elems() == 0 || slices.Contains(keys.Int64s(), -1):
		n.unsupported("Keras 3 has no lookup without a vocabulary, or of -1, its own sign of what is missing")
		return
	default:
		config["vocabulary"] = ints(keys.Int64s())
	}
	if op.Strict {
		config["num_oov_indices"], none = 0, -1
	}
	place := x
	if class != "" {
		place = n.layer(class, config, ir.Int64, n.out(), x).output(0)
	}
	number := func(v int64) *ir.Tensor { return ir.NewInt64([]int64{v}) }
	y, first := place, op.First-none-1
	if first != 0 {
		y = n.like("numpy", "Add", nil, place, number(first))
	}
	if none > 0 || none == 0 && op.Missing != first {
		is := n.op("numpy", "Greater", ir.Type{DType: ir.Bool, Shape: n.out().Shape}, nil, place, number(none))
		y = n.like("numpy", "Where", nil, is, y, number(op.Missing))
	}
	n.set(y)
}

func writeHash(n *node) {
	op := n.Op.(*ir.Hash)
	config := object{"num_bins": op.Bins, "salt": nil, "output_mode": "int"}
	if len(op.Key) == 2 {
		config["salt"] = ints(op.Key)
	}
	n.set(n.layer("Hashing", config, ir.Int64, n.out(), n.tensor(0)).output(0))
}

func writeCrossHash(n *node) {
	var list []any
	for i := range n.Inputs {
		list = append(list, n.tensor(i))
	}
	n.set(n.layer("HashedCrossing", object{"num_bins": n.Op.(*ir.CrossHash).Bins, "output_mode": "int"}, ir.Int64, n.out(), list).output(0))
}

func writeBucketize(n *node) {
	bounds := n.m.Const(n.Inputs[1])
	if bounds == nil {
		n.unsupported("its boundaries are computed; a layer of Keras 3 holds its own")
		return
	}
	list := []any{}
	for _, b := range bounds.Float32s() {
		list = append(list, float64(b))
	}
	n.set(n.layer("Discretization", object{"bin_boundaries": list, "output_mode": "int"}, ir.Int32, n.out(), n.tensor(0)).output(0))
}

// writeBincount adds up one-hot rows: what is out of range is a row of zeros.
func writeBincount(n *node) {
	op := n.Op.(*ir.Bincount)
	if op.Bins != "" {
		n.unsupported("its data decide the size of its output %v, as in no layer of Keras 3", n.out().Shape)
		return
	}
	x := n.tensor(0)
	d := n.out().DType
	last := len(x.typ.Shape)
	rows := n.op("nn", "OneHot", ir.Type{DType: d, Shape: append(x.typ.Shape.Clone(), ir.Known(op.Depth))}, object{"num_classes": op.Depth, "axis": -1, "dtype": d.String(), "sparse": false}, x)
	if n.has(1) {
		w := n.op("numpy", "ExpandDims", rows.typ, object{"axis": -1}, n.tensor(1))
		rows = n.op("numpy", "Multiply", rows.typ, nil, rows, w)
	}
	y := n.like("numpy", "Sum", object{"axis": last - 1, "keepdims": false}, rows)
	if op.Binary {
		y = n.like("numpy", "Minimum", nil, y, scalar(1, d))
	}
	n.set(y)
}

func writeScatter(n *node) {
	op := n.Op.(*ir.Scatter)
	config := object{"reduction": nil}
	switch op.Fn {
	case "set":
	case "add", "max", "min", "mul":
		config["reduction"] = op.Fn
	default:
		n.unsupported("Keras 3 has no scatter by %s", op.Fn)
		return
	}
	n.set(n.like("core", "ScatterUpdate", config, n.arg(0), n.arg(1), n.arg(2)))
}
