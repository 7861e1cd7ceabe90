//go:build !js

// Wasm classifies a drawing in the browser. Built for the browser it is what the
// page calls; built for here it serves the page:
//
//	go run ./examples/wasm
//
// builds itself with GOOS=js and listens on localhost:8080. The page loads
// shapes.kgo, which was made by
//
//	go run ./cmd/kerasgo convert examples/models/shapes.keras -o examples/wasm/shapes.kgo
package main

import (
	"embed"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed index.html shapes.kgo
var files embed.FS

func main() {
	listen := flag.String("listen", "localhost:8080", "address to listen on")
	flag.Parse()
	if err := run(*listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(address string) error {
	dir, err := os.MkdirTemp("", "wasm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		return err
	}
	fmt.Println("open http://" + address)
	server := &http.Server{Addr: address, Handler: handler(dir), ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// build puts main.wasm and Go's wasm_exec.js into dir.
func build(dir string) error {
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "main.wasm"), "-ldflags=-s -w", "github.com/kerasgo/kerasgo/examples/wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building for the browser: %w", err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "wasm_exec.js"), script, 0o600)
}

// handler serves the page, the model and what build made.
func handler(dir string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(files))
	for _, name := range []string{"main.wasm", "wasm_exec.js"} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(dir, name)) })
	}
	return mux
}
