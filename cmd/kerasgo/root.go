package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/cpu"
	"github.com/kerasgo/kerasgo/internal/printable"
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
	cmd, err := root.ExecuteContextC(ctx)
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
	fmt.Fprintf(s.err, "kerasgo: %s\n", printable.String(err.Error()))
	var refused refusedExport
	if unsupported(err) && !shown && !errors.As(err, &refused) {
		a.next("inspect %s   # what the file holds, and all its problems", cmd.Flags().Arg(0))
	}
	if code == exitUsage && !shown {
		fmt.Fprintf(s.err, "Run '%s --help' for usage.\n", cmd.CommandPath())
	}
	return code
}

// refusedExport is an error about the file to write, of which inspect knows nothing.
type refusedExport struct{ error }

func (r refusedExport) Unwrap() error { return r.error }

// reported is an error whose details the command has printed as its result.
type reported struct{ error }

func (r reported) Unwrap() error { return r.error }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kerasgo",
		Short: "Keras models in Go: convert, run, verify",
		Long: `kerasgo reads Keras models (.h5, .keras, JSON + weights), runs them without
Python, checks that their outputs are those of Keras, and converts them to its own
single-file format (.kgo) or to files of Keras 3.

MODEL is a Keras file of any version or a .kgo. The content decides which, not the
name. "-" is standard input.

Exit codes: 0 success, 1 I/O or internal error, 2 wrong usage, 3 unsupported model,
4 outputs differ from Keras's, 5 malformed file or unfitting input, 6 limit exceeded,
130 interrupted.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			if level, err := cpu.Select(os.Getenv(cpu.EnvOverride)); err != nil {
				a.say("note: %s is ignored, the kernels are those of %v: %v", cpu.EnvOverride, level, err)
			}
		},
	}
	root.SetUsageFunc(usageOf(root.UsageFunc()))
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print the result as JSON")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "print nothing but errors on standard error: no notes, progress or next step")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &ir.Error{Kind: ir.ErrUsage, Text: err.Error() + didYouMean(c, err)}
	})
	root.AddCommand(a.convertCmd(), a.runCmd(), a.verifyCmd(), a.summaryCmd(), a.inspectCmd(), a.graphCmd(), a.benchCmd(), a.layersCmd(), a.demoCmd(), a.manCmd(), a.versionCmd())
	return root
}

// usageOf is cobra's usage text without the "[=true|false]" that pflag puts
// behind every switch.
func usageOf(usage func(*cobra.Command) error) func(*cobra.Command) error {
	return func(c *cobra.Command) error {
		const noise = "[=true|false]"
		var text bytes.Buffer
		out := c.OutOrStderr()
		c.SetOut(&text)
		err := usage(c)
		c.SetOut(out)
		if err == nil {
			_, err = io.WriteString(out, strings.ReplaceAll(text.String(), noise, strings.Repeat(" ", len(noise))))
		}
		return err
	}
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
