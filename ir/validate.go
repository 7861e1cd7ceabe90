package ir

// Validate checks the graph: every ID in range, every value assigned once and
// before its use, every type as the ops infer it, constants as long as their
// shapes say. A nil error means that the model can be compiled.
func (m *Model) Validate() error {
	assigned := make([]bool, len(m.Values))
	for i, v := range m.Values {
		if v.Const == nil {
			continue
		}
		assigned[i] = true
		if err := v.Const.Check(); err != nil {
			return &Error{Kind: ErrMalformed, Field: v.Name, Text: "constant", Err: err}
		}
		if v.DType != v.Const.DType || !v.Shape.Equal(Dims(v.Const.Shape...)) {
			return &Error{Kind: ErrShape, Field: v.Name, Text: "constant is declared " + v.Type.String() + " but holds " + v.Const.Type().String()}
		}
	}
	for _, p := range m.Inputs {
		if err := m.inRange(p.Value); err != nil {
			return err
		}
		if assigned[p.Value] {
			return &Error{Kind: ErrMalformed, Field: p.Name, Text: "model input is assigned twice"}
		}
		assigned[p.Value] = true
	}
	for i := range m.Nodes {
		if err := m.validateNode(&m.Nodes[i], assigned); err != nil {
			return err
		}
	}
	if len(m.Outputs) == 0 {
		return Errorf(ErrMalformed, "model %q has no outputs", m.Name)
	}
	for _, p := range m.Outputs {
		if err := m.inRange(p.Value); err != nil {
			return err
		}
		if !assigned[p.Value] {
			return &Error{Kind: ErrMalformed, Field: p.Name, Text: "model output is never computed"}
		}
	}
	return nil
}

func (m *Model) validateNode(n *Node, assigned []bool) error {
	if n.Op == nil {
		return &Error{Kind: ErrMalformed, Layer: n.Origin.Layer, Text: "node has no op"}
	}
	for _, id := range n.Inputs {
		if id == None {
			continue
		}
		if err := m.inRange(id); err != nil {
			return locate(err, n.Op, n.Origin)
		}
		if !assigned[id] {
			return locate(Errorf(ErrMalformed, "value %d is used before it is computed", id), n.Op, n.Origin)
		}
	}
	types, err := infer(n.Op, m.Types(n.Inputs))
	if err != nil {
		return locate(err, n.Op, n.Origin)
	}
	if len(types) != len(n.Outputs) {
		return locate(Errorf(ErrMalformed, "%s has %d outputs, the graph lists %d", n.Op.Kind(), len(types), len(n.Outputs)), n.Op, n.Origin)
	}
	for i, id := range n.Outputs {
		if err := m.inRange(id); err != nil {
			return locate(err, n.Op, n.Origin)
		}
		if assigned[id] {
			return locate(Errorf(ErrMalformed, "value %d is assigned twice", id), n.Op, n.Origin)
		}
		assigned[id] = true
		if got := m.Values[id].Type; got.DType != types[i].DType || !got.Shape.CompatibleWith(types[i].Shape) {
			return locate(Errorf(ErrShape, "output %d is declared %v but is %v", i, got, types[i]), n.Op, n.Origin)
		}
	}
	return nil
}

func (m *Model) inRange(id ValueID) error {
	if id < 0 || int(id) >= len(m.Values) {
		return Errorf(ErrMalformed, "value %d of %d does not exist", id, len(m.Values))
	}
	return nil
}

// Bind infers every value's shape for known input shapes, in the order of
// Model.Inputs. It returns one Type per value and reports open dimensions that
// do not agree, or shapes an op refuses. A dimension that data decide counts as 1.
func (m *Model) Bind(inputs []Shape) ([]Type, error) { return m.BindSized(inputs, nil) }

// BindSized is Bind with sizes for the dimensions that data decide, by their
// names (see DataSized).
func (m *Model) BindSized(inputs []Shape, sizes map[string]int) ([]Type, error) {
	if len(inputs) != len(m.Inputs) {
		return nil, Errorf(ErrUsage, "%d inputs given, the model has %d", len(inputs), len(m.Inputs))
	}
	types := make([]Type, len(m.Values))
	for i, v := range m.Values {
		types[i] = v.Type
	}
	bound := map[string]int{}
	for i, p := range m.Inputs {
		want := m.Values[p.Value].Shape
		if len(want) != len(inputs[i]) {
			return nil, &Error{Kind: ErrShape, Field: p.Name, Text: "input has shape " + inputs[i].String() + ", the model wants " + want.String()}
		}
		for j, d := range inputs[i] {
			if !d.IsKnown() || d.Size < 0 {
				return nil, &Error{Kind: ErrShape, Field: p.Name, Text: "input has shape " + inputs[i].String()}
			}
			w := want[j]
			if w.IsKnown() {
				if w.Size != d.Size {
					return nil, &Error{Kind: ErrShape, Field: p.Name, Text: "input has shape " + inputs[i].String() + ", the model wants " + want.String()}
				}
				continue
			}
			if n, ok := bound[w.Name]; ok && n != d.Size-w.Size {
				return nil, &Error{Kind: ErrShape, Field: p.Name, Text: "dimension " + w.String() + " is " + d.String() + " here and " + Known(n+w.Size).String() + " in another input; they must agree"}
			}
			bound[w.Name] = d.Size - w.Size
		}
		types[p.Value].Shape = inputs[i]
	}
	in := make([]Type, 0, 8)
	for i := range m.Nodes {
		n := &m.Nodes[i]
		in = in[:0]
		for _, id := range n.Inputs {
			if id == None {
				in = append(in, Type{})
			} else {
				in = append(in, types[id])
			}
		}
		out, err := n.Op.Infer(in)
		if err == nil {
			err = checkDims(out)
		}
		if err != nil {
			return nil, locate(err, n.Op, n.Origin)
		}
		if d, ok := n.Op.(DataSized); ok {
			sized(out, d.DataDim(), sizes)
		}
		for j, id := range n.Outputs {
			for _, d := range out[j].Shape {
				if !d.IsKnown() || d.Size < 0 {
					return nil, locate(Errorf(ErrShape, "output %d would have shape %v for input shapes %v", j, out[j].Shape, inputs), n.Op, n.Origin)
				}
			}
			types[id] = out[j]
		}
	}
	return types, nil
}

// sized puts a size in place of the dimension that data decide.
func sized(types []Type, dim string, sizes map[string]int) {
	if dim == "" {
		return
	}
	n, ok := sizes[dim]
	if !ok {
		n = 1
	}
	for i := range types {
		for j, d := range types[i].Shape {
			if d.Name == dim {
				types[i].Shape[j] = Known(n + d.Size)
			}
		}
	}
}
