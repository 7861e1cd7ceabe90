// Package runtime compiles an ir.Model and runs it.
//
//	program, err := runtime.Compile(model)
//	session := program.NewSession()
//	outputs, err := session.Run(runtime.NewTensor([]int32{4, 8, 15}, 1, 3))
//
// A Program is a compiled model. A Session runs it: it owns the memory of
// intermediate values and the states of stateful layers. The first run with new
// input shapes prepares the session for them; later runs with the same shapes
// allocate nothing.
//
// # Goroutines
//
// A Program is immutable, and any number of goroutines may use it: either with a
// Session each, or with Predict, which takes sessions from a pool. A Session must
// not be used by two goroutines at once. Sessions do not wait for one another.
// All they share for writing are the cached products of embedded words (see
// WithMaxMemory), which are the same whoever computes them.
//
// A run may use several threads (WithThreads). Its results do not depend on how
// many, to the bit.
//
// # Tensors
//
// A Tensor is a slice of the caller's and a shape. The last axis varies fastest.
// Inputs are read during the run and not kept. The outputs of Session.Run belong
// to the session and are overwritten by its next run; the outputs of Predict are
// copies.
//
// # States and streams
//
// A session keeps the states of stateful layers from one run to the next, as
// Keras does. With WithStreaming it keeps the states of all recurrent layers and
// the last inputs of causal convolutions, so that a model that was made for
// windows can be fed step by step. Reset starts a new sequence. State and SetState
// save and restore.
//
// # Errors
//
// Errors are of type *ir.Error, except that a run which its context ends returns
// the context's error. An *ir.Error wraps a kind for errors.Is: ir.ErrUsage,
// ir.ErrShape and ir.ErrDType for wrong inputs, ir.ErrLimit for too much memory,
// ir.ErrUnsupported for what Compile cannot run. A failed run leaves the session
// usable.
//
// # How an operation runs
//
// Every kind of op has one row in the table executors. Its prepare function is
// called once for each Program and converts and packs constants. The result is
// bound once for each set of input shapes to buffers of known shape, which gives
// the step that runs.
package runtime
