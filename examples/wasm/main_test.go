//go:build !js

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/internal/chromium"
)

// built is the folder with main.wasm, made once.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wasm")
	if err != nil {
		return "", err
	}
	return dir, build(dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := built(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func folder(t *testing.T) string {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestNode(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	dir := folder(t)
	b, err := exec.Command(node, "testdata/classify.mjs", filepath.Join(dir, "wasm_exec.js"), filepath.Join(dir, "main.wasm"), "shapes.kgo").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	want := []string{
		`"error":"load a model, then give`,
		`"error":`,
		`"shape":"\[batch, 24, 24, 1\]"`,
		`^\[0,0,0,100\]$`,
		`"error":".*\[1, 12, 48, 1\]`,
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("printed\n%s", b)
	}
	for i, w := range want {
		if !regexp.MustCompile(w).MatchString(lines[i]) {
			t.Errorf("line %d is %s, want %s", i+1, lines[i], w)
		}
	}
}

// reporter is added to the page by the test: it sends every text of the result.
const reporter = `<script>
new MutationObserver(() => fetch("/report", {method: "POST", body: result.textContent}))
  .observe(result, {childList: true, characterData: true, subtree: true});
</script>`

// The page draws shapes by itself and says what they are.
func TestBrowser(t *testing.T) {
	browser, page := chromium.Path(t), handler(folder(t))
	for shape, points := range map[string]string{
		"square":   "50,50;190,50;190,190;50,190;50,50",
		"triangle": "120,40;195,180;45,180;120,40",
	} {
		t.Run(shape, func(t *testing.T) {
			texts := make(chan string, 100)
			mux := http.NewServeMux()
			mux.Handle("/", page)
			mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
				b, err := files.ReadFile("index.html")
				if err != nil {
					t.Error(err)
				}
				fmt.Fprintf(w, "%s%s", b, reporter)
			})
			mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				texts <- string(b)
			})
			server := httptest.NewServer(mux)
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
				"--user-data-dir="+chromium.Profile(t), server.URL+"/?draw="+points)
			cmd.WaitDelay = 5 * time.Second
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				cancel()
				_ = cmd.Wait()
			}()
			deadline, last := time.After(2*time.Minute), ""
			for {
				select {
				case last = <-texts:
					var percent int
					if _, err := fmt.Sscanf(last, shape+" (%d%%)", &percent); err == nil && percent >= 60 {
						return
					}
				case <-deadline:
					t.Fatalf("the page says %q to a %s", last, shape)
				}
			}
		})
	}
}
