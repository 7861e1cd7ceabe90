"""Makes internal/pycode/testdata/functions.json: Python functions as each Python given marshals them.

    python scripts/pycode/make.py ~/.pyenv/versions/*/bin/python
"""

import ast
import json
import pathlib
import subprocess
import sys

# What is a function, and the expression that it must be read as; "" when it must not be.
FUNCTIONS = [
    ("lambda x: x / 255", "x / 255"),
    ("lambda x: x * 0.5 - 1", "x * 0.5 - 1"),
    ("lambda x: x[:, -1, :]", "x[:, -1, :]"),
    ("lambda x: x[:, 1:]", "x[:, 1:]"),
    ("lambda x: x[..., ::2]", "x[..., ::2]"),
    ("lambda x: x[:, None, 1:5:2, :-1]", "x[:, None, 1:5:2, :-1]"),
    ("lambda x: x[1:3] + x[:3] + x[1:] + x[:]", "x[1:3] + x[:3] + x[1:] + x[:]"),
    ("lambda t: t[0] - t[1]", "t[0] - t[1]"),
    ("lambda t: t[0][:, 0] * t[1][:, :, 1]", "t[0][:, 0] * t[1][:, :, 1]"),
    ("lambda x, scale=2.0, shift=1: (x - shift) * scale", "(x - shift) * scale"),
    ("closed(lambda x: x * c - d)", "x * c - d"),
    ("lambda a: -a ** 2 // 3 % 4", "-a ** 2 // 3 % 4"),
    ("lambda a: (-a) ** -a ** a", "(-a) ** -a ** a"),
    ("lambda a: a - (a - a) - a / (a * a) / a", "a - (a - a) - a / (a * a) / a"),
    ("lambda a: (a > 0) & (a <= 1) | ~(a < -0.5) ^ (a >= 2)", "(a > 0) & (a <= 1) | ~(a < -0.5) ^ (a >= 2)"),
    ("lambda a: (a == 1, a != 2)", "(a == 1, a != 2)"),
    ("lambda x: [x, x * 2, 1e-07]", "[x, x * 2, 1e-07]"),
    ("lambda x: (x,)", "(x,)"),
    ("lambda x: x + 100000000000000000000000000", ""),
    ("lambda x: x * 1e999", "x * 1e999"),
    ("def f(x): return x * 2 - 1", "x * 2 - 1"),
    ("def f(x):\n y = x * 2\n z = y - 1\n return z / y", "(x * 2 - 1) / (x * 2)"),
    ("def f(x):\n x -= 1\n x *= x\n x /= 2\n return x", "(x - 1) * (x - 1) / 2"),
    ("def f(t):\n a, b = t\n return a - b", "t[0] - t[1]"),
    ("def f(t):\n a, b = t[0], t[1]\n a, b = b, a\n return a - b", "t[1] - t[0]"),
    ("def f(x):\n y = z = x + 1\n return y * z", "(x + 1) * (x + 1)"),
    ("def f(x):\n 'Halves.'\n return x / 2.0", "x / 2.0"),
    ("lambda x: K.mean(x, axis=1)", "K.mean(x, axis=1)"),
    ("lambda x: tf.expand_dims(x, -1)", "tf.expand_dims(x, -1)"),
    ("lambda t: K.abs(t[0] - t[1])", "K.abs(t[0] - t[1])"),
    ("lambda x: K.reshape(x, (-1, K.int_shape(x)[1], 4))", "K.reshape(x, (-1, K.int_shape(x)[1], 4))"),
    ("lambda x: tf.image.resize(x, [8, 8, 3], method='nearest')", 'tf.image.resize(x, [8, 8, 3], method="nearest")'),
    ("lambda t: K.concatenate([t[0], t[1]], axis=-1)", "K.concatenate([t[0], t[1]], axis=-1)"),
    ("closed(lambda x: x + tf.constant(c, dtype=tf.float32))", "x + tf.constant(c, dtype=tf.float32)"),
    ("lambda x: x.shape[1] * relu(x) + EPSILON", "x.shape[1] * relu(x) + EPSILON"),
    ("lambda x: x.sum()", "x.sum()"),
    ("lambda x: K.sum(x * x, axis=[1, 2], keepdims=True)", "K.sum(x * x, axis=[1, 2], keepdims=True)"),
    ("lambda x: f(x)(x)", ""),
    ("lambda x: (x + 1).sum()", ""),
    ("lambda x: x if x else 0", ""),
    ("lambda x: 0 < x < 1", ""),
    ("lambda x: x and 1", ""),
    ("lambda x: not x", ""),
    ("lambda x: x is None", ""),
    ("lambda x: x in (1, 2)", ""),
    ("lambda x: [y for y in x]", ""),
    ("lambda x: (lambda y: y)(x)", ""),
    ("lambda x: {'a': x}", ""),
    ("lambda x: f(*x)", ""),
    ("lambda *x: x", ""),
    ("lambda x, **k: x", ""),
    ("lambda x: (yield x)", ""),
    ("lambda x: x << 1", ""),
    ("lambda x: x + 1j", ""),
    ("lambda x: K.cast(x, 'it\\'s')", ""),
    ("def f(x):\n f(x)\n return x", ""),
    ("def f(x):\n for i in x: return i\n return x", ""),
    ("def f(x):\n try: return x\n except ValueError: return 1", ""),
    ("def f(x):\n global g\n g = x\n return x", ""),
    ("def f(x):\n x", ""),
    ("lambda x: None", "None"),
]

RUN = r"""
import base64, json, marshal, sys
def closed(f): return f
def code(source):
    space = {}
    lines = source.split("\n")
    if source.startswith("closed("):
        lines = ["def make(c, d):", " return " + source[len("closed("):-1], "f = make(1, 2)"]
    elif not source.startswith("def"):
        lines = ["f = " + source]
    exec(compile("\n".join(lines), "", "exec"), space)
    return base64.b64encode(marshal.dumps(space["f"].__code__)).decode()
json.dump(["%d.%d" % sys.version_info[:2]] + [code(s) for s in json.load(sys.stdin)], sys.stdout)
"""


def plain(expression):
    nodes = list(ast.walk(ast.parse(expression)))
    return not any(isinstance(n, (ast.Call, ast.Attribute, ast.Eq, ast.NotEq)) for n in nodes)


def main(pythons):
    sources = json.dumps([source for source, _ in FUNCTIONS])
    rows = [dict(source=source, expression=expression, plain=plain(expression), code={}) for source, expression in FUNCTIONS]
    for python in pythons:
        version, *codes = json.loads(subprocess.run([python, "-c", RUN], input=sources, text=True, capture_output=True, check=True).stdout)
        for row, code in zip(rows, codes):
            row["code"][version] = code
    for row in rows:
        row["code"] = dict(sorted(row["code"].items(), key=lambda v: [int(n) for n in v[0].split(".")]))
    to = pathlib.Path(__file__).parents[2] / "internal/pycode/testdata/functions.json"
    to.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main(sys.argv[1:])
