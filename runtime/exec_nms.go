package runtime

import (
	"cmp"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

func prepareNMS(_ *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.NMS)
	return &executor{bind: func(b *binding) (step, error) {
		shape := b.in[1].shape
		batch, n := shape[0], shape[1]
		boxes, scores := slot[float32](b.in[0]), slot[float32](b.in[1])
		var selected, counts *[]int32
		if b.out[0] != nil {
			selected = slot[int32](b.out[0])
		}
		if len(b.out) > 1 && b.out[1] != nil {
			counts = slot[int32](b.out[1])
		}
		s := &suppression{overlap: float32(op.Overlap)}
		return func(e *exec) error {
			for i := range batch {
				s.load((*boxes)[4*i*n:][:4*n], (*scores)[i*n:][:n], float32(op.Score))
				for _, at := range s.order {
					if len(s.kept) == op.Most || e.stopped() {
						break // when stopped, the run says why
					}
					s.consider(at)
				}
				if selected != nil {
					row := (*selected)[i*op.Most:][:op.Most]
					clear(row[copy(row, s.kept):])
				}
				if counts != nil {
					(*counts)[i] = int32(len(s.kept))
				}
			}
			return nil
		}, nil
	}}, nil
}

// suppression selects boxes of one example.
type suppression struct {
	overlap float32
	boxes   []float32
	order   []int32 // candidates, the highest score first
	kept    []int32
}

func (s *suppression) load(boxes, scores []float32, least float32) {
	s.boxes, s.order, s.kept = boxes, s.order[:0], s.kept[:0]
	for i, v := range scores {
		if v > least {
			s.order = append(s.order, int32(i))
		}
	}
	slices.SortStableFunc(s.order, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
}

func (s *suppression) consider(at int32) {
	for i := len(s.kept) - 1; i >= 0; i-- {
		if s.shared(at, s.kept[i]) > s.overlap {
			return
		}
	}
	s.kept = append(s.kept, at)
}

// shared is the intersection of two boxes as a part of their union.
func (s *suppression) shared(i, j int32) float32 {
	a, b := s.boxes[4*i:][:4], s.boxes[4*j:][:4]
	var lo, hi [2][2]float32 // of each box on each axis
	for axis := range 2 {
		lo[0][axis], hi[0][axis] = min(a[axis], a[axis+2]), max(a[axis], a[axis+2])
		lo[1][axis], hi[1][axis] = min(b[axis], b[axis+2]), max(b[axis], b[axis+2])
	}
	area := func(k int) float32 { return (hi[k][0] - lo[k][0]) * (hi[k][1] - lo[k][1]) }
	if area(0) <= 0 || area(1) <= 0 {
		return 0
	}
	both := max(min(hi[0][0], hi[1][0])-max(lo[0][0], lo[1][0]), 0) * max(min(hi[0][1], hi[1][1])-max(lo[0][1], lo[1][1]), 0)
	return both / (area(0) + area(1) - both)
}
