"""gather, dynamic_slice and dynamic_update_slice: values against loops and JAX's rules."""

import itertools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.prims.indexing import (
    GatherDimensionNumbers as G,
)
from functorch_lite.prims.indexing import (
    dynamic_slice,
    dynamic_update_slice,
    gather,
)
from tests.rules import check_rules

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 5, 3))
ROWS = {
    # name: (operand, indices, dimension numbers, slice sizes)
    "rows": (X, [[1], [3], [1]], G((1, 2), (0,), (0,)), (1, 5, 3)),
    "columns": (X, [[[4], [0]]], G((0, 3), (1,), (1,)), (4, 1, 3)),
    "batch last": (X, [[4], [0]], G((0, 1), (1,), (1,)), (4, 1, 3)),
    "points": (X, [[1, 2, 0], [3, 4, 2]], G((), (0, 1, 2), (0, 1, 2)), (1, 1, 1)),
    "points, permuted": (X, [[2, 1], [0, 3]], G((0,), (0, 2), (2, 0)), (1, 5, 1)),
    "windows": (X, [[1, 2], [0, 0]], G((1, 2, 3), (), (1, 0)), (2, 3, 2)),
    "window in the middle": (X, [[[1]], [[3]]], G((0, 2, 4), (), (1,)), (4, 2, 3)),
    "whole": (X, np.zeros((2, 0), int), G((1, 2, 3), (), ()), (4, 5, 3)),
    "partial, not indexed": (X, [[1], [2]], G((1, 2), (0,), (0,)), (1, 2, 3)),
    "batched": (X, [[1], [0], [4], [2]], G((1,), (1,), (1,), (0,), (0,)), (1, 1, 3)),
    "batched twice": (
        X,
        RNG.integers(0, 5, (3, 2, 4, 1)),
        G((), (1,), (1,), (0, 2), (2, 0)),
        (1, 1, 1),
    ),
    "one index": (X, [2], G((0, 1), (0,), (0,)), (1, 5, 3)),
}
ROWS["out of bounds"] = (X, [[-1], [2], [3], [9]], G((1, 2, 3), (), (0,)), (2, 5, 3))


def by_loop(x, indices, d, sizes, mode, fill):
    """Evaluate a gather element by element, as XLA defines it."""
    indices = np.asarray(indices)
    dropped = d.collapsed_slice_dims + d.operand_batching_dims
    rank = indices.ndim - 1 + len(d.offset_dims)
    batch_axes = [a for a in range(rank) if a not in d.offset_dims]
    kept = [a for a in range(x.ndim) if a not in dropped]
    shape = [0] * rank
    for a, n in zip(batch_axes, indices.shape[:-1], strict=True):
        shape[a] = n
    for a, k in zip(d.offset_dims, kept, strict=True):
        shape[a] = sizes[k]
    out = np.empty(shape, x.dtype)
    for place in itertools.product(*map(range, shape)):
        b = tuple(place[a] for a in batch_axes)
        start = [0] * x.ndim
        for k, a in enumerate(d.start_index_map):
            start[a] = int(indices[(*b, k)])
        fits = all(0 <= s <= n - m for s, n, m in zip(start, x.shape, sizes, strict=True))
        start = [min(max(s, 0), n - m) for s, n, m in zip(start, x.shape, sizes, strict=True)]
        for a, e in zip(d.operand_batching_dims, d.start_indices_batching_dims, strict=True):
            start[a] = b[e]
        for a, k in zip(d.offset_dims, kept, strict=True):
            start[k] += place[a]
        out[place] = x[tuple(start)] if fits or mode != "fill" else fill
    return out


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("mode", ["clip", "fill"])
def test_gather(name, mode):
    x, indices, d, sizes = ROWS[name]
    indices = np.asarray(indices)
    want = by_loop(x, indices, d, sizes, mode, np.nan)
    np.testing.assert_array_equal(gather(x, indices, d, sizes, mode), want)
    fill = None if mode == "clip" else 7.0
    check_rules(lambda x, i: gather(x, i, d, sizes, mode, fill), [x, indices], order=2)


@pytest.mark.parametrize("name", ROWS)
def test_nested_vmap_of_gather(name):
    x, indices, d, sizes = ROWS[name]
    xs = np.stack([x, x + 1, x + 2])
    ii = np.stack([indices, np.asarray(indices)[::-1]]) % 3
    f = fl.vmap(fl.vmap(lambda x, i: gather(x, i, d, sizes), (0, None)), (None, 0))
    want = [[gather(x, i, d, sizes) for x in xs] for i in ii]
    np.testing.assert_array_equal(f(xs, ii), want)


def test_fill_values():
    d, index = G((), (0,), (0,)), np.array([[5]])
    for dtype, want in [
        (np.float32, np.nan),
        (np.int8, -128),
        (np.uint8, 255),
        (np.bool_, True),
        (np.complex64, np.nan),
    ]:
        got = gather(np.zeros(2, dtype), index, d, (1,), "fill")
        assert got.dtype == dtype
        np.testing.assert_array_equal(got[0].real, want)


@pytest.mark.parametrize(
    ("d", "sizes", "match"),
    [
        (G((1, 2), (0,), (0,)), (2, 5, 3), "do not fit"),
        (G((1, 2), (0,), (0,)), (1, 5), "slice sizes"),
        (G((1,), (0,), (0,)), (1, 5, 3), "offset axes"),
        (G((1, 2), (0,), (0, 1)), (1, 5, 3), "component"),
        (G((1, 2), (7,), (0,)), (1, 5, 3), "out of range"),
    ],
)
def test_wrong_numbers_are_explained(d, sizes, match):
    with pytest.raises(fl.ShapeError, match=match) as e:
        fl.jit(lambda x: gather(x, np.array([[0]]), d, sizes))(X)
    assert "test_indexing.py" in str(e.value)


# --- dynamic slices -----------------------------------------------------------------------------

STARTS = [0, 1, 2, 5, -1, -2, -9, 100]


@pytest.mark.parametrize("start", STARTS)
def test_dynamic_slice_wraps_once_then_clamps(start):
    x = np.arange(5.0)
    wrapped = start + 5 if start < 0 else start
    lo = min(max(wrapped, 0), 2)
    np.testing.assert_array_equal(dynamic_slice(x, [start], [3]), x[lo : lo + 3])
    got = fl.jit(lambda x, i: dynamic_slice(x, [i], [3]))(x, start)
    np.testing.assert_array_equal(got, x[lo : lo + 3])
    out = x.copy()
    out[lo : lo + 3] = 9
    got = fl.jit(lambda x, i: dynamic_update_slice(x, np.full(3, 9.0), [i]))(x, start)
    np.testing.assert_array_equal(got, out)


def test_dynamic_slice_clamps_each_lane():
    x = np.arange(10.0).reshape(2, 5)
    starts = np.array(STARTS)
    for axes, xs in (((None, 0), x), ((0, 0), np.stack([x + k for k in range(8)]))):
        got = fl.vmap(lambda x, i: dynamic_slice(x, [0, i], [2, 2]), axes)(xs, starts)
        want = [
            dynamic_slice(xs if axes[0] is None else xs[k], [0, i], [2, 2])
            for k, i in enumerate(STARTS)
        ]
        np.testing.assert_array_equal(got, want)


def test_rules_of_dynamic_slices():
    i, j = np.int64(1), np.int32(2)
    check_rules(lambda x, i, j: dynamic_slice(x, [i, 0, j], [2, 5, 1]), [X, i, j])
    u = RNG.standard_normal((2, 5, 1))
    check_rules(lambda x, u, i, j: dynamic_update_slice(x, u, [i, 0, j]), [X, u, i, j])
    check_rules(lambda x, u, i: dynamic_update_slice(x, u, [i, -1, 1]) ** 2, [X, u, np.int64(-1)])


def test_dynamic_slice_does_not_write_to_its_operand():
    x, u = np.zeros(3), np.ones(2)
    dynamic_update_slice(x, u, [1])
    assert not x.any()


def test_too_large_a_slice_is_explained():
    with pytest.raises(fl.ShapeError, match=r"does not fit .*test_indexing.py"):
        fl.jit(lambda x: dynamic_slice(x, [0], [4]))(np.zeros(3))
    with pytest.raises(fl.DTypeError, match="integer scalars"):
        fl.jit(lambda x, i: dynamic_slice(x, [i], [1]))(np.zeros(3), 1.0)
