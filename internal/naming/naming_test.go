package naming

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// byExpressions is to_snake_case as Keras writes it.
func byExpressions(class string) string {
	s := regexp.MustCompile(`\W+`).ReplaceAllString(class, "")
	s = regexp.MustCompile(`(.)([A-Z][a-z]+)`).ReplaceAllString(s, "${1}_$2")
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(s, "${1}_$2"))
}

func TestSnake(t *testing.T) {
	for class, want := range map[string]string{
		"": "", "Dense": "dense", "Conv2D": "conv2d", "Conv2DTranspose": "conv2d_transpose", "BatchNormalization": "batch_normalization", "LSTM": "lstm", "LSTMCell": "lstm_cell",
		"ConvLSTM2D": "conv_lstm2d", "PReLU": "p_re_lu", "ReLU": "re_lu", "UpSampling2D": "up_sampling2d", "my>Layer": "my_layer", "My_Layer": "my__layer", "Größe": "gre",
	} {
		if got := Snake(class); got != want || got != byExpressions(class) {
			t.Errorf("%s is %s, want %s", class, got, want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	const alphabet = "abzABZ019__>.é\n"
	letters := []rune(alphabet)
	for range 5000 {
		var b strings.Builder
		for range r.IntN(12) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		if class := b.String(); Snake(class) != byExpressions(class) {
			t.Errorf("%q is %q, want %q", class, Snake(class), byExpressions(class))
		}
	}
}
