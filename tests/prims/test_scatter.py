"""scatter and its combining kin: values against loops, rules, duplicates and ties."""

import itertools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.prims.scatter import ScatterDimensionNumbers as S
from functorch_lite.prims.scatter import scatter
from tests.rules import check_rules

RNG = np.random.default_rng(1)
X = RNG.standard_normal((4, 5, 3))


def normal(*shape):
    return RNG.standard_normal(shape)


ROWS = {
    # name: (operand, indices, updates, dimension numbers)
    "rows": (X, [[1], [3], [0]], normal(3, 5, 3), S((1, 2), (0,), (0,))),
    "rows, again": (X, [[1], [3], [1]], normal(3, 5, 3), S((1, 2), (0,), (0,))),
    "columns": (X, [[[4], [0]]], normal(4, 1, 2, 3), S((0, 3), (1,), (1,))),
    "batch last": (X, [[4], [4]], normal(4, 3, 2), S((0, 1), (1,), (1,))),
    "points": (X, [[1, 2, 0], [3, 4, 2], [1, 2, 0]], normal(3), S((), (0, 1, 2), (0, 1, 2))),
    "permuted": (X, [[2, 1], [0, 3]], normal(5, 2), S((0,), (0, 2), (2, 0))),
    "windows": (X, [[1, 2], [0, 2]], normal(2, 2, 3, 2), S((1, 2, 3), (), (1, 0))),
    "partial": (X, [[1], [2]], normal(2, 2, 3), S((1, 2), (0,), (0,))),
    "batched": (X, [[1], [0], [4], [2]], normal(4, 3), S((1,), (1,), (1,), (0,), (0,))),
    "out of bounds": (X, [[-1], [2], [9]], normal(3, 2, 5, 3), S((1, 2, 3), (), (0,))),
    "one index": (X, [2], normal(5, 3), S((0, 1), (0,), (0,))),
    "vector": (normal(6), [[1], [1], [4], [1], [0]], normal(5), S((), (0,), (0,))),
}
COMBINE = {
    "scatter": lambda old, new: new,
    "scatter_add": np.add,
    "scatter_mul": np.multiply,
    "scatter_min": np.minimum,
    "scatter_max": np.maximum,
}


def by_loop(x, indices, updates, d, mode, combine):
    """Apply updates one element at a time, in row-major order."""
    indices = np.asarray(indices)
    out = x.copy()
    dropped = d.inserted_window_dims + d.operand_batching_dims
    batch_axes = [a for a in range(updates.ndim) if a not in d.update_window_dims]
    kept = [a for a in range(x.ndim) if a not in dropped]
    sizes = [1] * x.ndim
    for a, k in zip(d.update_window_dims, kept, strict=True):
        sizes[k] = updates.shape[a]
    for place in itertools.product(*map(range, updates.shape)):
        b = tuple(place[a] for a in batch_axes)
        start = [0] * x.ndim
        for k, a in enumerate(d.scatter_dims_to_operand_dims):
            start[a] = int(indices[(*b, k)])
        fits = all(0 <= s <= n - m for s, n, m in zip(start, x.shape, sizes, strict=True))
        if mode == "fill" and not fits:
            continue
        start = [min(max(s, 0), n - m) for s, n, m in zip(start, x.shape, sizes, strict=True)]
        for a, e in zip(d.operand_batching_dims, d.scatter_indices_batching_dims, strict=True):
            start[a] = b[e]
        for a, k in zip(d.update_window_dims, kept, strict=True):
            start[k] += place[a]
        out[tuple(start)] = combine(out[tuple(start)], updates[place])
    return out


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("op", COMBINE)
@pytest.mark.parametrize("mode", ["clip", "fill"])
def test_scatter(name, op, mode):
    x, indices, updates, d = ROWS[name]
    indices = np.asarray(indices)
    before = x.copy()
    got = scatter(x, indices, updates, d, op=op, mode=mode)
    np.testing.assert_array_equal(x, before)
    want = by_loop(x, indices, updates, d, mode, COMBINE[op])
    np.testing.assert_allclose(got, want, rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["rows, again", "batch last", "points", "windows", "out of bounds"]
)
@pytest.mark.parametrize("op", COMBINE)
@pytest.mark.parametrize("mode", ["clip", "fill"])
def test_rules(name, op, mode):
    x, indices, updates, d = ROWS[name]

    def f(x, indices, updates):
        return scatter(x, indices, updates, d, op=op, mode=mode)

    check_rules(f, [x, np.asarray(indices), updates], order=1, tol=1e-6)


@pytest.mark.parametrize("name", ["one index", "batched", "vector"])
@pytest.mark.parametrize("op", COMBINE)
def test_second_order(name, op):
    x, indices, updates, d = ROWS[name]
    indices = np.asarray(indices)
    check_rules(
        lambda x, u: scatter(x, indices, u, d, op=op) * x, [x, updates], order=2, vmap=False
    )


@pytest.mark.parametrize("op", COMBINE)
@pytest.mark.parametrize("name", ROWS)
def test_nested_vmap(name, op):
    x, indices, updates, d = ROWS[name]
    xs = np.stack([x, x + 1, x + 2])
    ii = np.stack([indices, np.asarray(indices)[::-1]]) % 3
    f = fl.vmap(fl.vmap(lambda x, i: scatter(x, i, updates, d, op=op), (0, None)), (None, 0))
    want = [[scatter(x, i, updates, d, op=op) for x in xs] for i in ii]
    np.testing.assert_allclose(f(xs, ii), want)


@pytest.mark.parametrize("width", [1, 5, 600])
@pytest.mark.parametrize("op", COMBINE)
def test_rows_of_every_width(width, op):
    x, updates = normal(6, width), normal(9, width)
    indices = np.array([1, 1, 5, 0, 7, 5, 2, 1, -1])[:, None]
    d = S((1,), (0,), (0,))
    want = by_loop(x, indices, updates, d, "fill", COMBINE[op])
    np.testing.assert_allclose(scatter(x, indices, updates, d, op=op), want)
    unique = np.array([3, 1, 5, 0, 7, 4])[:, None]
    want = by_loop(x, unique, updates[:6], d, "fill", COMBINE[op])
    got = scatter(x, unique, updates[:6], d, op=op, unique_indices=True)
    np.testing.assert_allclose(got, want)


# --- duplicates and ties ------------------------------------------------------------------------

VECTOR = S((), (0,), (0,))
AGAIN = np.array([[1], [1], [2], [9]])


def test_only_the_last_of_duplicates_gets_the_derivative():
    x, u = np.zeros(4), np.array([1.0, 2.0, 3.0, 4.0])
    out, pull = fl.vjp(lambda x, u: scatter(x, AGAIN, u, VECTOR), x, u)
    np.testing.assert_array_equal(out, [0, 2, 3, 0])
    gx, gu = pull(np.array([10.0, 20.0, 30.0, 40.0]))
    np.testing.assert_array_equal(gx, [10, 0, 0, 40])
    np.testing.assert_array_equal(gu, [0, 20, 30, 0])


def test_products_with_duplicates_and_zeros_have_all_derivatives():
    x = np.array([2.0, 3.0, 5.0])
    index = np.array([[1], [1], [1], [0], [1]])
    for u in ([0.0, 0.0, 4.0, 7.0, 2.0], [0.0, 3.0, 4.0, 7.0, 2.0], [1.0, 2.0, 3.0, 0.0, 5.0]):
        check_rules(
            lambda x, u: scatter(x, index, u, VECTOR, op="scatter_mul"),
            [x, np.array(u)],
            order=2,
            vmap=False,
        )
    f = lambda u: scatter(x, index, u, VECTOR, op="scatter_mul")[1]  # noqa: E731
    hess = fl.hessian(f)(np.array([0.0, 0.0, 4.0, 7.0, 2.0]))
    assert hess[0, 1] == hess[1, 0] == 3 * 4 * 2


def test_dropped_factors_do_not_count():
    index = np.array([[0], [-1], [9], [0]])
    for mode in ("fill", "clip"):
        check_rules(
            lambda x, u, m=mode: scatter(x, index, u, VECTOR, op="scatter_mul", mode=m),
            [np.array([2.0, 3.0, 5.0]), np.array([2.0, 0.0, 3.0, 7.0])],
            vmap=False,
        )


@pytest.mark.parametrize("op", ["scatter_max", "scatter_min"])
def test_ties_share_the_derivative(op):
    x, u = np.array([1.0, 1.0]), np.array([1.0])
    _, pull = fl.vjp(lambda x, u: scatter(x, np.array([[0]]), u, VECTOR, op=op), x, u)
    gx, gu = pull(np.ones(2))
    np.testing.assert_array_equal(gx, [0.5, 1.0])
    np.testing.assert_array_equal(gu, [0.5])
    u = np.ones(3)
    _, pull = fl.vjp(lambda x, u: scatter(x, np.zeros((3, 1), int), u, VECTOR, op=op), x, u)
    gx, gu = pull(np.ones(2))
    np.testing.assert_array_equal(gx, [0.25, 1.0])
    np.testing.assert_array_equal(gu, [0.25, 0.25, 0.25])


def test_order_of_duplicates_does_not_depend_on_memory_layout():
    x = np.zeros((3, 3))
    index = np.zeros((4, 5, 2), np.int64)
    updates = np.asfortranarray(np.arange(20.0).reshape(4, 5))
    d = S((), (0, 1), (0, 1))
    assert scatter(x, np.asfortranarray(index), updates, d)[0, 0] == 19.0


@pytest.mark.parametrize(
    ("updates", "d", "match"),
    [
        (np.zeros((1, 5, 3), np.float32), S((1, 2), (0,), (0,)), "one dtype"),
        (np.zeros((2, 5, 3)), S((1, 2), (0,), (0,)), "do not go with indices"),
        (np.zeros((1, 6, 3)), S((1, 2), (0,), (0,)), "do not fit axis"),
        (np.zeros((1, 5, 3)), S((1,), (0,), (0,)), "do not fit operand"),
    ],
)
def test_wrong_operands_are_explained(updates, d, match):
    with pytest.raises((fl.ShapeError, fl.DTypeError), match=match) as e:
        fl.jit(lambda x: scatter(x, np.array([[0]]), updates, d))(X)
    assert "test_scatter.py" in str(e.value)


def test_agrees_with_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    names = {"scatter": "scatter", "scatter_add": "scatter_add", "scatter_max": "scatter_max"}
    with jax.enable_x64(True):
        for op, theirs in names.items():
            for name, (x, indices, updates, d) in ROWS.items():
                numbers = jax.lax.ScatterDimensionNumbers(*d)
                for mode in ("clip", "drop"):
                    want = getattr(jax.lax, theirs)(
                        jax.numpy.asarray(x), np.asarray(indices), updates, numbers, mode=mode
                    )
                    mine = "fill" if mode == "drop" else mode
                    got = scatter(x, indices, updates, d, op=op, mode=mine)
                    np.testing.assert_allclose(got, want, err_msg=f"{op} {name} {mode}")
