//go:build unix

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/convert"
)

// A conversion that is killed at any moment leaves the old file or the whole new
// one.
func TestKillConvert(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "model.kgo")
	models := []string{"keras3/net_unet.keras", "keras2/seed_bilstm.h5", "keras3/seed_lstm.keras"}
	command := func(model string) *exec.Cmd {
		path, err := filepath.Abs("../../fixtures/" + model)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "convert", path, "-o", out, "--force", "--quiet")
		cmd.Env = append(os.Environ(), asCommand+"=1")
		return cmd
	}
	content := map[string]bool{}
	var longest time.Duration
	for _, m := range models {
		start := time.Now()
		if said, err := command(m).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		longest = max(longest, time.Since(start))
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		content[string(b)] = true
	}
	tries, replaced := 60, 0
	if testing.Short() {
		tries = 10
	}
	r := rand.New(rand.NewPCG(9, 9))
	before, _ := os.ReadFile(out)
	for i := range tries {
		cmd := command(models[i%len(models)])
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.Int64N(int64(longest * 5 / 4))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		b, err := os.ReadFile(out)
		if err != nil || !content[string(b)] {
			t.Fatalf("after a kill the file has %d bytes, which are no whole model (%v)", len(b), err)
		}
		f, err := convert.Open(out)
		if err == nil {
			err = f.VerifyChecksum()
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, before) {
			before, replaced = b, replaced+1
		}
	}
	t.Logf("%d kills, %d of them after the new file was in place", tries, replaced)
}
