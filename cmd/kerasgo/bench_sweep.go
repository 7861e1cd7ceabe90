package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

// benchSweep measures the throughput for every batch size and thread count.
func (a *app) benchSweep(ctx context.Context, name string, src modelFlags, f benchFlags) error {
	if f.golden != "" {
		return ir.Errorf(ir.ErrUsage, "--sweep generates its inputs; leave --golden out")
	}
	m, err := a.open(name, src)
	if err != nil {
		return err
	}
	threads := sweepThreads(threadCount(f.threads))
	all, err := a.sweep(ctx, name, m, threads, f)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(all)
	}
	return a.printSweep(threads, all)
}

// sweepThreads are the powers of two below most, and most.
func sweepThreads(most int) []int {
	var threads []int
	for n := 1; n < most; n *= 2 {
		threads = append(threads, n)
	}
	return append(threads, most)
}

// sweep measures every batch size with the first thread count, then with the next,
// and so on. A model that fixes its batch size is measured with that one only.
func (a *app) sweep(ctx context.Context, name string, m *ir.Model, threads []int, f benchFlags) ([]*timing, error) {
	steps := len(threads) * len(f.batches)
	budget := max(50*time.Millisecond, f.budget/time.Duration(max(1, steps)))
	b := a.progress("measuring", int64(steps), progress.Units{})
	defer b.end()
	var all []*timing
	for _, n := range threads {
		p, err := runtime.Compile(m, runtime.WithThreads(n))
		if err != nil {
			return nil, err
		}
		for _, batch := range f.batches {
			t, err := sweepOne(ctx, name, m, p, n, batch, f.length, budget)
			if err != nil {
				p.Close()
				return nil, err
			}
			if slices.ContainsFunc(all, func(u *timing) bool { return u.Threads == n && u.Batch == t.Batch }) {
				break // the model fixes its batch size
			}
			all = append(all, t)
			b.set(int64(len(all)))
		}
		p.Close()
	}
	return all, nil
}

func sweepOne(ctx context.Context, name string, m *ir.Model, p *runtime.Program, threads, batch, length int, budget time.Duration) (*timing, error) {
	in, err := madeUp(m, batch, length)
	if err != nil {
		return nil, err
	}
	s := &subject{model: m, program: p, session: p.NewSession(), inputs: in}
	start := time.Now()
	if _, err := s.session.RunContext(ctx, in...); err != nil {
		return nil, err
	}
	first := time.Since(start)
	times, allocs, err := s.measure(ctx, budget, &bar{})
	if err != nil {
		return nil, err
	}
	t := &timing{Model: name, Version: version(), Threads: threads, CPU: cpu.Active().String(), First: int64(first), Allocs: allocs}
	t.fill(times, s)
	return t, nil
}

// printSweep prints a row for each batch size and two columns for each thread count.
func (a *app) printSweep(threads []int, all []*timing) error {
	header := table.Row{"Batch"}
	for _, n := range threads {
		header = append(header, fmt.Sprintf("Examples/s, threads: %d", n), "Time of a run")
	}
	w := newTable(header...)
	batches := len(all) / len(threads)
	for i := range batches {
		row := table.Row{all[i].Batch}
		for k := range threads {
			t := all[k*batches+i]
			row = append(row, grouped(int64(math.Round(t.Throughput))), timeText(t.Median))
		}
		w.AppendRow(row)
	}
	_, err := fmt.Fprintln(a.out, w.Render())
	return err
}
