//go:build soak

package suite_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

var soakFor = flag.Duration("soak.for", 10*time.Minute, "how long TestSoak runs")

// soaked is a model that goroutines share.
type soaked struct {
	name string
	p    *runtime.Program
}

func soakModels(t *testing.T) []soaked {
	t.Helper()
	var out []soaked
	for _, name := range []string{"seed_bilstm", "gru", "net_time_series_transformer", "conv2d_any_size", "net_unet", "net_inverted_residual", "model_many_layers"} {
		m, err := importer.Load(suite.Path(t, "keras3/"+name+".keras"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := runtime.Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, soaked{name, p})
	}
	return out
}

// feedOf makes inputs, with open dimensions as size gives them.
func feedOf(r *rand.Rand, p *runtime.Program, size func() int) []*runtime.Tensor {
	open := map[string]int{}
	var in []*runtime.Tensor
	for _, info := range p.Inputs() {
		shape, n := make([]int, len(info.Shape)), 1
		for i, d := range info.Shape {
			if shape[i] = d.Size; !d.IsKnown() {
				if open[d.Name] == 0 {
					open[d.Name] = size()
				}
				shape[i] = max(1, open[d.Name]+d.Size)
			}
			n *= shape[i]
		}
		t := &ir.Tensor{DType: info.DType, Shape: shape, Data: make([]byte, n*info.DType.Size())}
		switch info.DType {
		case ir.String:
			t.Data, t.Strings = nil, make([]string, n)
		case ir.Float32:
			v := make([]float32, n)
			for i := range v {
				v[i] = float32(r.IntN(10))
			}
			t = ir.NewFloat32(v, shape...)
		}
		in = append(in, runtime.FromIR(t))
	}
	return in
}

// sample is the state of the process at some time.
type sample struct {
	at                   time.Duration
	goroutines, mappings int
	heapMB, rssMB        float64
	p50, p99             time.Duration
	runs, loads, cancels int64
	cancelMax            time.Duration
}

func (s sample) String() string {
	return fmt.Sprintf("%6.0fs  goroutines %3d  heap %6.1f MB  resident %6.1f MB  mapped files %3d  p50 %8v  p99 %8v  runs %8d  loads %6d  cancelled %5d, in at most %v",
		s.at.Seconds(), s.goroutines, s.heapMB, s.rssMB, s.mappings, s.p50, s.p99, s.runs, s.loads, s.cancels, s.cancelMax)
}

func resident() (mb float64, mappings int) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
			mb = kb / 1024
		}
	}
	maps, _ := os.ReadFile("/proc/self/maps")
	return mb, strings.Count(string(maps), "/fixtures/")
}

// TestSoak shares programs among goroutines while shapes change, models come and
// go and runs are cancelled, and looks at memory, goroutines and latency.
func TestSoak(t *testing.T) {
	ctx, stop := context.WithTimeout(context.Background(), *soakFor)
	defer stop()
	models := soakModels(t)
	var runs, loads, cancels, cancelMax atomic.Int64
	var group sync.WaitGroup
	worker := func(seed uint64, f func(r *rand.Rand) error) {
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, 5))
			for ctx.Err() == nil {
				if err := f(r); err != nil {
					t.Error(err)
					stop()
				}
			}
		})
	}
	sizes := func(r *rand.Rand) func() int {
		return func() int { return []int{1, 2, 3, 5, 8, 13, 16, 24, 32}[r.IntN(9)] }
	}
	for i := range 6 { // sessions of their own, which keep plans
		sessions := map[string]*runtime.Session{}
		worker(uint64(i), func(r *rand.Rand) error {
			m := models[r.IntN(len(models))]
			s := sessions[m.name]
			if s == nil || r.IntN(200) == 0 {
				s = m.p.NewSession()
				sessions[m.name] = s
			}
			_, err := s.Run(feedOf(r, m.p, sizes(r))...)
			if errors.Is(err, ir.ErrShape) { // too small for a window
				return nil
			}
			runs.Add(1)
			return err
		})
	}
	for i := range 4 { // the pool's sessions
		worker(uint64(100+i), func(r *rand.Rand) error {
			m := models[r.IntN(len(models))]
			_, err := m.p.Predict(feedOf(r, m.p, sizes(r))...)
			if errors.Is(err, ir.ErrShape) {
				return nil
			}
			runs.Add(1)
			return err
		})
	}
	files := sampled(t, 1)
	for i := range 2 { // models come and go, half of them without Close
		worker(uint64(200+i), func(r *rand.Rand) error {
			c := files[r.IntN(len(files))]
			m, err := load(c)
			if err != nil {
				return nil // TestFixtures reports it
			}
			p, err := runtime.Compile(m, runtime.WithThreads(2))
			if err != nil {
				return err
			}
			_, _ = p.Predict(feedOf(r, p, func() int { return 4 })...)
			if r.IntN(2) == 0 {
				p.Close()
			}
			loads.Add(1)
			time.Sleep(time.Millisecond)
			return nil
		})
	}
	big := models[4] // many nodes
	worker(300, func(r *rand.Rand) error {
		c, cancel := context.WithCancel(ctx)
		var at atomic.Int64
		timer := time.AfterFunc(time.Duration(r.IntN(4000))*time.Microsecond, func() { at.Store(time.Now().UnixNano()); cancel() })
		_, err := big.p.PredictContext(c, feedOf(r, big.p, func() int { return 32 })...)
		if timer.Stop(); err != nil && at.Load() > 0 {
			took := time.Now().UnixNano() - at.Load()
			cancels.Add(1)
			for old := cancelMax.Load(); took > old && !cancelMax.CompareAndSwap(old, took); old = cancelMax.Load() {
			}
		}
		cancel()
		if errors.Is(err, context.Canceled) || errors.Is(err, ir.ErrShape) || ctx.Err() != nil {
			return nil
		}
		return err
	})

	start := time.Now()
	r := rand.New(rand.NewPCG(1, 1))
	probe := models[0].p.NewSession()
	in := feedOf(r, models[0].p, func() int { return 20 })
	var samples []sample
	for every := *soakFor / 40; ctx.Err() == nil; {
		var took []time.Duration
		for end := time.Now().Add(every); ctx.Err() == nil && time.Now().Before(end); {
			before := time.Now()
			if _, err := probe.Run(in...); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(before))
			time.Sleep(5 * time.Millisecond)
		}
		if len(took) == 0 || ctx.Err() != nil {
			break
		}
		goruntime.GC()
		goruntime.GC() // what the first one's cleanups let go
		var mem goruntime.MemStats
		goruntime.ReadMemStats(&mem)
		rss, mappings := resident()
		slices.Sort(took)
		s := sample{
			time.Since(start), goruntime.NumGoroutine(), mappings, float64(mem.HeapAlloc) / (1 << 20), rss,
			took[len(took)/2], took[len(took)*99/100], runs.Load(), loads.Load(), cancels.Load(), time.Duration(cancelMax.Load()),
		}
		samples = append(samples, s)
		fmt.Println(s)
	}
	group.Wait()
	flat(t, samples)

	for _, m := range models {
		m.p.Close()
	}
	models, probe = nil, nil
	debug.FreeOSMemory()
	time.Sleep(time.Second)
	debug.FreeOSMemory()
	if n := goruntime.NumGoroutine(); n > 4 {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines are left:\n%s", n, buf[:goruntime.Stack(buf, true)])
	}
	if d := time.Duration(cancelMax.Load()); d > 10*time.Second { // a node's time, while a dozen goroutines share the cores
		t.Errorf("a cancelled run went on for %v", d)
	}
}

// flat compares the second quarter of the samples with the last.
func flat(t *testing.T, samples []sample) {
	if len(samples) < 8 {
		t.Fatalf("only %d samples", len(samples))
	}
	q := len(samples) / 4
	early, late := samples[q:2*q], samples[len(samples)-q:]
	mean := func(s []sample, f func(sample) float64) float64 {
		sum := 0.0
		for _, x := range s {
			sum += f(x)
		}
		return sum / float64(len(s))
	}
	for _, c := range []struct {
		what  string
		of    func(sample) float64
		times float64
		plus  float64
	}{
		{"goroutines", func(s sample) float64 { return float64(s.goroutines) }, 1.1, 8},
		{"MB of heap", func(s sample) float64 { return s.heapMB }, 1.15, 4},
		{"MB resident", func(s sample) float64 { return s.rssMB }, 1.15, 16},
		{"mapped files", func(s sample) float64 { return float64(s.mappings) }, 1.2, 10},
		{"ms of latency", func(s sample) float64 { return float64(s.p50) / 1e6 }, 2, 0.1},
	} {
		a, b := mean(early, c.of), mean(late, c.of)
		fmt.Printf("%s: %.2f early, %.2f late\n", c.what, a, b)
		if b > a*c.times+c.plus {
			t.Errorf("%s grew from %.2f to %.2f", c.what, a, b)
		}
	}
}
