"""Random programs in every dtype and layout: what is compiled agrees with the interpreter."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite import testing
from functorch_lite.compile import compile_mode
from functorch_lite.errors import DTypeError
from functorch_lite.testing.choices import SeededChoices
from functorch_lite.testing.strategies import LAYOUTS, lay_out

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
DTYPES = ("bool", *INTEGERS, *FLOATS, *COMPLEX)
TOLERANCE = {"float16": 2e-2, "float32": 1e-4, "complex64": 1e-4}


def divided(f):
    return lambda a, b: f(a, fnp.where(b == 0, fnp.ones_like(b), b))


ANY = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: fnp.where(a == b, a, b),
    lambda a, b: fnp.where(a != b, b, a),
    lambda a, b: a[..., ::-1] + b,
    lambda a, b: fnp.sum(a, -1, keepdims=True, dtype=a.dtype) * b,
    lambda a, b: fnp.swapaxes(fnp.swapaxes(a, 0, -1) * fnp.ones((), a.dtype), 0, -1) + b,
    lambda a, b: fnp.concatenate([a, b], 0)[: a.shape[0]],
    lambda a, b: fnp.prod(a[:2], 0) + b,
    lambda a, b: fnp.cumsum(a, 0, dtype=a.dtype) + b,
]
ORDERED = [
    lambda a, b: fnp.maximum(a, b),
    lambda a, b: fnp.minimum(a, -b if b.dtype.kind in "if" else b),
    lambda a, b: fnp.max(a, 0) + b,
    lambda a, b: fnp.min(a, -1, keepdims=True) + b,
    lambda a, b: fnp.where(fnp.all(a < b, 0), a, b),
    lambda a, b: fnp.where(fnp.any(a >= b, -1, keepdims=True), a, b),
    lambda a, b: fnp.sort(a, 0) + b,
]
BITS = [
    lambda a, b: a & b,
    lambda a, b: a | b,
    lambda a, b: a ^ b,
    lambda a, b: ~a,
]
WHOLE = [
    divided(lambda a, b: a // b),
    divided(lambda a, b: a % b),
    lambda a, b: a // b,  # by zero as well: NumPy's zero
    lambda a, b: a << (b & fnp.ones_like(b)),
    lambda a, b: a >> (b & fnp.ones_like(b)),
    lambda a, b: fnp.abs(a) - b,
]
SMOOTH = [
    lambda a, b: fnp.tanh(a) - b,
    lambda a, b: fnp.exp(-a * a) + b,
    lambda a, b: fnp.sin(a) * fnp.cos(b),
    lambda a, b: a / (fnp.ones((), a.dtype) + b * b),
    lambda a, b: fnp.sqrt(fnp.abs(a)).astype(a.dtype) * b,
    lambda a, b: a - fnp.mean(a, 0),
]
ANALYTIC = [
    lambda a, b: a * fnp.conj(b),
    lambda a, b: fnp.real(a) + b,
    lambda a, b: fnp.exp(a * fnp.asarray(1j, a.dtype)) - b,
    lambda a, b: fnp.abs(a) * b,
    lambda a, b: a - fnp.imag(b),
]


def operations(dtype):
    kind = np.dtype(dtype).kind
    return (
        ANY
        + {
            "b": ORDERED[2:4] + BITS,
            "i": ORDERED + BITS + WHOLE,
            "u": ORDERED + BITS + WHOLE,
            "f": ORDERED + SMOOTH,
            "c": ANALYTIC,
        }[kind]
    )


def random_function(seed, dtype, length=7):
    """A function of (n, k), (k,) and () arrays, of random operations on earlier values."""
    rng = np.random.default_rng([seed, len(dtype), ord(dtype[0])])
    ops = operations(dtype)
    plan = [(ops[rng.integers(len(ops))], *rng.integers(0, 2 + i, 2)) for i in range(length)]

    def f(x, y, z):
        values = [x, fnp.broadcast_to(y, x.shape) + z]
        for op, i, j in plan:
            out = op(values[i], values[j])
            values.append(fnp.broadcast_to(out.astype(x.dtype), x.shape))
        return values[-1], values[-2].T, fnp.sum(values[-1])

    return f


def draw(rng, shape, dtype):
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if kind in "iu":
        info = np.iinfo(dtype)
        small = rng.integers(max(info.min, -9), 9, shape)
        edge = rng.choice(np.array([info.min, info.max, 0, 1], dtype), shape)
        return np.asarray(np.where(rng.random(shape) < 0.8, small.astype(dtype), edge))
    x = rng.standard_normal(shape)
    return np.asarray(x + 1j * rng.standard_normal(shape) if kind == "c" else x, dtype)


def check(f, args):
    """Run interpreted and compiled; compare results, inputs before and after, and memory."""
    before = [a.copy() for a in args]
    with compile_mode("never"):
        want = fl.jit(f)(*args)
    compiled = fl.jit(f)
    with compile_mode("always"):
        got = [compiled(*args) for _ in range(2)]
    tol = TOLERANCE.get(args[0].dtype.name, 1e-11)
    for outs in got:
        for g, w in zip(outs, want, strict=True):
            assert (g.shape, g.dtype) == (w.shape, w.dtype)
            if g.dtype.kind in "biu":
                np.testing.assert_array_equal(g, w)
            else:
                # (Sums of large terms that cancel: relative to the largest.)
                finite = np.abs(w[np.isfinite(w)])
                scale = max(1.0, float(np.max(finite, initial=0)))
                np.testing.assert_allclose(g, w, rtol=tol, atol=tol * scale)
    for a, b in zip(args, before, strict=True):
        np.testing.assert_array_equal(a, b)
    arrays = [*got[0], *got[1]]
    for i, g in enumerate(arrays):
        assert not any(np.may_share_memory(g, a) for a in (*args, *arrays[:i]))
    return compiled


def arguments(dtype, shape=(4, 5), seed=0):
    rng = np.random.default_rng(seed)
    return [draw(rng, s, dtype) for s in (shape, shape[1:], ())]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of overflow and zero division
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype, seed):
    check(random_function(seed, dtype), arguments(dtype, seed=seed))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", "int32", "float32", "float64", "complex128"])
def test_every_layout(dtype, layout):
    f = random_function(5, dtype)
    args = [lay_out(a, layout) for a in arguments(dtype)]
    compiled = check(f, args)
    # The layout is not part of the type: one program for all.
    compiled(*map(np.ascontiguousarray, args[:2]), args[2])
    assert len(compiled.cache) == 1


@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "complex64"])
@pytest.mark.parametrize("shape", [(1, 1), (0, 3), (3, 0), (1, 0)])
def test_empty_and_single(dtype, shape):
    ops = [lambda a, b: a * b, lambda a, b: a[::-1] + b, lambda a, b: fnp.where(a == b, a, b)]

    def f(x, y, z):
        for op in ops:
            x = op(x, fnp.broadcast_to(y, x.shape) + z)
        return x, fnp.sum(x, 0), fnp.sum(x)

    check(f, arguments(dtype, shape))


@pytest.mark.parametrize("dtype", DTYPES)
def test_rank_0(dtype):
    def f(x, y):
        return x * y + x, fnp.where(x == y, x, y), fnp.reshape(x, (1, 1))

    check(f, [draw(np.random.default_rng(i), (), dtype) for i in range(2)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(8))
def test_programs_over_all_primitives(seed, dtype):
    program = testing.random_program(SeededChoices([seed, 77]), 8, dtype)
    check(lambda *xs: program(*xs), program.args)


@pytest.mark.parametrize("dtype", [">i4", ">f4", ">f8", ">c16"])
def test_foreign_byte_order_is_refused(dtype):
    dtype = np.dtype(dtype).newbyteorder("S") if np.dtype(dtype).isnative else np.dtype(dtype)
    foreign = np.ones(3, dtype)
    for mode in ("never", "always"):
        with compile_mode(mode):
            f = fl.jit(lambda x: x + 1)
            f(np.ones(3, dtype.newbyteorder("=")))
            with pytest.raises(DTypeError, match=r"non-native byte order; convert with x\.astype"):
                f(foreign)
            with pytest.raises(DTypeError, match="non-native byte order"):
                fl.jit(lambda x: x * foreign)(1.0)
            with pytest.raises(DTypeError, match="non-native byte order"):
                fl.jit(lambda: foreign)()
