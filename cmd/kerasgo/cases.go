package main

import (
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/pykeras"
	"github.com/kerasgo/kerasgo/ir"
)

// subjectCases is a model with what Keras says it computes.
type subjectCases struct {
	model    *ir.Model
	cases    []ir.Case
	layers   []pykeras.Layer
	against  string // who computed the outputs
	stateful bool
	notes    []string
}

// openCases opens a model and its test cases. A .kgo's checksum is verified.
func (a *app) openCases(name, golden string, src modelFlags) (*subjectCases, error) {
	f, b, err := a.openNative(name, src)
	if err != nil {
		return nil, err
	}
	s := &subjectCases{against: golden}
	if f != nil {
		if err := f.VerifyChecksum(); err != nil {
			return nil, err
		}
		s.model = f.Model
		if golden == "" {
			if len(f.Cases) == 0 {
				return nil, ir.Errorf(ir.ErrUsage, "%s holds no test cases; give --golden NPZ, or --python PYTHON with --source KERAS_FILE", name)
			}
			s.cases, s.against = f.Cases, "the outputs of Keras that it holds"
			return s, nil
		}
	} else {
		if golden == "" {
			return nil, ir.Errorf(ir.ErrUsage, "verify needs --python PYTHON to run your own Keras, or --golden NPZ with outputs of Keras, as scripts/golden.py writes it")
		}
		if s.model, err = src.load(name, b); err != nil {
			return nil, err
		}
	}
	s.cases, err = readCases(golden, s.model, src.limits.npz)
	return s, err
}

// readCases reads the test cases of m from an npz.
func readCases(name string, m *ir.Model, l npz.Limits) ([]ir.Case, error) {
	z, err := npz.Open(name, l)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return parity.Cases(z, m)
}
