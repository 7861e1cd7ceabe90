package runtime

import "time"

// spread runs body over [0, n) in pieces of grain, on several threads when there
// is enough work. The pieces depend on the shape alone, so results do not depend
// on the number of threads.
type spread struct {
	n, grain int
	body     func(worker, lo, hi int)
	took     time.Duration
}

const (
	pieceTime  = 8 * time.Microsecond  // least work of a piece
	wakeTime   = 20 * time.Microsecond // least work to wake the workers for
	mostPieces = 64
)

// newSpread divides n units of work that take about ns nanoseconds each. Pieces
// begin at multiples of align.
func newSpread(bd *binding, n int, ns float64, align int, body func(worker, lo, hi int)) *spread {
	took := time.Duration(float64(n) * ns)
	pieces := min(max(int(took/pieceTime), 1), mostPieces)
	grain := (n + pieces - 1) / pieces
	grain = max((grain+align-1)/align*align, 1)
	bd.parallel = bd.parallel || took >= wakeTime
	return &spread{n, grain, body, took}
}

// RunChunk implements workers.Task.
func (s *spread) RunChunk(worker, chunk int) {
	lo := chunk * s.grain
	s.body(worker, lo, min(lo+s.grain, s.n))
}

func (s *spread) run(x *exec) {
	switch {
	case s.n == 0:
	case s.grain >= s.n || !x.pool.Worth(s.took):
		s.body(0, 0, s.n)
	default:
		x.pool.Run(s, (s.n+s.grain-1)/s.grain)
	}
}

// step is run as a step that cannot fail.
func (s *spread) step(x *exec) error {
	s.run(x)
	return nil
}
