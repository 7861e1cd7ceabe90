package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/ir"
)

// app is what every command shares.
type app struct {
	streams
	json  bool
	quiet bool
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	a := &app{streams: s}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitCode(ctx, err)
	var told reported
	shown := errors.As(err, &told)
	if a.json && !shown {
		enc := json.NewEncoder(s.out)
		_ = enc.Encode(map[string]any{"error": err.Error(), "exit_code": code})
	}
	if code == exitInterrupted {
		fmt.Fprintln(s.err, "kerasgo: interrupted")
		return code
	}
	fmt.Fprintf(s.err, "kerasgo: %v\n", err)
	if unsupported(err) && !shown {
		a.next("inspect MODEL   # what the file holds, and all its problems")
	}
	if code == exitUsage {
		fmt.Fprintln(s.err, "Run 'kerasgo help' for the commands and their flags.")
	}
	return code
}

// reported is an error whose details the command has printed as its result.
type reported struct{ error }

func (r reported) Unwrap() error { return r.error }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kerasgo",
		Short: "Keras models in Go: convert, run, verify",
		Long: `kerasgo reads Keras models (.h5, .keras, JSON + weights), converts them to its
compact native format (.kgo), runs them, and proves that the numbers are Keras's.

MODEL is any Keras file or a .kgo, told apart by content; "-" is standard input.

Exit codes: 0 ok, 1 I/O or internal, 2 usage, 3 unsupported model, 4 parity
failed, 5 malformed file, 6 limit exceeded, 130 interrupted.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print the result as JSON")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no talk on standard error: no notes, no progress, no next step")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &ir.Error{Kind: ir.ErrUsage, Text: err.Error() + didYouMean(c, err)}
	})
	root.AddCommand(a.convertCmd(), a.runCmd(), a.verifyCmd(), a.summaryCmd(), a.inspectCmd(), a.graphCmd(), a.benchCmd(), a.layersCmd(), a.demoCmd(), a.manCmd(), a.versionCmd())
	return root
}

// args wraps cobra's argument checks in usage errors.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, v []string) error {
		if err := check(c, v); err != nil {
			return &ir.Error{Kind: ir.ErrUsage, Text: fmt.Sprintf("%s: %v; usage: %s", c.Name(), err, c.UseLine())}
		}
		return nil
	}
}

// printJSON writes v, indented.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
