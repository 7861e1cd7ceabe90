// Package suite lists the models that tests run: the fixtures that
// scripts/make_fixtures.py made with real Keras, and, where they are at hand,
// files that other people published. Each engine under test goes over the list.
package suite

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Fixture is a row of fixtures/MANIFEST.json: a model saved by one Keras.
type Fixture struct {
	Name         string   `json:"name"`
	Dialect      string   `json:"dialect"` // "keras3", "keras2", "keras1", or "old" for files by the Keras of their time
	Files        []File   `json:"files"`
	Golden       string   `json:"golden"` // inputs and outputs, see parity.Cases
	KerasVersion string   `json:"keras_version"`
	TFVersion    string   `json:"tf_version"`
	Layers       []string `json:"layers"`  // classes in the config, nested ones too
	Options      string   `json:"options"` // what it shows
	Inputs       []Port   `json:"inputs"`
	Outputs      []Port   `json:"outputs"`
	Variants     int      `json:"variants"` // cases in Golden after the first
	Params       int64    `json:"params"`
	Summary      string   `json:"summary"`  // what model.summary() prints, if kept
	Stateful     bool     `json:"stateful"` // the cases are successive calls
	Refused      string   `json:"refused"`  // why it must not be imported
	Notes        string   `json:"notes"`
	Warnings     []string `json:"warnings"` // what Keras itself cannot do with it
}

// File is one way in which a fixture was saved.
type File struct {
	Path    string   `json:"path"`
	Format  string   `json:"format"` // "keras", "h5", "json+weights.h5", …
	Weights string   `json:"weights"`
	All     []string `json:"all"` // every file that belongs to it
}

// Port is an input or an output; a dimension Keras leaves open is nil.
type Port struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []*int `json:"shape"`
}

// Case is one saved model with what it must compute. Paths can be opened.
type Case struct {
	Name    string // "keras3/gru/h5", "real/jet_gru"
	Path    string
	Weights string // empty when the model holds them
	Golden  string // empty when there is none
	Fixture Fixture
}

// Root is the module's directory, found from the test's working directory.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Fixtures reads the manifest.
func Fixtures(t testing.TB) []Fixture {
	t.Helper()
	b, err := os.ReadFile(Path(t, "MANIFEST.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []Fixture
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(&rows); err != nil {
		t.Fatalf("MANIFEST.json: %v", err)
	}
	return rows
}

// Path is the path of a file in fixtures/.
func Path(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(Root(t), "fixtures", filepath.FromSlash(name))
}

// Cases lists every saved form of every fixture.
func Cases(t testing.TB) []Case {
	t.Helper()
	var out []Case
	for _, f := range Fixtures(t) {
		for _, file := range f.Files {
			c := Case{Name: f.Dialect + "/" + f.Name + "/" + file.Format, Path: Path(t, file.Path), Golden: Path(t, f.Golden), Fixture: f}
			if file.Weights != "" {
				c.Weights = Path(t, file.Weights)
			}
			out = append(out, c)
		}
	}
	return out
}

// RealDir is the folder of published models: $KERASGO_REAL, or shared/real
// beside the module.
func RealDir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("KERASGO_REAL"); dir != "" {
		return dir
	}
	return filepath.Join(filepath.Dir(Root(t)), "shared", "real")
}

// Real lists the published models. It skips the test when they are absent; they
// are other people's and not part of the module.
func Real(t testing.TB) []Case {
	t.Helper()
	dir := RealDir(t)
	f, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Skipf("no published models: %v", err)
	}
	defer f.Close()
	var out []Case
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		cols := strings.Split(lines.Text(), "\t")
		if len(cols) < 2 || cols[0] == "name" {
			continue
		}
		model, weights, _ := strings.Cut(cols[1], " + ")
		c := Case{Name: "real/" + cols[0], Path: filepath.Join(dir, cols[0], model)}
		if weights != "" {
			c.Weights = filepath.Join(dir, cols[0], weights)
		}
		if golden := filepath.Join(dir, cols[0], "golden.npz"); exists(golden) {
			c.Golden = golden
		}
		out = append(out, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
