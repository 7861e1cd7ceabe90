package importer

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// numpyValue is the number, or the nested lists of numbers, that PyYAML writes as
// the calls that make a NumPy array or scalar: Keras 2.2's ReLU keeps its arguments
// so, and tf.keras the constants of its operations.
func numpyValue(tag string, v any) (any, bool) {
	var shape []int
	var dtype, data any
	switch tag {
	case "!!python/object/apply:numpy.core.multiarray._reconstruct": // state: version, shape, dtype, order, data
		state := list(at(v, "state"))
		if len(state) != 5 || state[3] != false {
			return nil, false
		}
		for _, d := range list(state[1]) {
			n, ok := asInt(d)
			if !ok || n < 0 || n > maxYAML {
				return nil, false
			}
			shape = append(shape, n)
		}
		dtype, data = state[2], state[4]
	case "!!python/object/apply:numpy.core.multiarray.scalar":
		args := list(v)
		if len(args) != 2 {
			return nil, false
		}
		dtype, data = args[0], args[1]
	default:
		return nil, false
	}
	args, state := list(at(dtype, "args")), list(at(dtype, "state"))
	if len(args) == 0 || len(state) < 2 {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(str(data)), ""))
	if err != nil {
		return nil, false
	}
	size := map[string]int{"b1": 1, "i4": 4, "i8": 8, "f4": 4, "f8": 8}[str(args[0])]
	if size == 0 || len(b)%size != 0 {
		return nil, false
	}
	numbers := make([]any, 0, len(b)/size)
	for one := range slices.Chunk(b, size) {
		if state[1] == ">" {
			slices.Reverse(one)
		}
		bits := binary.LittleEndian.Uint64(append(slices.Clone(one), make([]byte, 8-size)...))
		switch str(args[0]) {
		case "b1":
			numbers = append(numbers, bits != 0)
		case "i4":
			numbers = append(numbers, int64(int32(bits)))
		case "i8":
			numbers = append(numbers, int64(bits))
		case "f4":
			numbers = append(numbers, float64(math.Float32frombits(uint32(bits))))
		case "f8":
			numbers = append(numbers, math.Float64frombits(bits))
		}
	}
	for i := len(shape) - 1; i >= 0; i-- { // the last axis' rows, then rows of them
		if shape[i] == 0 || len(numbers)%shape[i] != 0 {
			return nil, false
		}
		rows := make([]any, 0, len(numbers)/shape[i])
		for row := range slices.Chunk(numbers, shape[i]) {
			rows = append(rows, slices.Clip(row))
		}
		numbers = rows
	}
	if len(numbers) != 1 {
		return nil, false
	}
	return numbers[0], true
}
