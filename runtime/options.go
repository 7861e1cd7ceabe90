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

// WithThreads sets how many goroutines a run may use; 0, the default, means
// GOMAXPROCS. Results do not depend on it.
func WithThreads(n int) Option { return func(o *options) { o.threads = n } }

// WithMaxMemory limits the bytes that one plan may take for intermediate
// values. The default is 16 GiB. Recurrent layers over an embedding keep, for all
// sessions of a program, what its rows are projected to: in as much memory at
// most, and never over 64 MiB.
func WithMaxMemory(bytes int64) Option { return func(o *options) { o.maxMemory = bytes } }

// WithoutFusion runs the graph as imported, without the optimising passes. It
// is slower and meant for comparison.
func WithoutFusion() Option { return func(o *options) { o.passes = false } }

// WithExactProducts keeps convolutions from using Winograd's algorithm, and large
// matrix products from using Strassen's: they are faster and round about twice as
// coarsely.
func WithExactProducts() Option { return func(o *options) { o.exactProducts = true } }

// WithStreaming makes the runs of a session one sequence, so that a model made
// for whole windows can be fed step by step: the outputs of the runs, one after
// the other, are those of one run over all the steps. A fixed length of the
// window becomes open, each run may have any number of steps, and outputs that
// have no time axis are what the window up to now gives. Session.Reset starts the
// next sequence.
//
// Time is axis 1 of the named inputs; without names, of as many inputs as the
// model lets flow. The others are given whole with every run. Program.Inputs
// shows which: a flowing input's axis 1 is open and named "time".
//
// Compile then refuses a model of which an output needs steps that are still to
// come, or all of them at once (Bidirectional, pooling over time, attention,
// Flatten, padding same, strides): the error is an ir.ErrUnsupported for every
// layer that is in the way.
func WithStreaming(inputs ...string) Option {
	return func(o *options) { o.streaming, o.streams = true, inputs }
}

// WithObserver calls f after every node of every run, from the goroutine that
// runs. It costs two clock readings a node.
func WithObserver(f func(NodeTiming)) Option { return func(o *options) { o.observer = f } }

// NodeTiming is what an observer learns of one executed node.
type NodeTiming struct {
	Node  int    // index in Program.Nodes
	Layer string // Keras layer path
	Class string // Keras class
	Kind  string // op kind
	Took  time.Duration
}
