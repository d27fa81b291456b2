"""Every function of the array API standard, in every dtype that it takes, against NumPy.

NumPy 2 follows the standard; here the same calls are made eagerly and traced, on arrays of any
shape, empty and 0-d ones included.
"""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import functorch_lite as fl
from functorch_lite import numpy as xp
from functorch_lite.pytree import tree_leaves
from tests.numpy.array_api import SIGNATURES

INT = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
REAL_FLOAT, COMPLEX = ["float32", "float64"], ["complex64", "complex128"]
FLOAT, REAL = REAL_FLOAT + COMPLEX, INT + REAL_FLOAT
BOOL, BITS = ["bool"], ["bool", *INT]
NUMERIC, ALL = INT + FLOAT, ["bool", *INT, *FLOAT]
SHAPES = [(), (0,), (3,), (2, 3), (3, 0), (2, 1, 3)]
PAIRS = [((), ()), ((3,), (3,)), ((2, 3), (3,)), ((), (3,)), ((0,), (1,)), ((2, 1), (1, 3))]

UNARY = {
    **dict.fromkeys(
        [
            "acos",
            "asin",
            "atan",
            "cos",
            "cosh",
            "exp",
            "expm1",
            "log",
            "log10",
            "log1p",
            "log2",
            "sin",
            "sinh",
        ],
        FLOAT,
    ),
    **dict.fromkeys(["acosh", "asinh", "atanh", "sqrt", "tan", "tanh", "reciprocal"], FLOAT),
    **dict.fromkeys(
        ["abs", "negative", "positive", "sign", "square", "round", "conj", "real", "imag"], NUMERIC
    ),
    **dict.fromkeys(["isfinite", "isinf", "isnan"], NUMERIC),
    **dict.fromkeys(["ceil", "floor", "trunc"], REAL),
    "bitwise_invert": ["bool", *INT],
    "logical_not": ["bool"],
    "signbit": REAL_FLOAT,
}
BINARY = {
    **dict.fromkeys(["add", "subtract", "multiply", "pow"], NUMERIC),
    **dict.fromkeys(["equal", "not_equal"], ALL),
    **dict.fromkeys(["greater", "greater_equal", "less", "less_equal", "maximum", "minimum"], REAL),
    **dict.fromkeys(["floor_divide", "remainder"], REAL),
    **dict.fromkeys(["atan2", "copysign", "hypot", "logaddexp", "nextafter"], REAL_FLOAT),
    **dict.fromkeys(["bitwise_and", "bitwise_or", "bitwise_xor"], BITS),
    **dict.fromkeys(["bitwise_left_shift", "bitwise_right_shift"], INT),
    **dict.fromkeys(["logical_and", "logical_or", "logical_xor"], BOOL),
    "divide": FLOAT,
}
REDUCTIONS = {
    **dict.fromkeys(["sum", "prod"], NUMERIC),
    **dict.fromkeys(["max", "min", "argmax", "argmin"], REAL),
    **dict.fromkeys(["mean"], FLOAT),
    **dict.fromkeys(["std", "var"], REAL_FLOAT),
    **dict.fromkeys(["all", "any", "count_nonzero"], ALL),
}


def array(rng, shape, dtype, small=False):
    """Return small numbers of any dtype; no zeros among the integers where `small`."""
    d = np.dtype(dtype)
    if d.kind == "b":
        return np.asarray(rng.random(shape) > 0.5)
    if d.kind in "iu":
        return np.asarray(rng.integers(1 if small or d.kind == "u" else -4, 5, shape)).astype(d)
    x = rng.uniform(0.1, 0.9, shape)
    return np.asarray(x + 1j * rng.uniform(0.1, 0.9, shape) if d.kind == "c" else x).astype(d)


def agree(call, *arrays, jit=True):
    """Check values, dtypes and shapes against NumPy, eagerly and traced."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        want = tree_leaves(call(np, *arrays))
        ways = {"eager": call(xp, *arrays)}
        if jit:
            with fl.disable_jit(False):
                ways["traced"] = fl.jit(lambda *a: call(xp, *a))(*arrays)
    for how, out in ways.items():
        got = tree_leaves(out)
        assert len(got) == len(want), how
        for g, w in zip(got, want, strict=True):
            w = np.asarray(w)
            assert (g.dtype, g.shape) == (w.dtype, w.shape), (
                how,
                g.dtype,
                w.dtype,
                g.shape,
                w.shape,
            )
            if w.dtype.kind not in "fc":
                np.testing.assert_array_equal(g, w, err_msg=how)
                continue
            tol = 1e-5 if w.dtype.itemsize == 4 or w.dtype == np.complex64 else 1e-11
            np.testing.assert_allclose(g, w, rtol=tol, atol=tol, err_msg=how)


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    rng = np.random.default_rng(0)
    for dtype in UNARY[name]:
        for shape in SHAPES:
            x = array(rng, shape, dtype)
            x = x + np.ones((), dtype) if name == "acosh" else x
            agree(lambda n, x: getattr(n, name)(x), x)


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    rng = np.random.default_rng(0)
    for dtype in BINARY[name]:
        for s, t in PAIRS:
            x, y = array(rng, s, dtype), array(rng, t, dtype, small=True)
            agree(lambda n, x, y: getattr(n, name)(x, y), x, y)
        if dtype != "bool" and name not in ("bitwise_left_shift", "bitwise_right_shift"):
            scalar = 2 if np.dtype(dtype).kind in "iu" else 0.5
            agree(lambda n, x: getattr(n, name)(x, scalar), array(rng, (3,), dtype))  # noqa: B023


KINDS = {"i": INT, "f": REAL_FLOAT, "c": COMPLEX, "b": ["bool"]}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_promotion(data):
    """Mixed dtypes that the standard promotes give its result, also beside Python scalars."""
    kind = data.draw(st.sampled_from(["i", "f"]))
    a = data.draw(st.sampled_from(KINDS[kind]))
    b = data.draw(st.sampled_from(KINDS[kind] if kind == "i" else FLOAT))
    if {a, b} & {"uint64"} and np.dtype(a).kind != np.dtype(b).kind:
        return  # the standard leaves it open
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    s, t = data.draw(st.sampled_from(PAIRS))
    x, y = array(rng, s, a), array(rng, t, b, small=True)
    for name in ("add", "multiply", "equal"):
        agree(lambda n, x, y, name=name: getattr(n, name)(x, y), x, y)
    agree(lambda n, x, y: n.where(x == x, x, y), x, y)
    assert xp.result_type(x, y) == np.result_type(x, y)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name):
    rng = np.random.default_rng(0)
    for dtype in REDUCTIONS[name]:
        for shape in SHAPES:
            empty = 0 in shape
            if empty and name in ("max", "min", "argmax", "argmin", "mean", "std", "var"):
                continue
            x = array(rng, shape, dtype)
            for axis in [None, *range(-1, len(shape))] if shape else [None]:
                for keep in (False, True):
                    agree(lambda n, x: getattr(n, name)(x, axis=axis, keepdims=keep), x)  # noqa: B023
            if len(shape) > 1 and not name.startswith("arg"):
                agree(lambda n, x: getattr(n, name)(x, axis=(0, -1)), x)
    if name in ("sum", "prod"):
        agree(lambda n, x: getattr(n, name)(x, dtype=n.float64), array(rng, (2, 3), "int8"))
    if name in ("std", "var"):
        agree(lambda n, x: getattr(n, name)(x, correction=1.0), array(rng, (2, 3), "float32"))


V, S, Q = (3,), (2, 3), (3, 3)
# name: (call, shapes of the arrays, dtypes)
CALLS = {
    "astype": [(lambda n, x: n.astype(x, n.float64), [S], ["bool", *REAL]),
               (lambda n, x: n.astype(x, n.complex64), [()], FLOAT)],
    "broadcast_arrays": [(lambda n, x, y: list(n.broadcast_arrays(x, y)), [S, V], ALL)],
    "broadcast_to": [(lambda n, x: n.broadcast_to(x, (4, 2, 3)), [S], ALL)],
    "clip": [(lambda n, x: n.clip(x, x.dtype.type(1), x.dtype.type(3)), [S], REAL),
             (lambda n, x: n.clip(x, min=x.dtype.type(1)), [()], REAL)],
    "concat": [(lambda n, x, y: n.concat([x, y], axis=0), [S, S], ALL),
               (lambda n, x, y: n.concat([x, y], axis=None), [S, ()], NUMERIC)],
    "cumulative_sum": [(lambda n, x: n.cumulative_sum(x, axis=1, include_initial=True), [S], NUMERIC),
                       (lambda n, x: n.cumulative_sum(x), [V], NUMERIC)],
    "cumulative_prod": [(lambda n, x: n.cumulative_prod(x, axis=0), [S], NUMERIC),
                        (lambda n, x: n.cumulative_prod(x, include_initial=True), [V], NUMERIC)],
    "diff": [(lambda n, x: n.diff(x, axis=1, n=2), [S], NUMERIC),
             (lambda n, x, y: n.diff(x, axis=0, prepend=y), [S, S], NUMERIC)],
    "expand_dims": [(lambda n, x: n.expand_dims(x, axis=-1), [()], ALL)],
    "flip": [(lambda n, x: n.flip(x), [S], ALL), (lambda n, x: n.flip(x, axis=(0, 1)), [S], ALL)],
    "full_like": [(lambda n, x: n.full_like(x, 1), [S], ALL)],
    "zeros_like": [(lambda n, x: n.zeros_like(x), [S], ALL)],
    "ones_like": [(lambda n, x: n.ones_like(x, dtype=n.int16), [()], ALL)],
    "empty_like": [(lambda n, x: n.empty_like(x).shape[0] + 0 * x[0, 0], [S], NUMERIC)],
    "matmul": [(lambda n, x, y: n.matmul(x, y), [S, (3, 2)], NUMERIC),
               (lambda n, x, y: n.matmul(x, y), [(2, 2, 3), V], NUMERIC),
               (lambda n, x, y: n.matmul(x, y), [V, V], NUMERIC),
               (lambda n, x, y: n.matmul(x, y), [(2, 0), (0, 3)], NUMERIC)],
    "matrix_transpose": [(lambda n, x: n.matrix_transpose(x), [(2, 2, 3)], ALL)],
    "meshgrid": [(lambda n, x, y: list(n.meshgrid(x, y, indexing="ij")), [V, (2,)], NUMERIC)],
    "moveaxis": [(lambda n, x: n.moveaxis(x, (0, 1), (1, 2)), [(2, 3, 1)], ALL)],
    "permute_dims": [(lambda n, x: n.permute_dims(x, (1, 0)), [S], ALL)],
    "repeat": [(lambda n, x: n.repeat(x, 2, axis=1), [S], ALL)],
    "reshape": [(lambda n, x: n.reshape(x, (3, -1)), [S], ALL),
                (lambda n, x: n.reshape(x, ()), [(1, 1)], ALL)],
    "roll": [(lambda n, x: n.roll(x, (1, -1), axis=(0, 1)), [S], ALL),
             (lambda n, x: n.roll(x, 2), [S], ALL)],
    "searchsorted": [(lambda n, x, y: n.searchsorted(n.sort(x), y, side="right"), [V, S], REAL)],
    "sort": [(lambda n, x: n.sort(x, axis=0), [S], REAL)],
    "argsort": [(lambda n, x: n.argsort(x, axis=1, stable=True), [S], REAL)],
    "squeeze": [(lambda n, x: n.squeeze(x, axis=1), [(2, 1, 3)], ALL)],
    "stack": [(lambda n, x, y: n.stack([x, y], axis=-1), [S, S], ALL)],
    "take": [(lambda n, x: n.take(x, np.array([1, 0, 1]), axis=1), [S], ALL)],
    "take_along_axis": [(lambda n, x: n.take_along_axis(x, np.array([[1], [0]]), axis=1), [S], ALL)],
    "tensordot": [(lambda n, x, y: n.tensordot(x, y, axes=((1,), (0,))), [S, (3, 2)], NUMERIC)],
    "tile": [(lambda n, x: n.tile(x, (2, 1, 2)), [S], ALL)],
    "tril": [(lambda n, x: n.tril(x, k=-1), [(2, 3, 3)], ALL)],
    "triu": [(lambda n, x: n.triu(x, k=1), [S], ALL)],
    "unstack": [(lambda n, x: list(n.unstack(x, axis=1)), [S], ALL)],
    "vecdot": [(lambda n, x, y: n.vecdot(x, y), [S, V], NUMERIC)],
    "where": [(lambda n, x, y: n.where(x == y, x, y), [S, V], ALL)],
    "linalg.cholesky": [(lambda n, x: n.linalg.cholesky(_positive(x)), [(2, 3, 3)], FLOAT)],
    "linalg.cross": [(lambda n, x, y: n.linalg.cross(x, y, axis=0), [(3, 2), (3, 2)], NUMERIC)],
    "linalg.det": [(lambda n, x: n.linalg.det(x), [(2, 3, 3)], FLOAT)],
    "linalg.diagonal": [(lambda n, x: n.linalg.diagonal(x, offset=1), [(2, 3, 3)], ALL)],
    "linalg.eigh": [(lambda n, x: n.linalg.eigh(_positive(x)).eigenvalues, [Q], FLOAT)],
    "linalg.eigvalsh": [(lambda n, x: n.linalg.eigvalsh(_positive(x)), [Q], FLOAT)],
    "linalg.inv": [(lambda n, x: n.linalg.inv(_positive(x)), [(2, 3, 3)], FLOAT)],
    "linalg.matmul": [(lambda n, x, y: n.linalg.matmul(x, y), [S, V], NUMERIC)],
    "linalg.matrix_norm": [(lambda n, x, o=o: n.linalg.matrix_norm(x, ord=o), [(2, 2, 3)], FLOAT)
                           for o in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)],
    "linalg.matrix_power": [(lambda n, x, k=k: n.linalg.matrix_power(_positive(x), k), [Q], FLOAT)
                            for k in (-2, 0, 1, 3)],
    "linalg.matrix_rank": [(lambda n, x: n.linalg.matrix_rank(x, rtol=1e-3), [S], FLOAT)],
    "linalg.matrix_transpose": [(lambda n, x: n.linalg.matrix_transpose(x), [S], ALL)],
    "linalg.outer": [(lambda n, x, y: n.linalg.outer(x, y), [V, (2,)], NUMERIC)],
    "linalg.pinv": [(lambda n, x: n.linalg.pinv(x, rtol=1e-4), [S], FLOAT)],
    "linalg.qr": [(lambda n, x: abs(n.linalg.qr(x, mode="reduced").R), [(3, 2)], FLOAT)],
    "linalg.slogdet": [(lambda n, x: n.linalg.slogdet(x).logabsdet, [(2, 3, 3)], FLOAT)],
    "linalg.solve": [(lambda n, x, y: n.linalg.solve(_positive(x), y), [Q, (3, 2)], FLOAT),
                     (lambda n, x, y: n.linalg.solve(_positive(x), y), [(2, 3, 3), V], FLOAT)],
    "linalg.svd": [(lambda n, x: n.linalg.svd(x, full_matrices=False).S, [S], FLOAT)],
    "linalg.svdvals": [(lambda n, x: n.linalg.svdvals(x), [(2, 2, 3)], FLOAT)],
    "linalg.tensordot": [(lambda n, x, y: n.linalg.tensordot(x, y, axes=1), [S, (3, 2)], NUMERIC)],
    "linalg.trace": [(lambda n, x: n.linalg.trace(x, offset=1), [(2, 3, 3)], NUMERIC)],
    "linalg.vecdot": [(lambda n, x, y: n.linalg.vecdot(x, y, axis=0), [S, S], NUMERIC)],
    "linalg.vector_norm": [(lambda n, x, o=o: n.linalg.vector_norm(x, axis=1, ord=o), [S], FLOAT)
                           for o in (0, 1, 2, 3.5, np.inf, -np.inf, -1)],
    "fft.fft": [(lambda n, x: n.fft.fft(x, n=4, norm="ortho"), [S], FLOAT)],
    "fft.ifft": [(lambda n, x: n.fft.ifft(x, axis=0), [S], FLOAT)],
    "fft.fftn": [(lambda n, x: n.fft.fftn(x, s=(2, 4), axes=(0, 1)), [S], FLOAT)],
    "fft.ifftn": [(lambda n, x: n.fft.ifftn(x, norm="forward"), [S], FLOAT)],
    "fft.rfft": [(lambda n, x: n.fft.rfft(x), [S], REAL_FLOAT)],
    "fft.irfft": [(lambda n, x: n.fft.irfft(x, n=5), [S], COMPLEX)],
    "fft.rfftn": [(lambda n, x: n.fft.rfftn(x), [S], REAL_FLOAT)],
    "fft.irfftn": [(lambda n, x: n.fft.irfftn(x), [S], COMPLEX)],
    "fft.hfft": [(lambda n, x: n.fft.hfft(x), [S], COMPLEX)],
    "fft.ihfft": [(lambda n, x: n.fft.ihfft(x), [S], REAL_FLOAT)],
    "fft.fftshift": [(lambda n, x: n.fft.fftshift(x, axes=1), [S], FLOAT)],
    "fft.ifftshift": [(lambda n, x: n.fft.ifftshift(x), [S], FLOAT)],
}  # fmt: skip


def _positive(x):
    """Return a positive definite matrix that depends on x."""
    return x @ x.conj().mT + np.eye(x.shape[-1], dtype=x.dtype)


@pytest.mark.parametrize("name", CALLS)
def test_calls(name):
    for call, shapes, dtypes in CALLS[name]:
        for dtype in dtypes:
            rng = np.random.default_rng(0)
            agree(call, *(array(rng, s, dtype) for s in shapes))


# Results whose shape depends on values, or that have no arrays among the arguments.
EAGER = {
    "nonzero": lambda n, x: list(n.nonzero(x)),
    "unique_all": lambda n, x: list(n.unique_all(x)),
    "unique_counts": lambda n, x: list(n.unique_counts(x)),
    "unique_inverse": lambda n, x: list(n.unique_inverse(x)),
    "unique_values": lambda n, x: np.sort(n.unique_values(x)),  # in any order
    "asarray": lambda n, x: n.asarray(x, dtype=n.float64, copy=True),
    "from_dlpack": lambda n, x: n.from_dlpack(x),
}
CREATION = {
    "arange": lambda n, d: [n.arange(0, 7, 2, dtype=d), n.arange(3, dtype=d), n.arange(0, dtype=d)],
    "empty": lambda n, d: n.empty((2, 0), dtype=d),
    "eye": lambda n, d: [n.eye(2, 3, k=1, dtype=d), n.eye(0, dtype=d)],
    "full": lambda n, d: [n.full((2, 3), 1, dtype=d), n.full((), 1, dtype=d)],
    "linspace": lambda n, d: n.linspace(0, 1, 5, dtype=d, endpoint=False),
    "ones": lambda n, d: [n.ones(3, dtype=d), n.ones((), dtype=d)],
    "zeros": lambda n, d: [n.zeros((2, 3), dtype=d), n.zeros((0, 2), dtype=d)],
}


@pytest.mark.parametrize("name", EAGER)
def test_eager(name):
    rng = np.random.default_rng(0)
    for dtype in REAL:
        for shape in [(3,), (2, 3), (0,)]:
            agree(EAGER[name], array(rng, shape, dtype), jit=False)


@pytest.mark.parametrize("name", CREATION)
def test_creation(name):
    for dtype in REAL_FLOAT if name == "linspace" else ALL[1:] if name != "arange" else REAL:
        agree(lambda n: CREATION[name](n, getattr(n, dtype)))  # noqa: B023


def test_dtype_functions():
    for a in ALL:
        for b in ALL:
            assert xp.can_cast(np.dtype(a), np.dtype(b)) == np.can_cast(a, b)
        kinds = ("bool", "signed integer", "unsigned integer", "integral", "real floating")
        for kind in (*kinds, "complex floating", "numeric", ("bool", "integral")):
            assert xp.isdtype(np.dtype(a), kind) == np.isdtype(np.dtype(a), kind)
    for a in FLOAT:
        ours, theirs = xp.finfo(np.dtype(a)), np.finfo(a)
        names = ("bits", "eps", "max", "min", "smallest_normal")
        assert [getattr(ours, k) for k in names] == [getattr(theirs, k) for k in names]
    for a in INT:
        assert (xp.iinfo(a).max, xp.iinfo(a).min) == (np.iinfo(a).max, np.iinfo(a).min)
    assert xp.fft.fftfreq(5, d=0.5).tolist() == np.fft.fftfreq(5, d=0.5).tolist()
    assert xp.fft.rfftfreq(5, d=0.5).tolist() == np.fft.rfftfreq(5, d=0.5).tolist()


def test_sorting_downwards():
    """The standard's `descending`, which NumPy has not."""
    x = np.array([[3, 1, 2, 1], [0, 5, 5, 4]], np.int32)
    for f in (lambda v: v, fl.jit(lambda v: v)):
        v = f(x)
        np.testing.assert_array_equal(xp.sort(v, descending=True), -np.sort(-x))
        np.testing.assert_array_equal(
            xp.argsort(v, descending=True, stable=True), np.argsort(-x, stable=True)
        )


def test_every_function_of_the_standard_is_in_a_table():
    dtypes = {"can_cast", "finfo", "iinfo", "isdtype", "result_type", "fft.fftfreq", "fft.rfftfreq"}
    other = {"__array_namespace_info__"}
    tables = [UNARY, BINARY, REDUCTIONS, CALLS, EAGER, CREATION]
    assert set(SIGNATURES) - set().union(*tables) - dtypes - other == set()
