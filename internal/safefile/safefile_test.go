package safefile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/ir"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWrite(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "out")
	if err := Write(ctx, path, false, text("one")); err != nil {
		t.Fatal(err)
	}
	err := Write(ctx, path, false, text("two"))
	if !errors.Is(err, ir.ErrUsage) || !errors.Is(err, fs.ErrExist) || content(t, path) != "one" {
		t.Errorf("without force: %v, file is %q", err, content(t, path))
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(ctx, path, true, text("two")); err != nil || content(t, path) != "two" {
		t.Errorf("with force: %v, file is %q", err, content(t, path))
	}
	if info, _ := os.Stat(path); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	boom := errors.New("boom")
	if err := Write(ctx, path, true, func(w io.Writer) error { _ = text("half")(w); return boom }); err != boom {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	err = Write(ended, path, true, func(w io.Writer) error { cancel(); return text(strings.Repeat("x", 1<<20))(w) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if content(t, path) != "two" || len(names(t, dir)) != 1 {
		t.Errorf("after failures the file is %q, the directory holds %v", content(t, path), names(t, dir))
	}
}

func TestAppearsMeanwhile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	err := Write(context.Background(), path, false, func(w io.Writer) error {
		return errors.Join(os.WriteFile(path, []byte("theirs"), 0o644), text("ours")(w))
	})
	if !errors.Is(err, fs.ErrExist) || content(t, path) != "theirs" || len(names(t, dir)) != 1 {
		t.Errorf("%v, file is %q, the directory holds %v", err, content(t, path), names(t, dir))
	}
}

func TestSymlink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Skip(err)
	}
	if err := Write(context.Background(), link, true, text("new")); err != nil {
		t.Fatal(err)
	}
	if content(t, target) != "new" {
		t.Error("the link was replaced, not what it points to")
	}
}

func TestInPlace(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip(err)
	}
	if err := Write(context.Background(), "/dev/null", true, text("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Fatal("/dev/null was replaced")
	}
	if err := Write(context.Background(), t.TempDir(), true, text("x")); !errors.Is(err, ir.ErrUsage) {
		t.Errorf("error %v, want %v", err, ir.ErrUsage)
	}
}

// TestKilled kills a writer at many moments: the file is the old or the new.
func TestKilled(t *testing.T) {
	if path := os.Getenv("SAFEFILE_TARGET"); path != "" {
		for {
			if err := Write(context.Background(), path, true, text(strings.Repeat("n", 3<<20))); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(path, []byte(strings.Repeat("o", 3<<20)), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		cmd := exec.Command(os.Args[0], "-test.run=TestKilled$")
		cmd.Env = append(os.Environ(), "SAFEFILE_TARGET="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(3*i) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		got := content(t, path)
		if len(got) != 3<<20 || strings.Trim(got, "o") != "" && strings.Trim(got, "n") != "" {
			t.Fatalf("after a kill the file has %d bytes", len(got))
		}
	}
}
