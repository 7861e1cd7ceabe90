// Package runtime compiles an ir.Model and runs it.
//
//	program, err := runtime.Compile(model)
//	session := program.NewSession()
//	outputs, err := session.Run(runtime.NewTensor([]int32{4, 8, 15}, 1, 3))
//
// A Program is immutable and shared by goroutines. A Session belongs to one
// goroutine at a time: it owns the memory of intermediate values and the state
// of stateful layers. The first run with new input shapes makes a plan; every
// run after that allocates nothing.
//
// # How an op runs
//
// Every op kind has one row in executors. Its prepare function is called once
// per Program: it converts and packs constants. What it returns is bound once
// per plan to buffers of known shape, giving the step that runs.
package runtime
