package runtime

import (
	"context"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// Predict runs the model once and returns copies of the outputs. Inputs are in
// the order of Inputs. Any number of goroutines may call it: each uses a session
// of a pool of the program's. The state of stateful layers starts from zero.
func (p *Program) Predict(inputs ...*Tensor) ([]*Tensor, error) {
	return p.PredictContext(context.Background(), inputs...)
}

// PredictContext is Predict that stops as RunContext when ctx is done.
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

// PredictNamed is Predict with inputs and outputs by the names of Inputs and
// Outputs. Errors that wrap ir.ErrUsage name an input that is missing or unknown.
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
	var names []string
	out := make([]*Tensor, len(p.model.Inputs))
	known := map[string]bool{}
	for i, port := range p.model.Inputs {
		names, known[port.Name] = append(names, port.Name), true
		if out[i] = inputs[port.Name]; out[i] == nil {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: port.Name, Text: "the input is missing"}
		}
	}
	for name := range inputs {
		if !known[name] {
			return nil, &ir.Error{Kind: ir.ErrUsage, Field: name, Text: "the model has no such input; it has " + strings.Join(names, ", ")}
		}
	}
	return out, nil
}
