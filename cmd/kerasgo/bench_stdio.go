package main

import (
	"bufio"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
)

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
			if err := ctx.Err(); err != nil {
				return fail(err)
			}
			start := time.Now()
			if _, err := s.session.Run(s.inputs...); err != nil {
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
