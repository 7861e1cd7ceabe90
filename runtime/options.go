package runtime

import "time"

type options struct {
	threads   int
	maxMemory int64
	passes    bool
	exactConv bool
	observer  func(NodeTiming)
}

// Option configures Compile.
type Option func(*options)

// WithThreads sets how many goroutines a run may use; 0, the default, means
// GOMAXPROCS. Results do not depend on it.
func WithThreads(n int) Option { return func(o *options) { o.threads = n } }

// WithMaxMemory limits the bytes that one plan may take for intermediate
// values. The default is 16 GiB.
func WithMaxMemory(bytes int64) Option { return func(o *options) { o.maxMemory = bytes } }

// WithoutFusion runs the graph as imported, without the optimising passes. It
// is slower and meant for comparison.
func WithoutFusion() Option { return func(o *options) { o.passes = false } }

// WithExactConv keeps convolutions from using Winograd's algorithm, which is
// faster and rounds about twice as coarsely.
func WithExactConv() Option { return func(o *options) { o.exactConv = true } }

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
