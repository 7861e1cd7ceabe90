package runtime

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Predict runs the model once and returns copies of the outputs. Inputs are in the
// order of Inputs, and outputs in that of Outputs; for errors see Session.Run. Any
// number of goroutines may call Predict at once, as each call takes a session from
// a pool. Stateful layers and streams start from their initial state.
func (p *Program) Predict(inputs ...*Tensor) ([]*Tensor, error) {
	return p.PredictContext(context.Background(), inputs...)
}

// PredictContext is Predict, but stops with the error of ctx when ctx is done, as
// Session.RunContext does.
func (p *Program) PredictContext(ctx context.Context, inputs ...*Tensor) ([]*Tensor, error) {
	s, _ := p.sessions.Get().(*Session)
	if s == nil {
		s = p.NewSession()
	}
	defer p.sessions.Put(s)
	s.Reset()
	out, err := s.RunContext(ctx, inputs...)
	if err != nil {
		return nil, err
	}
	copies := make([]*Tensor, len(out))
	for i, t := range out {
		copies[i] = t.Clone()
	}
	return copies, nil
}

// PredictNamed is Predict with inputs and outputs by the names that Inputs and
// Outputs give them. An input that is missing or unknown is an ir.ErrUsage.
func (p *Program) PredictNamed(inputs map[string]*Tensor) (map[string]*Tensor, error) {
	ordered, err := p.ordered(inputs)
	if err != nil {
		return nil, err
	}
	out, err := p.Predict(ordered...)
	if err != nil {
		return nil, err
	}
	named := make(map[string]*Tensor, len(out))
	for i, t := range out {
		named[p.model.Outputs[i].Name] = t
	}
	return named, nil
}

// ordered brings named inputs into the order of the model's.
func (p *Program) ordered(inputs map[string]*Tensor) ([]*Tensor, error) {
	names := portNames(p.model.Inputs)
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if !slices.Contains(names, name) {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "the model has no such input; it has " + strings.Join(names, ", ")}
		}
	}
	out := make([]*Tensor, len(names))
	for i, name := range names {
		if out[i] = inputs[name]; out[i] == nil {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "the input is missing"}
		}
	}
	return out, nil
}

func portNames(ports []ir.Port) []string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = p.Name
	}
	return names
}
