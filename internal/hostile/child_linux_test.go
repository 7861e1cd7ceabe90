//go:build !race

package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	childFile = "HOSTILE_FILE"
	mostData  = 4 << 30 // a file that takes more ends the child, not the machine
)

// result is what a child process says of a file.
type result struct {
	Kind, Error string
	PeakKB      int64
	Took        time.Duration
}

func TestMain(m *testing.M) {
	path := os.Getenv(childFile)
	if path == "" {
		os.Exit(m.Run())
	}
	var r result
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: mostData, Max: mostData}); err != nil {
		panic(err)
	}
	start := time.Now()
	model, err := LoadFile(path)
	if err == nil {
		err = Run(model, 2)
	}
	r.Took, r.Kind = time.Since(start), Kind(err)
	if err != nil {
		r.Error = err.Error()
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			r.PeakKB, _ = strconv.ParseInt(strings.Fields(v)[0], 10, 64)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		panic(err)
	}
}

// inChild loads, compiles and runs a file in a process of its own.
func inChild(t *testing.T, path string) result {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childFile+"="+path)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	var r result
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		t.Fatalf("%v: %s%.2000s", err, out, talk.String())
	}
	return r
}

const (
	baseMemory = 64 << 20
	maxTime    = 20 * time.Second
)

// A file takes no more memory than 64 MiB and twice its size, and ends soon.
func TestMemory(t *testing.T) {
	if underRace {
		t.Skip("the race detector takes memory of its own")
	}
	var files []largeFile
	for i, f := range corpus(t) {
		if len(f.data) > 1<<20 && !testing.Short() || i%23 == 0 || strings.Contains(f.name, "bomb") {
			files = append(files, largeFile{f.name, f.want, func() []byte { return f.data }})
		}
	}
	if testing.Short() {
		files = files[:min(len(files), 10)]
	}
	for i, f := range large(t) {
		if !testing.Short() || i%3 == 0 {
			files = append(files, f)
		}
	}
	worst, slowest := 0.0, time.Duration(0)
	path := filepath.Join(t.TempDir(), "file")
	for _, f := range files {
		t.Run(f.name[:min(len(f.name), 60)], func(t *testing.T) {
			b := f.data()
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			size := int64(len(b))
			r := inChild(t, path)
			allowed := baseMemory + 2*size
			share := float64(r.PeakKB<<10) / float64(allowed)
			line := fmt.Sprintf("%d bytes: %s, peak %d MB of %d (%.0f%%), %v: %.200s", size, r.Kind, r.PeakKB>>10, allowed>>20, 100*share, r.Took, r.Error)
			if share > 1 || r.Took > maxTime || !strings.Contains("|"+f.want+"|", "|"+r.Kind+"|") {
				t.Error(line)
			} else {
				t.Log(line)
			}
			worst, slowest = max(worst, share), max(slowest, r.Took)
		})
	}
	t.Logf("%d files; at most %.0f%% of the memory allowed, %v", len(files), 100*worst, slowest)
}
