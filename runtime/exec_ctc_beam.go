package runtime

import (
	"math"
	"slices"

	"github.com/kerasgo/kerasgo/ir"
)

func prepareCTCBeam(_ *compiler, n *ir.Node) (*executor, error) {
	op := n.Op.(*ir.CTCBeam)
	return &executor{bind: func(b *binding) (step, error) {
		shape := b.in[0].shape
		batch, steps, classes := shape[0], shape[1], shape[2]
		x, lengths := slot[float32](b.in[0]), slot[int32](b.in[1])
		var labels *[]int32
		var scores *[]float32
		if b.out[0] != nil {
			labels = slot[int32](b.out[0])
		}
		if len(b.out) > 1 && b.out[1] != nil {
			scores = slot[float32](b.out[1])
		}
		s := &beamSearch{op: op, children: map[[2]int32]int32{}}
		return func(e *exec) error {
			for i := range batch {
				length := int((*lengths)[i])
				if length < 0 || length > steps {
					return ir.Errorf(ir.ErrUsage, "example %d has %d steps of %d", i, length, steps)
				}
				s.reset()
				for t := range length {
					if e.stopped() {
						return nil // the run says why
					}
					s.step((*x)[(i*steps+t)*classes:][:classes])
				}
				best := s.sorted()
				if len(best) < op.Paths {
					return ir.Errorf(ir.ErrUsage, "example %d has %d paths, fewer than %d", i, len(best), op.Paths)
				}
				for p, at := range best[:op.Paths] {
					if scores != nil {
						(*scores)[i*op.Paths+p] = s.entries[at].now.total
					}
					if labels != nil {
						s.spell(at, (*labels)[(p*batch+i)*steps:][:steps])
					}
				}
			}
			return nil
		}, nil
	}}, nil
}

// beamSearch is a tree of label sequences, of which the leaves are followed.
type beamSearch struct {
	op       *ir.CTCBeam
	entries  []beam
	children map[[2]int32]int32 // by entry and label
	leaves   []int32            // a heap, the least likely first
	order    []int32
}

// beam is a label sequence: its last label, behind those of its parent.
type beam struct {
	parent, label int32
	now, before   chance
	depth         int
}

// chance is the logarithms of a sequence's probability: ending in a blank, in its
// last label, and both.
type chance struct{ blank, label, total float32 }

var logZero = float32(math.Inf(-1))

var impossible = chance{logZero, logZero, logZero}

func (b *beam) active() bool { return b.now.total != logZero }

func logAdd(a, b float32) float32 {
	if a < b {
		a, b = b, a
	}
	if b == logZero {
		return a
	}
	return a + float32(math.Log1p(math.Exp(float64(b-a))))
}

func (s *beamSearch) reset() {
	clear(s.children)
	s.entries = append(s.entries[:0], beam{parent: -1, label: -1, now: chance{0, logZero, 0}, before: impossible})
	s.leaves = append(s.leaves[:0], 0)
}

// sorted lists the leaves, the likeliest first.
func (s *beamSearch) sorted() []int32 {
	s.order = append(s.order[:0], s.leaves...)
	slices.SortStableFunc(s.order, func(a, b int32) int {
		x, y := s.entries[a].now.total, s.entries[b].now.total
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return int(a - b)
	})
	return s.order
}

func (s *beamSearch) step(x []float32) {
	most := slices.Max(x)
	sum := float32(0)
	for _, v := range x {
		sum += float32(math.Exp(float64(v - most)))
	}
	norm := most + float32(math.Log(float64(sum)))
	branches := s.sorted()
	s.leaves = s.leaves[:0]
	for _, at := range branches {
		s.entries[at].before = s.entries[at].now
	}
	for _, at := range branches {
		b := &s.entries[at]
		if b.parent >= 0 {
			if parent := &s.entries[b.parent]; parent.active() {
				b.now.label = logAdd(b.now.label, follow(parent, b.label))
			}
			b.now.label += x[b.label] - norm
		}
		b.now.blank = b.before.total + x[s.op.Blank] - norm
		b.now.total = logAdd(b.now.blank, b.now.label)
		s.push(at)
	}
	for _, at := range branches {
		if !s.candidate(s.entries[at].before.total) {
			continue
		}
		for label := range x {
			if label != s.op.Blank {
				s.grow(at, int32(label), x[label]-norm)
			}
		}
	}
}

// follow is the chance before this step of what a label can follow: the same label
// only with a blank between.
func follow(b *beam, label int32) float32 {
	if b.label == label {
		return b.before.blank
	}
	return b.before.total
}

// grow puts a label behind sequence number at, unless that is a leaf already.
func (s *beamSearch) grow(at, label int32, logit float32) {
	key := [2]int32{at, label}
	child, known := s.children[key]
	if known && s.entries[child].active() {
		return
	}
	p := logit + follow(&s.entries[at], label)
	if !s.candidate(p) {
		if known {
			s.entries[child].now, s.entries[child].before = impossible, impossible
		}
		return
	}
	if !known {
		child = int32(len(s.entries))
		s.entries = append(s.entries, beam{parent: at, label: label, before: impossible, depth: s.entries[at].depth + 1})
		s.children[key] = child
	}
	s.entries[child].now = chance{logZero, p, p}
	if len(s.leaves) == s.op.Width {
		s.entries[s.leaves[0]].now = impossible
		s.leaves[0] = child
		s.sink()
		return
	}
	s.push(child)
}

// candidate tells whether a probability is enough to be among the leaves.
func (s *beamSearch) candidate(total float32) bool {
	return total > logZero && (len(s.leaves) < s.op.Width || total > s.entries[s.leaves[0]].now.total)
}

func (s *beamSearch) less(i, j int) bool {
	return s.entries[s.leaves[i]].now.total < s.entries[s.leaves[j]].now.total
}

func (s *beamSearch) push(at int32) {
	s.leaves = append(s.leaves, at)
	for i := len(s.leaves) - 1; i > 0 && s.less(i, (i-1)/2); i = (i - 1) / 2 {
		s.leaves[i], s.leaves[(i-1)/2] = s.leaves[(i-1)/2], s.leaves[i]
	}
}

func (s *beamSearch) sink() {
	for i := 0; 2*i+1 < len(s.leaves); {
		least := 2*i + 1
		if least+1 < len(s.leaves) && s.less(least+1, least) {
			least++
		}
		if !s.less(least, i) {
			return
		}
		s.leaves[i], s.leaves[least] = s.leaves[least], s.leaves[i]
		i = least
	}
}

// spell writes the labels of a sequence, and -1 behind them.
func (s *beamSearch) spell(at int32, dst []int32) {
	for i := range dst {
		dst[i] = -1
	}
	for ; at > 0; at = s.entries[at].parent {
		dst[s.entries[at].depth-1] = s.entries[at].label
	}
}
