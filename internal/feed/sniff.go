package feed

import (
	"bytes"
	"encoding/json"
)

// Formats are what Options.Format may say.
var Formats = []string{"npz", "npy", "json", "csv", "text", "image", "wav"}

// Sniff tells a file's format by its content. Text that could be anything is
// lines for an input of strings, else CSV.
func Sniff(b []byte, text bool) string {
	has := func(at int, magic string) bool {
		return len(b) >= at+len(magic) && string(b[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "PK\x03\x04"), has(0, "PK\x05\x06"):
		return "npz"
	case has(0, "\x93NUMPY"):
		return "npy"
	case has(0, "\x89PNG\r\n\x1a\n"), has(0, "\xff\xd8\xff"), has(0, "RIFF") && has(8, "WEBP"):
		return "image"
	case has(0, "RIFF") && has(8, "WAVE"):
		return "wav"
	}
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")))
	if len(trimmed) > 0 && (trimmed[0] == '[' || trimmed[0] == '{') && json.Valid(trimmed) {
		return "json"
	}
	if text {
		return "text"
	}
	return "csv"
}
