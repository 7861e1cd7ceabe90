package hostile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/importer"
)

// A layer whose name leaves the model reads no file beside it as its vocabulary.
func TestAssetsStayInside(t *testing.T) {
	members := Unzip(seed(t, "keras3/integer_lookup_adapted.keras"))
	config := Parse(Find(members, "config.json"))
	var asset string
	for _, m := range members {
		if strings.HasPrefix(m.Name, "assets/") {
			asset = m.Name
		}
	}
	name := strings.Split(asset, "/")
	if len(name) < 3 {
		t.Fatalf("the fixture has no vocabulary: %q", asset)
	}
	layer := name[len(name)-2]
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret", filepath.Base(asset))
	write := func(path string, b []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, Find(members, asset))
	up := strings.Repeat("../", len(name))
	for _, evil := range []string{up + "secret", up + up + secret[1:len(secret)-len(filepath.Base(secret))-1], filepath.Dir(secret)} {
		text := strings.ReplaceAll(string(Text(config)), `"`+layer+`"`, `"`+evil+`"`)
		if !strings.Contains(text, evil) {
			t.Fatalf("the architecture does not name %q", layer)
		}
		model := filepath.Join(dir, "model")
		if err := os.RemoveAll(model); err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			switch m.Name {
			case asset:
			case "config.json":
				write(filepath.Join(model, m.Name), []byte(text))
			default:
				write(filepath.Join(model, filepath.FromSlash(m.Name)), m.Data)
			}
		}
		if _, err := importer.Load(model); err == nil || Kind(err) == "" {
			t.Errorf("a layer named %q: %v", evil, err)
		}
		zipped := slices.DeleteFunc(Replace(members, "config.json", []byte(text)), func(m Member) bool { return m.Name == asset })
		if _, err := importer.LoadBytes(Zip(zipped...)); err == nil || Kind(err) == "" {
			t.Errorf("a layer named %q in a zip: %v", evil, err)
		}
	}
}
