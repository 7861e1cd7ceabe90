package hostile

import (
	"strings"
	"testing"
)

// file is a damaged file with the kinds of error it may give.
type file struct {
	name string
	data []byte
	want string // "a|b": either
}

// largeFile is a file that is made when it is wanted.
type largeFile struct {
	name, want string
	data       func() []byte
}

// corpus makes all of them, the same ones each time.
func corpus(t testing.TB) []file {
	var out []file
	for _, family := range []func(testing.TB) []file{truncations, configs, documents, zips, hdf5Files, kgoHeaders, kgoGraphs, pickles} {
		out = append(out, family(t)...)
	}
	return out
}

func TestCorpus(t *testing.T) {
	files := corpus(t)
	if len(files) < 300 {
		t.Errorf("%d files", len(files))
	}
	seen := map[string]bool{}
	for i, f := range files {
		if seen[f.name] {
			t.Errorf("two files are named %q", f.name)
		}
		seen[f.name] = true
		if testing.Short() && i%4 != 0 {
			continue
		}
		err := Try(f.data)
		got := Kind(err)
		if ok := strings.Contains("|"+f.want+"|", "|"+got+"|"); !ok {
			t.Errorf("%s: %q, want %q: %v", f.name, got, f.want, err)
		}
		if err != nil && len(err.Error()) > 9000 {
			t.Errorf("%s: an error of %d bytes", f.name, len(err.Error()))
		}
	}
	t.Logf("%d files", len(files))
}

// truncations cut good files in sixteenths.
func truncations(t testing.TB) (out []file) {
	for name, b := range map[string][]byte{
		"seed_lstm.h5": seed(t, "keras3/seed_lstm.h5"), "seed_bilstm.h5": seed(t, "keras2/seed_bilstm.h5"),
		"seed_lstm.keras": seed(t, "keras3/seed_lstm.keras"), "seed_stacked.keras": seed(t, "keras3/seed_stacked.keras"),
		"npz.keras": seed(t, "keras3/container_keras_npz_rnn_keras3.npzweights.keras"), "seed_lstm.kgo": native(t, "keras3/seed_lstm.keras"),
		"architecture.json": Text(config()), "legacy.h5": legacy(string(Text(config())), nil),
	} {
		for i := range 16 {
			out = append(out, file{name + " cut at " + strings.Repeat("I", i) + "/16", b[:len(b)*i/16], "malformed"})
		}
	}
	return out
}
