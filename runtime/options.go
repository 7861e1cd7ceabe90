package runtime

import "time"

type options struct {
	threads       int
	maxMemory     int64
	passes        bool
	exactProducts bool
	observer      func(NodeTiming)
	ops           map[string]OpFunc // by kind
	streaming     bool
	streams       []string
}

// defaultMaxMemory is WithMaxMemory's default. On 32 bits it is 512 MiB.
const defaultMaxMemory = 16 << 30

// Option configures Compile.
type Option func(*options)

// WithThreads limits the number of threads that one run uses. The default, and
// the meaning of 0 or less, is GOMAXPROCS. The results do not depend on it.
func WithThreads(n int) Option { return func(o *options) { o.threads = n } }

// WithMaxMemory limits the memory, in bytes, of the intermediate values of one run.
// A run that needs more fails with ir.ErrLimit. The default, and the meaning of 0
// or less, is 16 GiB. A session keeps the memory of the last eight sets of input
// shapes.
//
// It also limits the cache in which a Program keeps, for all its sessions, the
// products of embedded words with the kernel of a recurrent layer; this never
// exceeds 64 MiB.
func WithMaxMemory(bytes int64) Option { return func(o *options) { o.maxMemory = bytes } }

// WithoutFusion runs the graph as it was imported, without the passes that
// optimise it. This is slower and meant for comparison.
func WithoutFusion() Option { return func(o *options) { o.passes = false } }

// WithExactProducts turns off Winograd's algorithm for convolutions and Strassen's
// for large matrix products, which are faster but round about twice as coarsely.
func WithExactProducts() Option { return func(o *options) { o.exactProducts = true } }

// WithStreaming makes the runs of a session one sequence, so that a model that was
// made for whole windows can be fed step by step. The outputs of the runs, put
// together, are those of one run over all steps. A fixed length of the window
// becomes open, and each run may have any number of steps. An output without a
// time axis is what all steps so far would give as one window. Session.Reset
// starts the next sequence.
//
// Time is axis 1 of the inputs that are named. Without names, it is axis 1 of
// every input that the model allows to be fed in steps. Other inputs are given in
// full with each run. Program.Inputs tells them apart: axis 1 of an input that is
// fed in steps is open and has the name "time".
//
// Compile refuses a model whose outputs need steps that are yet to come, or all
// steps at once: Bidirectional, pooling over the time, attention, Flatten,
// padding="same", strides. The error wraps ir.ErrUnsupported and names every
// layer that is in the way.
func WithStreaming(inputs ...string) Option {
	return func(o *options) { o.streaming, o.streams = true, inputs }
}

// WithObserver calls f after every node of every run, on the goroutine that called
// Run. If several sessions run at once, so does f. It costs two readings of the
// clock for each node.
func WithObserver(f func(NodeTiming)) Option { return func(o *options) { o.observer = f } }

// NodeTiming is what an observer learns about a node that has run.
type NodeTiming struct {
	Node  int           // index in Program.Nodes
	Layer string        // path of the Keras layer, such as "encoder/lstm"
	Class string        // class of the Keras layer
	Kind  string        // kind of the op
	Took  time.Duration // of nodes that ran together, all is told of the first
}
