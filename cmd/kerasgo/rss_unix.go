//go:build unix

package main

import (
	goruntime "runtime"

	"golang.org/x/sys/unix"
)

// peakRSS is the most memory the process has had, in bytes; 0 when unknown.
func peakRSS() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	if goruntime.GOOS == "darwin" || goruntime.GOOS == "ios" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}
