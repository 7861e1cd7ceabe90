package importer_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/internal/summary"
	"github.com/kerasgo/kerasgo/ir"
)

// load imports a case of the suite.
func load(c suite.Case) (*ir.Model, error) {
	if c.Weights != "" {
		return importer.Load(c.Path, importer.WithWeights(c.Weights))
	}
	return importer.Load(c.Path)
}

// TestSummary compares with what model.summary() printed.
func TestSummary(t *testing.T) {
	for _, c := range suite.Cases(t) {
		if c.Fixture.Summary == "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			m, err := load(c)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(suite.Path(t, c.Fixture.Summary))
			if err != nil {
				t.Fatal(err)
			}
			o := summary.Options{Style: summary.Keras3, Columns: 84}
			if c.Fixture.Dialect == "keras2" {
				o.Style = summary.Keras2
			}
			var got strings.Builder
			if err := summary.Write(&got, m, o); err != nil {
				t.Fatal(err)
			}
			plain, _, _ := strings.Cut(string(want), "\n\nModel: ") // from its expand_nested
			if got, want := trimLines(got.String()), trimLines(plain); got != want {
				t.Errorf("got\n%s\nKeras prints\n%s", got, want)
			}
		})
	}
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// TestParams compares the number of parameters with Keras's count.
func TestParams(t *testing.T) {
	for _, c := range suite.Cases(t) {
		switch name, _, _ := strings.Cut(c.Fixture.Name, "_"); name {
		case "lora": // Keras counts updates that it merges when it saves
			continue
		case "cudnn": // and two biases, of which the importer makes one
			continue
		}
		if c.Fixture.Name == "model_nested_in_two" { // what two models share counts in the rows of both
			continue
		}
		m, err := load(c)
		if err != nil || c.Fixture.Refused != "" {
			continue // the suite's parity test reports it
		}
		var n int64
		for _, l := range m.Layers {
			if l.Depth == 0 {
				n += l.Params
			}
		}
		if n != c.Fixture.Params {
			t.Errorf("%s: %d parameters, Keras counts %d", c.Name, n, c.Fixture.Params)
		}
	}
}
