//go:build !noasm

package kernel

import "testing"

// TestHalfVectors runs tests of products as on a processor with the other preference.
func TestHalfVectors(t *testing.T) {
	halfVectors = !halfVectors
	defer func() { halfVectors = !halfVectors }()
	t.Run("Gemm", TestGemm)
	t.Run("GemmIsTheSameForAnyThreads", TestGemmIsTheSameForAnyThreads)
	t.Run("Conv", TestConv)
	t.Run("Winograd", TestWinograd)
}
