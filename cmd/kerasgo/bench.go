package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
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
	budget  time.Duration
}

// timing is the result of a benchmark; times are nanoseconds.
type timing struct {
	Model   string  `json:"model"`
	Threads int     `json:"threads"`
	Batch   int     `json:"batch"`
	CPU     string  `json:"cpu"`
	Runs    int     `json:"runs"`
	Load    int64   `json:"load_ns"`
	First   int64   `json:"first_ns"`
	Min     int64   `json:"min_ns"`
	Median  int64   `json:"median_ns"`
	P95     int64   `json:"p95_ns"`
	MACs    int64   `json:"macs"`
	HeapMB  float64 `json:"heap_mb"`

	Throughput float64       `json:"examples_per_s"`
	Layers     []layerTiming `json:"layers,omitempty"`
}

type layerTiming struct {
	Node   int     `json:"node"`
	Layer  string  `json:"layer"`
	Class  string  `json:"class"`
	Kind   string  `json:"kind"`
	Ns     int64   `json:"ns"`
	Share  float64 `json:"share"`
	GFLOPS float64 `json:"gflops"`
}

func (a *app) benchCmd() *cobra.Command {
	var src modelFlags
	f := benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench MODEL",
		Short: "Time a model: load, latency, throughput, per layer with --profile",
		Long: `Time a model on inputs from --golden or on zeros.

With --stdio it answers "run N" lines on standard input with the times of N runs,
so that a script can interleave it with other engines.`,
		Example: `  kerasgo bench model.keras --threads 1 --profile`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, v []string) error {
			if f.stdio {
				return a.benchStdio(cmd.Context(), v[0], src, f)
			}
			t, err := a.bench(cmd.Context(), v[0], src, f)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(t)
			}
			a.printTiming(t)
			return nil
		},
	}
	src.add(cmd)
	cmd.Flags().StringVar(&f.golden, "golden", "", "npz with the inputs, and outputs to compare with")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "threads (default: all cores)")
	cmd.Flags().IntVar(&f.batch, "batch", 1, "batch size, without --golden")
	cmd.Flags().IntVar(&f.length, "length", 64, "size of other open dimensions, without --golden")
	cmd.Flags().BoolVar(&f.stdio, "stdio", false, "answer on standard output to commands on standard input")
	cmd.Flags().BoolVar(&f.profile, "profile", false, "time every node")
	cmd.Flags().DurationVar(&f.budget, "time", 2*time.Second, "how long to measure")
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
		z, err := npz.Open(f.golden, npz.Limits{})
		if err != nil {
			return nil, err
		}
		defer z.Close()
		cases, err := parity.Cases(z, m)
		if err != nil {
			return nil, err
		}
		s.golden = &cases[0]
		for _, t := range s.golden.Inputs {
			s.inputs = append(s.inputs, runtime.FromIR(t))
		}
	} else if s.inputs, err = zeros(p, f); err != nil {
		return nil, err
	}
	start = time.Now()
	s.outputs, err = s.session.RunContext(ctx, s.inputs...)
	s.first = time.Since(start)
	return s, err
}

// zeros makes inputs of the asked sizes.
func zeros(p *runtime.Program, f benchFlags) ([]*runtime.Tensor, error) {
	var in []*runtime.Tensor
	for _, info := range p.Inputs() {
		shape := make([]int, len(info.Shape))
		n := 1
		for i, d := range info.Shape {
			switch {
			case d.IsKnown():
				shape[i] = d.Size
			case i == 0:
				shape[i] = f.batch
			default:
				shape[i] = f.length
			}
			n *= shape[i]
		}
		if info.DType == ir.String {
			in = append(in, runtime.NewTensor(make([]string, n), shape...))
			continue
		}
		x, err := runtime.NewTensor(make([]float32, n), shape...).As(info.DType)
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
	var times []int64
	var mem goruntime.MemStats
	for end := time.Now().Add(f.budget); time.Now().Before(end) || len(times) < 3; {
		start := time.Now()
		if _, err := s.session.RunContext(ctx, s.inputs...); err != nil {
			return nil, err
		}
		times = append(times, int64(time.Since(start)))
	}
	goruntime.ReadMemStats(&mem)
	slices.Sort(times)
	threads := f.threads
	if threads == 0 {
		threads = goruntime.GOMAXPROCS(0)
	}
	t := &timing{Model: name, Threads: threads, Batch: 1, CPU: cpu.Active().String(), Runs: len(times), Load: int64(s.load), First: int64(s.first),
		Min: times[0], Median: times[len(times)/2], P95: times[len(times)*95/100], HeapMB: float64(mem.HeapInuse) / (1 << 20)}
	if len(s.inputs) > 0 && len(s.inputs[0].Shape()) > 0 {
		t.Batch = s.inputs[0].Shape()[0]
	}
	t.Throughput = float64(t.Batch) * 1e9 / float64(t.Median)
	var shapes []ir.Shape
	for _, x := range s.inputs {
		shapes = append(shapes, ir.Dims(x.Shape()...))
	}
	nodes := s.program.Nodes()
	types, err := s.program.Bind(shapes)
	if err != nil {
		return nil, err
	}
	var total time.Duration
	for _, d := range perNode {
		total += d
	}
	for i := range nodes {
		macs := nodes[i].MACs(types)
		t.MACs += macs
		if d, ok := perNode[i]; ok {
			ns := int64(d) / int64(len(times))
			t.Layers = append(t.Layers, layerTiming{i, nodes[i].Origin.Layer, nodes[i].Origin.Class, nodes[i].Op.Kind(), ns, float64(d) / float64(total), 2 * float64(macs) / float64(max(1, ns))})
		}
	}
	return t, nil
}

func (a *app) printTiming(t *timing) {
	ms := func(ns int64) string { return strconv.FormatFloat(float64(ns)/1e6, 'f', 4, 64) + " ms" }
	fmt.Fprintf(a.out, "threads %d, batch %d, CPU %s, %d runs\n", t.Threads, t.Batch, t.CPU, t.Runs)
	fmt.Fprintf(a.out, "load    %s, first run %s\n", ms(t.Load), ms(t.First))
	fmt.Fprintf(a.out, "latency median %s, p95 %s, min %s\n", ms(t.Median), ms(t.P95), ms(t.Min))
	fmt.Fprintf(a.out, "rate    %.1f examples/s, %.1f GFLOP/s; heap %.1f MB\n", t.Throughput, 2*float64(t.MACs)/float64(t.Median), t.HeapMB)
	if t.Layers == nil {
		return
	}
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	w.AppendHeader(table.Row{"Node", "Layer (type)", "Op", "µs", "%", "GFLOP/s"})
	for _, l := range t.Layers {
		w.AppendRow(table.Row{l.Node, fmt.Sprintf("%s (%s)", l.Layer, l.Class), l.Kind, fmt.Sprintf("%.1f", float64(l.Ns)/1e3), fmt.Sprintf("%.1f", 100*l.Share), fmt.Sprintf("%.1f", l.GFLOPS)})
	}
	fmt.Fprintln(a.out, w.Render())
}

// benchStdio answers to lines: "run N" with the times of N runs, "quit" by
// ending. The first answer says that the model is ready.
func (a *app) benchStdio(ctx context.Context, name string, src modelFlags, f benchFlags) error {
	enc := json.NewEncoder(a.out)
	fail := func(err error) error {
		_ = enc.Encode(map[string]string{"error": strings.ReplaceAll(err.Error(), "\n", "; ")})
		return err
	}
	s, err := a.subject(ctx, name, src, f)
	if err != nil {
		return fail(err)
	}
	defer s.program.Close()
	ready := map[string]any{"ready": true, "version": version(), "load_ns": int64(s.load), "first_ns": int64(s.first)}
	if s.golden != nil {
		ready["max_abs_err"], ready["max_rel_err"] = worst(s)
	}
	if err := enc.Encode(ready); err != nil {
		return err
	}
	lines := bufio.NewScanner(a.in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if words[0] == "quit" {
			return nil
		}
		n := 0
		if len(words) == 2 && words[0] == "run" {
			n, _ = strconv.Atoi(words[1])
		}
		if n < 1 || n > 1<<24 {
			return fail(ir.Errorf(ir.ErrUsage, "%q: want run N or quit", lines.Text()))
		}
		ns := make([]int64, n)
		for i := range ns {
			start := time.Now()
			if _, err := s.session.RunContext(ctx, s.inputs...); err != nil {
				return fail(err)
			}
			ns[i] = int64(time.Since(start))
		}
		if err := enc.Encode(map[string]any{"ns": ns}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// worst is the largest difference from the golden outputs, and that over the
// largest of them.
func worst(s *subject) (abs, rel float64) {
	var scale float64
	for i, out := range s.outputs {
		r := parity.Compare(out.ToIR(), s.golden.Outputs[i], nil, parity.Options{})
		if !r.OK && r.BoundFrom == "" {
			return math.MaxFloat64, math.MaxFloat64
		}
		abs, scale = max(abs, r.MaxAbs), max(scale, r.Scale)
	}
	return abs, abs / max(scale, math.SmallestNonzeroFloat64)
}
