// Package chromium finds a browser for tests of pages.
package chromium

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// Path is the browser's command, in $KERASGO_CHROMIUM or the path; without one
// the test is skipped.
func Path(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("KERASGO_CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("no browser: apt-get install chromium, or name one in KERASGO_CHROMIUM")
	return ""
}

// Profile is a folder for the browser's profile. The browser's children may
// write to it for a moment after it has ended, which t.TempDir takes ill.
func Profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kerasgo-browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return dir
}
