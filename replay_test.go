package kerasgo_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/ir"
)

// A .kgo's cases are replayed on request: Keras's outputs pass, others do not.
func TestReplay(t *testing.T) {
	m, err := importer.Load("fixtures/keras2/seed_stacked.h5")
	if err != nil {
		t.Fatal(err)
	}
	z, err := npz.Open("fixtures/keras2/seed_stacked.npz", npz.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	cases, err := parity.Cases(z, m)
	if err != nil {
		t.Fatal(err)
	}
	load := func(cases []ir.Case) error {
		var b bytes.Buffer
		if err := convert.Write(&b, m, convert.WithCases(cases...)); err != nil {
			t.Fatal(err)
		}
		_, err := kerasgo.LoadBytes(b.Bytes(), kerasgo.Replay())
		return err
	}
	if err := load(cases); err != nil {
		t.Errorf("Keras's own outputs: %v", err)
	}
	wrong := cases[0]
	wrong.Outputs64 = nil
	shifted := append([]float32(nil), wrong.Outputs[0].Float32s()...)
	shifted[0] += 0.5
	wrong.Outputs = []*ir.Tensor{ir.NewFloat32(shifted, wrong.Outputs[0].Shape...)}
	if err := load([]ir.Case{wrong}); !errors.Is(err, ir.ErrParity) {
		t.Errorf("an output that is 0.5 off: %v", err)
	}
	if _, err := kerasgo.LoadFS(os.DirFS("fixtures"), "keras2/seed_stacked.h5", kerasgo.Replay()); err != nil {
		t.Errorf("a file without cases: %v", err)
	}
}
