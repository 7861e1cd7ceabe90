"""Make fixtures/ again: python scripts/make_fixtures.py [--only PATTERN] [--dialect keras3|keras2|keras1]

Each dialect runs in worker processes of its own, a few cases each, so that memory stays bounded. Every random number
is seeded by the case's name; the same Keras gives the same bytes.
"""

import argparse
import fcntl
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
MANIFEST = FIXTURES / "MANIFEST.json"
CHUNK = 40
DIALECTS = ("keras3", "keras2", "keras1")

sys.path.insert(0, str(HERE))


def selected(only, family, dialect):
    from cases import FAMILIES

    return [
        case
        for name, cases in FAMILIES.items()
        for case in cases
        if dialect in case.dialects
        and (not family or name in family)
        and (not only or any(fnmatch.fnmatch(case.name, p) for p in only))
    ]


def work(dialect, names, out, check):
    from cases import CASES
    from fixture import Maker

    maker = Maker(dialect, FIXTURES, check)
    wanted = set(names)
    with open(out, "w") as f:
        for case in CASES:
            if case.name in wanted:
                f.write(json.dumps(maker.row(case)) + "\n")
                f.flush()


def run_worker(dialect, names, check):
    with tempfile.TemporaryDirectory() as tmp:
        out = pathlib.Path(tmp, "rows")
        env = dict(os.environ, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0",
                   CUDA_VISIBLE_DEVICES="-1", PYTHONHASHSEED="0")
        command = [sys.executable, __file__, "--worker", dialect, "--out", str(out), *(["--check"] if check else []), *names]
        done = subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True)
        rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
        missing = [n for n in names if n not in {r["name"] for r in rows}]
        if missing:
            print(done.stderr[-3000:], file=sys.stderr)
            rows += [{"name": missing[0], "dialect": dialect, "failed": f"the worker died, exit code {done.returncode}"}]
            if missing[1:]:
                rows += run_worker(dialect, missing[1:], check)
        return rows


def write_manifest(rows):
    """Merge rows into the manifest, under a lock: two runs may be at work, on a dialect each."""
    with open(tempfile.gettempdir() + "/kerasgo-fixtures.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return merge_manifest(rows)


def merge_manifest(rows):
    from cases import CASES

    alive = {(c.name, d) for c in CASES for d in c.dialects}
    before = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else []
    table = {(r["name"], r["dialect"]): r for r in before}
    table |= {(r["name"], r["dialect"]): {k: v for k, v in r.items() if k != "warnings"} for r in rows if "failed" not in r}
    order = {c.name: i for i, c in enumerate(CASES)}
    kept = sorted((k for k in table if k in alive or k[1] == "old"), key=lambda k: (order.get(k[0], len(order)), k[1]))
    lines = [json.dumps(table[k], ensure_ascii=False, separators=(",", ":")) for k in kept]
    new = MANIFEST.with_suffix(".new")
    new.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    new.replace(MANIFEST)
    return [table[k] for k in kept]


def remove_orphans(rows):
    """Delete what no row of the manifest names any more."""
    wanted = {f for r in rows for e in r["files"] for f in e["all"]}
    wanted |= {r[f] for r in rows for f in ("golden", "summary") if r.get(f)}
    for folder in DIALECTS:
        for path in sorted(p for p in (FIXTURES / folder).rglob("*") if p.is_file()):
            if str(path.relative_to(FIXTURES)) not in wanted:
                path.unlink()
        for path in sorted((p for p in (FIXTURES / folder).rglob("*") if p.is_dir()), reverse=True):
            if not any(path.iterdir()):
                path.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="case names, as a shell pattern; may be repeated")
    parser.add_argument("--family", action="append", help="a module of scripts/cases; may be repeated")
    parser.add_argument("--dialect", choices=DIALECTS)
    parser.add_argument("--missing", action="store_true", help="only what the manifest does not have")
    parser.add_argument("--rows", help="only add these rows, which old_keras.py wrote")
    parser.add_argument("--check", action="store_true", help="load each file again and compare")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--worker", choices=DIALECTS, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return work(args.worker, args.names, args.out, args.check)
    if args.rows:
        write_manifest([json.loads(line) for line in pathlib.Path(args.rows).read_text().splitlines()])
        return 0

    rows = []
    for dialect in (args.dialect,) if args.dialect else DIALECTS:
        names = [c.name for c in selected(args.only, args.family, dialect)]
        if args.missing and MANIFEST.exists():
            made = {r["name"] for r in json.loads(MANIFEST.read_text()) if r["dialect"] == dialect}
            names = [n for n in names if n not in made]
        if args.list:
            print(dialect, *names, sep="\n  ")
            continue
        for i in range(0, len(names), CHUNK):
            rows += run_worker(dialect, names[i : i + CHUNK], args.check)
            print(f"{dialect}: {min(i + CHUNK, len(names))} of {len(names)}", flush=True)
            write_manifest(rows)
    if args.list:
        return 0
    kept = write_manifest(rows)
    if not (args.only or args.family or args.dialect):
        remove_orphans(kept)
    failed = [r for r in rows if "failed" in r]
    for row in failed:
        print(f"FAILED {row['dialect']} {row['name']}: {row['failed']}")
    for row in rows:
        for warning in row.get("warnings", ()):
            print(f"note {row['dialect']} {row['name']}: {warning}")
    size = sum(p.stat().st_size for p in FIXTURES.rglob("*") if p.is_file())
    for dialect in DIALECTS:
        print(dialect, sum(r["dialect"] == dialect for r in kept), "cases")
    print(f"fixtures/ is {size / 1e6:.2f} MB")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
