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
// # Goroutines
//
// Any number of goroutines may use one Program: with a Session each, or by
// Predict, which takes sessions from a pool. Two sessions share nothing they write
// to, but for projected rows of embeddings, which are the same whoever computes
// them; none waits for another. A run may use several threads (WithThreads); its
// results do not depend on how many, to the bit.
//
// # State and streams
//
// A session keeps the states of stateful layers from one run to the next, as
// Keras does. With WithStreaming it keeps those of all recurrent layers, and the
// last inputs of causal convolutions, so that a model made for windows can be fed
// step by step. Reset starts anew; State and SetState save and restore.
//
// # Errors
//
// All errors are *ir.Error and wrap a kind that errors.Is tells: ir.ErrUsage,
// ir.ErrShape and ir.ErrDType for what the caller gave, ir.ErrLimit for memory,
// ir.ErrUnsupported for what Compile cannot run; or the context's.
//
// # How an op runs
//
// Every op kind has one row in executors. Its prepare function is called once
// per Program: it converts and packs constants. What it returns is bound once
// per plan to buffers of known shape, giving the step that runs.
package runtime
