package docs_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// block is one fenced piece of a page.
type block struct{ lang, text string }

// pages are this folder's documents with their blocks.
func pages(t *testing.T) map[string][]block {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) < 8 {
		t.Fatalf("pages %v, %v", names, err)
	}
	out := map[string][]block{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rest := string(b)
		for {
			_, after, ok := strings.Cut(rest, "```")
			if !ok {
				break
			}
			lang, after, _ := strings.Cut(after, "\n")
			text, after, ok := strings.Cut(after, "```")
			if !ok {
				t.Fatalf("%s: a block has no end", name)
			}
			out[name] = append(out[name], block{lang, text})
			rest = after
		}
	}
	return out
}

// Every Go snippet stands in an example or a program that is compiled and tested;
// whole programs are compiled by TestCommands.
func TestSnippets(t *testing.T) {
	var code strings.Builder
	add := func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code.WriteString(squeeze(string(b)) + "\n")
	}
	add("snippets_test.go")
	err := filepath.WalkDir("../examples", func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".go") {
			add(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, blocks := range pages(t) {
		for _, b := range blocks {
			if b.lang == "go" && !strings.HasPrefix(b.text, "package main") && !strings.Contains(code.String(), squeeze(b.text)) {
				t.Errorf("%s: no program or example has\n%s", name, b.text)
			}
		}
	}
}

// Links of all pages of the repository go to files, and to headings of them, that
// are there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	var names []string
	for _, pattern := range []string{"../*.md", "../*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) < 18 {
		t.Fatalf("pages %q", names)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(b), ""), -1) {
			to, heading := name, m[2]
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(name), filepath.FromSlash(m[1]))
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if heading != "" && !slices.Contains(headings(t, to), heading) {
				t.Errorf("%s: %s has no heading for %s", name, to, heading)
			}
		}
	}
}

// headings are the anchors that GitHub gives the headings of a page.
func headings(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	var out []string
	for line := range strings.Lines(string(b)) {
		if title := strings.TrimLeft(line, "#"); title != line {
			out = append(out, "#"+strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-"))
		}
	}
	return out
}

// files are what the commands of a page find in their folder.
var files = map[string]map[string]string{
	"five-minutes.md": {"model.keras": "../fixtures/keras3/seed_lstm.keras"},
	"verifying.md":    {"model.h5": "../fixtures/keras2/seed_lstm.h5", "golden.npz": "../fixtures/keras2/seed_lstm.npz"},
	"performance.md":  {"model.h5": "../fixtures/keras2/seed_lstm.h5"},
	"keras3.md":       {"old.h5": "../fixtures/keras2/seed_stacked.h5", "golden.npz": "../fixtures/keras2/seed_stacked.npz"},
	"embedding.md":    {"model.h5": "../fixtures/keras2/seed_lstm.h5"},
}

// Every command runs as it is written, one after the other, with the Python
// before it and the Go program it runs.
func TestCommands(t *testing.T) {
	for name, blocks := range pages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{t: t, dir: t.TempDir()}
			for to, from := range files[name] {
				b, err := os.ReadFile(filepath.FromSlash(from))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(s.dir, to), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			program := "" // go run . finds it at the end of the page, too
			for _, b := range blocks {
				if b.lang == "go" && strings.HasPrefix(b.text, "package main") {
					program = b.text
				}
			}
			for _, b := range blocks {
				switch b.lang {
				case "python":
					s.python(b.text)
				case "sh":
					for line := range strings.Lines(b.text) {
						s.command(strings.TrimSpace(line), program)
					}
				}
			}
		})
	}
}

// script runs the commands of a page.
type script struct {
	t   *testing.T
	dir string
}

// command is built once: the command kerasgo.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kerasgo")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "kerasgo")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	b, err := exec.Command("go", "build", "-o", path, "github.com/kerasgo/kerasgo/cmd/kerasgo").CombinedOutput()
	if err != nil {
		return "", errors.New(string(b))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := command(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

func (s *script) command(line, program string) {
	t := s.t
	t.Helper()
	var env []string
	args := strings.Fields(line)
	for len(args) > 0 && strings.Contains(args[0], "=") {
		env, args = append(env, args[0]), args[1:]
	}
	switch {
	case len(args) == 0 || line == "go install github.com/kerasgo/kerasgo/cmd/kerasgo@latest": // needs a network
	case args[0] == "kerasgo":
		path, err := command()
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range args {
			if a == "python3" {
				args[i] = python()
			}
		}
		if slices.Contains(args, "") {
			s.skip(line)
			return
		}
		s.run(s.dir, line, env, path, args[1:]...)
	case strings.HasPrefix(line, "go mod init "):
		s.run(s.dir, line, nil, "go", args[1:]...)
	case line == "go get github.com/kerasgo/kerasgo@latest":
		s.require()
	case line == "go run .":
		if err := os.WriteFile(filepath.Join(s.dir, "main.go"), []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
		s.run(s.dir, line, []string{"GOPROXY=off"}, "go", "run", ".")
	case len(args) > 2 && args[0] == "go" && args[1] == "build":
		s.run("..", line, env, "go", append([]string{"build", "-o", filepath.Join(s.dir, "built")}, args[2:]...)...)
	case args[0] == "go":
		s.run("..", line, env, "go", args[1:]...)
	default:
		t.Errorf("the test does not know how to run: %s", line)
	}
}

// require makes the module in the script's folder depend on this tree, as go get
// makes it depend on a release, but without a network.
func (s *script) require() {
	s.t.Helper()
	ours, err := os.ReadFile("../go.mod")
	if err != nil {
		s.t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		s.t.Fatal(err)
	}
	mod := strings.Replace(string(ours), "module github.com/kerasgo/kerasgo", "module example.com/score", 1) +
		"\nrequire github.com/kerasgo/kerasgo v0.0.0\nreplace github.com/kerasgo/kerasgo => " + strconv.Quote(root) + "\n"
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		s.t.Fatal(err)
	}
	for name, text := range map[string][]byte{"go.mod": []byte(mod), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *script) run(dir, line string, env []string, name string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if b, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", line, err, b)
	}
}

// python is a Python with Keras that the environment names, or "": importing
// TensorFlow takes longer than all other tests.
func python() string { return os.Getenv("KERASGO_TEST_PYTHON") }

// skip reports what was not run as a test of its own, as the rest of the page is.
func (s *script) skip(what string) {
	s.t.Run(what, func(t *testing.T) { t.Skip("KERASGO_TEST_PYTHON names no Python with Keras") })
}

func (s *script) python(text string) {
	if python() == "" {
		s.skip("Python")
		return
	}
	cmd := exec.Command(python(), "-")
	cmd.Dir, cmd.Stdin = s.dir, bytes.NewReader([]byte(text))
	cmd.Env = append(os.Environ(), "KERAS_BACKEND=tensorflow", "TF_CPP_MIN_LOG_LEVEL=3")
	if b, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, b)
	}
}

// squeeze removes what indentation and line breaks may change.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
