// Server answers HTTP requests with a model's scores.
//
//	go run ./examples/server -listen localhost:8080
//	curl -d '{"texts": ["What a wonderful movie!"]}' localhost:8080/score
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
	"github.com/kerasgo/kerasgo/ir"
	"github.com/kerasgo/kerasgo/runtime"
)

const (
	maxBody  = 1 << 20
	maxTexts = 64
)

func main() {
	listen := flag.String("listen", "localhost:8080", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string) error {
	program, err := kerasgo.LoadFS(models.FS, "sentiment.keras")
	if err != nil {
		return err
	}
	defer program.Close()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newHandler(program), ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error)
	go func() {
		<-ctx.Done()
		stopped <- server.Shutdown(context.WithoutCancel(ctx))
	}()
	fmt.Println("listening on", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped // Serve returns before the last requests are answered
}

// handler scores texts. A session serves one request at a time and keeps its
// memory for the next; the pool has as many as there are requests at once.
type handler struct{ sessions sync.Pool }

func newHandler(program *runtime.Program) http.Handler {
	h := &handler{}
	h.sessions.New = func() any { return program.NewSession() }
	mux := http.NewServeMux()
	mux.HandleFunc("POST /score", h.score)
	return mux
}

func (h *handler) score(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Texts []string `json:"texts"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if n := len(request.Texts); n == 0 || n > maxTexts {
		http.Error(w, fmt.Sprintf("%d texts, want 1 to %d", n, maxTexts), http.StatusBadRequest)
		return
	}
	session := h.sessions.Get().(*runtime.Session)
	defer h.sessions.Put(session)
	outputs, err := session.RunContext(r.Context(), kerasgo.Tensor(request.Texts, len(request.Texts), 1))
	if err != nil {
		http.Error(w, err.Error(), status(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string][]float32{"scores": outputs[0].Float32s()})
}

// status tells whose fault an error is.
func status(err error) int {
	for _, kind := range []error{ir.ErrUsage, ir.ErrShape, ir.ErrDType} {
		if errors.Is(err, kind) {
			return http.StatusBadRequest
		}
	}
	if errors.Is(err, ir.ErrLimit) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}
