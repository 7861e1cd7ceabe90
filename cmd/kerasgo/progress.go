package main

import (
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
)

// progressAfter is how long work may take before a bar shows.
const progressAfter = time.Second

// bar is a progress bar on a terminal; the zero bar shows nothing.
type bar struct {
	w       progress.Writer
	tracker *progress.Tracker
	timer   *time.Timer
	started chan struct{} // closed when rendering has ended
}

// progress begins a bar of total steps, 0 when their number is not known. It
// shows only on a terminal and after a second. The caller must end it.
func (a *app) progress(what string, total int64, units progress.Units) *bar {
	if !a.errTTY || a.quiet || a.json {
		return &bar{}
	}
	w := progress.NewWriter()
	w.SetOutputWriter(a.err)
	w.SetTrackerLength(30)
	w.SetUpdateFrequency(100 * time.Millisecond)
	w.SetStyle(progress.StyleBlocks)
	w.Style().Visibility.Speed = units.Formatter != nil
	if a.coloured() {
		w.Style().Colors = progress.StyleColors{Message: text.Colors{text.Bold}, Tracker: text.Colors{text.FgCyan}, Percent: text.Colors{text.FgCyan}, Stats: text.Colors{text.Faint}}
	}
	b := &bar{w: w, tracker: &progress.Tracker{Message: what, Total: total, Units: units, RemoveOnCompletion: true}}
	w.AppendTracker(b.tracker)
	b.started = make(chan struct{})
	b.timer = time.AfterFunc(progressAfter, func() {
		defer close(b.started)
		w.Render()
	})
	return b
}

func (b *bar) set(n int64) {
	if b.tracker != nil {
		b.tracker.SetValue(n)
	}
}

// end removes the bar. It may be called twice.
func (b *bar) end() {
	if b.timer == nil {
		return
	}
	b.tracker.MarkAsDone()
	if !b.timer.Stop() {
		for !b.w.IsRenderInProgress() {
			select {
			case <-b.started:
				b.timer = nil
				return
			case <-time.After(time.Millisecond):
			}
		}
		b.w.Stop()
		<-b.started
	}
	b.timer = nil
}

// counted is a writer that moves a bar.
type counted struct {
	w io.Writer
	b *bar
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.b.set(c.n)
	return n, err
}
