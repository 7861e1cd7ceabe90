package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

var fakeQuantOps = []opRow{
	{name: "fake_quant", params: "x min max num_bits narrow_range", lower: opFakeQuant, note: "TensorFlow's, of a constant range"},
}

// opFakeQuant rounds to the steps that an integer of some bits has between two
// numbers, which are moved so that 0 is a step. It computes in float32, as
// TensorFlow does.
func opFakeQuant(o *opCall) []Value {
	x, bits := o.Cast(o.tensor("x"), ir.Float32), o.whole("num_bits", 8)
	lows, highs := o.float32s("min", -6), o.float32s("max", 6)
	if o.err == nil && (bits < 2 || bits > 16 || len(lows) != len(highs)) {
		o.bad("num_bits", "2 to 16, and as many ends of ranges as beginnings")
	}
	if o.err != nil {
		return nil
	}
	least, most := float32(boolInt(o.flag("narrow_range", false))), float32(int(1)<<bits-1)
	var from, to, scales, inverses, zeros []any
	for i, low := range lows {
		high := highs[i]
		if !(low < high) || low > 0 || high < 0 {
			o.bad("min", "the beginning of a range that holds 0")
			return nil
		}
		scale := (high - low) / (most - least)
		zero := min(max(float32(math.Round(float64(least-low/scale))), least), most)
		begin := (least - zero) * scale
		from, to = append(from, float64(begin)), append(to, float64((most-zero)*scale))
		scales, inverses = append(scales, float64(scale)), append(inverses, float64(1/scale))
		zeros = append(zeros, math.Floor(float64(-begin*(1/scale)+0.5)))
	}
	values := func(v []any) ir.ValueID { return o.array(v, []int{len(v)}, ir.Float32) }
	do := o.Binary
	y := do("max", do("min", x, values(to)), values(from))
	y = do("mul", do("sub", y, values(from)), values(inverses))
	y = do("add", do("sub", y, values(zeros)), o.Scalar(0.5, ir.Float32))
	return outputs(do("mul", o.Unary(ir.Func{Name: "floor"}, y), values(scales)))
}

// float32s is a number or a list of them.
func (o *opCall) float32s(name string, def float64) []float32 {
	v := list(o.plain(name))
	if v == nil {
		return []float32{float32(o.num(name, def))}
	}
	var out []float32
	for _, f := range o.reals(name, len(v)) {
		out = append(out, float32(f))
	}
	return out
}
