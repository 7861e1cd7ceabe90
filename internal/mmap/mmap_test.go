package mmap

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	want := bytes.Repeat([]byte("kerasgo "), 4096)
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, 1)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	if !bytes.Equal(m.Data, want) {
		t.Error("content differs")
	}
	runtime.KeepAlive(m)
}

func TestOpenEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path, 10)
	if err != nil || len(m.Data) != 0 || m.Mapped {
		t.Errorf("Open = %+v, %v", m, err)
	}
}

func TestOpenFailures(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), 10); !os.IsNotExist(err) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Open(t.TempDir(), 10); err == nil {
		t.Error("a directory opened")
	}
}

// What is released is read from the file again.
func TestRelease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	want := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range [][]byte{f.Data, f.Data[5:60_000], f.Data[7:9], nil} {
		f.Release(part)
	}
	if !bytes.Equal(f.Data, want) {
		t.Error("the data have changed")
	}
	(&File{Data: want}).Release(want)
}
