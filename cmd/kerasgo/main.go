// Command kerasgo converts, runs and checks Keras models without Python.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	collectLate()
	os.Exit(mainCode())
}

// collectLate lets the first garbage collection wait for a heap of 16 MB instead of
// 4, which most models do not reach while they load. GOGC has precedence.
func collectLate() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(400)
	runtime.AddCleanup(new([64]byte), func(usual int) { debug.SetGCPercent(usual) }, usual)
}

// graceful is how long an interrupted command may take to clean up. What it
// writes it writes beside its target, so nothing is half done at any moment.
const graceful = 10 * time.Second

// mainCode runs the command on the process's own arguments and streams. The
// first interrupt stops it, a second one kills it at once.
func mainCode() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	done := make(chan int, 1)
	go func() { done <- run(ctx, os.Args[1:], standard()) }()
	select {
	case code := <-done:
		return code
	case <-ctx.Done():
	}
	stop()
	select {
	case code := <-done:
		return code
	case <-time.After(graceful):
		fmt.Fprintln(os.Stderr, "kerasgo: interrupted")
		return exitInterrupted
	}
}
