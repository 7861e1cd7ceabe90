package importer

import (
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// tfRow maps functions of TensorFlow (without their modules) and graph ops to an
// operation. params are TensorFlow's in order: "theirs", "theirs=ours",
// "theirs=" for one that changes nothing, ":value" for a default, "*theirs" for
// all that remain.
type tfRow struct {
	names  string
	op     string
	params string
	fixed  object
}

const (
	onX       = "x=x features=x input=x value=x tensor=x"
	twoXY     = "x=x1 y=x2"
	reduction = "input_tensor=x axis keepdims keep_dims=keepdims reduction_indices=axis input=x"
	adjoints  = " adjoint_a=transpose_a adjoint_b=transpose_b adj_x=transpose_a adj_y=transpose_b a_is_sparse= b_is_sparse= grad_a= grad_b= grad_x= grad_y="
	window    = " use_cudnn_on_gpu= explicit_paddings="
)

// tfOps is the table of TensorFlow's names.
func tfOps() []tfRow {
	rows := slices.Clone(tfTable)
	for ours, names := range tfUnary {
		rows = append(rows, tfRow{names: names, op: ours, params: onX})
	}
	for ours, names := range tfBinary {
		rows = append(rows, tfRow{names: names, op: ours, params: twoXY})
	}
	slices.SortFunc(rows, func(a, b tfRow) int { return strings.Compare(a.names, b.names) })
	return rows
}

// tfUnary are functions of one tensor, by ours.
var tfUnary = map[string]string{
	"negative": "negative neg Neg", "absolute": "abs Abs ComplexAbs", "sign": "sign Sign", "square": "square Square",
	"floor": "floor Floor", "ceil": "ceil Ceil", "round": "round rint Round Rint", "sqrt": "sqrt Sqrt", "rsqrt": "rsqrt Rsqrt",
	"reciprocal": "reciprocal Reciprocal Inv", "exp": "exp Exp", "expm1": "expm1 Expm1", "log": "log Log", "log1p": "log1p Log1p",
	"sin": "sin Sin", "cos": "cos Cos", "tan": "tan Tan", "arcsin": "asin Asin", "arccos": "acos Acos", "arctan": "atan Atan",
	"sinh": "sinh Sinh", "cosh": "cosh Cosh", "tanh": "tanh Tanh", "arcsinh": "asinh Asinh", "arccosh": "acosh Acosh", "arctanh": "atanh Atanh",
	"erf": "erf Erf", "erfc": "erfc Erfc", "erfinv": "erfinv Erfinv", "lgamma": "lgamma Lgamma", "i0": "bessel_i0 BesselI0",
	"relu": "relu Relu", "relu6": "relu6 Relu6", "elu": "elu Elu", "selu": "selu Selu", "softplus": "softplus Softplus",
	"softsign": "softsign Softsign", "sigmoid": "sigmoid Sigmoid", "log_sigmoid": "log_sigmoid",
	"logical_not": "logical_not LogicalNot", "isnan": "is_nan IsNan", "isinf": "is_inf IsInf", "isfinite": "is_finite IsFinite",
	"identity": "identity Identity Snapshot", "real": "real Real", "imag": "imag Imag", "angle": "angle Angle", "conj": "conj Conj",
}

// tfBinary are functions of two tensors, by ours.
var tfBinary = map[string]string{
	"add": "add Add AddV2", "subtract": "subtract sub Sub", "multiply": "multiply mul Mul", "divide": "truediv divide div RealDiv Div",
	"floor_divide": "floordiv floor_div FloorDiv", "mod": "floormod mod FloorMod Mod", "power": "pow Pow", "maximum": "maximum Maximum",
	"minimum": "minimum Minimum", "squared_difference": "squared_difference SquaredDifference", "divide_no_nan": "divide_no_nan div_no_nan DivNoNan",
	"multiply_no_nan": "multiply_no_nan MulNoNan", "equal": "equal eq Equal", "not_equal": "not_equal ne NotEqual", "greater": "greater Greater",
	"greater_equal": "greater_equal GreaterEqual", "less": "less Less", "less_equal": "less_equal LessEqual", "logical_and": "logical_and LogicalAnd",
	"logical_or": "logical_or LogicalOr", "logical_xor": "logical_xor",
}

var tfTable = []tfRow{
	{names: "atan2 Atan2", op: "arctan2", params: "y=x1 x=x2"},
	{names: "add_n accumulate_n", op: "add_n", params: "inputs"},
	{names: "AddN", op: "add_n", params: "*inputs N="},
	{names: "bitwise_and BitwiseAnd", op: "bitwise_and", params: "x y"},
	{names: "bitwise_or BitwiseOr", op: "bitwise_or", params: "x y"},
	{names: "bitwise_xor BitwiseXor", op: "bitwise_xor", params: "x y"},
	{names: "invert Invert", op: "bitwise_not", params: "x"},
	{names: "left_shift LeftShift", op: "left_shift", params: "x y"},
	{names: "right_shift RightShift", op: "right_shift", params: "x y"},
	{names: "where where_v2 Select SelectV2", op: "where", params: "condition x=x1 y=x2 t=x1 e=x2"},
	{names: "clip_by_value ClipByValue", op: "clip", params: "t=x clip_value_min=x_min clip_value_max=x_max"},
	{names: "cast Cast", op: "cast", params: "x dtype DstT=dtype SrcT= Truncate="},
	{names: "saturate_cast", op: "saturate_cast", params: "value=x dtype"},
	{names: "convert_to_tensor", op: "convert_to_tensor", params: "value=x dtype dtype_hint= preferred_dtype="},
	{names: "stop_gradient StopGradient", op: "stop_gradient", params: "input=variable"},
	{names: "ensure_shape EnsureShape", op: "identity", params: "x shape= input=x"},

	{names: "leaky_relu LeakyRelu", op: "leaky_relu", params: "features=x alpha=negative_slope"},
	{names: "silu swish", op: "silu", params: "features=x beta"},
	{names: "gelu", op: "gelu", params: "features=x approximate"},
	{names: "softmax Softmax", op: "softmax", params: "logits=x axis dim=axis"},
	{names: "log_softmax LogSoftmax", op: "log_softmax", params: "logits=x axis dim=axis"},
	{names: "crelu", op: "crelu", params: "features=x axis"},
	{names: "clip_by_norm", op: "clip_by_norm", params: "t=x clip_norm axes"},
	{names: "local_response_normalization lrn LRN", op: "local_response_normalization", params: "input=x depth_radius bias alpha beta T="},
	{names: "keras.backend.ctc_decode", op: "backend_ctc_decode", params: "y_pred input_length greedy beam_width top_paths"},
	{names: "keras.backend.ctc_batch_cost", op: "ctc_batch_cost", params: "y_true y_pred input_length label_length"},
	{names: "keras.backend.ctc_label_dense_to_sparse", op: "ctc_label_dense_to_sparse", params: "labels label_lengths"},
	{names: "compat.v1.nn.ctc_loss", op: "tf_ctc_loss", params: "labels inputs sequence_length"},
	{names: "ctc_loss", op: "tf_ctc_loss_v2", params: "labels logits label_length logit_length logits_time_major unique= blank_index"},
	{names: "keras.backend.batch_flatten", op: "batch_flatten", params: "x"},
	{names: "signal.stft", op: "signal.stft", params: "signals frame_length frame_step fft_length window_fn pad_end"},
	{names: "signal.inverse_stft", op: "signal.inverse_stft", params: "stfts frame_length frame_step fft_length window_fn"},
	{names: "signal.frame", op: "signal.frame", params: "signal=x frame_length frame_step pad_end pad_value axis"},
	{names: "signal.overlap_and_add", op: "signal.overlap_and_add", params: "signal=x frame_step"},
	{names: "signal.dct", op: "signal.dct", params: "input=x type n axis norm"},
	{names: "signal.idct", op: "signal.idct", params: "input=x type n axis norm"},
	{names: "signal.mfccs_from_log_mel_spectrograms", op: "signal.mfccs_from_log_mel_spectrograms", params: "log_mel_spectrograms=x"},
	{names: "signal.rfft RFFT", op: "signal.rfft", params: "input_tensor=x fft_length input=x"},
	{names: "signal.irfft IRFFT", op: "signal.irfft", params: "input_tensor=x fft_length input=x"},
	{names: "signal.fft FFT", op: "signal.fft", params: "input=x"},
	{names: "signal.ifft IFFT", op: "signal.ifft", params: "input=x"},
	{names: "signal.fft2d FFT2D", op: "signal.fft2d", params: "input=x"},
	{names: "signal.ifft2d IFFT2D", op: "signal.ifft2d", params: "input=x"},
	{names: "signal.fftshift", op: "signal.fftshift", params: "x axes"},
	{names: "signal.ifftshift", op: "signal.ifftshift", params: "x axes"},
	{names: "complex Complex", op: "complex", params: "real=re imag=im"},
	{names: "l2_normalize", op: "l2_normalize", params: "x axis epsilon dim=axis"},
	{names: "moments", op: "moments", params: "x axes shift= keepdims keep_dims=keepdims"},
	{names: "batch_normalization", op: "batch_normalization", params: "x mean variance offset scale variance_epsilon=epsilon"},
	{names: "fused_batch_norm FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3", op: "fused_batch_norm", params: "x scale offset mean variance epsilon data_format is_training exponential_avg_factor="},
	{names: "identity_n", op: "identity_n", params: "input=inputs"},
	{names: "IdentityN", op: "identity_n", params: "*inputs"},
	{names: "bias_add BiasAdd", op: "bias_add", params: "value=x bias data_format"},
	{names: "conv1d", op: "conv", params: "input=inputs filters=kernel stride=strides padding data_format dilations=dilation_rate value=inputs" + window},
	{names: "conv2d conv3d Conv2D Conv3D", op: "conv", params: "input=inputs filters=kernel strides padding data_format dilations=dilation_rate filter=kernel" + window},
	{names: "convolution", op: "conv", params: "input=inputs filters=kernel strides padding data_format dilations=dilation_rate"},
	{names: "compat.v1.nn.convolution", op: "conv", params: "input=inputs filter=kernel padding strides dilation_rate name= data_format filters=kernel dilations=dilation_rate"},
	{names: "depthwise_conv2d DepthwiseConv2dNative", op: "depthwise_conv", params: "input=inputs filter=kernel strides padding data_format dilations=dilation_rate rate=dilation_rate" + window},
	{names: "separable_conv2d", op: "separable_conv", params: "input=inputs depthwise_filter=depthwise_kernel pointwise_filter=pointwise_kernel strides padding data_format dilations=dilation_rate rate=dilation_rate"},
	{names: "conv1d_transpose conv2d_transpose conv3d_transpose conv_transpose", op: "conv_transpose_to", params: "input=inputs filters=kernel output_shape strides padding data_format dilations=dilation_rate filter=kernel value=inputs"},
	{names: "Conv2DBackpropInput Conv3DBackpropInputV2", op: "conv_transpose_to", params: "input_sizes=output_shape filter=kernel out_backprop=inputs strides padding data_format dilations=dilation_rate" + window},
	{names: "pool", op: "pool", params: "input=inputs window_shape=pool_size pooling_type strides padding data_format dilations=dilation_rate dilation_rate"},
	{names: "max_pool_with_argmax MaxPoolWithArgmax", op: "max_pool_with_argmax", params: "input=inputs ksize=pool_size strides padding data_format output_dtype= include_batch_in_index"},
	{names: "dilation2d Dilation2D", op: "dilation2d", params: "input=inputs filters=kernel strides padding data_format dilations=dilation_rate filter=kernel rates=dilation_rate"},
	{names: "erosion2d", op: "erosion2d", params: "value=inputs filters=kernel strides padding data_format dilations=dilation_rate kernel rates=dilation_rate"},
	{names: "space_to_batch space_to_batch_nd SpaceToBatchND", op: "space_to_batch", params: "input=x block_shape paddings=pad_width block_size=block_shape"},
	{names: "batch_to_space batch_to_space_nd BatchToSpaceND", op: "batch_to_space", params: "input=x block_shape crops block_size=block_shape"},
	{names: "max_pool max_pool1d max_pool2d max_pool3d MaxPool MaxPoolV2 MaxPool3D", op: "max_pool", params: "input=inputs ksize=pool_size strides padding data_format value=inputs" + window},
	{names: "avg_pool avg_pool1d avg_pool2d avg_pool3d AvgPool AvgPool3D", op: "average_pool", params: "input=inputs ksize=pool_size strides padding data_format value=inputs"},
	{names: "depth_to_space DepthToSpace", op: "depth_to_space", params: "input=x block_size data_format"},
	{names: "space_to_depth SpaceToDepth", op: "space_to_depth", params: "input=x block_size data_format"},

	{names: "sigmoid_cross_entropy_with_logits", op: "binary_crossentropy", params: "labels=target logits=output _sentinel=", fixed: object{"from_logits": true}},
	{names: "softmax_cross_entropy_with_logits softmax_cross_entropy_with_logits_v2", op: "categorical_crossentropy", params: "labels=target logits=output axis dim=axis _sentinel=", fixed: object{"from_logits": true}},
	{names: "SoftmaxCrossEntropyWithLogits", op: "categorical_crossentropy", params: "features=output labels=target", fixed: object{"from_logits": true}},
	{names: "sparse_softmax_cross_entropy_with_logits", op: "sparse_categorical_crossentropy", params: "labels=target logits=output _sentinel=", fixed: object{"from_logits": true}},
	{names: "SparseSoftmaxCrossEntropyWithLogits", op: "sparse_categorical_crossentropy", params: "features=output labels=target", fixed: object{"from_logits": true}},
	{names: "weighted_cross_entropy_with_logits", op: "weighted_cross_entropy_with_logits", params: "labels logits pos_weight targets=labels"},
	{names: "log_poisson_loss", op: "log_poisson_loss", params: "targets log_input compute_full_loss"},
	{names: "keras.backend.binary_crossentropy", op: "backend_binary_crossentropy", params: "target output from_logits"},
	{names: "keras.backend.categorical_crossentropy", op: "categorical_crossentropy", params: "target output from_logits axis"},
	{names: "keras.backend.sparse_categorical_crossentropy", op: "backend_sparse_categorical_crossentropy", params: "target output from_logits axis"},
	{names: "keras.backend.binary_focal_crossentropy", op: "binary_focal_crossentropy", params: "target output apply_class_balancing alpha gamma from_logits"},
	{names: "keras.backend.print_tensor", op: "identity", params: "x message= summarize="},

	{names: "reduce_sum Sum", op: "sum", params: reduction},
	{names: "reduce_mean Mean", op: "mean", params: reduction},
	{names: "reduce_max Max", op: "max", params: reduction},
	{names: "reduce_min Min", op: "min", params: reduction},
	{names: "reduce_prod Prod", op: "prod", params: reduction},
	{names: "reduce_any Any", op: "any", params: reduction},
	{names: "reduce_all All", op: "all", params: reduction},
	{names: "reduce_std", op: "std", params: reduction},
	{names: "reduce_variance", op: "var", params: reduction},
	{names: "reduce_logsumexp", op: "logsumexp", params: reduction},
	{names: "reduce_euclidean_norm EuclideanNorm", op: "norm", params: reduction},
	{names: "count_nonzero", op: "count_nonzero", params: "input=x axis keepdims dtype="},
	{names: "norm", op: "norm", params: "tensor=x ord axis keepdims keep_dims=keepdims"},
	{names: "argmax ArgMax", op: "argmax", params: "input=x axis:0 output_type dimension=axis"},
	{names: "argmin ArgMin", op: "argmin", params: "input=x axis:0 output_type dimension=axis"},
	{names: "cumsum Cumsum", op: "cumsum", params: "x axis:0 exclusive reverse"},
	{names: "cumprod Cumprod", op: "cumprod", params: "x axis:0 exclusive reverse"},
	{names: "sort", op: "sort", params: "values=x axis:-1 direction"},
	{names: "argsort", op: "argsort", params: "values=x axis:-1 direction stable="},
	{names: "top_k TopKV2", op: "top_k", params: "input=x k sorted= index_type="},
	{names: "searchsorted", op: "searchsorted", params: "sorted_sequence values side"},

	{names: "matmul MatMul BatchMatMul BatchMatMulV2", op: "matmul", params: "a=x1 b=x2 transpose_a transpose_b" + adjoints},
	{names: "matvec", op: "matmul", params: "a=x1 b=x2 transpose_a"},
	{names: "tensordot", op: "tensordot", params: "a=x1 b=x2 axes"},
	{names: "einsum", op: "einsum", params: "equation=subscripts *inputs=operands optimize="},
	{names: "Einsum", op: "einsum", params: "*inputs=operands equation=subscripts N="},
	{names: "cross Cross", op: "cross", params: "a=x1 b=x2"},
	{names: "band_part MatrixBandPart", op: "band_part", params: "input=x num_lower num_upper"},
	{names: "diag_part MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3", op: "diag_part", params: "input=x k padding_value= align="},
	{names: "diag MatrixDiag MatrixDiagV2 MatrixDiagV3", op: "matrix_diag", params: "diagonal k num_rows num_cols padding_value align="},
	{names: "set_diag MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3", op: "set_diag", params: "input=x diagonal k align="},
	{names: "trace", op: "trace", params: "x", fixed: object{"axis1": int64(-2), "axis2": int64(-1)}},

	{names: "reshape Reshape", op: "reshape", params: "tensor=x shape=newshape"},
	{names: "expand_dims ExpandDims", op: "expand_dims", params: "input=x axis dim=axis"},
	{names: "squeeze Squeeze", op: "squeeze", params: "input=x axis squeeze_dims=axis"},
	{names: "transpose Transpose", op: "transpose", params: "a=x perm=axes conjugate= x=x"},
	{names: "matrix_transpose", op: "swapaxes", params: "a=x conjugate=", fixed: object{"axis1": int64(-2), "axis2": int64(-1)}},
	{names: "reverse ReverseV2", op: "flip", params: "tensor=x axis"},
	{names: "roll Roll", op: "roll", params: "input=x shift axis"},
	{names: "tile Tile", op: "tile", params: "input=x multiples=repeats"},
	{names: "repeat", op: "repeat", params: "input=x repeats axis"},
	{names: "broadcast_to BroadcastTo", op: "broadcast_to", params: "input=x shape"},
	{names: "pad pad_v2 Pad", op: "pad", params: "tensor=x paddings=pad_width mode constant_values"},
	{names: "PadV2", op: "pad", params: "tensor=x paddings=pad_width constant_values"},
	{names: "MirrorPad", op: "pad", params: "tensor=x paddings=pad_width mode"},
	{names: "shape shape_v2 Shape", op: "shape", params: "input=x out_type"},
	{names: "size Size", op: "size", params: "input=x out_type"},
	{names: "rank Rank", op: "ndim", params: "input=x"},
	{names: "concat", op: "concatenate", params: "values=xs axis"},
	{names: "ConcatV2", op: "concatenate", params: "*values=xs axis N="},
	{names: "stack", op: "stack", params: "values=x axis:0"},
	{names: "Pack", op: "stack", params: "*values=x axis:0 N="},
	{names: "split", op: "split_sizes", params: "value=x num_or_size_splits=sizes axis:0 num="},
	{names: "Split", op: "split_sizes", params: "axis value=x num_split=sizes"},
	{names: "SplitV", op: "split_sizes", params: "value=x size_splits=sizes axis num_split="},
	{names: "unstack Unpack", op: "unstack", params: "value=x num axis:0"},
	{names: "meshgrid", op: "meshgrid", params: "*args=x indexing"},

	{names: "gather gather_v2 Gather GatherV2", op: "gather", params: "params=x indices axis batch_dims validate_indices= _name="},
	{names: "batch_gather", op: "gather", params: "params=x indices", fixed: object{"batch_dims": int64(-1)}},
	{names: "xw_plus_b", op: "xw_plus_b", params: "x weights biases"},
	{names: "relu_layer", op: "relu_layer", params: "x weights biases"},
	{names: "quantization.fake_quant_with_min_max_args FakeQuantWithMinMaxArgs", op: "fake_quant", params: "inputs=x min max num_bits narrow_range"},
	{names: "quantization.fake_quant_with_min_max_vars FakeQuantWithMinMaxVars", op: "fake_quant", params: "inputs=x min max num_bits narrow_range"},
	{names: "quantization.fake_quant_with_min_max_vars_per_channel FakeQuantWithMinMaxVarsPerChannel", op: "fake_quant", params: "inputs=x min max num_bits narrow_range"},
	{names: "extract_volume_patches ExtractVolumePatches", op: "image.extract_patches", params: "input=images ksizes=size strides padding"},
	{names: "embedding_lookup", op: "gather", params: "params=x ids=indices max_norm partition_strategy="},
	{names: "gather_nd GatherNd", op: "gather_nd", params: "params=x indices batch_dims bad_indices_policy="},
	{names: "slice Slice", op: "slice", params: "input_=inputs begin=start_indices size=shape"},
	{names: "strided_slice StridedSlice", op: "strided_slice", params: "input_=x begin end strides begin_mask end_mask ellipsis_mask new_axis_mask shrink_axis_mask var="},
	{names: "one_hot OneHot", op: "tf_one_hot", params: "indices depth on_value off_value axis dtype T=dtype"},
	{names: "zeros_like zeros_like_v2 ZerosLike", op: "zeros_like", params: "input=x dtype tensor=x optimize= layout= x=x"},
	{names: "ones_like ones_like_v2 OnesLike", op: "ones_like", params: "input=x dtype tensor=x optimize= layout= x=x"},
	{names: "zeros", op: "zeros", params: "shape dtype layout="},
	{names: "ones", op: "ones", params: "shape dtype layout="},
	{names: "fill Fill", op: "fill", params: "dims=shape value=fill_value index_type="},
	{names: "range Range", op: "range", params: "start limit=stop delta=step dtype"},
	{names: "linspace LinSpace", op: "linspace", params: "start stop num axis"},
	{names: "eye", op: "eye", params: "num_rows=N num_columns=M batch_shape dtype"},
	{names: "sequence_mask", op: "sequence_mask", params: "lengths maxlen dtype"},
	{names: "scatter_nd ScatterNd", op: "scatter", params: "indices updates=values shape bad_indices_policy="},
	{names: "tensor_scatter_nd_update TensorScatterUpdate", op: "scatter_update", params: "tensor=inputs indices updates bad_indices_policy="},
	{names: "tensor_scatter_nd_add TensorScatterAdd", op: "scatter_update", params: "tensor=inputs indices updates bad_indices_policy=", fixed: object{"reduction": "add"}},
	{names: "tensor_scatter_nd_sub TensorScatterSub", op: "scatter_update", params: "tensor=inputs indices updates bad_indices_policy=", fixed: object{"reduction": "sub"}},
	{names: "tensor_scatter_nd_max TensorScatterMax", op: "scatter_update", params: "tensor=inputs indices updates bad_indices_policy=", fixed: object{"reduction": "max"}},
	{names: "tensor_scatter_nd_min TensorScatterMin", op: "scatter_update", params: "tensor=inputs indices updates bad_indices_policy=", fixed: object{"reduction": "min"}},
	{names: "segment_sum SegmentSum", op: "segment_sum", params: "data segment_ids"},
	{names: "unsorted_segment_sum UnsortedSegmentSum", op: "segment_sum", params: "data segment_ids num_segments"},
	{names: "unsorted_segment_max UnsortedSegmentMax", op: "segment_max", params: "data segment_ids num_segments"},
	{names: "unsorted_segment_min UnsortedSegmentMin", op: "segment_min", params: "data segment_ids num_segments"},
	{names: "unsorted_segment_prod UnsortedSegmentProd", op: "segment_prod", params: "data segment_ids num_segments"},

	{names: "segment_max SegmentMax", op: "sorted_segment_max", params: "data segment_ids"},
	{names: "segment_min SegmentMin", op: "sorted_segment_min", params: "data segment_ids"},
	{names: "segment_prod SegmentProd", op: "segment_prod", params: "data segment_ids"},
	{names: "segment_mean SegmentMean", op: "segment_mean", params: "data segment_ids"},
	{names: "unsorted_segment_mean", op: "segment_mean", params: "data segment_ids num_segments"},
	{names: "unsorted_segment_sqrt_n", op: "segment_sqrt_n", params: "data segment_ids num_segments"},
	{names: "bincount", op: "tf_bincount", params: "arr weights minlength maxlength dtype axis binary_output"},
	{names: "histogram_fixed_width HistogramFixedWidth", op: "histogram_fixed_width", params: "values value_range nbins dtype"},
	{names: "histogram_fixed_width_bins", op: "histogram_fixed_width_bins", params: "values value_range nbins dtype="},
	{names: "confusion_matrix", op: "confusion_matrix", params: "labels predictions num_classes weights dtype"},
	{names: "unravel_index UnravelIndex", op: "tf_unravel_index", params: "indices dims"},

	{names: "boolean_mask boolean_mask_v2", op: "boolean_mask", params: "tensor=x mask axis"},
	{names: "in_top_k InTopK InTopKV2", op: "in_top_k", params: "predictions targets k"},
	{names: "digamma Digamma", op: "digamma", params: "x"},
	{names: "lbeta", op: "lbeta", params: "x"},
	{names: "polyval", op: "polyval", params: "coeffs x"},
	{names: "scalar_mul", op: "multiply", params: "scalar=x1 x=x2"},
	{names: "reciprocal_no_nan", op: "divide_no_nan", params: "x=x2", fixed: object{"x1": 1.0}},
	{names: "truncatediv TruncateDiv", op: "truncatediv", params: "x=x1 y=x2"},
	{names: "truncatemod TruncateMod", op: "fmod", params: "x=x1 y=x2"},
	{names: "cumulative_logsumexp CumulativeLogsumexp", op: "cumulative_logsumexp", params: "x axis exclusive reverse"},
	{names: "is_non_decreasing", op: "is_non_decreasing", params: "x"},
	{names: "is_strictly_increasing", op: "is_strictly_increasing", params: "x"},
	{names: "invert_permutation InvertPermutation", op: "invert_permutation", params: "x"},
	{names: "debugging.check_numerics CheckNumerics", op: "identity", params: "tensor=x message="},
	{names: "xlogy Xlogy", op: "xlogy", params: "x y"},
	{names: "xlog1py Xlog1py", op: "xlog1py", params: "x y"},
	{names: "xdivy Xdivy", op: "xdivy", params: "x y"},
	{names: "l2_loss L2Loss", op: "l2_loss", params: "t=x"},
	{names: "zero_fraction", op: "zero_fraction", params: "value=x"},
	{names: "reverse_sequence ReverseSequence", op: "reverse_sequence", params: "input=x seq_lengths seq_axis batch_axis seq_dim=seq_axis batch_dim=batch_axis"},
	{names: "normalize", op: "linalg.normalize", params: "tensor=x ord axis"},
	{names: "eigh self_adjoint_eig", op: "eigh", params: "tensor=x"},
	{names: "SelfAdjointEigV2", op: "eigh", params: "input=x compute_v="},

	{names: "inv matrix_inverse MatrixInverse", op: "inv", params: "input=x"},
	{names: "det matrix_determinant MatrixDeterminant", op: "det", params: "input=x"},
	{names: "cholesky Cholesky", op: "cholesky", params: "input=x"},
	{names: "slogdet LogMatrixDeterminant", op: "slogdet", params: "input=x"},
	{names: "pinv", op: "pinv", params: "a=x rcond validate_args="},
	{names: "solve matrix_solve MatrixSolve", op: "solve", params: "matrix=a rhs=b"},
	{names: "triangular_solve matrix_triangular_solve MatrixTriangularSolve", op: "solve_triangular", params: "matrix=a rhs=b lower"},

	{names: "qr Qr", op: "tf_qr", params: "input=x full_matrices"},
	{names: "svd", op: "tf_svd", params: "tensor=x full_matrices compute_uv"},
	{names: "Svd", op: "tf_svd", params: "input=x full_matrices compute_uv"},
	{names: "eigvalsh self_adjoint_eigvals", op: "eigvalsh", params: "tensor=x"},
	{names: "lstsq", op: "lstsq", params: "matrix=a rhs=b fast="},
	{names: "cholesky_solve", op: "cholesky_solve", params: "chol rhs"},
	{names: "matrix_rank", op: "matrix_rank", params: "a=x tol validate_args="},
	{names: "adjoint", op: "swapaxes", params: "matrix=x", fixed: object{"axis1": int64(-2), "axis2": int64(-1)}},

	{names: "strings.lower StringLower", op: "strings.lower", params: "input=x encoding"},
	{names: "strings.upper StringUpper", op: "strings.upper", params: "input=x encoding"},
	{names: "strings.strip string_strip StringStrip", op: "strings.strip", params: "input=x"},
	{names: "strings.length StringLength", op: "strings.length", params: "input=x unit"},
	{names: "strings.substr substr Substr", op: "strings.substr", params: "input=x pos len unit"},
	{names: "strings.join string_join", op: "strings.join", params: "inputs separator"},
	{names: "StringJoin", op: "strings.join", params: "*inputs separator N="},
	{names: "strings.regex_full_match RegexFullMatch StaticRegexFullMatch", op: "strings.regex_full_match", params: "input=x pattern"},
	{names: "strings.regex_replace regex_replace RegexReplace StaticRegexReplace", op: "strings.regex_replace", params: "input=x pattern rewrite replace_global"},
	{names: "strings.to_hash_bucket_fast string_to_hash_bucket_fast StringToHashBucketFast", op: "strings.to_hash_bucket_fast", params: "input=x num_buckets"},
	{names: "strings.to_hash_bucket_strong string_to_hash_bucket_strong StringToHashBucketStrong", op: "strings.to_hash_bucket_strong", params: "input=x num_buckets key"},

	{names: "image.crop_and_resize", op: "image.crop_and_resize", params: "image=images boxes box_indices crop_size method extrapolation_value box_ind=box_indices"},
	{names: "CropAndResize", op: "image.crop_and_resize", params: "image=images boxes box_ind=box_indices crop_size method extrapolation_value"},
	{names: "image.combined_non_max_suppression CombinedNonMaxSuppression", op: "image.combined_non_max_suppression", params: "boxes scores max_output_size_per_class max_total_size iou_threshold score_threshold pad_per_class clip_boxes"},
	{names: "image.non_max_suppression_padded", op: "image.non_max_suppression_padded", params: "boxes scores max_output_size iou_threshold score_threshold pad_to_max_output_size"},
	{names: "image.ssim", op: "tf_ssim", params: "img1=image1 img2=image2 max_val filter_size filter_sigma k1 k2"},
	{names: "image.psnr", op: "tf_psnr", params: "a=image1 b=image2 max_val"},
	{names: "image.resize_bilinear ResizeBilinear", op: "image.resize_bilinear", params: "images size align_corners half_pixel_centers"},
	{names: "image.resize_nearest_neighbor ResizeNearestNeighbor", op: "image.resize_nearest_neighbor", params: "images size align_corners half_pixel_centers"},
	{names: "image.resize_bicubic ResizeBicubic", op: "image.resize_bicubic", params: "images size align_corners half_pixel_centers"},
	{names: "image.resize_images", op: "image.resize_images", params: "images size method align_corners"},
	{names: "image.resize", op: "image.resize", params: "images size method=interpolation antialias"},
	{names: "image.extract_patches extract_image_patches image.extract_image_patches ExtractImagePatches", op: "image.extract_patches", params: "images sizes=size strides rates=dilation_rate padding ksizes=size"},
	{names: "image.crop_to_bounding_box", op: "image.crop_images", params: "image=images offset_height=top_cropping offset_width=left_cropping target_height target_width"},
	{names: "image.pad_to_bounding_box", op: "image.pad_images", params: "image=images offset_height=top_padding offset_width=left_padding target_height target_width"},
	{names: "image.flip_left_right", op: "image.flip_left_right", params: "image=images"},
	{names: "image.flip_up_down", op: "image.flip_up_down", params: "image=images"},
	{names: "image.transpose", op: "image.transpose", params: "image=images"},
	{names: "image.rgb_to_grayscale", op: "image.rgb_to_grayscale", params: "images"},
	{names: "image.grayscale_to_rgb", op: "image.grayscale_to_rgb", params: "images"},
	{names: "image.rot90", op: "rot90", params: "image=x k", fixed: object{"axes": []any{int64(-3), int64(-2)}}},
	{names: "image.rgb_to_hsv RGBToHSV", op: "image.rgb_to_hsv", params: "images"},
	{names: "image.hsv_to_rgb HSVToRGB", op: "image.hsv_to_rgb", params: "images"},
	{names: "image.per_image_standardization", op: "image.per_image_standardization", params: "image=images"},
	{names: "image.convert_image_dtype", op: "image.convert_image_dtype", params: "image=images dtype saturate"},
	{names: "image.central_crop", op: "image.central_crop", params: "image=images central_fraction"},
	{names: "image.resize_with_crop_or_pad image.resize_image_with_crop_or_pad", op: "image.resize_with_crop_or_pad", params: "image=images target_height target_width"},
	{names: "image.resize_with_pad", op: "image.resize_with_pad", params: "image=images target_height target_width method=interpolation antialias"},
	{names: "image.rgb_to_yuv", op: "image.rgb_to_yuv", params: "images"},
	{names: "image.yuv_to_rgb", op: "image.yuv_to_rgb", params: "images"},
	{names: "image.rgb_to_yiq", op: "image.rgb_to_yiq", params: "images"},
	{names: "image.yiq_to_rgb", op: "image.yiq_to_rgb", params: "images"},
	{names: "image.adjust_gamma", op: "image.adjust_gamma", params: "image=images gamma gain"},
	{names: "image.adjust_hue", op: "image.adjust_hue", params: "image=images delta"},
	{names: "image.adjust_saturation", op: "image.adjust_saturation", params: "image=images saturation_factor"},
	{names: "image.adjust_brightness", op: "image.adjust_brightness", params: "image=images delta"},
	{names: "image.adjust_contrast AdjustContrastv2", op: "image.adjust_contrast", params: "images contrast_factor"},
	{names: "AdjustHue", op: "image.adjust_hue", params: "images delta"},
	{names: "AdjustSaturation", op: "image.adjust_saturation", params: "images scale=saturation_factor"},
}

// tfModules hold the functions whose last name is enough.
var tfModules = []string{"compat.v1.", "compat.v2.", "math.", "nn.", "linalg.", "__operators__.", "bitwise.", "dtypes."}

// tfByName finds the row of a function ("math.reduce_sum") or graph op ("Sum").
func (b *builder) tfByName(function string) *tfRow {
	if b.tfNames == nil {
		b.tfNames = map[string]*tfRow{}
		rows := tfOps()
		for i := range rows {
			for _, n := range strings.Fields(rows[i].names) {
				b.tfNames[n] = &rows[i]
			}
		}
	}
	if r := b.tfNames[function]; r != nil {
		return r
	}
	name := function
	for _, m := range tfModules {
		name = strings.TrimPrefix(name, m)
	}
	return b.tfNames[name]
}

// unknownTF says that the table has no row for a function or graph op, and why.
func (l *Layer) unknownTF(field, what, function string) {
	const instead = "give the layer's lowering in Go with importer.WithLayer, or replace it in the model"
	last := function[strings.LastIndex(function, ".")+1:]
	switch {
	case strings.Contains(strings.ToLower(function), "random") || last == "dropout" || last == "Multinomial":
		l.Fail(ir.ErrUnsupported, field, "%s %s of TensorFlow is random, so that Keras gives other numbers each time; build the model without it (of a variational encoder, take the mean), or %s", what, function, instead)
	case takesFunctions[last]:
		l.Fail(ir.ErrUnsupported, field, "%s %s of TensorFlow is not supported: %s", what, function, ofFunctions)
	case sizedByData[last]:
		l.Fail(ir.ErrUnsupported, field, "%s %s of TensorFlow is not supported: %s", what, function, ofData)
	default:
		l.Fail(ir.ErrUnsupported, field, "%s %s of TensorFlow is not supported; %s", what, function, instead)
	}
}

var takesFunctions = map[string]bool{
	"map_fn": true, "vectorized_map": true, "scan": true, "foldl": true, "foldr": true, "while_loop": true, "cond": true, "case": true, "switch_case": true,
	"numpy_function": true, "py_function": true, "rnn": true, "custom_gradient": true, "If": true, "While": true, "PyFunc": true,
}

var sizedByData = map[string]bool{
	"unique": true, "unique_with_counts": true, "Unique": true, "UniqueWithCounts": true, "dynamic_partition": true, "DynamicPartition": true, "Where": true, "non_max_suppression": true,
}

// tfCall binds TensorFlow's arguments to an operation and lowers it.
func (l *Layer) tfCall(function string, positional []any, named object) []Value {
	r := l.b.tfByName(function)
	if r == nil {
		l.unknownTF("function", "the function", function)
		return nil
	}
	args := object{}
	set := func(ours string, v any) {
		if old := args[ours]; ours != "" && (old == nil || v != nil && v != false) {
			args[ours] = v
		}
	}
	rest := positional
	known := map[string]bool{}
	for _, p := range strings.Fields(r.params) {
		p, all := strings.CutPrefix(p, "*")
		p, def, hasDefault := strings.Cut(p, ":")
		theirs, ours, renamed := strings.Cut(p, "=")
		if !renamed {
			ours = theirs
		}
		known[theirs] = true
		v, given := named[theirs]
		switch {
		case given:
			set(ours, v)
		case all:
			set(ours, rest)
			rest = nil
		case len(rest) > 0 && args[ours] == nil:
			set(ours, rest[0])
			rest = rest[1:]
		}
		if hasDefault && args[ours] == nil {
			args[ours] = map[string]any{"0": int64(0), "-1": int64(-1)}[def]
		}
	}
	for _, k := range sortedKeys(named) {
		if !known[k] && k != "name" && named[k] != nil && named[k] != false {
			l.Fail(ir.ErrUnsupported, k, "argument %s = %s of %s is not supported", k, showArg(named[k]), function)
		}
	}
	if len(rest) > 0 {
		l.Fail(ir.ErrMalformed, "", "%s is called with %d arguments", function, len(positional))
	}
	for k, v := range r.fixed {
		args[k] = v
	}
	o := l.bindOp(l.b.opByName(r.op), nil, args)
	o.tf = true
	return o.run()
}
