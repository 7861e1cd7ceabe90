"use strict";
const $ = (id) => document.getElementById(id);
const stage = $("stage"), view = $("view"), boxes = [...document.querySelectorAll(".node")], edges = [...document.querySelectorAll(".edge")];
const width = +view.dataset.width, height = +view.dataset.height;
let scale = 1, x = 0, y = 0, picked = -1, hits = [], at = -1, touched = false;

function draw() { view.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`); }
for (const kind of ["pointerdown", "wheel", "keydown"]) addEventListener(kind, () => { touched = true; }, { passive: true });
function zoom(by, cx = innerWidth / 2, cy = innerHeight / 2) {
  const to = Math.min(4, Math.max(0.02, scale * by));
  x = cx - (cx - x) * (to / scale);
  y = cy - (cy - y) * (to / scale);
  scale = to;
  draw();
}
function fit() {
  const top = document.querySelector("header").getBoundingClientRect().bottom;
  scale = Math.min(1.4, (innerWidth - 24) / width, (innerHeight - top - 12) / height);
  x = (innerWidth - width * scale) / 2;
  y = top + Math.max(0, (innerHeight - top - height * scale) / 2);
  draw();
}
// Long graphs begin readable, at their first layers.
function begin() {
  fit();
  if (scale < 0.6) {
    const top = document.querySelector("header").getBoundingClientRect().bottom;
    scale = Math.min(1, Math.max(0.6, (innerWidth - 24) / width));
    const first = boxes[0].transform.baseVal.consolidate().matrix, wide = width * scale > innerWidth;
    x = wide ? innerWidth / 2 - (first.e + boxes[0].getBBox().width / 2) * scale : (innerWidth - width * scale) / 2;
    y = top;
    draw();
  }
}
function centre(i) {
  const m = boxes[i].transform.baseVal.consolidate().matrix, b = boxes[i].getBBox();
  if (scale < 0.6) scale = 0.9;
  x = innerWidth / 2 - (m.e + b.width / 2) * scale;
  y = innerHeight / 2 - (m.f + b.height / 2) * scale;
  draw();
}

const grouped = (n) => n.toLocaleString("en");
const time = (ns) => ns >= 1e9 ? (ns / 1e9).toFixed(2) + " s" : ns >= 1e6 ? (ns / 1e6).toFixed(2) + " ms" : (ns / 1e3).toFixed(1) + " µs";
const share = (key, v) => { const sum = graph.Nodes.reduce((s, n) => s + n[key], 0); return sum ? ` (${(100 * v / sum).toFixed(1)} %)` : ""; };

function pick(i) {
  if (picked >= 0) boxes[picked].classList.remove("picked");
  picked = i;
  for (const e of edges) e.classList.toggle("near", i >= 0 && (+e.dataset.a === i || +e.dataset.b === i));
  const panel = $("details");
  panel.hidden = i < 0;
  if (innerWidth > 720) panel.style.top = document.querySelector("header").getBoundingClientRect().bottom + 10 + "px";
  if (i < 0) return;
  boxes[i].classList.add("picked");
  const n = graph.Nodes[i], list = panel.querySelector("dl");
  panel.querySelector("h2").textContent = n.name;
  panel.querySelector(".class").textContent = n.class;
  list.textContent = "";
  const row = (name, value) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = name;
    if (value instanceof Node) { dd.append(value); dd.className = "links"; } else dd.textContent = value;
    list.append(dt, dd);
  };
  if (n.shape) row("output", (n.dtype || "") + n.shape);
  row("parameters", grouped(n.params) + share("params", n.params));
  if (n.flops) row("FLOPs", grouped(n.flops) + share("flops", n.flops));
  if (n.ns) row("time", time(n.ns) + share("ns", n.ns));
  if (n.extra) row("op", n.extra);
  const links = (ids) => {
    const f = document.createDocumentFragment();
    for (const j of ids) {
      const a = document.createElement("a");
      a.textContent = graph.Nodes[j].name;
      a.href = "#";
      a.onclick = (e) => { e.preventDefault(); pick(j); centre(j); };
      f.append(a);
    }
    return f;
  };
  const from = graph.Edges.filter((e) => e[1] === i).map((e) => e[0]), to = graph.Edges.filter((e) => e[0] === i).map((e) => e[1]);
  if (from.length) row("reads", links(from));
  if (to.length) row("read by", links(to));
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  hits = [];
  graph.Nodes.forEach((n, i) => {
    const all = `${n.name} ${n.class} ${n.shape}`.toLowerCase();
    const hit = words.length > 0 && words.every((w) => all.includes(w));
    boxes[i].classList.toggle("hit", hit);
    if (hit) hits.push(i);
  });
  view.classList.toggle("searching", words.length > 0);
  at = -1;
  $("hits").textContent = words.length ? `${hits.length} found` : "";
  if (hits.length) step(1);
}
function step(by) {
  if (!hits.length) return;
  at = (at + by + hits.length) % hits.length;
  $("hits").textContent = `${at + 1} of ${hits.length}`;
  pick(hits[at]);
  centre(hits[at]);
}

function tint(key) {
  const most = Math.max(1, ...graph.Nodes.map((n) => (key ? n[key] : 0)));
  graph.Nodes.forEach((n, i) => {
    const part = key ? Math.round(90 * Math.sqrt(n[key] / most)) : 0;
    boxes[i].querySelector(".box").style.fill = part ? `color-mix(in oklab, var(--dense) ${part}%, var(--box))` : "";
  });
}

const fingers = new Map();
let moved = 0, spread = 0;
stage.addEventListener("pointerdown", (e) => { fingers.set(e.pointerId, e); moved = 0; spread = 0; });
addEventListener("pointermove", (e) => {
  const before = fingers.get(e.pointerId);
  if (!before) return;
  fingers.set(e.pointerId, e);
  if (fingers.size === 2) {
    const [a, b] = [...fingers.values()], d = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    if (spread) zoom(d / spread, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    spread = d;
    moved = 9;
    return;
  }
  moved += Math.abs(e.clientX - before.clientX) + Math.abs(e.clientY - before.clientY);
  stage.classList.add("dragging");
  x += e.clientX - before.clientX;
  y += e.clientY - before.clientY;
  draw();
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (e) => { fingers.delete(e.pointerId); spread = 0; stage.classList.remove("dragging"); });
stage.addEventListener("click", (e) => {
  if (moved > 4) return;
  const box = e.target.closest(".node");
  pick(box ? +box.dataset.i : -1);
});
stage.addEventListener("wheel", (e) => {
  e.preventDefault();
  if (e.ctrlKey || !e.shiftKey && Math.abs(e.deltaY) >= Math.abs(e.deltaX)) zoom(Math.exp(-e.deltaY * (e.ctrlKey ? 0.01 : 0.0016)), e.clientX, e.clientY);
  else { x -= e.deltaX || e.deltaY; draw(); }
}, { passive: false });
$("in").onclick = () => zoom(1.3);
$("out").onclick = () => zoom(1 / 1.3);
$("fit").onclick = fit;
$("close").onclick = () => pick(-1);
$("search").addEventListener("input", (e) => search(e.target.value));
$("search").addEventListener("keydown", (e) => { if (e.key === "Enter") step(e.shiftKey ? -1 : 1); });
$("tint").addEventListener("change", (e) => tint(e.target.value));
addEventListener("keydown", (e) => {
  if (e.key === "Escape") { $("search").value = ""; search(""); pick(-1); $("search").blur(); return; }
  if (e.target.matches("input, select")) return;
  if (e.key === "/") { e.preventDefault(); $("search").focus(); }
  if (e.key === "+" || e.key === "=") zoom(1.3);
  if (e.key === "-") zoom(1 / 1.3);
  if (e.key === "0" || e.key === "f") fit();
});
addEventListener("resize", () => { if (!touched) begin(); });
begin();
