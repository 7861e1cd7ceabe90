package pycode

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// The same function, marshalled by each version of Python:
//
//	lambda t, scale=2.0: K.relu(t * 255.0 - 1) + tf.constant(pos_encoding)
var versions = map[string]string{
	"2.7":  "YwIAAAACAAAAAwAAABMAAABzIgAAAHQAAGoBAHwAAGQBABRkAgAYgwEAdAIAagMAiAAAgwEAF1MoAwAAAE5nAAAAAADgb0BpAQAAACgEAAAAdAEAAABLdAQAAAByZWx1dAIAAAB0ZnQIAAAAY29uc3RhbnQoAgAAAHQBAAAAdHQFAAAAc2NhbGUoAQAAAHQMAAAAcG9zX2VuY29kaW5nKAAAAABzDgAAAC90bXAvb3BzL21rLnB5dAgAAAA8bGFtYmRhPgUAAAB0AAAAAA==",
	"3.10": "4wIAAAAAAAAAAAAAAAIAAAAEAAAAEwAAAHMcAAAAdACgAXwAZAEUAGQCGAChAXQCoAOIAKEBFwBTACkDTucAAAAAAOBvQOkBAAAAKQTaAUvaBHJlbHXaAnRm2ghjb25zdGFudCkC2gF02gVzY2FsZakB2gxwb3NfZW5jb2RpbmepAPoOL3RtcC9vcHMvbWsucHnaCDxsYW1iZGE+BQAAAHMCAAAAHAA=",
	"3.11": "4wIAAAAAAAAAAAAAAAQAAAATAAAA83oAAACVAZcAdAAAAAAAAAAAAAAAoAEAAAAAAAAAAAAAAAAAAAAAAAAAAHwAZAF6BQAAZAJ6CgAApgEAAKsBAAAAAAAAAAB0BAAAAAAAAAAAAACgAwAAAAAAAAAAAAAAAAAAAAAAAAAAiQKmAQAAqwEAAAAAAAAAAHoAAABTACkDTucAAAAAAOBvQOkBAAAAKQTaAUvaBHJlbHXaAnRm2ghjb25zdGFudCkD2gF02gVzY2FsZdoMcG9zX2VuY29kaW5ncwMAAAAgIID6Di90bXAvb3BzL21rLnB5+gg8bGFtYmRhPnoWbWFrZS48bG9jYWxzPi48bGFtYmRhPgUAAABzLAAAAPiAAKUBpwaiBqBxqDWhebAxoX3RIDXUIDW9Ar8LugvATNE4UdQ4UdEgUYAA8wAAAAA=",
	"3.12": "4wIAAAAAAAAAAAAAAAQAAAATAAAA82YAAACVAZcAdAAAAAAAAAAAAGoDAAAAAAAAAAAAAAAAAAAAAAAAfABkAXoFAABkAnoKAACrAQAAAAAAAHQEAAAAAAAAAABqBwAAAAAAAAAAAAAAAAAAAAAAAIkCqwEAAAAAAAB6AAAAUwApA07nAAAAAADgb0DpAQAAACkE2gFL2gRyZWx12gJ0ZtoIY29uc3RhbnQpA9oBdNoFc2NhbGXaDHBvc19lbmNvZGluZ3MDAAAAICCA+g4vdG1wL29wcy9tay5wefoIPGxhbWJkYT56Fm1ha2UuPGxvY2Fscz4uPGxhbWJkYT4FAAAAcyYAAAD4gACkAacGoQagcag1oXmwMaF90yA1vAK/C7kLwEzTOFHRIFGAAPMAAAAA",
	"3.13": "4wIAAAAAAAAAAAAAAAQAAAATAAAA82YAAAA+AZUAWwAAAAAAAAAAAFIDAAAAAAAAAAAAAAAAAAAAAAAAVQBTAS0FAABTAi0KAAA1AQAAAAAAAFsEAAAAAAAAAABSBwAAAAAAAAAAAAAAAAAAAAAAAFQCNQEAAAAAAAAtAAAAJAApA07nAAAAAADgb0DpAQAAACkE2gFL2gRyZWx12gJ0ZtoIY29uc3RhbnQpA9oBdNoFc2NhbGXaDHBvc19lbmNvZGluZ3MDAAAAICCA2g4vdG1wL29wcy9tay5wedoIPGxhbWJkYT7aFm1ha2UuPGxvY2Fscz4uPGxhbWJkYT4FAAAAcyQAAAD4gACkAacGoQagcag1oXmwMaF90yA1vAK/C7kLwEzTOFHSIFHzAAAAAA==",
	"3.6":  "4wIAAAAAAAAAAgAAAAMAAAATAAAAcxwAAAB0AGoBfABkARQAZAIYAIMBdAJqA4gAgwEXAFMAKQNO5wAAAAAA4G9A6QEAAAApBNoBS9oEcmVsddoCdGbaCGNvbnN0YW50KQLaAXTaBXNjYWxlKQHaDHBvc19lbmNvZGluZ6kA+g4vdG1wL29wcy9tay5wedoIPGxhbWJkYT4FAAAAcwAAAAA=",
	"3.7":  "4wIAAAAAAAAAAgAAAAQAAAATAAAAcxwAAAB0AKABfABkARQAZAIYAKEBdAKgA4gAoQEXAFMAKQNO5wAAAAAA4G9A6QEAAAApBNoBS9oEcmVsddoCdGbaCGNvbnN0YW50KQLaAXTaBXNjYWxlKQHaDHBvc19lbmNvZGluZ6kA+g4vdG1wL29wcy9tay5wedoIPGxhbWJkYT4FAAAA8wAAAAA=",
	"3.8":  "4wIAAAAAAAAAAAAAAAIAAAAEAAAAEwAAAHMcAAAAdACgAXwAZAEUAGQCGAChAXQCoAOIAKEBFwBTACkDTucAAAAAAOBvQOkBAAAAKQTaAUvaBHJlbHXaAnRm2ghjb25zdGFudCkC2gF02gVzY2FsZakB2gxwb3NfZW5jb2RpbmepAPoOL3RtcC9vcHMvbWsucHnaCDxsYW1iZGE+BQAAAPMAAAAA",
	"3.9":  "4wIAAAAAAAAAAAAAAAIAAAAEAAAAEwAAAHMcAAAAdACgAXwAZAEUAGQCGAChAXQCoAOIAKEBFwBTACkDTucAAAAAAOBvQOkBAAAAKQTaAUvaBHJlbHXaAnRm2ghjb25zdGFudCkC2gF02gVzY2FsZakB2gxwb3NfZW5jb2RpbmepAPoOL3RtcC9vcHMvbWsucHnaCDxsYW1iZGE+BQAAAPMAAAAA",
}

func TestDecode(t *testing.T) {
	for v, text := range versions {
		c, err := Decode(text)
		if err != nil {
			t.Errorf("%s: %v", v, err)
			continue
		}
		if c.Name != "<lambda>" || !slices.Equal(c.Args, []string{"t", "scale"}) || !slices.Equal(c.Names, []string{"K", "relu", "tf", "constant"}) || !slices.Equal(c.Free, []string{"pos_encoding"}) {
			t.Errorf("%s: %+v", v, c)
		}
		if !slices.Contains(c.Consts, any(255.0)) || !slices.Contains(c.Consts, any(int64(1))) {
			t.Errorf("%s: constants %v", v, c.Consts)
		}
	}
}

// TestDecodeCharacters reads what Keras before 2.1 stored: bytes as characters.
func TestDecodeCharacters(t *testing.T) {
	b, err := base64.StdEncoding.DecodeString(versions["2.7"])
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, c := range b {
		text.WriteRune(rune(c))
	}
	if c, err := Decode(text.String()); err != nil || c.Python != "2.7" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestHostile(t *testing.T) {
	// Lists of references to lists, each twice as long as the one before.
	bomb := []byte{0xa8, 1, 0, 0, 0, 'N'}
	for i := range byte(60) {
		bomb = append([]byte{0xa8, 2, 0, 0, 0}, append(bomb, 'r', i+1, 0, 0, 0)...)
	}
	for _, b := range [][]byte{nil, {'c'}, {'(', 0xff, 0xff, 0xff, 0x7f}, []byte(strings.Repeat("(\x01\x00\x00\x00", 1000)), bomb, {'r', 0, 0, 0, 0}, {'l', 0, 0, 0, 0x80}} {
		if c, err := Parse(b); err == nil {
			t.Errorf("%q gives %+v", b, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range versions {
		b, _ := base64.StdEncoding.DecodeString(text)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := Parse(b); (c == nil) == (err == nil) {
			t.Fatalf("%+v, %v", c, err)
		}
	})
}
