package importer

import "testing"

// TestTransposeCrop compares with the padding Keras computes for a backend that
// takes it explicitly: keras/src/backend/common/backend_utils.py,
// _convert_conv_transpose_padding_args_from_keras_to_jax.
func TestTransposeCrop(t *testing.T) {
	for size := 1; size < 8; size++ {
		for stride := 1; stride < 6; stride++ {
			for _, same := range []bool{false, true} {
				for p := -1; p < stride; p++ {
					var given []int
					if p >= 0 {
						given = []int{p}
					}
					var left, right int
					switch {
					case !same:
						extra := p
						if given == nil {
							extra = max(size, stride) - size
						}
						left, right = size-1, size-1+extra
					default:
						length := stride + size - 2
						if given != nil {
							length = size + size%2 - 2 + p
						}
						left = min(length/2+length%2, size-1)
						right = length - left
					}
					if given != nil && same && size-size%2-p < 0 {
						continue // Keras's output would begin before the full result
					}
					before, after := transposeCrop(size, stride, same, given, 0)
					if before != size-1-left || after != size-1-right {
						t.Errorf("kernel %d, stride %d, same %v, output_padding %v: crop %d, %d, want %d, %d",
							size, stride, same, given, before, after, size-1-left, size-1-right)
					}
				}
			}
		}
	}
}
