package ir

import (
	"encoding/json"
	"fmt"
	"strings"
)

// String prints the graph, one node a line:
//
//	%5:float32[batch, 32] = LSTM{"units":32} %3 %w0 %w1 %w2  // lstm (LSTM)
func (m *Model) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "model %q\n", m.Name)
	for _, p := range m.Inputs {
		fmt.Fprintf(&b, "  input %%%d:%v %q\n", p.Value, m.Type(p.Value), p.Name)
	}
	for i, v := range m.Values {
		if v.Const != nil {
			fmt.Fprintf(&b, "  const %%%d:%v %q\n", i, v.Type, v.Name)
		}
	}
	for _, n := range m.Nodes {
		b.WriteString("  ")
		for i, id := range n.Outputs {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%%%d:%v", id, m.Type(id))
		}
		params, err := json.Marshal(n.Op)
		if err != nil {
			params = []byte("{" + err.Error() + "}")
		}
		fmt.Fprintf(&b, " = %s%s", n.Op.Kind(), params)
		for _, id := range n.Inputs {
			if id == None {
				b.WriteString(" _")
			} else {
				fmt.Fprintf(&b, " %%%d", id)
			}
		}
		fmt.Fprintf(&b, "  // %s (%s)\n", n.Origin.Layer, n.Origin.Class)
	}
	for _, p := range m.Outputs {
		fmt.Fprintf(&b, "  output %%%d %q\n", p.Value, p.Name)
	}
	return b.String()
}
