package runtime

import (
	"context"
	goruntime "runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kerasgo/kerasgo/internal/workers"
	"github.com/kerasgo/kerasgo/ir"
)

// maxPlans bounds the plans a session keeps; the least recently used goes.
const maxPlans = 8

// Session runs a Program. It owns the memory of intermediate values and the states
// of stateful layers and streams. Get one from Program.NewSession.
//
// A Session must not be used by two goroutines at once. Any number of sessions of
// one Program may run at the same time.
type Session struct {
	program *Program
	plans   []*plan // most recently used first
	states  map[string]*state
	running bool // the states have been written since they were reset
	busy    bool // within a run; not atomic, as it costs nothing so and finds most misuse
	exec    exec
	sizes   []int // of the program's dims, as the last run had them
}

// exec is what a step sees of the run.
type exec struct {
	pool *workers.Pool // nil: one thread
	stop *atomic.Bool  // long steps end soon after it has become true; nil: never
}

func (x *exec) stopped() bool { return x.stop != nil && x.stop.Load() }

// NewSession returns a session whose states are those before the first run: zero
// for recurrent layers.
func (p *Program) NewSession() *Session {
	return &Session{program: p, states: map[string]*state{}, sizes: make([]int, len(p.dims))}
}

// Run computes the model's outputs. Inputs are in the order of Program.Inputs, and
// outputs in that of Program.Outputs.
//
// The returned tensors belong to the session: its next run overwrites them, so
// they must be copied to be kept, or to be inputs of that run. Once the session
// has seen a set of input shapes, Run allocates nothing for it, except the strings
// of string outputs. It remembers the last eight sets.
//
// An error wraps ir.ErrUsage, ir.ErrShape or ir.ErrDType if the inputs do not fit,
// and names the input; ir.ErrLimit if the run needs too much memory; ir.ErrUsage
// also if the values do not fit, such as an index beyond the table of an Embedding.
// NaN and infinities are computed with like other numbers.
func (s *Session) Run(inputs ...*Tensor) ([]*Tensor, error) {
	return s.RunContext(context.Background(), inputs...)
}

// RunContext is Run, but stops with the error of ctx when ctx is done: between two
// nodes, or between two time steps of a recurrent layer. The states of the session
// are then undefined until Reset or SetState.
func (s *Session) RunContext(ctx context.Context, inputs ...*Tensor) ([]*Tensor, error) {
	if err := s.made(); err != nil {
		return nil, err
	}
	if s.busy {
		return nil, ir.Errorf(ir.ErrUsage, "the session is in another run; give each goroutine a session of its own (Program.NewSession), or use Predict")
	}
	s.busy = true
	defer func() { s.busy = false }()
	for range s.program.dims { // each may take a new size once
		out, err := s.run(ctx, inputs)
		if !s.resized(err) {
			return out, err
		}
	}
	out, err := s.run(ctx, inputs)
	if s.resized(err) {
		err = ir.Errorf(ir.ErrShape, "%v in two places; equal names must agree", err)
	}
	return out, err
}

// made is an error for a Session or a Program that is a zero value.
func (s *Session) made() error {
	if s.program == nil || s.program.model == nil {
		return ir.Errorf(ir.ErrUsage, "a zero Program or Session holds no model; get them from Compile and Program.NewSession")
	}
	return nil
}

func (s *Session) run(ctx context.Context, inputs []*Tensor) ([]*Tensor, error) {
	pl, err := s.planFor(inputs)
	if err != nil {
		return nil, err
	}
	for i, in := range inputs {
		pl.inputs[i].share(&in.buf)
		for _, v := range pl.views[i] {
			v.share(&in.buf)
		}
	}
	s.exec.pool = nil
	if pl.parallel {
		s.exec.pool = s.program.workers()
		s.exec.pool.Wake()
	}
	err = s.steps(ctx, pl)
	s.running = true
	if err != nil {
		return nil, err
	}
	for _, c := range pl.copies {
		c.to.buf.copyFrom(c.from)
	}
	goruntime.KeepAlive(s.program) // its weights may be outside the heap
	return pl.outputs, nil
}

func (s *Session) steps(ctx context.Context, pl *plan) error {
	done := ctx.Done()
	if s.exec.stop = nil; done != nil {
		stop := new(atomic.Bool) // of this run: what ended an earlier one may come late
		s.exec.stop = stop
		defer context.AfterFunc(ctx, func() { stop.Store(true) })()
	}
	observe := s.program.opts.observer
	for i := range pl.steps {
		st := &pl.steps[i]
		if done != nil {
			select {
			case <-done:
				return ctx.Err()
			default:
			}
		}
		var start time.Time
		if observe != nil {
			start = time.Now()
		}
		if err := st.run(&s.exec); err != nil {
			return (&compiler{Program: s.program}).locate(err, &s.program.model.Nodes[st.node])
		}
		if observe != nil {
			n := &s.program.model.Nodes[st.node]
			observe(NodeTiming{st.node, n.Origin.Layer, n.Origin.Class, n.Op.Kind(), time.Since(start)})
		}
	}
	if s.exec.stopped() { // in the last step
		return ctx.Err()
	}
	return nil
}

// planFor finds or makes the plan for the shapes of inputs.
func (s *Session) planFor(inputs []*Tensor) (*plan, error) {
	m := s.program.model
	if len(inputs) != len(m.Inputs) {
		return nil, ir.Errorf(ir.ErrUsage, "%d inputs given, the model has %d: %s", len(inputs), len(m.Inputs), strings.Join(portNames(m.Inputs), ", "))
	}
	for i, in := range inputs {
		p := m.Inputs[i]
		if in == nil {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: p.Name, Text: "input is nil"}
		}
		if want := kindOf(m.Type(p.Value).DType); in.buf.kind != want {
			return nil, &ir.Error{Kind: ir.ErrDType, Field: p.Name, Text: "input is " + in.buf.kind.String() + ", the model wants " + want.String()}
		}
	}
next:
	for i, pl := range s.plans {
		if !slices.Equal(pl.sizes, s.sizes) {
			continue
		}
		for j, in := range inputs {
			if !slices.Equal(pl.shapes[j], in.shape) {
				continue next
			}
		}
		if i > 0 {
			copy(s.plans[1:i+1], s.plans[:i])
			s.plans[0] = pl
		}
		return pl, nil
	}
	shapes := make([][]int, len(inputs))
	for i, in := range inputs {
		shapes[i] = in.shape
	}
	pl, err := s.newPlan(shapes)
	if err != nil {
		return nil, err
	}
	if len(s.plans) == maxPlans {
		s.plans = s.plans[:maxPlans-1]
	}
	s.plans = slices.Insert(s.plans, 0, pl)
	return pl, nil
}
