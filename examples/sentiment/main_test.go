package main

import (
	"io"
	"os"
	"testing"
)

func Example() {
	_ = run([]string{"What a wonderful movie!", "The plot was dull and the acting was terrible.", "It was not bad."}, os.Stdout)
	// Output:
	// 100%  What a wonderful movie!
	//   0%  The plot was dull and the acting was terrible.
	// 100%  It was not bad.
}

func TestUsage(t *testing.T) {
	if run(nil, io.Discard) == nil {
		t.Error("no text is no error")
	}
}
