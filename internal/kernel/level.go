package kernel

import "github.com/kerasgo/kerasgo/internal/cpu"

// level is the instruction set the kernels use. It is set once, before any kernel runs; tests change it to compare.
var level = cpu.Active()

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(a, b int) int { return ceilDiv(a, b) * b }
