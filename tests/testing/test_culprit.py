"""Planted wrong rules: each is found fast and named, and the printed program fails alike.

The programs run in an interpreter of their own, far from this file, as a reader of a bug report
would run them.
"""

import functools
import importlib
import json
import subprocess
import sys
import time

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite import testing as T
from functorch_lite.ir import Primitive, bind
from functorch_lite.prims.arithmetic import mul
from functorch_lite.prims.elementwise import elementwise_batch
from functorch_lite.prims.transcendental import cos

X = np.array([0.3, -0.7, 1.1])
W = np.random.default_rng(0).standard_normal((3, 3))

# --- wrong rules of users ---------------------------------------------------------------------


@fl.custom_vjp
def cube(x):
    return x**3


cube.defvjp(lambda x: (x**3, x), lambda x, ct: (2 * x**2 * ct,))


@fl.custom_jvp
def turned(x):
    return W @ x


turned.defjvp(lambda primals, tangents: (W @ primals[0], W.T @ tangents[0]))


@fl.custom_vjp
def other_value(x):
    return fnp.sin(x)


other_value.defvjp(lambda x: (1.5 * fnp.sin(x), x), lambda x, ct: (fnp.cos(x) * ct,))


@fl.custom_vjp
def swapped(x, y):
    return x * fnp.sin(y)


def swapped_fwd(x, y):
    return swapped(x, y), (x, y)


def swapped_bwd(kept, ct):
    x, y = kept
    return ct * x * fnp.cos(y), ct * fnp.sin(y)


swapped.defvjp(swapped_fwd, swapped_bwd)


@functools.partial(fl.custom_vjp, nondiff_argnums=(1,))
def power(x, n):
    return x**n


power.defvjp(lambda x, n: (x**n, x), lambda n, x, ct: (ct * x ** (n - 1),))


@fl.custom_vjp
def affine(p, x):
    return {"y": p["w"] * x + p["b"]}


affine.defvjp(
    lambda p, x: (affine(p, x), (p, x)),
    lambda kept, ct: ({"w": ct["y"] * kept[1], "b": 2 * ct["y"]}, ct["y"] * kept[0]["w"]),
)


@fl.custom_vjp
def picked(x, i):
    return x[i]


picked.defvjp(  # "set" loses what is picked twice
    lambda x, i: (x[i], (x, i)),
    lambda kept, ct: (fnp.at(fnp.zeros_like(kept[0]))[kept[1]].set(ct), None),
)


@fl.custom_vjp
def squared_error(p, y):
    return ((p - y) ** 2).sum()


squared_error.defvjp(  # right: no gradient by the labels is wanted
    lambda p, y: (squared_error(p, y), (p, y)),
    lambda kept, ct: (2 * ct * (kept[0] - kept[1]), None),
)


def scaled_by(k):
    @fl.custom_vjp
    def scaled(x):
        return k * x * x

    scaled.defvjp(lambda x: (scaled(x), x), lambda x, ct: (k * x * ct,))
    return scaled


class Layer:
    def __init__(self):
        self.square = fl.custom_vjp(lambda x: x * x)
        self.square.defvjp(lambda x: (x * x, x), lambda x, ct: (x * ct,))

    def __call__(self, x):
        return self.square(x) * 2.0


class Doubled(fl.autograd.Function):
    @staticmethod
    def forward(ctx, x, k):
        return x * k

    @staticmethod
    def backward(ctx, grad):
        return grad * 3.0, None


def same(x):
    return x


half_p = Primitive(
    "test_half",
    impl=np.sin,
    abstract_eval=same,
    jvp=lambda ts, xs, y: mul(ts[0], mul(cos(xs[0]), np.float64(0.5))),
    batch=elementwise_batch(lambda: half_p),
    register=False,
)
triple_p = Primitive(
    "test_triple",
    impl=lambda x: 3.0 * x,
    abstract_eval=same,
    jvp=lambda ts, xs, y: bind(triple_p, ts[0]),
    transpose=lambda ct, x: [mul(ct, np.float64(2.0))],
    batch=elementwise_batch(lambda: triple_p),
    register=False,
)
lanes_p = Primitive(
    "test_lanes",
    impl=np.sin,
    abstract_eval=same,
    jvp=lambda ts, xs, y: mul(ts[0], cos(xs[0])),
    batch=lambda size, args, batched: bind(lanes_p, args[0][::-1]),
    register=False,
)
typed_p = Primitive(
    "test_typed",
    impl=lambda x: np.asarray(np.sin(x), np.float32),
    abstract_eval=same,
    jvp=lambda ts, xs, y: mul(ts[0], cos(xs[0])),
    batch=elementwise_batch(lambda: typed_p),
    register=False,
)


def overwrite(x):
    y = np.cos(x)
    x[...] = 0.0
    return y


writer_p = Primitive(
    "test_writer",
    impl=overwrite,
    abstract_eval=same,
    jvp=lambda ts, xs, y: mul(ts[0], cos(xs[0])),
    batch=elementwise_batch(lambda: writer_p),
    register=False,
)

# --- programs that use them -------------------------------------------------------------------


def nested(x):
    def step(c, row):
        inner = fl.checkpoint(lambda c: fnp.sin(cube(c)))
        return lax.cond(row > -9.0, inner, lambda c: c, c) + row, c

    return fl.jit(lambda x: lax.scan(step, 0.3, x))(x)


def long_program(x):
    for _ in range(50):
        x = fnp.sin(x) * 0.1 + x
    x = cube(x)
    for _ in range(50):
        x = fnp.cos(x) * 0.1 + x
    return x


def local_primitive(x):
    p = Primitive(
        "test_local",
        impl=np.sin,
        abstract_eval=lambda x: x,
        jvp=lambda ts, xs, y: mul(ts[0], mul(cos(xs[0]), np.float64(0.5))),
        batch=elementwise_batch(lambda: p),
        register=False,
    )
    return bind(p, x)


def renamed(x):
    def base(x):
        return x * x

    other = fl.custom_vjp(base)
    other.defvjp(lambda x: (base(x), x), lambda x, ct: (x * ct,))
    return other(x)


def two_maps(x):
    return fl.vmap(fl.vmap(lambda r, y: cube(r) * y, in_axes=(0, None)))(x, x[:, 0])


def clipped(x):
    @fl.custom_vjp
    def clip(y):
        return y

    clip.defvjp(lambda y: (y, None), lambda _, ct: (fnp.clip(ct, -0.1, 0.1),))
    return clip(fnp.sin(x)) * 3.0


def square(x):
    return x * x


def grads(f, *args):
    T.check_grads(f, args)


def grads_rev(f, *args):
    T.check_grads(f, args, modes=("rev",))


def maps(f, *args):
    T.check_vmap(f, args)


def stacks(f, *args):
    T.check_transforms(f, args)


def law(name):
    return lambda f, *args: T.check_laws(f, args, [name])


def own_vjp(f, *args):
    T.check_vjp(f, lambda x: (f(x), lambda ct: (3 * x * ct,)), args)


def own_jvp(f, *args):
    T.check_jvp(f, lambda primals, tangents: (f(*primals), 3 * primals[0] * tangents[0]), args)


BWD = "bwd rule of the custom_vjp function"
# name: (check, function, arguments, what the report says)
PLANTED = {
    "plain": (grads, cube, (X,), f"{BWD} 'cube'"),
    "float32": (grads, lambda x: cube(x), (X.astype("f4"),), f"{BWD} 'cube'"),
    "jit": (grads, fl.jit(lambda x: fnp.sin(cube(x))), (X,), f"{BWD} 'cube'"),
    "nested": (grads, nested, (X,), f"{BWD} 'cube'"),
    "long": (grads, long_program, (X,), f"{BWD} 'cube'"),
    "loop": (
        grads,
        lambda x: lax.fori_loop(0, 3, lambda i, c: fnp.sin(cube(c)), x),
        (X,),
        f"{BWD} 'cube'",
    ),
    "vmap": (grads, lambda x: fl.vmap(lambda r: fnp.sin(cube(r)))(x), (X,), f"{BWD} 'cube'"),
    "two maps": (grads, two_maps, (X[:2, None] * X,), f"{BWD} 'cube'"),
    "tiny results": (grads, lambda x: 1e-8 * cube(x).sum(), (X,), f"{BWD} 'cube'"),
    "large arrays": (grads, lambda x: cube(x).mean(), (np.tile(X, 9000),), f"{BWD} 'cube'"),
    "labels": (grads, lambda x: squared_error(cube(x), np.ones(3)), (X,), f"{BWD} 'cube'"),
    "global array": (grads, lambda x: turned(fnp.sin(x)), (X,), "custom_jvp function 'turned'"),
    "value": (grads, lambda x: other_value(x) * x, (X,), "fwd rule of the custom_vjp function"),
    "swapped": (grads, lambda x, y: swapped(x, y).sum(), (X, X + 1), f"{BWD} 'swapped'"),
    "static": (grads, lambda x: power(x, 3), (X,), f"{BWD} 'power'"),
    "pytree": (
        grads,
        lambda p, x: affine(p, x)["y"],
        ({"w": X, "b": X + 1}, X - 1),
        f"{BWD} 'affine'",
    ),
    "index": (grads, picked, (X, np.array([0, 0, 1])), f"{BWD} 'picked'"),
    "closure": (grads, lambda x: scaled_by(3.0)(x), (X,), f"{BWD} 'scaled'"),
    "attribute": (grads, lambda x: Layer()(x), (X,), BWD),
    "other name": (grads, renamed, (X,), f"{BWD} 'base'"),
    "Function": (
        grads,
        lambda x: Doubled.apply(x, 2.0),
        (X,),
        "backward of the autograd.Function 'Doubled'",
    ),
    "not linear": (grads, clipped, (X,), f"{BWD} 'clip'"),
    "not linear, rev": (grads_rev, clipped, (X,), f"{BWD} 'clip'"),
    "given vjp": (own_vjp, square, (X,), f"{BWD} 'square'"),
    "given jvp": (own_jvp, square, (X,), "jvp rule of the custom_jvp function 'square'"),
    "stack": (stacks, lambda x: cube(x) * 2.0, (X,), f"{BWD} 'cube'"),
    "primitive": (
        grads,
        lambda x: bind(half_p, fnp.exp(x)),
        (X,),
        "jvp rule of the primitive 'test_half'",
    ),
    "primitive, rev": (
        grads_rev,
        lambda x: bind(half_p, fnp.exp(x)),
        (X,),
        "jvp rule of the primitive 'test_half'",
    ),
    "local primitive": (grads, local_primitive, (X,), "jvp rule of the primitive 'test_local'"),
    "transpose": (
        grads,
        lambda x: bind(triple_p, fnp.exp(x)),
        (X,),
        "transpose rule of the primitive 'test_triple'",
    ),
    "batch": (
        maps,
        fl.jit(lambda x: lax.scan(lambda c, r: (bind(lanes_p, c + r), c), 0.1, x)),
        (X,),
        "batch rule of the primitive 'test_lanes'",
    ),
    "batch in a stack": (
        stacks,
        lambda x: bind(lanes_p, x),
        (X,),
        "batch rule of the primitive 'test_lanes'",
    ),
    "types": (
        law("types"),
        lambda x: bind(typed_p, x),
        (X,),
        "abstract_eval rule of the primitive 'test_typed'",
    ),
    "purity": (
        law("purity"),
        lambda x: bind(writer_p, x),
        (X,),
        "implementation (it writes to an operand or keeps one) of the primitive 'test_writer'",
    ),
}

RUNNER = """
import json, sys
for name, program in json.load(sys.stdin).items():
    try:
        exec(compile(program, name, "exec"), {"__name__": "__main__"})
        print(json.dumps([name, "passed", ""]))
    except AssertionError as e:
        print(json.dumps([name, type(e).__name__, e.culprit.rule]))
"""


@pytest.fixture(scope="module")
def found():
    """Return the errors, with the processor seconds that it took to find and report each."""
    errors = {}
    for name, (check, f, args, _) in PLANTED.items():
        start = time.process_time()
        with pytest.raises(T.CheckError) as e:
            check(f, *args)
        assert e.value.culprit is not None, name
        errors[name] = (e.value, time.process_time() - start)
    return errors


@pytest.fixture(scope="module")
def replayed(found, tmp_path_factory):
    """Run all printed programs in a fresh interpreter."""
    programs = {name: error.culprit.program for name, (error, _) in found.items()}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps(programs),
        cwd=tmp_path_factory.mktemp("elsewhere"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: (kind, rule) for name, kind, rule in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", list(PLANTED))
def test_the_wrong_rule_is_named_fast(found, name):
    error, seconds = found[name]
    assert PLANTED[name][3] in error.culprit.rule
    assert "test_culprit.py:" in error.culprit.where
    assert seconds < 10
    assert error.culprit.rule in str(error)


@pytest.mark.parametrize("name", list(PLANTED))
def test_the_printed_program_fails_alike_elsewhere(found, replayed, name):
    kind, rule = replayed[name]
    assert kind == "CheckError", found[name][0].culprit.program
    assert rule.partition(" (")[0] == found[name][0].culprit.rule.partition(" (")[0]


def test_the_report_shows_values_and_a_small_program(found):
    culprit = found["nested"][0].culprit
    assert "cube(c)" in culprit.where
    assert any("obtained" in line for line in culprit.evidence)
    assert any("expected" in line for line in culprit.evidence)
    assert len(culprit.program.splitlines()) < 20
    assert culprit.eqn.primitive.name == "custom_vjp_call"


def test_single_elements_stand_for_large_arrays(found):
    assert found["large arrays"][0].culprit.program.count("array(") == 1
    assert len(found["large arrays"][0].culprit.program) < 600


PACKAGE = {
    "__init__.py": "",
    "parts.py": "from functorch_lite import numpy as fnp\n\nTEN = 10.0\n\n\n"
    "def wave(x):\n    return fnp.sin(x) * TEN\n",
    "whole.py": "import functorch_lite as fl\nfrom . import parts as p\n"
    "from .parts import wave as w\n\n\n"
    "@fl.custom_jvp\ndef f(x):\n    return w(x) / p.TEN\n\n\n"
    "@f.defjvp\ndef _(primals, tangents):\n    return f(*primals), w(*tangents)\n",
}


def test_rules_from_a_package_that_is_not_installed(tmp_path, monkeypatch):
    """Functions are taken out of its files; a module is reached by its folder."""
    folder = tmp_path / "planted_package"
    folder.mkdir()
    for name, text in PACKAGE.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    whole = importlib.import_module("planted_package.whole")
    with pytest.raises(T.CheckError, match="jvp rule of the custom_jvp function 'f'") as e:
        T.check_grads(whole.f, (X,), order=1)
    program = e.value.culprit.program
    assert "def wave(x)" in program
    done = subprocess.run(
        [sys.executable, "-c", program], cwd="/", capture_output=True, text=True, check=False
    )
    assert "jvp rule of the custom_jvp function 'f'" in done.stderr


def test_a_pass_names_nobody():
    T.check_grads(lambda x: squared_error(fnp.sin(x), np.ones(3)), (X,))
