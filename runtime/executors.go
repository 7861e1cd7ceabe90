package runtime

import "github.com/kerasgo/kerasgo/ir"

// step computes one node. It reads and writes the buffers it was bound to.
type step func(x *exec) error

// executor is one node made ready: its constants are packed. It is immutable
// and shared by all plans of a Program.
type executor struct {
	// view: output 0 has the elements of input 0 in the same order; it shares
	// its memory, and there is no step.
	view bool
	// inplace lists the inputs whose memory output 0 may take over: those of
	// its element count that the step reads only at, or before, the position it
	// writes.
	inplace []int
	// scratch is the number of float32 that the step needs while it runs; nil
	// for none.
	scratch func(in, out []ir.Type) int
	bind    func(b *binding) (step, error)
}

// binding is what a step is bound to.
type binding struct {
	in      []*buffer // nil for absent inputs and for constants taken by prepare
	out     []*buffer // nil for outputs nobody reads
	scratch []float32
	types   []ir.Type // of the inputs, taken constants included
	session *Session

	// parallel is set by a step that has enough work (20 µs or more) to be worth
	// waking the workers for; exec.pool is nil in plans without such a step.
	parallel bool
	shared   int      // operations that workers would share if they were awake
	rnn      *rnnStep // set by recurrent nodes: see pairStep

	// weights is what the step reads from far away, and next where a step that
	// computes long enough wants to know the weights of the one after it.
	weights []float32
	next    *[]float32
}

// prepare makes the executor of a node.
type prepare func(c *compiler, n *ir.Node) (*executor, error)

// executors has one row for every op kind.
var executors = map[string]prepare{
	"Reshape":     prepareReshape,
	"Unary":       prepareUnary,
	"Binary":      prepareBinary,
	"Where":       prepareWhere,
	"Cast":        prepareCast,
	"Transpose":   prepareTranspose,
	"Concat":      prepareConcat,
	"Slice":       prepareSlice,
	"Gather":      prepareGather,
	"Pad":         preparePad,
	"Broadcast":   prepareBroadcast,
	"Tile":        prepareTile,
	"Repeat":      prepareRepeat,
	"Flip":        prepareFlip,
	"OneHot":      prepareOneHot,
	"Range":       prepareRange,
	"Lookup":      prepareLookup,
	"Bucketize":   prepareBucketize,
	"Bincount":    prepareBincount,
	"Hash":        prepareHash,
	"CrossHash":   prepareCrossHash,
	"Tokenize":    prepareTokenize,
	"Text":        prepareText,
	"STFT":        prepareSTFT,
	"ShapeOf":     prepareShapeOf,
	"GatherAlong": prepareGatherAlong,
	"Scatter":     prepareScatter,
	"Sort":        prepareSort,
	"Cumulative":  prepareCumulative,
	"Linalg":      prepareLinalg,
	"CTCBeam":     prepareCTCBeam,
	"NMS":         prepareNMS,
	"Reduce":      prepareReduce,
	"Softmax":     prepareSoftmax,

	"Dense":         prepareDense,
	"MatMul":        prepareMatMul,
	"Einsum":        prepareEinsum,
	"Conv":          prepareConv,
	"DepthwiseConv": prepareDepthwiseConv,
	"Chain":         prepareChain,
	"ScaledConv":    prepareScaledConv,
	"ConvTranspose": prepareConvTranspose,
	"Pool":          preparePool,
	"AdaptivePool":  prepareAdaptivePool,
	"Resize":        prepareResize,
	"BatchNorm":     prepareBatchNorm,
	"LayerNorm":     prepareLayerNorm,
	"Attention":     prepareAttention,
	"LSTM":          prepareRecurrent,
	"GRU":           prepareRecurrent,
	"SimpleRNN":     prepareRecurrent,
	"EmbeddedRNN":   prepareEmbeddedRNN,
	"ConvLSTM":      prepareConvLSTM,
	"History":       prepareHistory,
}
