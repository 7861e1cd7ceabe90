package main

import (
	"syscall/js"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/runtime"
)

// main gives the page an object kerasgo with two functions:
//
//	load(bytes: Uint8Array): {inputs: [{name, shape}]} or {error}
//	run(values: Float32Array, ...shape: number): {values: Float32Array} or {error}
//
// and keeps running, so that they can be called.
func main() {
	m := &model{}
	js.Global().Set("kerasgo", map[string]any{"load": m.function(m.load), "run": m.function(m.run)})
	select {}
}

// model is the one model of the page, which has one thread.
type model struct{ session *runtime.Session }

func (*model) function(f func(args []js.Value) (map[string]any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		result, err := f(args)
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		return result
	})
}

func (m *model) load(args []js.Value) (map[string]any, error) {
	b := make([]byte, args[0].Length())
	js.CopyBytesToGo(b, args[0])
	graph, err := convert.ReadBytes(b)
	if err != nil {
		return nil, err
	}
	program, err := runtime.Compile(graph)
	if err != nil {
		return nil, err
	}
	m.session = program.NewSession()
	var inputs []any
	for _, in := range program.Inputs() {
		inputs = append(inputs, map[string]any{"name": in.Name, "shape": in.Shape.String()})
	}
	return map[string]any{"inputs": inputs}, nil
}

func (m *model) run(args []js.Value) (map[string]any, error) {
	values := make([]float32, args[0].Length())
	for i := range values {
		values[i] = float32(args[0].Index(i).Float())
	}
	shape, n := []int{}, 1
	for _, a := range args[1:] {
		shape, n = append(shape, a.Int()), n*a.Int()
	}
	if m.session == nil || n != len(values) {
		return nil, errUsage
	}
	outputs, err := m.session.Run(runtime.NewTensor(values, shape...))
	if err != nil {
		return nil, err
	}
	result := js.Global().Get("Float32Array").New(len(outputs[0].Float32s()))
	for i, v := range outputs[0].Float32s() {
		result.SetIndex(i, v)
	}
	return map[string]any{"values": result}, nil
}

type usage string

func (u usage) Error() string { return string(u) }

const errUsage = usage("load a model, then give as many values as the shape has")
