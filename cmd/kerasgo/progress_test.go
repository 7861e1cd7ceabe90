package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// locked is a buffer that two goroutines may use.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A bar shows on a terminal when the work lasts, and only then.
func TestProgress(t *testing.T) {
	work := func(tty, quiet bool, long time.Duration) string {
		said := &locked{}
		synctest.Test(t, func(*testing.T) { // in which a second takes no time
			a := &app{streams: streams{err: said, errTTY: tty}, quiet: quiet}
			b := a.progress("converting", 100, progress.UnitsBytes)
			w := &counted{w: io.Discard, b: b}
			_, _ = w.Write(make([]byte, 40))
			time.Sleep(long)
			b.end()
			b.end()
		})
		return said.String()
	}
	if s := work(true, false, progressAfter+400*time.Millisecond); !strings.Contains(s, "converting") || !strings.Contains(s, "40") {
		t.Errorf("long work on a terminal shows %q", s)
	}
	for name, s := range map[string]string{
		"short work": work(true, false, 0), "work without a terminal": work(false, false, progressAfter+200*time.Millisecond), "quiet work": work(true, true, progressAfter+200*time.Millisecond),
	} {
		if s != "" {
			t.Errorf("%s shows %q", name, s)
		}
	}
}

// Colours are for terminals, unless NO_COLOR is set.
func TestColour(t *testing.T) {
	for _, c := range []struct {
		tty     bool
		noColor string
		want    bool
	}{{true, "", true}, {false, "", false}, {true, "1", false}} {
		t.Setenv("NO_COLOR", c.noColor)
		t.Setenv("TERM", "xterm")
		var out, talk bytes.Buffer
		code := run(context.Background(), []string{"verify", "../../fixtures/keras2/seed_lstm.h5", "--golden", "../../fixtures/keras2/seed_lstm.npz"}, streams{out: &out, err: &talk, outTTY: c.tty})
		if code != exitOK || strings.Contains(out.String(), "\x1b[") != c.want {
			t.Errorf("terminal %v, NO_COLOR=%q: exit code %d, %q", c.tty, c.noColor, code, out.String())
		}
	}
}
