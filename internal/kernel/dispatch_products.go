//go:build !(amd64 || arm64) || noasm

package kernel

func tileRows(int) int                   { return 4 }
func stripPanels() int                   { return 1 }
func tile(a *tileArgs)                   { tileGeneric(a) }
func blocksTogether(rows, gates int) int { return 0 }

func stepGates(a *stepArgs, gates int) { stepGatesGeneric(a, gates) }

func applyActivation(a Activation, dst, src []float32) { applyGeneric(a, dst, src) }
func binary(op arithOp, dst, a, b []float32)           { binaryGeneric(op, dst, a, b) }
