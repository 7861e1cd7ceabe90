//go:build !race

package hostile

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const childFile = "HOSTILE_FILE"

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
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var r result
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		t.Fatalf("%s: %v: %s", path, err, out)
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
	var files []file
	for i, f := range corpus(t) {
		if len(f.data) > 1<<20 && !testing.Short() || i%23 == 0 || strings.Contains(f.name, "bomb") {
			files = append(files, f)
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
		if err := os.WriteFile(path, f.data, 0o600); err != nil {
			t.Fatal(err)
		}
		r := inChild(t, path)
		allowed := int64(baseMemory + 2*len(f.data))
		share := float64(r.PeakKB<<10) / float64(allowed)
		line := fmt.Sprintf("%s: %d bytes: %s, peak %d MB of %d (%.0f%%), %v: %.200s", f.name, len(f.data), r.Kind, r.PeakKB>>10, allowed>>20, 100*share, r.Took, r.Error)
		if share > 1 || r.Took > maxTime || !strings.Contains("|"+f.want+"|", "|"+r.Kind+"|") {
			t.Error(line)
		} else if share > 0.8 || r.Took > 3*time.Second {
			t.Log(line)
		}
		worst, slowest = max(worst, share), max(slowest, r.Took)
	}
	t.Logf("%d files; at most %.0f%% of the memory allowed, %v", len(files), 100*worst, slowest)
}

// large are files of some size that ask for as much as they can.
func large(t *testing.T) (out []file) {
	arch := string(Text(config()))
	bomb := func(n uint64) []byte {
		c := Set(config(), "config/layers/3/config/units", n)
		return legacy(string(Text(c)), func(h *HDF5, w string) (uint64, bool) {
			if w == "dense/kernel:0" {
				return h.Deflated(32, n), true
			}
			return 0, false
		})
	}
	padded := func(b []byte, n int) []byte { return append(b, make([]byte, n)...) }
	out = append(out,
		file{"hdf5: a bomb of 19 MB", bomb(150_000), "shape|missing weight|limit|ok"},
		file{"hdf5: a bomb of 256 MB", bomb(2_000_000), "limit"},
		file{"hdf5: a bomb of 64 MB in a file of 8 MB", padded(bomb(500_000), 8<<20), "limit"},
		file{"json: 16 MB of a string", []byte(strings.Replace(arch, "sequential", strings.Repeat("x", 16<<20), 1)), "usage|limit"},
		file{"json: 16 MB of numbers", []byte(`{"class_name":"Sequential","config":[` + strings.Repeat("1,", 8<<20) + "1]}"), "limit"},
		file{"json: 16 MB of lists", []byte(`{"class_name":"Sequential","config":[` + strings.Repeat("[],", 5<<20) + "1]}"), "limit"},
		file{"json: 16 MB of keys", []byte(`{"class_name":"Sequential","config":{` + keysText(2<<20) + "}}"), "limit"},
		file{"json: 16 MB of spaces", []byte(`{` + strings.Repeat(" ", 16<<20) + "}"), "malformed"},
		file{"yaml: 16 MB of items", []byte("class_name:\n" + strings.Repeat("- a\n", 4<<20)), "limit"},
	)
	for name, header := range map[string]string{
		"tensors":    tensors(60_000) + `,"` + strings.Repeat("x", 12<<20) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
		"numbers":    `"a":[` + strings.Repeat("1,", 7<<20) + "1]",
		"keys":       `"a":{` + keysText(1800_000) + "}",
		"one string": `"` + strings.Repeat("a", 16<<20-200) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
		"escapes":    `"` + strings.Repeat(`\u00e9`, (16<<20-200)/6) + `":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
	} {
		out = append(out, file{"kgo: a header of 16 MB of " + name, JoinHeader(`{"__metadata__":{"kerasgo.version":"1.0"},`+header+"}", nil), "limit|malformed"})
	}
	k := SplitKGO(native(t, "keras3/seed_lstm.keras"))
	grow := func(key string, element any, n int) {
		g := SplitKGO(k.Join())
		list, _ := g.Graph[key].([]any)
		for range n {
			list = append(list, element)
		}
		g.Graph[key] = list
		out = append(out, file{fmt.Sprintf("kgo: %d more %s", n, key), g.Join(), "limit|malformed|ok"})
	}
	grow("notes", "n", 400_000)
	grow("values", map[string]any{"name": "", "dtype": "bool", "shape": []any{}}, 60_000)
	grow("nodes", map[string]any{"op": "Unary", "inputs": []any{}, "outputs": []any{}}, 60_000)
	grow("layers", map[string]any{"name": "a"}, 60_000)
	grow("layers", map[string]any{"outputs": []any{[]any{1, 2, 3, 4, 5, 6, 7, 8}}}, 45_000)
	return out
}
