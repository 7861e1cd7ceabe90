package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"
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

// say writes a line of talk.
func (a *app) say(format string, v ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", v...)
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

// mark is "ok" or "FAIL", in colour on a terminal.
func (a *app) mark(ok bool) string {
	text, colour := "ok  ", "\x1b[32m"
	if !ok {
		text, colour = "FAIL", "\x1b[1;31m"
	}
	if a.outTTY && a.coloured() {
		return colour + text + "\x1b[0m"
	}
	return text
}
