#!/usr/bin/env python3
"""Time Keras models on kerasgo, TensorFlow, LiteRT, ONNX Runtime and OpenVINO, in one interleaved run.

    pip install tensorflow-cpu tf_keras ai-edge-litert onnxruntime openvino tf2onnx
    python compare.py model.h5 [more.h5 ...] [--threads 1] [--batch 1] [--kerasgo PATH]

Every engine gets the same seeded input and its output is compared with Keras's. Engines take turns, so that whatever
else the machine does falls on all of them. Engines that are not installed are left out.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tf_keras


def sample(model, batch):
    """Seeded inputs; token ids stay inside the smallest Embedding."""
    rng = np.random.default_rng(0)
    vocabulary = min([l.input_dim for l in model.layers if type(l).__name__ == "Embedding"], default=2)
    arrays = []
    for x in model.inputs:
        shape = [batch] + [64 if d is None else d for d in x.shape[1:]]
        if x.dtype.is_integer or vocabulary > 2:
            arrays.append(rng.integers(0, vocabulary, shape).astype(x.dtype.as_numpy_dtype))
        else:
            arrays.append(rng.standard_normal(shape).astype(np.float32))
    return arrays


def tensorflow(concrete, xs, threads, tmp):
    return lambda: concrete(*[tf.constant(x) for x in xs])[0].numpy()


def litert(concrete, xs, threads, tmp):
    from ai_edge_litert.interpreter import Interpreter
    data = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    it = Interpreter(model_content=data, num_threads=threads)
    it.allocate_tensors()
    slots = [d["index"] for d in sorted(it.get_input_details(), key=lambda d: d["name"])]
    out = it.get_output_details()[0]["index"]

    def run():
        for slot, x in zip(slots, xs):
            it.set_tensor(slot, x)
        it.invoke()
        return it.get_tensor(out)
    return run


def onnx_file(concrete, tmp):
    path = tmp / "model.onnx"
    if not path.exists():
        import tf2onnx
        specs = [tf.TensorSpec(t.shape, t.dtype, name=t.name.split(":")[0]) for t in concrete.inputs if t.dtype != tf.resource]
        tf2onnx.convert.from_function(tf.function(concrete), input_signature=specs, opset=18, output_path=str(path))
    return str(path)


def onnxruntime(concrete, xs, threads, tmp):
    import onnxruntime as rt
    options = rt.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = rt.InferenceSession(onnx_file(concrete, tmp), options, providers=["CPUExecutionProvider"])
    feed = dict(zip(sorted(i.name for i in session.get_inputs()), xs))
    return lambda: session.run(None, feed)[0]


def openvino(concrete, xs, threads, tmp):
    import openvino as ov
    config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = ov.Core().compile_model(onnx_file(concrete, tmp), "CPU", config).create_infer_request()
    feed = dict(zip(sorted(p.any_name for p in request.model_inputs), xs))
    return lambda: request.infer(feed, share_inputs=True)[0]


PEERS = {"TensorFlow": tensorflow, "LiteRT": litert, "ONNX Runtime": onnxruntime, "OpenVINO": openvino}


class Kerasgo:
    """The command behind its line protocol: "run N" gives the nanoseconds of N runs."""

    def __init__(self, command, path, xs, y, threads, tmp):
        golden = tmp / "golden.npz"
        np.savez(golden, out0=y, **{f"in{i}": x for i, x in enumerate(xs)})
        self.process = subprocess.Popen([command, "bench", str(path), "--golden", str(golden), "--threads", str(threads), "--stdio"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.info = self.answer()

    def answer(self):
        line = json.loads(self.process.stdout.readline() or '{"error": "it ended"}')
        if "error" in line:
            raise RuntimeError(line["error"])
        return line

    def times(self, n):
        self.process.stdin.write(f"run {n}\n")
        self.process.stdin.flush()
        return self.answer()["ns"]

    def close(self):
        self.process.communicate("quit\n", timeout=10)


def timed(run, n):
    out = []
    for _ in range(n):
        start = time.perf_counter_ns()
        run()
        out.append(time.perf_counter_ns() - start)
    return out


def compare(path, args):
    model = tf_keras.models.load_model(path, compile=False)
    xs = sample(model, args.batch)
    y = np.asarray(model(xs if len(xs) > 1 else xs[0], training=False))
    function = tf.function(lambda *a: model(list(a) if len(a) > 1 else a[0], training=False),
                           input_signature=[tf.TensorSpec(x.shape, x.dtype, name=f"x{i}") for i, x in enumerate(xs)])
    concrete = function.get_concrete_function()
    runs, notes = {}, []
    with tempfile.TemporaryDirectory() as folder:
        tmp = pathlib.Path(folder)
        for name, make in PEERS.items():
            try:
                run = make(concrete, xs, args.threads, tmp)
                error = float(np.abs(run() - y).max() / max(np.abs(y).max(), 1e-30))
                if error > 1e-3:
                    notes.append(f"{name} is {error:.1e} away from Keras")
                runs[name] = lambda n, run=run: timed(run, n)
            except Exception as problem:  # not installed, or cannot convert the model
                notes.append(f"{name}: {str(problem).splitlines()[0][:100]}")
        go = Kerasgo(args.kerasgo, path, xs, y, args.threads, tmp)
        runs["kerasgo"] = go.times
        counts = {name: max(1, int(0.1e9 / statistics.median(run(3)))) for name, run in runs.items()}
        times = {name: [] for name in runs}
        for turn in range(args.rounds):
            for name in sorted(runs, key=lambda n: (hash(n) + turn) % len(runs)):
                times[name] += runs[name](counts[name])
        go.close()
    return {name: statistics.median(t) / 1e3 for name, t in times.items()}, notes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--kerasgo", default="kerasgo")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    names = [*PEERS, "kerasgo"]
    print(f"{platform.processor() or platform.machine()}, {args.threads} threads, batch {args.batch}; median µs\n")
    print("| model |", " | ".join(names), "| lead over the best |")
    print("|---" * (len(names) + 2) + "|")
    for path in args.models:
        medians, notes = compare(path, args)
        lead = min(v for n, v in medians.items() if n != "kerasgo") / medians["kerasgo"]
        print(f"| {path.stem} |", " | ".join(f"{medians[n]:.1f}" if n in medians else "" for n in names), f"| {lead:.2f} |", flush=True)
        for note in notes:
            print(f"<!-- {path.stem}: {note} -->")


if __name__ == "__main__":
    main()
