package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/kerasgo/kerasgo"
	"github.com/kerasgo/kerasgo/examples/models"
)

func start(t *testing.T) *httptest.Server {
	t.Helper()
	program, err := kerasgo.LoadFS(models.FS, "sentiment.keras")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(program.Close)
	server := httptest.NewServer(newHandler(program))
	t.Cleanup(server.Close)
	return server
}

func post(url, body string) (int, string, error) {
	r, err := http.Post(url+"/score", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

func TestScores(t *testing.T) {
	server := start(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				code, body, err := post(server.URL, `{"texts": ["What a wonderful movie!", "dull and terrible"]}`)
				if err != nil || code != http.StatusOK {
					t.Errorf("%d %s %v", code, body, err)
					return
				}
				var answer struct{ Scores []float32 }
				if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Scores) != 2 || answer.Scores[0] < 0.9 || answer.Scores[1] > 0.1 {
					t.Errorf("%s: %v", body, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestBadRequests(t *testing.T) {
	server := start(t)
	for _, body := range []string{"", "{}", `{"texts": []}`, `{"texts": [1]}`, `{"texts": [` + strings.Repeat(`"a",`, 70) + `"a"]}`, `{"texts": ["` + strings.Repeat("a", maxBody) + `"]}`} {
		if code, answer, err := post(server.URL, body); err != nil || code != http.StatusBadRequest {
			t.Errorf("%.20s: %d %s %v", body, code, answer, err)
		}
	}
	if r, err := http.Get(server.URL + "/score"); err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %v %v", r, err)
	}
}
