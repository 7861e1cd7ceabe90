//go:build !(amd64 || arm64) || noasm

package kernel

func tileRows() int                    { return 4 }
func tile(a *tileArgs)                 { tileGeneric(a) }
func stepGates(a *stepArgs, gates int) { stepGatesGeneric(a, gates) }
