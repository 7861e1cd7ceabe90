package convert

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies keeps a program that only reads .kgo files small.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	const module = "github.com/kerasgo/kerasgo/"
	for _, p := range strings.Fields(string(out)) {
		switch p {
		case module + "importer", module + "runtime", module + "internal/hdf5", module + "internal/kernel":
			t.Errorf("convert depends on %s", p)
		}
	}
}
