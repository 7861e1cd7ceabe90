package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kerasgo/kerasgo/internal/chromium"
	"github.com/kerasgo/kerasgo/internal/graphview"
)

// dump runs a page in a headless browser and returns the document it ends as.
func dump(t *testing.T, page string) string {
	t.Helper()
	browser := chromium.Path(t)
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+chromium.Profile(t), "--window-size=1200,800", "--virtual-time-budget=3000", "--dump-dom", "file://"+file)
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	return out.String()
}

// drive is a script that uses the page as a person would, and writes what it
// saw to the document's title.
const drive = `<script>
addEventListener("load", () => {
  const said = [], say = (ok, what) => said.push((ok ? "ok " : "FAIL ") + what);
  const view = document.getElementById("view"), transform = () => view.getAttribute("transform");
  const pointer = (type, target, x, y) => target.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, clientX: x, clientY: y }));
  try {
    say(document.querySelectorAll(".node").length === graph.Nodes.length, "boxes");
    say(document.querySelectorAll(".edge").length === graph.Edges.length, "edges");
    let before = transform();
    stage.dispatchEvent(new WheelEvent("wheel", { deltaY: -200, clientX: 600, clientY: 400, cancelable: true }));
    say(transform() !== before && scale > 0, "zoom");
    before = transform();
    pointer("pointerdown", stage, 600, 400); pointer("pointermove", stage, 640, 430); pointer("pointerup", stage, 640, 430);
    say(transform() !== before, "pan");
    const search = document.getElementById("search");
    search.value = "lstm"; search.dispatchEvent(new Event("input"));
    const hits = document.querySelectorAll(".node.hit");
    say(hits.length === graph.Nodes.filter((n) => /lstm/i.test(n.name + n.class + n.shape)).length && hits.length > 0, "search");
    const box = document.querySelector(".node.picked").getBoundingClientRect();
    say(Math.abs(box.x + box.width / 2 - innerWidth / 2) < 3, "the hit is in the middle");
    const details = document.getElementById("details");
    say(!details.hidden && /parameters/.test(details.textContent) && /FLOPs/.test(details.textContent) && /time/.test(details.textContent), "details");
    const name = details.querySelector("h2").textContent;
    details.querySelector(".links a").click();
    say(details.querySelector("h2").textContent !== name, "links");
    say(document.querySelectorAll(".edge.near").length > 0, "edges of the picked box");
    const tint = document.getElementById("tint");
    tint.value = "ns"; tint.dispatchEvent(new Event("change"));
    say([...document.querySelectorAll(".box")].some((b) => b.style.fill), "tint by time");
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    say(details.hidden && document.querySelectorAll(".hit").length === 0, "escape");
    let overlaps = 0;
    const all = [...document.querySelectorAll(".node .box")].map((b) => b.getBoundingClientRect());
    all.forEach((a, i) => all.slice(i + 1).forEach((b) => { if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5) overlaps++; }));
    say(overlaps === 0, overlaps + " boxes overlap");
    const wide = [...document.querySelectorAll(".node")].filter((n) => [...n.querySelectorAll("text")].some((t) => t.getBBox().x + t.getBBox().width > n.querySelector(".box").getBBox().width));
    say(wide.length === 0, wide.length + " texts are wider than their boxes");
  } catch (e) { say(false, e.stack); }
  document.title = said.join("; ");
});
</script>`

func TestGraphInBrowser(t *testing.T) {
	chromium.Path(t)
	var out, talk bytes.Buffer
	if code := run(t.Context(), []string{"graph", "../../fixtures/keras2/seed_stacked.h5", "--format", "html", "--profile"}, streams{out: &out, err: &talk}); code != exitOK {
		t.Fatalf("exit code %d: %s", code, talk.String())
	}
	driven(t, strings.Replace(out.String(), "</body>", drive+"</body>", 1))
}

// A graph of 500 nodes with long edges can be drawn and driven too.
func TestLargeGraphInBrowser(t *testing.T) {
	chromium.Path(t)
	g := &graphview.Graph{Title: "large </script><b>&"}
	for i := range 500 {
		g.Nodes = append(g.Nodes, graphview.Node{Name: fmt.Sprintf("stage_%d/block_%d/lstm_with_a_long_name_%d", i/100, i/10, i), Class: "LSTM", Kind: "rnn", Shape: "[batch, 128, 128, 64]", Params: int64(i + 1), FLOPs: int64(i + 1), Nanos: int64(i + 1)})
		if i > 0 {
			g.Edges = append(g.Edges, [2]int{i - 1 - (i%7)/3, i})
		}
		if i > 40 && i%9 == 0 {
			g.Edges = append(g.Edges, [2]int{i - 40, i})
		}
	}
	var out bytes.Buffer
	if err := graphview.WriteHTML(&out, g); err != nil {
		t.Fatal(err)
	}
	driven(t, strings.Replace(out.String(), "</body>", drive+"</body>", 1))
}

func driven(t *testing.T, page string) {
	t.Helper()
	doc := dump(t, page)
	_, title, _ := strings.Cut(doc, "<title>")
	title, _, _ = strings.Cut(title, "</title>")
	if !strings.Contains(title, "ok boxes") || strings.Contains(title, "FAIL") {
		t.Errorf("the page says: %s", title)
	}
}

// The report shows without a script.
func TestReportInBrowser(t *testing.T) {
	chromium.Path(t)
	file := filepath.Join(t.TempDir(), "report.html")
	var out, talk bytes.Buffer
	if code := run(t.Context(), []string{"verify", "../../fixtures/keras2/seed_lstm.h5", "--golden", "../../fixtures/keras2/seed_stacked.npz", "--html", file}, streams{out: &out, err: &talk}); code != exitParity {
		t.Fatalf("exit code %d: %s", code, talk.String())
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := dump(t, string(page)+`<script>document.title = [...document.querySelectorAll("figure svg")].map((s) => s.getBoundingClientRect().height > 50).join()+" "+document.documentElement.scrollWidth</script>`)
	if !strings.Contains(doc, "<title>true,true,true,true 1200</title>") && !strings.Contains(doc, "<title>true,true,true,true 11") {
		_, title, _ := strings.Cut(doc, "<title>")
		t.Errorf("the plots do not show, or the page is wider than the window: %.100s", title)
	}
}
