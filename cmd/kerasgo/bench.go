package main

import (
	"context"
	"fmt"
	"math"
	goruntime "runtime"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/sample"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// benchFlags are the flags of bench.
type benchFlags struct {
	golden  string
	threads int
	batch   int
	length  int
	stdio   bool
	profile bool
	compare bool
	sweep   bool
	batches []int
	budget  time.Duration
}

// timing is the result of a benchmark; times are nanoseconds.
type timing struct {
	Model   string   `json:"model"`
	Version string   `json:"version"`
	Threads int      `json:"threads"`
	Batch   int      `json:"batch"`
	Shapes  []string `json:"shapes"`
	CPU     string   `json:"cpu"`
	Runs    int      `json:"runs"`
	Load    int64    `json:"load_ns"`
	First   int64    `json:"first_ns"`
	Min     int64    `json:"min_ns"`
	Median  int64    `json:"median_ns"`
	P95     int64    `json:"p95_ns"`
	MACs    int64    `json:"macs"`
	HeapMB  float64  `json:"heap_mb"`
	RSSMB   float64  `json:"peak_rss_mb,omitempty"` // of the whole process so far
	Allocs  float64  `json:"allocs_per_run"`

	Throughput float64       `json:"examples_per_s"`
	Peak       float64       `json:"peak_gflops,omitempty"` // of the machine, measured, with these threads
	Layers     []layerTiming `json:"layers,omitempty"`
}

func (a *app) benchCmd() *cobra.Command {
	var src modelFlags
	f := benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench MODEL",
		Short: "Time a model: load, latency, throughput, memory; per layer with --profile",
		Long: `Time a model on generated inputs, or on those of --golden.

--profile also times every node of the graph and gives its speed as a share of the
machine's peak, which is measured with a matrix product in the first-level cache.
--sweep measures the throughput by batch size and number of threads. --compare
prints the ratios of two results that --json has saved. --stdio answers each line
"run N" on standard input with the times of N runs, so that a script can alternate
between kerasgo and other engines.`,
		Example: `  kerasgo bench model.keras --threads 1 --profile
  kerasgo bench model.keras --sweep
  kerasgo bench model.keras --json > before.json
  kerasgo bench --compare before.json after.json`,
		Args: func(c *cobra.Command, v []string) error {
			n := 1
			if f.compare {
				n = 2
			}
			return args(cobra.ExactArgs(n))(c, v)
		},
		RunE: func(cmd *cobra.Command, v []string) error {
			ctx := cmd.Context()
			switch {
			case f.compare:
				return a.benchCompare(v[0], v[1])
			case f.stdio:
				return a.benchStdio(ctx, v[0], src, f)
			case f.sweep:
				return a.benchSweep(ctx, v[0], src, f)
			}
			t, err := a.bench(ctx, v[0], src, f)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(t)
			}
			a.printTiming(t)
			if !f.profile {
				a.next("bench %s --profile", v[0])
			} else {
				a.next("graph %s --profile -o model.html", v[0])
			}
			return nil
		},
	}
	src.add(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.golden, "golden", "", "`NPZ` with the inputs")
	fl.IntVar(&f.threads, "threads", 0, "use at most `N` threads (default: all cores)")
	fl.IntVar(&f.batch, "batch", 1, "batch size `N`, without --golden")
	fl.IntVar(&f.length, "length", 64, "size `N` of other open dimensions, without --golden")
	fl.BoolVar(&f.stdio, "stdio", false, "answer on standard output to commands on standard input")
	fl.BoolVar(&f.profile, "profile", false, "also time every node")
	fl.BoolVar(&f.compare, "compare", false, "print two saved runs, A.json B.json, as ratios")
	fl.BoolVar(&f.sweep, "sweep", false, "throughput by batch size and threads")
	fl.IntSliceVar(&f.batches, "sweep-batches", []int{1, 4, 16, 64}, "batch `SIZES` of --sweep")
	fl.DurationVar(&f.budget, "time", 2*time.Second, "how `LONG` to measure")
	return cmd
}

// subject is a model ready to be timed.
type subject struct {
	model   *ir.Model
	program *runtime.Program
	session *runtime.Session
	inputs  []*runtime.Tensor
	golden  *ir.Case
	load    time.Duration
	first   time.Duration
	outputs []*runtime.Tensor
}

func (a *app) subject(ctx context.Context, name string, src modelFlags, f benchFlags, opts ...runtime.Option) (*subject, error) {
	start := time.Now()
	m, p, err := a.compile(name, src, append(opts, runtime.WithThreads(f.threads))...)
	if err != nil {
		return nil, err
	}
	s := &subject{model: m, program: p, session: p.NewSession(), load: time.Since(start)}
	if f.golden != "" {
		z, err := npz.Open(f.golden, src.limits.npz)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		cases, err := parity.Cases(z, m)
		if err != nil {
			return nil, err
		}
		s.golden = &cases[0]
		s.inputs = forRun(s.golden.Inputs)
	} else if s.inputs, err = madeUp(m, f.batch, f.length); err != nil {
		return nil, err
	}
	start = time.Now()
	s.outputs, err = s.session.RunContext(ctx, s.inputs...)
	s.first = time.Since(start)
	return s, err
}

// madeUp makes inputs of the asked sizes; a length that the model refuses gives
// way to one that it accepts.
func madeUp(m *ir.Model, batch, length int) ([]*runtime.Tensor, error) {
	if batch < 1 {
		return nil, ir.Errorf(ir.ErrUsage, "--batch %d: want 1 or more", batch)
	}
	if length < 1 {
		return nil, ir.Errorf(ir.ErrUsage, "--length %d: want 1 or more", length)
	}
	made, err := sample.Make(m, sample.Options{Batches: []int{batch}, Length: length})
	if err != nil {
		if made, err = sample.Make(m, sample.Options{Batches: []int{batch}}); err != nil {
			return nil, err
		}
	}
	var in []*runtime.Tensor
	for i, t := range made[0] {
		x, err := runtime.FromIR(t).As(m.Type(m.Inputs[i].Value).DType)
		if err != nil {
			return nil, err
		}
		in = append(in, x)
	}
	return in, nil
}

func (a *app) bench(ctx context.Context, name string, src modelFlags, f benchFlags) (*timing, error) {
	perNode := map[int]time.Duration{}
	var opts []runtime.Option
	if f.profile {
		opts = append(opts, runtime.WithObserver(func(n runtime.NodeTiming) { perNode[n.Node] += n.Took }))
	}
	s, err := a.subject(ctx, name, src, f, opts...)
	if err != nil {
		return nil, err
	}
	defer s.program.Close()
	clear(perNode)
	b := a.progress("measuring", f.budget.Milliseconds(), progress.Units{})
	times, allocs, err := s.measure(ctx, f.budget, b)
	b.end()
	if err != nil {
		return nil, err
	}
	t := &timing{Model: name, Version: version(), Threads: threadCount(f.threads), CPU: cpu.Active().String(), Load: int64(s.load), First: int64(s.first), Allocs: allocs}
	t.fill(times, s)
	nodes := s.program.Nodes()
	types, err := s.program.Bind(knownShapes(s.inputs))
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		t.MACs += nodes[i].MACs(types)
	}
	if f.profile {
		t.Peak = peakGFLOPS(t.Threads)
		t.Layers = profile(nodes, types, perNode, len(times), t.Peak)
	}
	return t, nil
}

// measure runs until the budget is used, three times at least. It returns the
// times in rising order and the allocations per run.
func (s *subject) measure(ctx context.Context, budget time.Duration, b *bar) ([]int64, float64, error) {
	times := make([]int64, 0, 1<<16)
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	begin := time.Now()
	for start := begin; start.Sub(begin) < budget || len(times) < 3; {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if _, err := s.session.Run(s.inputs...); err != nil { // one that can be interrupted allocates
			return nil, 0, err
		}
		end := time.Now()
		times = append(times, int64(end.Sub(start)))
		start = end
		if b.tracker != nil {
			b.set(end.Sub(begin).Milliseconds())
			start = time.Now()
		}
	}
	goruntime.ReadMemStats(&after)
	allocs := float64(after.Mallocs-before.Mallocs) / float64(len(times))
	slices.Sort(times)
	return times, allocs, nil
}

// fill sets what follows from the times.
func (t *timing) fill(times []int64, s *subject) {
	var mem goruntime.MemStats
	goruntime.ReadMemStats(&mem)
	t.Runs, t.Min, t.Median, t.P95 = len(times), times[0], times[len(times)/2], times[len(times)*95/100]
	t.HeapMB, t.RSSMB = float64(mem.HeapInuse)/(1<<20), float64(peakRSS())/(1<<20)
	t.Batch = 1
	if len(s.inputs) > 0 && len(s.inputs[0].Shape()) > 0 {
		t.Batch = s.inputs[0].Shape()[0]
	}
	for _, x := range s.inputs {
		t.Shapes = append(t.Shapes, ir.Dims(x.Shape()...).String())
	}
	t.Throughput = float64(t.Batch) * 1e9 / float64(t.Median)
}

func threadCount(n int) int {
	if n <= 0 {
		return goruntime.GOMAXPROCS(0)
	}
	return n
}

func knownShapes(in []*runtime.Tensor) []ir.Shape {
	var out []ir.Shape
	for _, x := range in {
		out = append(out, ir.Dims(x.Shape()...))
	}
	return out
}

func (a *app) printTiming(t *timing) {
	fmt.Fprintf(a.out, "threads %d, batch %d, input %s, CPU %s, %d runs\n", t.Threads, t.Batch, strings.Join(t.Shapes, ", "), t.CPU, t.Runs)
	fmt.Fprintf(a.out, "load    %s, first run %s\n", timeText(t.Load), timeText(t.First))
	fmt.Fprintf(a.out, "latency median %s, p95 %s, min %s\n", timeText(t.Median), timeText(t.P95), timeText(t.Min))
	fmt.Fprintf(a.out, "rate    %s examples/s, %.2f GFLOP/s\n", grouped(int64(math.Round(t.Throughput))), 2*float64(t.MACs)/float64(t.Median))
	fmt.Fprintf(a.out, "memory  heap %.1f MB", t.HeapMB)
	if t.RSSMB > 0 {
		fmt.Fprintf(a.out, ", process at most %.1f MB", t.RSSMB)
	}
	fmt.Fprintf(a.out, ", %.2f allocations a run\n", t.Allocs)
	if t.Layers != nil {
		a.printProfile(t)
	}
}

// timeText is a duration with at most four digits: "6.71µs", "12.3ms".
func timeText(ns int64) string {
	unit := time.Duration(1)
	for time.Duration(ns) >= 10000*unit {
		unit *= 10
	}
	return time.Duration(ns).Round(unit).String()
}
