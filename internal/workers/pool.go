// Package workers runs the chunks of one operation on several threads, for operations that last microseconds.
//
// Workers spin for a while after the last operation and then park. Chunks are claimed one at a time through a single
// atomic word; the caller claims too, and waits only for chunks that somebody has already begun. So an operation never
// waits for a worker that the operating system has taken off its core before it claimed anything. The caller begins
// with the first half of the chunks and the workers with the second: of two threads, each then finds in its cache what it
// wrote in the operation before, if the chunks of both operations go through the data in the same order.
package workers

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Task is the work of one operation. RunChunk is called once for every chunk in [0, chunks), on any thread and in any
// order; worker, in [0, Pool.Threads()), tells apart threads that run at the same time, so that each can own scratch.
type Task interface {
	RunChunk(worker, chunk int)
}

// MaxChunks is the largest number of chunks one Run takes.
const MaxChunks = 1<<16 - 1

const (
	spinTime  = 100 * time.Microsecond
	spinPause = 2 // PAUSE instructions between two looks at the state word
	checkTime = 256
)

// Pool is a fixed set of threads. The nil Pool is valid and runs everything on the caller. Goroutines may share a
// Pool: while one's operation runs, the others' run on their own goroutine alone.
type Pool struct {
	_      [64]byte
	state  atomic.Uint64 // see claim
	_      [56]byte
	done   atomic.Uint32
	_      [60]byte
	parked atomic.Int32
	busy   atomic.Bool
	closed atomic.Bool
	task   Task
	wake   chan struct{}
	exited chan struct{}
	n      int
}

// New starts a pool of threads threads, the caller counted as one of them; it is limited by GOMAXPROCS. With one
// thread it returns nil, which is a valid Pool. Close stops it.
func New(threads int) *Pool {
	threads = min(threads, runtime.GOMAXPROCS(0), 256)
	if threads <= 1 {
		return nil
	}
	p := &Pool{n: threads, wake: make(chan struct{}, threads), exited: make(chan struct{}, threads)}
	for w := 1; w < threads; w++ {
		go p.work(w)
	}
	return p
}

// Threads returns how many threads may run chunks at once; 1 for nil.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return p.n
}

// Close stops the workers and waits for them. No Run may be in progress. A later Run is the caller's alone.
func (p *Pool) Close() {
	if p == nil || p.closed.Swap(true) {
		return
	}
	for w := 1; w < p.n; w++ {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	for w := 1; w < p.n; w++ {
		<-p.exited
	}
}

// Wake unparks the workers, so that the first operations of a run find them spinning. It takes a few microseconds
// when they are parked and nothing when they are not.
func (p *Pool) Wake() {
	if p == nil {
		return
	}
	for k := p.parked.Load(); k > 0; k-- {
		select {
		case p.wake <- struct{}{}:
		default:
			return
		}
	}
}

// Worth reports whether work that takes about d on one thread is worth splitting: 1 µs is when the workers spin,
// 30 µs when they would have to be woken.
func (p *Pool) Worth(d time.Duration) bool {
	if p == nil {
		return false
	}
	if p.parked.Load() == 0 {
		return d >= time.Microsecond
	}
	return d >= 30*time.Microsecond
}

// Run calls t.RunChunk for every chunk in [0, chunks) and returns when all have returned. A Run inside a chunk, or
// while another goroutine's Run is in progress, runs on the calling goroutine alone, as worker 0 of a task that no
// other thread takes part in.
func (p *Pool) Run(t Task, chunks int) {
	if p == nil || chunks <= 1 || chunks > MaxChunks || !p.busy.CompareAndSwap(false, true) {
		for c := range chunks {
			t.RunChunk(0, c)
		}
		return
	}
	p.task = t
	p.done.Store(0)
	p.state.Store(uint64(chunks) << 32)
	if p.parked.Load() > 0 {
		p.Wake()
	}
	for {
		c, ok := p.claim(0)
		if !ok {
			break
		}
		t.RunChunk(0, c)
		p.done.Add(1)
	}
	for i := 0; p.done.Load() != uint32(chunks); i++ {
		pause(spinPause)
		if i&1023 == 1023 {
			runtime.Gosched()
		}
	}
	p.task = nil
	p.busy.Store(false)
}

// claim takes the next chunk of half 0 or 1 or, when there is none left, of the other. The state is chunks<<32 |
// claimed of half 1<<16 | claimed of half 0: all there is to know, so that a claim is good whenever the swap succeeds.
func (p *Pool) claim(half int) (chunk int, ok bool) {
	for {
		s := p.state.Load()
		next, end := unclaimed(s, half)
		from := half
		if next == end {
			from = 1 - half
			if next, end = unclaimed(s, from); next == end {
				return 0, false
			}
		}
		if p.state.CompareAndSwap(s, s+1<<(16*from)) {
			return next, true
		}
	}
}

// unclaimed returns the range of chunks of a half that nobody has claimed.
func unclaimed(state uint64, half int) (next, end int) {
	chunks, claimed := int(state>>32), int(state>>(16*half)&0xffff)
	middle := (chunks + 1) / 2
	if half == 0 {
		return claimed, middle
	}
	return middle + claimed, chunks
}

// allClaimed reports whether no chunk waits.
func (p *Pool) allClaimed() bool {
	s := p.state.Load()
	return s>>32 == s>>16&0xffff+s&0xffff
}

func (p *Pool) work(worker int) {
	defer func() { p.exited <- struct{}{} }()
	idle := time.Now()
	for i := 1; ; i++ {
		if c, ok := p.claim(1); ok {
			// The claim pins the operation: Run cannot return, nor change task, before done counts this chunk.
			for ok {
				p.task.RunChunk(worker, c)
				p.done.Add(1)
				c, ok = p.claim(1)
			}
			idle = time.Now()
			i = 1
			continue
		}
		pause(spinPause)
		if i%checkTime != 0 {
			continue
		}
		if p.closed.Load() {
			return
		}
		if time.Since(idle) < spinTime {
			continue
		}
		p.parked.Add(1)
		if p.allClaimed() && !p.closed.Load() {
			<-p.wake
		}
		p.parked.Add(-1)
		idle = time.Now()
	}
}
