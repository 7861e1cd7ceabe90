package workers

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type countTask struct {
	seen    []atomic.Int32
	workers int
	bad     atomic.Int32
	nested  *Pool
}

func (t *countTask) RunChunk(worker, chunk int) {
	if worker < 0 || worker >= t.workers {
		t.bad.Add(1)
	}
	t.seen[chunk].Add(1)
	if t.nested != nil {
		t.nested.Run(&countTask{seen: make([]atomic.Int32, 3), workers: t.workers}, 3)
	}
}

func (t *countTask) check(tb testing.TB, chunks int) {
	tb.Helper()
	for c := range t.seen {
		want := int32(0)
		if c < chunks {
			want = 1
		}
		if got := t.seen[c].Swap(0); got != want {
			tb.Fatalf("chunk %d of %d ran %d times", c, chunks, got)
		}
	}
	if t.bad.Load() != 0 {
		tb.Fatal("worker number out of range")
	}
}

func newPool(tb testing.TB, threads int) *Pool {
	old := runtime.GOMAXPROCS(max(threads, runtime.GOMAXPROCS(0)))
	p := New(threads)
	tb.Cleanup(func() { p.Close(); runtime.GOMAXPROCS(old) })
	return p
}

func TestEveryChunkRunsOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := newPool(t, threads)
		if p.Threads() != threads {
			t.Fatalf("Threads() = %d, want %d", p.Threads(), threads)
		}
		task := &countTask{seen: make([]atomic.Int32, 100), workers: threads}
		for i := range 3000 {
			n := i % 101
			p.Run(task, n)
			task.check(t, n)
			if i%1000 == 0 {
				time.Sleep(2 * spinTime)
			}
		}
	}
}

func TestMoreChunksThanTheWordHolds(t *testing.T) {
	p := newPool(t, 2)
	task := &countTask{seen: make([]atomic.Int32, MaxChunks+5), workers: 2}
	for _, n := range []int{MaxChunks, MaxChunks + 5} {
		p.Run(task, n)
		task.check(t, n)
	}
}

func TestNestedAndSharedRunsDoNotDeadlock(t *testing.T) {
	p := newPool(t, 3)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			task := &countTask{seen: make([]atomic.Int32, 20), workers: 3, nested: p}
			for range 300 {
				p.Run(task, 20)
				task.check(t, 20)
			}
		})
	}
	wg.Wait()
}

func TestParkedWorkersAreWoken(t *testing.T) {
	p := newPool(t, 2)
	deadline := time.Now().Add(5 * time.Second)
	for p.parked.Load() == 0 {
		if time.Now().After(deadline) {
			t.Fatal("worker never parks")
		}
		time.Sleep(time.Millisecond)
	}
	if p.Worth(2 * time.Microsecond) {
		t.Error("2 µs are worth waking a worker")
	}
	task := &meetTask{deadline: deadline}
	p.Run(task, 2)
	if task.late.Load() {
		t.Error("Run does not wake the parked worker")
	}
}

// meetTask's chunks each wait until both have begun, which takes two threads.
type meetTask struct {
	begun    atomic.Int32
	late     atomic.Bool
	deadline time.Time
}

func (m *meetTask) RunChunk(_, _ int) {
	m.begun.Add(1)
	for m.begun.Load() < 2 {
		if time.Now().After(m.deadline) {
			m.late.Store(true)
			return
		}
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	p := newPool(t, 2)
	task := &countTask{seen: make([]atomic.Int32, 8), workers: 2}
	if n := testing.AllocsPerRun(100, func() { p.Run(task, 8) }); n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}

func TestRunAfterClose(t *testing.T) {
	p := newPool(t, 3)
	task := &countTask{seen: make([]atomic.Int32, 20), workers: 3}
	p.Run(task, 20)
	task.check(t, 20)
	p.Close()
	p.Wake()
	p.Run(task, 20)
	task.check(t, 20)
}

func TestNilPool(t *testing.T) {
	var p *Pool
	task := &countTask{seen: make([]atomic.Int32, 4), workers: 1}
	p.Run(task, 4)
	task.check(t, 4)
	p.Wake()
	p.Close()
	if p.Threads() != 1 || p.Worth(time.Second) {
		t.Error("nil pool has threads")
	}
}

type spinTask struct{ loops int }

func (s *spinTask) RunChunk(_, _ int) {
	for range s.loops {
		pause(1)
	}
}

func BenchmarkForkJoin(b *testing.B) {
	p := newPool(b, 2)
	task := &spinTask{loops: 10}
	for b.Loop() {
		p.Run(task, 4)
	}
}
