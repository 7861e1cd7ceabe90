package main

import (
	"context"
	"fmt"
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
		return ir.Errorf(ir.ErrUsage, "--sweep makes its inputs up; leave --golden out")
	}
	m, err := a.open(name, src)
	if err != nil {
		return err
	}
	threads := []int{1}
	for n := 2; n < threadCount(f.threads); n *= 2 {
		threads = append(threads, n)
	}
	if n := threadCount(f.threads); n > 1 {
		threads = append(threads, n)
	}
	b := a.progress("measuring", int64(len(threads)*len(f.batches)), progress.Units{})
	defer b.end()
	var all []*timing
	for _, n := range threads {
		p, err := runtime.Compile(m, runtime.WithThreads(n))
		if err != nil {
			return err
		}
		for _, batch := range f.batches {
			in, err := madeUp(m, batch, f.length)
			if err != nil {
				return err
			}
			s := &subject{model: m, program: p, session: p.NewSession(), inputs: in}
			start := time.Now()
			if _, err := s.session.RunContext(ctx, in...); err != nil {
				return err
			}
			first := time.Since(start)
			times, allocs, err := s.measure(ctx, max(50*time.Millisecond, f.budget/time.Duration(len(threads)*len(f.batches))), &bar{})
			if err != nil {
				return err
			}
			t := &timing{Model: name, Version: version(), Threads: n, CPU: cpu.Active().String(), First: int64(first), Allocs: allocs}
			t.fill(times, s)
			if slices.ContainsFunc(all, func(u *timing) bool { return u.Threads == n && u.Batch == t.Batch }) {
				break // the model fixes its batch size
			}
			all = append(all, t)
			b.set(int64(len(all)))
		}
		p.Close()
	}
	b.end()
	if a.json {
		return a.printJSON(all)
	}
	header := table.Row{"Batch"}
	for _, n := range threads {
		header = append(header, fmt.Sprintf("%d threads, examples/s", n), "ms a run")
	}
	w := newTable(header...)
	for i := range len(all) / len(threads) {
		row := table.Row{all[i].Batch}
		for k := range threads {
			t := all[k*len(all)/len(threads)+i]
			row = append(row, fmt.Sprintf("%.1f", t.Throughput), fmt.Sprintf("%.3f", float64(t.Median)/1e6))
		}
		w.AppendRow(row)
	}
	fmt.Fprintln(a.out, w.Render())
	return nil
}
