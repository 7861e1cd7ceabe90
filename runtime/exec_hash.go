package runtime

import (
	"strconv"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/fingerprint"
	"github.com/kerasgo/kerasgo/ir"
)

// hashed calls f with the text of every element lo to hi of a buffer; integers
// are written in decimal. The bytes are valid during the call.
func hashed(b *buffer, lo, hi int, f func(i int, text []byte)) {
	var digits [20]byte
	for i := lo; i < hi; i++ {
		switch b.kind {
		case ir.String:
			f(i, bytesOf(b.str[i]))
		case ir.Int64:
			f(i, strconv.AppendInt(digits[:0], b.i64[i], 10))
		default:
			f(i, strconv.AppendInt(digits[:0], int64(b.i32[i]), 10))
		}
	}
}

// bytesOf is a string's bytes, which must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func prepareHash(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.Hash)
	hash := fingerprint.Farm64
	if len(op.Key) == 2 {
		key := [2]uint64{uint64(op.Key[0]), uint64(op.Key[1])}
		hash = func(s []byte) uint64 { return fingerprint.Sip24(key, s) }
	}
	return &executor{bind: func(b *binding) (step, error) {
		in, out := b.in[0], slot[int64](b.out[0])
		put := func(i int, text []byte) { (*out)[i] = int64(hash(text) % uint64(op.Bins)) }
		return newSpread(b, elems(b.out[0].shape), 30, 8, func(_, lo, hi int) {
			hashed(in, lo, hi, put)
		}).step, nil
	}}, nil
}

// crossKey begins every cross: TensorFlow's default hash_key.
const crossKey = 0xDECAFCAFFE

func prepareCrossHash(c *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.CrossHash)
	return &executor{bind: func(b *binding) (step, error) {
		out := slot[int64](b.out[0])
		return newSpread(b, elems(b.out[0].shape), 30*float64(len(b.in)), 8, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				h := uint64(crossKey)
				for _, in := range b.in {
					var part uint64
					switch in.kind {
					case ir.String:
						part = fingerprint.Farm64(bytesOf(in.str[i]))
					case ir.Int64:
						part = uint64(in.i64[i])
					default:
						part = uint64(int64(in.i32[i]))
					}
					h = fingerprint.Cat64(h, part)
				}
				(*out)[i] = int64(h % uint64(op.Bins))
			}
		}).step, nil
	}}, nil
}
