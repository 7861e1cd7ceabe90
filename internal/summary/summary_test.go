package summary_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/summary"
)

// The tables are those that Keras printed for the fixtures, 80 columns wide in
// Keras 3. Spaces at line ends do not count.
func TestTablesAreKerass(t *testing.T) {
	for _, c := range []struct {
		folder, ext string
		options     summary.Options
	}{
		{"keras3", ".keras", summary.Options{LineLength: 80}},
		{"keras2", ".h5", summary.Options{Style: summary.Keras2}},
	} {
		texts, err := filepath.Glob("../../fixtures/" + c.folder + "/*.summary.txt")
		if err != nil || len(texts) < 5 {
			t.Fatalf("%s: %d tables, %v", c.folder, len(texts), err)
		}
		for _, path := range texts {
			name := strings.TrimSuffix(path, ".summary.txt")
			t.Run(c.folder+"/"+filepath.Base(name), func(t *testing.T) {
				m, err := importer.Load(name + c.ext)
				if err != nil {
					t.Fatal(err)
				}
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				for i, want := range strings.Split(string(text), "\n\nModel: ") { // the second with expand_nested
					o := c.options
					o.ExpandNested = i > 0
					var b strings.Builder
					if err := summary.Write(&b, m, o); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(trimmed(want), trimmed(b.String())); diff != "" {
						t.Errorf("-Keras +kerasgo:\n%s", diff)
					}
				}
			})
		}
	}
}

func trimmed(s string) []string {
	lines := strings.Split(strings.TrimPrefix(strings.TrimSpace(s), "Model: "), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}
