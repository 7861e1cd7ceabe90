package runtime

import (
	"errors"
	"math"
	goruntime "runtime"
	"sync"

	"github.com/kerasgo/kerasgo/internal/kernel"
	"github.com/kerasgo/kerasgo/internal/passes"
	"github.com/kerasgo/kerasgo/internal/streaming"
	"github.com/kerasgo/kerasgo/internal/workers"
	"github.com/kerasgo/kerasgo/ir"
)

// Program is a compiled model, made by Compile. It is immutable. Any number of
// goroutines may use it at once, each with a Session of its own, or by Predict.
type Program struct {
	model     *ir.Model
	opts      options
	executors []*executor // by node; nil when nothing needs the node
	consts    []*buffer   // by value; nil unless a step reads the constant itself
	keep      []*ir.Tensor
	uses      []int // by value: how many nodes and model outputs read it
	lastUse   []int // by value: when it is read last; len(nodes) for outputs
	when      []int // by node: when it runs
	root      []ir.ValueID
	dims      []string // dimensions that data decide
	sessions  sync.Pool
	poolOnce  sync.Once
	pool      *workers.Pool
}

// workers returns the program's pool, started on first use and stopped when the
// program is closed or no longer reachable.
func (p *Program) workers() *workers.Pool {
	p.poolOnce.Do(func() {
		p.pool = workers.New(p.opts.threads)
		goruntime.AddCleanup(p, (*workers.Pool).Close, p.pool)
	})
	return p.pool
}

// Close stops the program's worker goroutines. It is optional, as they also stop
// when the garbage collector finds the program unused. Call it when no session is
// running. Later runs still work, on the calling goroutine alone.
func (p *Program) Close() {
	p.poolOnce.Do(func() {})
	p.pool.Close()
}

// Info describes an input, an output or a state of a model.
type Info struct {
	Name  string
	DType ir.DType // as the model computes; see Tensor.DType for what a run takes
	Shape ir.Shape // dimensions that Keras leaves open have names: [batch, 32]
}

// compiler is the state of Compile that prepare functions see.
type compiler struct {
	*Program
	taken  map[ir.ValueID]int // constants packed, by how many nodes
	packed map[packKey]*weights
	packs  []*weights
	kept   map[keptKey]*kernel.ProjectedRows
	budget int64 // bytes that further projected rows may take
}

// Compile validates the model, optimises it and packs its weights for the CPU. The
// program goes on using the tensors of m, so m must not be changed afterwards.
//
// The error wraps ir.ErrUnsupported if the program cannot run an op (see WithOp)
// or cannot stream (see WithStreaming), and then names all the layers concerned.
// It is another kind of *ir.Error if m is not valid (see ir.Model.Validate).
func Compile(m *ir.Model, opts ...Option) (*Program, error) {
	if m == nil {
		return nil, ir.Errorf(ir.ErrUsage, "runtime.Compile: the model is nil")
	}
	o := options{passes: true}
	for _, f := range opts {
		f(&o)
	}
	if o.maxMemory <= 0 {
		o.maxMemory = defaultMaxMemory
	}
	o.maxMemory = min(o.maxMemory, math.MaxInt/4) // sums of sizes stay numbers on 32 bits too
	if o.threads <= 0 {
		o.threads = goruntime.GOMAXPROCS(0)
	}
	if err := o.customOps(); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if o.streaming {
		var err error
		if m, err = streaming.Transform(m, o.streams...); err != nil {
			return nil, err
		}
	}
	if o.passes {
		m = fold(m)
		if err := passes.Optimise(m); err != nil {
			return nil, err
		}
	} else {
		m = passes.Clone(m)
	}
	return compile(m, o)
}

// compile prepares the nodes of a valid model that nobody else changes.
func compile(m *ir.Model, o options) (*Program, error) {
	sizedFirst(m)
	p := &Program{model: m, opts: o, dims: dataDims(m)}
	p.schedule()
	p.analyse()
	c := &compiler{Program: p, taken: map[ir.ValueID]int{}, packed: map[packKey]*weights{}, kept: map[keptKey]*kernel.ProjectedRows{}, budget: min(keptBytes, o.maxMemory)}
	p.executors = make([]*executor, len(m.Nodes))
	var missing []error
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if !p.needed(n) {
			continue
		}
		f, ok := executors[n.Op.Kind()]
		if own := o.ops[n.Op.Kind()]; own != nil {
			f, ok = custom(own), true
		}
		if !ok {
			missing = append(missing, &ir.Error{Kind: ir.ErrUnsupported, Layer: n.Origin.Layer, Class: n.Origin.Class, Text: "no executor for op " + n.Op.Kind() + "; give one with runtime.WithOp"})
			continue
		}
		e, err := f(c, n)
		if err != nil {
			return nil, c.locate(err, n)
		}
		p.executors[i] = e
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	c.packAll()
	p.materialise(c)
	p.root = make([]ir.ValueID, len(m.Values))
	for i := range p.root {
		p.root[i] = ir.ValueID(i)
	}
	for i, e := range p.executors {
		if e != nil && e.view {
			p.root[m.Nodes[i].Outputs[0]] = p.root[m.Nodes[i].Inputs[0]]
		}
	}
	return p, nil
}

// schedule says when every node runs: one after the other, except that two
// independent recurrent nodes run together.
func (p *Program) schedule() {
	nodes := p.model.Nodes
	p.when = make([]int, len(nodes))
	for i := range nodes {
		p.when[i] = i
		if i > 0 && p.opts.passes && p.when[i-1] == i-1 && passes.Independent(&nodes[i-1], &nodes[i]) {
			p.when[i] = i - 1
		}
	}
}

// partner is the node that runs at the same time as i and after it in the list;
// -1 if there is none.
func (p *Program) partner(i int) int {
	if j := i + 1; j < len(p.when) && p.when[j] == i && p.executors[i] != nil && p.executors[j] != nil {
		return j
	}
	return -1
}

// analyse counts the uses of every value, leaving out nodes nobody needs.
func (p *Program) analyse() {
	m := p.model
	p.uses, p.lastUse = make([]int, len(m.Values)), make([]int, len(m.Values))
	for _, o := range m.Outputs {
		p.uses[o.Value]++
		p.lastUse[o.Value] = len(m.Nodes)
	}
	for i := len(m.Nodes) - 1; i >= 0; i-- {
		n := &m.Nodes[i]
		if !p.needed(n) {
			continue
		}
		for _, id := range n.Inputs {
			if id != ir.None {
				p.uses[id]++
				p.lastUse[id] = max(p.lastUse[id], p.when[i])
			}
		}
	}
}

func (p *Program) needed(n *ir.Node) bool {
	for _, id := range n.Outputs {
		if p.uses[id] > 0 {
			return true
		}
	}
	return stateful(n.Op)
}

func stateful(op ir.Op) bool {
	return passes.StateOf(op) != ""
}

// take returns the constant that is input i of n and says that the node will
// not read it when it runs: the executor has packed what it needs. It returns
// nil if the input is absent or no constant.
func (c *compiler) take(n *ir.Node, i int) *ir.Tensor {
	if i >= len(n.Inputs) || n.Inputs[i] == ir.None {
		return nil
	}
	t := c.model.Const(n.Inputs[i])
	if t != nil {
		c.taken[n.Inputs[i]]++
	}
	return t
}

// has reports whether optional input i of n is there.
func has(n *ir.Node, i int) bool { return i < len(n.Inputs) && n.Inputs[i] != ir.None }

// live reports whether anybody reads output i of n.
func (c *compiler) live(n *ir.Node, i int) bool { return c.uses[n.Outputs[i]] > 0 }

// materialise makes buffers of the constants that steps read as they are.
func (p *Program) materialise(c *compiler) {
	p.consts = make([]*buffer, len(p.model.Values))
	for i, v := range p.model.Values {
		if v.Const == nil {
			continue
		}
		if p.uses[i] <= c.taken[ir.ValueID(i)] {
			p.model.Values[i].Const = nil // the program may outlive the caller's model
			continue
		}
		b := &buffer{}
		b.setConst(v.Const)
		p.consts[i] = b
		p.keep = append(p.keep, v.Const)
	}
}

func (c *compiler) locate(err error, n *ir.Node) error {
	var e *ir.Error
	if errors.As(err, &e) && e.Layer == "" {
		d := *e
		d.Layer, d.Class = n.Origin.Layer, n.Origin.Class
		return &d
	}
	return err
}

// Inputs describes the model's inputs, in the order in which Run takes them.
func (p *Program) Inputs() []Info { return infos(p.model, p.model.Inputs) }

// Outputs describes the model's outputs, in the order in which Run returns them.
func (p *Program) Outputs() []Info { return infos(p.model, p.model.Outputs) }

func infos(m *ir.Model, ports []ir.Port) []Info {
	out := make([]Info, len(ports))
	for i, p := range ports {
		t := m.Type(p.Value)
		out[i] = Info{p.Name, t.DType, t.Shape}
	}
	return out
}

// Bind returns the type of every value of the executed graph for known input
// shapes, as ir.Node.MACs takes them.
func (p *Program) Bind(inputs []ir.Shape) ([]ir.Type, error) { return p.model.Bind(inputs) }

// Nodes returns the nodes of the executed graph, which NodeTiming.Node indexes. They
// are not those of the model that was compiled: passes have merged and replaced
// some. Do not change them.
func (p *Program) Nodes() []ir.Node { return p.model.Nodes }
