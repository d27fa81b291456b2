"""take, put, diagonals, triangles, choosing and rearranging against NumPy."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5))
CUBE = RNG.standard_normal((2, 3, 4))
V = RNG.standard_normal(6)
I = np.array([[3, 0], [1, 1]])
ROWS = {
    "take": (lambda n, x, i: n.take(x, i), [X, I]),
    "take axis": (lambda n, x, i: n.take(x, i, axis=1), [CUBE, np.array([2, 0, 2])]),
    "take scalar": (lambda n, x, i: n.take(x, i, axis=-1), [CUBE, np.int64(2)]),
    "take negative": (lambda n, x, i: n.take(x, i, 0), [X, -I]),
    "take clip": (lambda n, x, i: n.take(x, i, 1, mode="clip"), [X, I * 9 - 4]),
    "take wrap": (lambda n, x, i: n.take(x, i, 1, mode="wrap"), [X, I * 9 - 4]),
    "take known": (lambda n, x: n.take(x, [0, -1, 2], axis=0), [X]),
    "take_along_axis": (
        lambda n, x, i: n.take_along_axis(x, i, 1),
        [X, RNG.integers(-5, 5, (4, 2))],
    ),
    "take_along_axis 0": (
        lambda n, x, i: n.take_along_axis(x, i, axis=0),
        [X, RNG.integers(0, 4, (6, 5))],
    ),
    "take_along_axis broadcast": (
        lambda n, x, i: n.take_along_axis(x, i, axis=1),
        [CUBE, RNG.integers(0, 3, (1, 2, 4))],
    ),
    "take_along_axis flat": (lambda n, x, i: n.take_along_axis(x, i, None), [X, np.array([3, 19])]),
    "diagonal": (lambda n, x: n.diagonal(x), [X]),
    "diagonal above": (lambda n, x: n.diagonal(x, 2), [X]),
    "diagonal below": (lambda n, x: n.diagonal(x, -3), [X]),
    "diagonal beyond": (lambda n, x: n.diagonal(x, 9), [X]),
    "diagonal axes": (lambda n, x: n.diagonal(x, 1, 2, 0), [CUBE]),
    "diag": (lambda n, x: n.diag(x, 1), [X]),
    "diag of a vector": (lambda n, x: n.diag(x), [V]),
    "diag above": (lambda n, x: n.diag(x, 2), [V]),
    "diag below": (lambda n, x: n.diag(x, -1), [V]),
    "diagflat": (lambda n, x: n.diagflat(x, -2), [X[:2, :2]]),
    "tril": (lambda n, x: n.tril(x), [X]),
    "triu": (lambda n, x: n.triu(x, -1), [CUBE]),
    "triu of a vector": (lambda n, x: n.triu(x), [V]),
    "choose": (lambda n, i, a, b: n.choose(i, [a, b, 0.5]), [I % 3, X[:2, :2], X[2:, 3:]]),
    "choose wrap": (lambda n, i, a: n.choose(i, [a, -a], mode="wrap"), [I, X[:2, :2]]),
    "choose broadcast": (lambda n, i, a: n.choose(i, [a, 2 * a]), [I[0] % 2, X[:3, :2]]),
    "select": (lambda n, x: n.select([x > 1, x > 0], [x * 2, -x], 0.5), [X]),
    "select default": (lambda n, x: n.select([x > 9], [x]), [X]),
    "piecewise": (
        lambda n, x: n.piecewise(x, [x < -0.5, x > 0.5], [lambda v: -v, lambda v: v * v, 3.0]),
        [V],
    ),
    "compress": (lambda n, x: n.compress([True, False, True], x, axis=1), [X]),
    "compress flat": (lambda n, x: n.compress([False, True, True], x), [X]),
    "extract": (lambda n, x: n.extract(np.arange(20).reshape(4, 5) % 3 == 0, x), [X]),
    "ix_": (lambda n, i, j: n.ix_(i, j), [np.array([1, 2]), np.array([0, 3, 1])]),
    "unravel_index": (lambda n, i: n.unravel_index(i, (3, 4, 5)), [np.array([0, 59, 23])]),
    "unravel_index F": (lambda n, i: n.unravel_index(i, (3, 4), order="F"), [np.array([[0, 7]])]),
    "ravel_multi_index": (lambda n, i, j: n.ravel_multi_index((i, j), (3, 4)), [I[0] % 3, I[1]]),
    "ravel_multi_index wrap": (
        lambda n, i, j: n.ravel_multi_index((i, j), (3, 4), ("wrap", "clip"), "F"),
        [I[0] * 5, I[1] * 7],
    ),
    "repeat": (lambda n, x: n.repeat(x, 3), [X]),
    "repeat axis": (lambda n, x: n.repeat(x, 2, axis=1), [CUBE]),
    "repeat counts": (lambda n, x: n.repeat(x, [2, 0, 3, 1], axis=0), [X]),
    "repeat nothing": (lambda n, x: n.repeat(x, 0, axis=0), [X]),
    "append": (lambda n, x, y: n.append(x, y), [X, V]),
    "append axis": (lambda n, x, y: n.append(x, y, axis=0), [X, X[:1]]),
    "delete": (lambda n, x: n.delete(x, 1, axis=0), [X]),
    "delete several": (lambda n, x: n.delete(x, [0, -1, 0], axis=1), [X]),
    "delete slice": (lambda n, x: n.delete(x, slice(None, None, 2), axis=1), [X]),
    "delete mask": (lambda n, x: n.delete(x, np.arange(20) % 3 == 0), [X]),
    "insert": (lambda n, x, y: n.insert(x, 1, y, axis=0), [X, X[0]]),
    "insert scalar": (lambda n, x: n.insert(x, 2, 7.0), [V]),
    "insert many at one": (lambda n, x, y: n.insert(x, [2], y), [V, V[:3]]),
    "insert at several": (lambda n, x, y: n.insert(x, [4, 0, 4], y, axis=1), [X, X[:, :3]]),
    "insert columns": (lambda n, x, y: n.insert(x, 1, y, axis=1), [X, X[:, :1].T]),
    "insert slice": (lambda n, x: n.insert(x, slice(1, 5, 2), 0.5), [V]),
    "insert negative": (lambda n, x: n.insert(x, -1, [1.5, 2.5]), [V]),
    "resize": (lambda n, x: n.resize(x, (3, 9)), [X]),
    "resize smaller": (lambda n, x: n.resize(x, 7), [X]),
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    f, args = ROWS[name]
    check_agrees(f, args, order=2 if name in ("take", "choose", "diag below") else 1)


CREATED = {
    "tri": lambda n: n.tri(3, 4, 1),
    "tril_indices": lambda n: n.tril_indices(3, -1, 4),
    "triu_indices": lambda n: n.triu_indices(3, 1),
    "tril_indices_from": lambda n: n.tril_indices_from(X),
    "triu_indices_from": lambda n: n.triu_indices_from(X, 1),
    "diag_indices": lambda n: n.diag_indices(3, 3),
    "diag_indices_from": lambda n: n.diag_indices_from(X[:4, :4]),
    "indices": lambda n: n.indices((2, 3)),
    "indices sparse": lambda n: n.indices((2, 3), sparse=True),
}


@pytest.mark.parametrize("name", CREATED)
def test_created(name):
    f = CREATED[name]
    for got, want in zip(f(fnp), f(np), strict=True):
        np.testing.assert_array_equal(got, want, strict=True)


def test_take_fills_and_raises():
    i = np.array([0, -1, 9, -9])
    for how in (lambda f: f, fl.jit):
        got = how(lambda x, i: fnp.take(x, i, mode="fill", fill_value=9.5))(X[0], i)
        np.testing.assert_array_equal(got, [X[0, 0], X[0, -1], 9.5, 9.5])
    assert np.isnan(fl.jit(lambda x, i: fnp.take(x, i, mode="fill"))(X[0], i)[2:]).all()
    for f in (fnp.take, fl.jit(lambda x, i: fnp.take(x, np.array([9]), 0))):
        with pytest.raises(IndexError):
            f(X[0], 9)
    with pytest.raises(fl.ConcretizationError, match="clip"):
        fl.jit(lambda x, i: fnp.take(x, i, mode="raise"))(X, i)
    with pytest.raises(ValueError, match="mode"):
        fl.jit(lambda x, i: fnp.take(x, i, mode="other"))(X, i)
    assert fl.jit(fnp.take)(X[0], 9) == X[0, -1]


def test_take_along_axis_out_of_bounds():
    i = np.array([[7, -8]])
    with pytest.raises(IndexError):
        fl.jit(lambda x: fnp.take_along_axis(x, i, 0))(X[:, :2])
    got = fl.jit(lambda x, i: fnp.take_along_axis(x, i, 0))(X[:, :2], i)
    np.testing.assert_array_equal(got, [[X[3, 0], X[0, 1]]])
    got = fl.jit(lambda x, i: fnp.take_along_axis(x, i, 0, mode="fill", fill_value=2.0))(
        X[:, :2], i
    )
    np.testing.assert_array_equal(got, [[2, 2]])


PUTS = {
    "put": lambda n, x, **k: n.put(x, [0, 3, 3], [10.0, 20.0], **k),
    "put wrap": lambda n, x, **k: n.put(x, [0, 21], -1.0, mode="wrap", **k),
    "put clip": lambda n, x, **k: n.put(x, [0, 21], -1.0, mode="clip", **k),
    "putmask": lambda n, x, **k: n.putmask(x, X > 0, [1.0, 2.0, 3.0], **k),
    "place": lambda n, x, **k: n.place(x, X > 0, [1.0, 2.0, 3.0], **k),
    "fill_diagonal": lambda n, x, **k: n.fill_diagonal(x, 3.0, **k),
    "fill_diagonal values": lambda n, x, **k: n.fill_diagonal(x, [1.0, 2.0], **k),
    "put_along_axis": lambda n, x, **k: n.put_along_axis(x, X.argmax(1)[:, None], 9.0, 1, **k),
}


@pytest.mark.parametrize("name", PUTS)
def test_writing_functions(name):
    f = PUTS[name]
    want, ours = X.copy(), X.copy()
    f(np, want)
    assert f(fnp, ours) is None
    np.testing.assert_array_equal(ours, want)
    got = f(fnp, X, inplace=False)
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(fl.jit(lambda x: f(fnp, x, inplace=False))(X), want)
    np.testing.assert_array_equal(
        fl.vmap(lambda x: f(fnp, x, inplace=False))(np.stack([X, X])), [want] * 2
    )
    g = fl.grad(lambda x: f(fnp, x, inplace=False).sum())(X)
    np.testing.assert_array_equal(g, (want == X).astype(float))
    with pytest.raises(TypeError, match="inplace=False"):
        fl.jit(lambda x: f(fnp, x))(X)


def test_fill_diagonal_of_other_shapes():
    for shape, wrap in (((7, 3), True), ((7, 3), False), ((3, 3, 3), False)):
        want = np.zeros(shape)
        np.fill_diagonal(want, 5.0, wrap)
        got = fl.jit(lambda x, w=wrap: fnp.fill_diagonal(x, 5.0, w, inplace=False))(np.zeros(shape))
        np.testing.assert_array_equal(got, want)


def test_traced_counts_and_conditions_need_a_size():
    counts = np.array([2, 0, 3, 1])
    want = np.repeat(X, counts, axis=0)
    for total in (4, 6, 8):
        got = fl.jit(lambda x, c, t=total: fnp.repeat(x, c, 0, total_repeat_length=t))(X, counts)
        padded = want[:total] if total <= 6 else np.concatenate([want, X[[3, 3]]])
        np.testing.assert_array_equal(got, padded)
        np.testing.assert_array_equal(fnp.repeat(X, counts, 0, total_repeat_length=total), padded)
    keep = np.array([True, False, True, True])
    got = fl.jit(lambda x, k: fnp.compress(k, x, axis=0, size=4, fill_value=7))(X, keep)
    np.testing.assert_array_equal(got[:3], X[keep])
    np.testing.assert_array_equal(got[3], np.full(5, 7.0))
    got = fl.jit(lambda x: fnp.extract(x > 0, x, size=20))(X)
    np.testing.assert_array_equal(got[got != 0], X[X > 0])
    for f in (lambda x: fnp.repeat(x[0], x.astype(int)[0]), lambda x: fnp.extract(x > 0, x)):
        with pytest.raises(fl.ConcretizationError, match=r"test_index_functions\.py"):
            fl.jit(f)(X)


def test_deleting_at_a_traced_position():
    for i in range(-4, 4):
        got = fl.jit(lambda x, i: fnp.delete(x, i, axis=0))(X, i)
        np.testing.assert_array_equal(got, np.delete(X, i, axis=0))
    got = fl.vmap(lambda i: fnp.delete(V, i))(np.array([0, 5]))
    np.testing.assert_array_equal(got, [V[1:], V[:-1]])
    with pytest.raises(fl.ConcretizationError, match="static"):
        fl.jit(lambda x, i: fnp.insert(x, i, 0.0))(V, 1)


def test_trim_zeros():
    np.testing.assert_array_equal(fnp.trim_zeros(np.array([0, 1, 0])), [1])
    with pytest.raises(fl.ConcretizationError):
        fl.jit(fnp.trim_zeros)(V)


def test_errors_name_the_line():
    for f in (
        lambda x: fnp.diag(x[None, None]),
        lambda x: fnp.diagonal(x[0]),
        lambda x: fnp.select([x > 0], [x, x]),
        lambda x: fnp.insert(x, 99, 0.0, axis=0),
        lambda x: fnp.take_along_axis(x, np.array([0]), 0),
    ):
        with pytest.raises((fl.ShapeError, IndexError), match=r"test_index_functions\.py"):
            fl.jit(f)(X)
