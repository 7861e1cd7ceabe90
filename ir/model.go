package ir

import "slices"

// ValueID identifies a value of a model: it is its index in Model.Values.
type ValueID int

// None stands for an optional input that is absent.
const None ValueID = -1

// Type is what is known of a value before it is computed.
type Type struct {
	DType DType `json:"dtype"`
	Shape Shape `json:"shape"`
}

func (t Type) String() string { return t.DType.String() + t.Shape.String() }

// Absent reports whether t stands for an optional input that is not there.
func (t Type) Absent() bool { return t.DType == Invalid }

// Value is a value of the graph, which is assigned once: an input of the model, a
// constant, or an output of a node.
type Value struct {
	Name string
	Type
	Const *Tensor // non-nil for a constant (a weight)
}

// Origin says which Keras layer a node came from. Nodes keep it when the graph is
// optimised.
type Origin struct {
	Layer string `json:"layer"` // nested models as a path: "head/dense_1"
	Class string `json:"class"` // "Dense", "LSTM", …
}

// Node is one operation of the graph. Inputs may be None, outputs may not.
type Node struct {
	Op      Op
	Inputs  []ValueID
	Outputs []ValueID
	Origin  Origin
}

// Port is a named input or output of the model.
type Port struct {
	Name  string
	Value ValueID
}

// Layer is a Keras layer as model.summary() lists it.
type Layer struct {
	Name         string   `json:"name"` // path below the outermost model
	Class        string   `json:"class"`
	Outputs      []Shape  `json:"outputs"`       // one per output; nil when Keras prints "?"
	Params       int64    `json:"params"`        // all parameters, nested ones included
	Trainable    int64    `json:"trainable"`     // of them trainable
	Bytes        int64    `json:"bytes"`         // of all parameters, in their variables' dtype
	Inbound      []string `json:"inbound"`       // "layer[node][tensor]" as Keras prints connections
	Depth        int      `json:"depth"`         // nesting depth, 0 for the model's own layers
	InputLayer   bool     `json:"input_layer"`   // Keras 3 lists it only in functional models
	OutputStruct string   `json:"output_struct"` // Output Shape as Keras prints it, when it is not a list
}

// Source says where a model came from.
type Source struct {
	Format       string `json:"format"`        // "keras-v3", "hdf5", "json+weights", …
	KerasVersion string `json:"keras_version"` // as the file says, may be empty
	Backend      string `json:"backend"`
	Dialect      string `json:"dialect"` // "keras1", "keras2", "tf.keras", "keras3"
	Class        string `json:"class"`   // "Sequential", "Functional"
}

// Model is a graph with its inputs, outputs and constants. Its nodes are in an order
// in which they can run. A Model must not be changed once it has been compiled.
type Model struct {
	Name    string
	Source  Source
	Inputs  []Port
	Outputs []Port
	Values  []Value
	Nodes   []Node
	Layers  []Layer
	Notes   []string // what the importer ignored or assumed, for the user to read
}

// AddValue appends a value and returns its ID.
func (m *Model) AddValue(v Value) ValueID {
	m.Values = append(m.Values, v)
	return ValueID(len(m.Values) - 1)
}

// AddConst appends a constant.
func (m *Model) AddConst(name string, t *Tensor) ValueID {
	return m.AddValue(Value{Name: name, Type: t.Type(), Const: t})
}

// AddNode appends a node and its outputs, whose types it infers, and returns the IDs
// of the outputs. If the op refuses the inputs, the model is unchanged and the error
// names the origin.
func (m *Model) AddNode(op Op, origin Origin, inputs ...ValueID) ([]ValueID, error) {
	types, err := infer(op, m.Types(inputs))
	if err != nil {
		return nil, locate(err, op, origin)
	}
	n := Node{Op: op, Inputs: slices.Clone(inputs), Origin: origin}
	for _, t := range types {
		n.Outputs = append(n.Outputs, m.AddValue(Value{Name: origin.Layer, Type: t}))
	}
	m.Nodes = append(m.Nodes, n)
	return n.Outputs, nil
}

// Type returns the type of a value. It is the zero Type for None.
func (m *Model) Type(id ValueID) Type {
	if id < 0 || int(id) >= len(m.Values) {
		return Type{}
	}
	return m.Values[id].Type
}

// Types returns the type of each of some values.
func (m *Model) Types(ids []ValueID) []Type {
	out := make([]Type, len(ids))
	for i, id := range ids {
		out[i] = m.Type(id)
	}
	return out
}

// Const returns the data of a constant, and nil for any other value and for None.
func (m *Model) Const(id ValueID) *Tensor {
	if id < 0 || int(id) >= len(m.Values) {
		return nil
	}
	return m.Values[id].Const
}

// WeightBytes returns the size of all constants in bytes.
func (m *Model) WeightBytes() int64 {
	var n int64
	for _, v := range m.Values {
		if v.Const != nil {
			n += int64(len(v.Const.Data))
		}
	}
	return n
}

func locate(err error, op Op, origin Origin) error {
	if e, ok := err.(*Error); ok && e.Layer == "" {
		c := *e
		c.Layer, c.Class = origin.Layer, origin.Class
		if c.Class == "" {
			c.Class = op.Kind()
		}
		return &c
	}
	return err
}
