package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// realDir has models made by others, which are not part of the repository.
const realDir = "../../shared/real"

// realModels lists the models there: name, file, weights file.
func realModels(t *testing.T) [][3]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(realDir, "MANIFEST.tsv"))
	if err != nil {
		t.Skip("the collection of other people's models is not here: " + err.Error())
	}
	var out [][3]string
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		f := strings.Split(line, "\t")
		arch, weights, _ := strings.Cut(f[1], " + ")
		out = append(out, [3]string{f[0], arch, weights})
	}
	return out
}

func TestRealModels(t *testing.T) {
	for _, m := range realModels(t) {
		t.Run(m[0], func(t *testing.T) {
			var opts []Option
			if m[2] != "" {
				opts = append(opts, WithWeights(filepath.Join(realDir, m[0], m[2])))
			}
			model, err := Load(filepath.Join(realDir, m[0], m[1]), opts...)
			if err != nil {
				t.Fatal(err)
			}
			if testing.Verbose() {
				t.Log(model.Source, model.Notes)
			}
		})
	}
}
