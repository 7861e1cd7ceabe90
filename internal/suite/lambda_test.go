package suite_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/suite"
	"github.com/kerasgo/kerasgo/ir"
)

// The functions of the Lambda layers that their bytecode does not certainly tell,
// by fixture or published model.
var lambdas = map[string]map[string]string{
	"lambda_function": {"the_lambda": "x * factor"},
	"lambda_backend":  {"the_lambda": "K.batch_flatten(K.switch(x[:, :1] > 0, " + related + ", K.batch_dot(" + related + ", " + related + ", axes=1) / (K.sum(K.square(x), axis=1, keepdims=True) + K.epsilon()) - " + related + "))"},
	"lambda_outside":  {"the_lambda": "ops.concatenate([x, ops.abs(x)], axis=-1)"},
	"lambda_pictures": {"the_lambda": "[K.resize_images(x, 2, 3, 'channels_last'), K.resize_images(x, 1, 2, 'channels_last', 'bilinear'), K.spatial_2d_padding(x, ((1, 2), (0, 3))), K.spatial_2d_padding(x), " +
		"K.temporal_padding(" + wide + ", (2, 1)), K.temporal_padding(" + wide + "), K.pool2d(x, (2, 2), (1, 2), 'same', pool_mode='avg'), K.pool2d(x, (2, 3)), " +
		"K.resize_volumes(K.expand_dims(x, 1), 2, 1, 3, 'channels_last'), K.spatial_3d_padding(K.expand_dims(x, 1), ((1, 0), (0, 1), (2, 2))), K.pool3d(K.expand_dims(x, 1), (1, 2, 2), (1, 2, 1)), " +
		"K.cast(K.in_top_k(" + wide + "[:, 0], K.argmax(" + wide + "[:, 1], axis=-1), 3), 'float32'), " + wide + " * len(x.shape)]"},
	"lambda_ctc_decode": {"the_lambda": "[K.cast(" + spelled + "[0][0], 'float32'), " + spelled + "[1]]"},

	"crypto_BTC_USD_transformer": {"lambda": "t + tf.constant(pos_encoding, dtype=tf.float32)"},
}

// The models whose refusal proposes the expressions above.
var proposed = []string{"lambda_outside", "crypto_BTC_USD_transformer"}

const related = "K.relu(K.batch_dot(K.repeat(x, 2), x, axes=(2, 1)) - 1.0, alpha=0.1, max_value=2.0)"

const (
	wide    = "K.reshape(x, (-1, K.int_shape(x)[2], x.shape[1] * K.int_shape(x)[-1]))"
	spelled = "K.ctc_decode(x, K.sum(K.ones_like(x[:, :, 0]), axis=1))"
)

// TestLambdas imports models with Lambda layers by the expressions that stand
// for their functions, and not without.
func TestLambdas(t *testing.T) {
	found := 0
	try := func(c suite.Case, model string, refused bool) {
		exprs := lambdas[model]
		if exprs == nil {
			return
		}
		found++
		t.Run(c.Name, func(t *testing.T) {
			_, err := load(c)
			for name, e := range exprs {
				say := "--lambda '" + name + "="
				if slices.Contains(proposed, model) {
					say += e + "'"
				}
				if refused && (!errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), say)) {
					t.Fatalf("without expression: %v", err)
				}
			}
			var opts []importer.Option
			for name, e := range exprs {
				opts = append(opts, importer.WithLambda(name, e))
			}
			m, err := importer.Load(c.Path, opts...)
			if err != nil {
				t.Fatal(err)
			}
			if c.Golden == "" {
				t.Skip("no outputs to compare with")
			}
			cases := golden(t, c, m)
			compare(t, "with expressions", m, cases, run(t, m, cases, false))
			if _, err := importer.Load(c.Path, append(opts, importer.WithLambda("other", "x"))...); !errors.Is(err, ir.ErrUsage) {
				t.Errorf("an expression for a layer that is not there: %v", err)
			}
		})
	}
	for _, c := range suite.Cases(t) {
		try(c, c.Fixture.Name, c.Fixture.Refused != "")
	}
	if found == 0 {
		t.Error("no fixture has a Lambda layer")
	}
	for _, c := range suite.Real(t) {
		try(c, filepath.Base(c.Name), true)
	}
}

// TestComplexExpression squares by (x + ix)(x - ix) = 2x².
func TestComplexExpression(t *testing.T) {
	const expr = "real(view_as_complex(stack([x, x], axis=-1)) * view_as_complex(stack([x, -x], axis=-1))) / 2"
	for _, c := range suite.Cases(t) {
		if c.Fixture.Name != "lambda_square" {
			continue
		}
		m, err := importer.Load(c.Path, importer.WithLambda("the_lambda", expr))
		if err != nil {
			t.Fatal(err)
		}
		cases := golden(t, c, m)
		compare(t, "complex", m, cases, run(t, m, cases, false))
		for _, e := range []string{"view_as_complex(stack([x, x], axis=-1))", "exp(view_as_complex(stack([x, x], axis=-1)))"} {
			if _, err := importer.Load(c.Path, importer.WithLambda("the_lambda", e)); !errors.Is(err, ir.ErrUnsupported) || !strings.Contains(err.Error(), "complex") {
				t.Errorf("%s: %v", e, err)
			}
		}
	}
}
