//go:build unix

package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/ir"
)

// asCommand makes the test binary be the command.
const asCommand = "KERASGO_TEST_AS_COMMAND"

// interrupted runs the command, sends SIGINT once ready says so, and returns
// its exit code and what it said.
func interrupted(t *testing.T, dir string, ready func() bool, env []string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), asCommand+"=1"), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Fatalf("the command did not come to the point:\n%s", said.String())
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the command ended before it was interrupted: %v", err)
	}
	return exit.ExitCode(), said.String()
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// An interrupted conversion leaves nothing of the new file.
func TestInterruptConvert(t *testing.T) {
	if underRace {
		t.Skip("the race detector slows the end of a conversion beyond the time an interrupt allows it")
	}
	dir := t.TempDir()
	const n = 4096
	w := make([]float32, n*n)
	for i := range w {
		w[i] = rand.Float32()
	}
	m := &ir.Model{Name: "large"}
	x := m.AddValue(ir.Value{Name: "x", Type: ir.Type{DType: ir.Float32, Shape: ir.Shape{ir.Sym("batch"), ir.Known(n)}}})
	m.Inputs = []ir.Port{{Name: "x", Value: x}}
	for range 2 {
		out, err := m.AddNode(&ir.Dense{}, ir.Origin{Layer: "d", Class: "Dense"}, x, m.AddConst("kernel", ir.OfFloat32(w, n, n)))
		if err != nil {
			t.Fatal(err)
		}
		x = out[0]
	}
	m.Outputs = []ir.Port{{Name: "y", Value: x}}
	if err := convert.WriteFile(filepath.Join(dir, "large.kgo"), m); err != nil {
		t.Fatal(err)
	}
	temporary := filepath.Join(dir, ".half.kgo.*.tmp")
	begun := func() bool { return len(glob(t, temporary)) > 0 }
	code, said := interrupted(t, dir, begun, nil, "convert", "large.kgo", "-o", "half.kgo", "--dtype", "int8")
	if code != exitInterrupted || !strings.Contains(said, "interrupted") {
		t.Errorf("exit code %d, want %d; it said %q", code, exitInterrupted, said)
	}
	if left := append(glob(t, temporary), glob(t, filepath.Join(dir, "half*"))...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// An interrupt while Python runs ends Python too and removes the exchanged
// files.
func TestInterruptPython(t *testing.T) {
	dir := t.TempDir()
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncat >/dev/null\necho $$ >" + dir + "/pid.new && mv " + dir + "/pid.new " + dir + "/pid\nexec sleep 60\n"
	if err := os.WriteFile(filepath.Join(dir, "python"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	model, err := filepath.Abs("../../fixtures/keras2/seed_lstm.h5")
	if err != nil {
		t.Fatal(err)
	}
	var pid []byte
	begun := func() bool {
		var err error
		pid, err = os.ReadFile(filepath.Join(dir, "pid"))
		return err == nil
	}
	code, said := interrupted(t, dir, begun, []string{"TMPDIR=" + tmp}, "verify", model, "--python", "./python")
	if code != exitInterrupted {
		t.Errorf("exit code %d, want %d; it said %q", code, exitInterrupted, said)
	}
	if left := glob(t, filepath.Join(tmp, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := exec.Command("kill", "-0", strings.TrimSpace(string(pid))).Run(); err == nil {
		t.Errorf("the Python process %s still runs", bytes.TrimSpace(pid))
	}
}
