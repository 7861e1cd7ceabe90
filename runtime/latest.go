package runtime

import (
	"slices"
	"sync/atomic"
)

// latest keeps what a node worked out last for an input of shape x and an output
// of shape y: a plan asks for the node's scratch, and then binds it.
type latest[T any] struct {
	kept atomic.Pointer[worked[T]]
}

type worked[T any] struct {
	x, y []int
	out  T
}

func (l *latest[T]) of(x, y []int, work func() (T, error)) (T, error) {
	if k := l.kept.Load(); k != nil && slices.Equal(k.x, x) && slices.Equal(k.y, y) {
		return k.out, nil
	}
	out, err := work()
	if err == nil {
		l.kept.Store(&worked[T]{slices.Clone(x), slices.Clone(y), out})
	}
	return out, err
}
