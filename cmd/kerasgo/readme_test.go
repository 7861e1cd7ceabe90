package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kerasgo/kerasgo/importer"
)

var update = flag.Bool("update", false, "write README's table of layers")

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every kerasgo command in README runs as it is written there, in a folder with
// the files it names.
func TestReadmeCommands(t *testing.T) {
	var script strings.Builder
	for _, block := range fenced(readme(t), "sh") {
		for line := range strings.Lines(block) {
			if strings.HasPrefix(line, "kerasgo ") {
				script.WriteString("exec " + line)
			}
		}
	}
	if strings.Count(script.String(), "\n") < 5 {
		t.Fatalf("README has too few commands:\n%s", script.String())
	}
	fixtures, err := filepath.Abs("../../fixtures/keras2")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "readme.txtar"), []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: func(e *testscript.Env) error {
		for to, from := range map[string]string{"model.h5": "seed_stacked.h5", "classifier.h5": "seed_dropout.h5", "golden.npz": "seed_stacked.npz", "in.npz": "seed_stacked.npz"} {
			if err := os.Symlink(filepath.Join(fixtures, from), filepath.Join(e.WorkDir, to)); err != nil {
				return err
			}
		}
		tokens := make([]string, 32)
		for i := range tokens {
			tokens[i] = strconv.Itoa(i)
		}
		row := strings.Join(tokens, ",")
		for name, text := range map[string]string{"tokens.csv": row + "\n", "tokens.json": "[[" + row + "]]", "labels.txt": "bad\ngood\n"} {
			if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text), 0o600); err != nil {
				return err
			}
		}
		return nil
	}})
}

// Every Go snippet in README stands in an example that is compiled and run.
func TestReadmeSnippets(t *testing.T) {
	src, err := os.ReadFile("../../example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := squeeze(string(src))
	for _, block := range fenced(readme(t), "go") {
		if !strings.Contains(code, squeeze(block)) {
			t.Errorf("example_test.go does not hold README's\n%s", block)
		}
	}
}

// README lists the layers of the importer's table.
func TestReadmeLayers(t *testing.T) {
	text := readme(t)
	before, rest, ok1 := strings.Cut(text, "<!-- layers -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- /layers -->")
	if !ok1 || !ok2 {
		t.Fatal("README has no place for the layers")
	}
	want := before + "<!-- layers -->\n" + layerList() + "<!-- /layers -->" + after
	if *update {
		if err := os.WriteFile("../../README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != want {
		t.Error("README's list of layers is old; run go test ./cmd/kerasgo -run Readme -update")
	}
}

// layerList is the classes, several a line.
func layerList() string {
	var b strings.Builder
	b.WriteString("```text\n")
	width := 0
	for _, l := range importer.SupportedLayers() {
		if width > 0 && width+len(l.Class) > 100 {
			b.WriteByte('\n')
			width = 0
		}
		if width > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprint(&b, l.Class)
		width += len(l.Class) + 1
	}
	b.WriteString("\n```\n")
	return b.String()
}

// fenced returns the code blocks of a language.
func fenced(text, lang string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(text, "```"+lang+"\n")
		if !ok {
			return out
		}
		block, after, _ := strings.Cut(rest, "```")
		out = append(out, block)
		text = after
	}
}

// squeeze removes what indentation and line breaks may change.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
