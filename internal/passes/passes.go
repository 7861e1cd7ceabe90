// Package passes rewrites a graph into one that computes the same, faster. What
// a pass changes is rounding at most: every pass is compared with the graph as
// imported by the tests of the runtime and by the suite.
package passes

import (
	"fmt"

	"github.com/kerasgo/kerasgo/ir"
)

// pass changes m and reports whether it did.
type pass struct {
	name string
	run  func(m *ir.Model) bool
}

// rounds run until none changes anything: one pass makes room for another.
var rounds = []pass{
	{"drop identities", dropIdentities},
	{"merge transposes and reshapes", mergeMoves},
	{"turn products with constants into dense", toDense},
	{"turn convolutions of single channels into depthwise ones", toDepthwise},
	{"move elementwise nodes before reshapes", sinkReshapes},
	{"fold affine maps into weights", foldAffine},
	{"fold padding into convolutions", foldPadding},
	{"fuse residual sums", fuseResiduals},
	{"fuse activations", fuseActivations},
}

// final passes run once.
var final = []pass{
	{"drop dead code", dropDead},
	{"chain pointwise and depthwise convolutions", chainConvolutions},
	{"take means where depthwise convolutions are computed", fuseMeans},
	{"scale kernels in place of images", scaleKernels},
	{"look inputs of recurrent nodes up", embedRecurrent},
	{"bring independent recurrent nodes together", pairRecurrent},
}

// maxRounds bounds the repetition; the passes end by themselves long before.
const maxRounds = 8

// Optimise rewrites m, which must be valid and the caller's own: see Clone. The
// model is validated after every pass that changed it; an error names the pass.
func Optimise(m *ir.Model) error {
	for range maxRounds {
		changed := false
		for _, p := range rounds {
			c, err := p.apply(m)
			if err != nil {
				return err
			}
			changed = changed || c
		}
		if !changed {
			break
		}
	}
	for _, p := range final {
		if _, err := p.apply(m); err != nil {
			return err
		}
	}
	return nil
}

func (p pass) apply(m *ir.Model) (bool, error) {
	if !p.run(m) {
		return false, nil
	}
	if err := m.Validate(); err != nil {
		return true, fmt.Errorf("pass %q broke the model: %w", p.name, err)
	}
	return true, nil
}
