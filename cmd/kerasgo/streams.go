package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"github.com/kerasgo/kerasgo/internal/printable"
)

// streams are the command's standard streams: data go to out, talk to err.
type streams struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	outTTY bool // out is a terminal
	errTTY bool
}

// standard is the process's own streams.
func standard() streams {
	return streams{os.Stdin, os.Stdout, os.Stderr, term.IsTerminal(int(os.Stdout.Fd())), term.IsTerminal(int(os.Stderr.Fd()))}
}

// text is standard output for text that may hold names from files.
func (a *app) text() io.Writer { return printable.Writer(a.out) }

// say writes a line of talk.
func (a *app) say(format string, v ...any) {
	if !a.quiet {
		fmt.Fprintln(a.err, printable.String(fmt.Sprintf(format, v...)))
	}
}

// next suggests the next step. What came by standard input is gone, so there is
// none with it.
func (a *app) next(format string, v ...any) {
	if slices.Contains(v, "-") {
		return
	}
	a.say("next: kerasgo "+format, v...)
}

// coloured reports whether colours are welcome: see no-color.org.
func (a *app) coloured() bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// verdict writes a line that begins with "ok" or "FAIL", in colour on a terminal.
func (a *app) verdict(ok bool, format string, v ...any) {
	mark, colour := "ok  ", "\x1b[32m"
	if !ok {
		mark, colour = "FAIL", "\x1b[1;31m"
	}
	if a.outTTY && a.coloured() {
		mark = colour + mark + "\x1b[0m"
	}
	fmt.Fprintf(a.out, "%s %s\n", mark, printable.String(fmt.Sprintf(format, v...)))
}
