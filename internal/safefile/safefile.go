// Package safefile writes whole files or nothing: beside the target, then
// renamed over it.
package safefile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/kerasgo/kerasgo/ir"
)

// Write creates the file at path with what fill writes. The path holds the old
// file or the whole new one at every moment; on an error, and when ctx ends,
// the old one stays and nothing is left beside it. A file that exists is
// replaced only with force, and keeps its permissions; otherwise the error is
// an ir.ErrUsage that wraps fs.ErrExist. A symbolic link is followed. A device
// or pipe is written in place.
func Write(ctx context.Context, path string, force bool, fill func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o666)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return &ir.Error{Kind: ir.ErrUsage, File: path, Text: "is a directory; name a file in it"}
	case !info.Mode().IsRegular():
		return inPlace(ctx, path, fill)
	case !force:
		return exists(path)
	default:
		mode = info.Mode().Perm()
	}
	f, err := createBeside(path, mode)
	if err != nil {
		return err
	}
	err = fillAndSync(ctx, f, fill)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = move(f.Name(), path, force)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

func exists(path string) error {
	return &ir.Error{Kind: ir.ErrUsage, File: path, Text: "not overwritten without --force (WithForce)", Err: fs.ErrExist}
}

func createBeside(path string, mode fs.FileMode) (*os.File, error) {
	dir, base := filepath.Split(path)
	for try := 0; ; try++ {
		name := filepath.Join(dir, fmt.Sprintf(".%s.%08x.tmp", base, rand.Uint32()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrNotExist) { // the caller knows path, not the name beside it
			return nil, &fs.PathError{Op: "create", Path: path, Err: fs.ErrNotExist}
		}
		if err == nil || !errors.Is(err, fs.ErrExist) || try == 100 {
			return f, err
		}
	}
}

func fillAndSync(ctx context.Context, f *os.File, fill func(io.Writer) error) error {
	b := bufio.NewWriterSize(ctxWriter{ctx, f}, 1<<18)
	if err := fill(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.Sync()
}

// move gives the file its name. Without force it links, because only that
// refuses, in one step, a name that has appeared in the meantime.
func move(from, to string, force bool) error {
	if force {
		return os.Rename(from, to)
	}
	switch err := os.Link(from, to); {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return exists(to)
	}
	if _, err := os.Lstat(to); err == nil { // a file system without links
		return exists(to)
	}
	return os.Rename(from, to)
}

func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // not every file system can; the rename is done either way
		_ = d.Close()
	}
}

func inPlace(ctx context.Context, path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(ctxWriter{ctx, f}, 1<<18)
	return errors.Join(fill(b), b.Flush(), f.Close())
}

// ctxWriter ends a long write soon after its context has ended.
type ctxWriter struct {
	ctx context.Context
	w   io.Writer
}

func (w ctxWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}
