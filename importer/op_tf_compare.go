package importer

import (
	"math"

	"github.com/kerasgo/kerasgo/ir"
)

// tfCompareOps tell how alike pictures are.
var tfCompareOps = []opRow{
	{name: "tf_ssim", params: "image1 image2 max_val filter_size filter_sigma k1 k2", lower: opTFSSIM, note: "TensorFlow's image.ssim"},
	{name: "tf_psnr", params: "image1 image2 max_val", lower: opTFPSNR, note: "TensorFlow's image.psnr"},
}

// unitImages are both pictures and the argument max_val as floats, of which 1 is
// the largest number of an integer.
func (o *opCall) unitImages() (a, b ir.ValueID, most float64) {
	x := o.tensor("image1")
	most = o.num("max_val")
	if dt := o.Type(x).DType; dt.IsInt() {
		_, hi := integerRange(dt)
		most /= hi
	}
	return o.convertImage(x, ir.Float32, false), o.convertImage(o.tensor("image2"), ir.Float32, false), most
}

func opTFSSIM(o *opCall) []Value {
	a, b, most := o.unitImages()
	o.args["image1"], o.args["image2"], o.args["max_val"] = Value{a, ir.None}, Value{b, ir.None}, most
	return opSSIM(o)
}

func opTFPSNR(o *opCall) []Value {
	a, b, most := o.unitImages()
	if o.err != nil || o.Rank(a) < 3 {
		o.bad("image1", "pictures")
		return nil
	}
	num := func(v float64) ir.ValueID { return o.Scalar(v, ir.Float32) }
	mse := o.Add(&ir.Reduce{Fn: "mean", Axes: []int{-3, -2, -1}}, o.Binary("squared_difference", a, b))
	return outputs(o.Binary("sub", num(20*math.Log10(most)), o.Binary("mul", num(10/math.Ln10), o.log(mse))))
}
