"""Convolution: values against direct sums and JAX, all rules, every formulation that NumPy uses."""

import itertools

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, ShapeError
from functorch_lite.prims import conv_layout
from functorch_lite.prims.conv import conv_general_dilated
from tests.rules import check_rules

# x, w, strides, padding, input dilation, kernel dilation, feature groups, batch groups
CASES = {
    "plain": ((2, 3, 6, 5), (4, 3, 3, 2), (1, 1), ((1, 1), (0, 1)), (1, 1), (1, 1), 1, 1),
    "strides": ((2, 3, 6, 5), (4, 3, 3, 2), (2, 1), ((1, 2), (-1, 1)), (1, 1), (1, 2), 1, 1),
    "pointwise": ((2, 3, 6, 5), (4, 3, 1, 1), (2, 1), ((0, 0), (0, 0)), (1, 1), (1, 1), 1, 1),
    "transposed": ((2, 3, 3, 2), (4, 3, 3, 2), (1, 1), ((2, 1), (1, 0)), (2, 3), (1, 2), 1, 1),
    "both dilated and strided": ((2, 3, 4), (4, 3, 3), (2,), ((1, 2),), (3,), (1,), 1, 1),
    "groups": ((2, 4, 6), (6, 2, 3), (2,), ((1, 2),), (2,), (1,), 2, 1),
    "batch groups": ((4, 3, 6), (6, 3, 3), (2,), ((1, 2),), (1,), (2,), 1, 2),
    "depthwise": ((2, 3, 5, 5), (6, 1, 3, 3), (1, 2), ((1, 1), (1, 1)), (1, 1), (1, 1), 3, 1),
    "large window": ((2, 2, 5), (3, 2, 5), (1,), ((0, 0),), (1,), (1,), 1, 1),
    "cut beyond the end": ((1, 2, 2), (3, 2, 1), (1,), ((3, -3),), (1,), (1,), 1, 1),
    "cut beyond the start": ((1, 2, 2), (3, 2, 1), (1,), ((-3, 4),), (1,), (1,), 1, 1),
    "three axes": ((1, 2, 3, 3, 3), (3, 2, 2, 2, 2), (1, 2, 1), ((1, 1), (1, 0), (0, 0)),
                   (1, 1, 1), (1, 1, 1), 1, 1),
    "no axes": ((2, 3), (4, 3), (), (), (), (), 1, 1),
}  # fmt: skip


def direct(x, w, strides, padding, ld, rd, fg, bg):
    """Sum over everything in Python: the definition."""
    n, c = x.shape[:2]
    o = w.shape[0]
    dilated = np.zeros(
        (n, c, *(d * (m - 1) + 1 if m else 0 for m, d in zip(x.shape[2:], ld, strict=True)))
    )
    dilated[(..., *(slice(None, None, d) for d in ld))] = x
    wide = np.pad(dilated, [(0, 0), (0, 0)] + [(max(a, 0), max(b, 0)) for a, b in padding])
    cut = tuple(
        slice(max(-a, 0), m - max(-b, 0)) for m, (a, b) in zip(wide.shape[2:], padding, strict=True)
    )
    wide = wide[(..., *cut)]
    reach = [r * (k - 1) + 1 for k, r in zip(w.shape[2:], rd, strict=True)]
    out_spatial = [(m - k) // s + 1 for m, k, s in zip(wide.shape[2:], reach, strides, strict=True)]
    out = np.zeros((n // bg, o, *out_spatial))
    per_group = o // (fg * bg)
    for i, j in itertools.product(range(n // bg), range(o)):
        g = j // per_group
        source = wide[i + (g * (n // bg) if bg > 1 else 0)]
        channels = source[g * (c // fg) : (g + 1) * (c // fg)] if fg > 1 else source
        for t in np.ndindex(*out_spatial):
            window = tuple(
                slice(a * s, a * s + k, r) for a, s, k, r in zip(t, strides, reach, rd, strict=True)
            )
            out[(i, j, *t)] = np.sum(channels[(slice(None), *window)] * w[j])
    return out


def sample(case):
    rng = np.random.default_rng(0)
    return rng.standard_normal(case[0]), rng.standard_normal(case[1])


@pytest.mark.parametrize("name", CASES)
def test_is_the_definition(name):
    x, w = sample(CASES[name])
    got = conv_general_dilated(x, w, *CASES[name][2:])
    np.testing.assert_allclose(got, direct(x, w, *CASES[name][2:]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_rules(name):
    check_rules(lambda x, w: conv_general_dilated(x, w, *CASES[name][2:]), sample(CASES[name]))


@pytest.mark.parametrize("name", ["plain", "groups", "batch groups"])
def test_per_example_kernels_nest(name):
    """Two vmaps over both operands: groups of groups."""
    case = CASES[name]
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, *case[0])), rng.standard_normal((2, 3, *case[1]))

    def f(x, w):
        return conv_general_dilated(x, w, *case[2:])

    got = fl.vmap(fl.vmap(f))(x, w)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(got[i, j], f(x[i, j], w[i, j]), rtol=1e-12, atol=1e-12)
    grads = fl.vmap(fl.vmap(fl.grad(lambda w, x: fnp.sum(f(x, w) ** 2))))(w, x)
    one = fl.grad(lambda w, x: fnp.sum(f(x, w) ** 2))(w[1, 2], x[1, 2])
    np.testing.assert_allclose(grads[1, 2], one, rtol=1e-10, atol=1e-10)


def random_case(rng):
    nd = int(rng.integers(1, 4))
    fg, bg = [(1, 1), (1, 1), (2, 1), (3, 1), (1, 2)][rng.integers(5)]
    c, o, n = rng.choice([1, 2, 5]), rng.choice([1, 2, 6]), rng.choice([1, 2, 3])
    spatial, kernel = rng.integers(1, 9, nd), rng.integers(1, 5, nd)
    return (
        rng.standard_normal((n * bg, c * fg, *spatial)),
        rng.standard_normal((o * fg * bg, c, *kernel)),
        tuple(int(v) for v in rng.integers(1, 4, nd)),
        tuple((int(a), int(b)) for a, b in rng.integers(-1, 4, (nd, 2))),
        tuple(int(v) for v in rng.choice([1, 1, 2, 3], nd)),
        tuple(int(v) for v in rng.choice([1, 1, 2], nd)),
        fg,
        bg,
    )


def test_agrees_with_jax_on_random_options(monkeypatch):
    """Layouts in memory vary too, and so does the size of the chunks."""
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    rng = np.random.default_rng(0)
    done = 0
    with jax.enable_x64(True):
        while done < 12:
            x, w, strides, pads, ld, rd, fg, bg = random_case(rng)
            if any(
                d * (m - 1) + 1 + a + b < 0
                for m, d, (a, b) in zip(x.shape[2:], ld, pads, strict=True)
            ):
                continue
            if rng.random() < 0.4:  # channels innermost
                x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
            if rng.random() < 0.4:  # as a transpose rule passes weights
                w = np.ascontiguousarray(w.swapaxes(0, 1)[..., ::-1]).swapaxes(0, 1)[..., ::-1]
            want = jax.lax.conv_general_dilated(
                x, w, strides, pads, ld, rd, feature_group_count=fg, batch_group_count=bg
            )
            for chunk, rows in ((1, 1), (1 << 21, 128)):
                monkeypatch.setattr(conv_layout, "CHUNK_BYTES", chunk)
                monkeypatch.setattr(conv_layout, "LEAST_ROWS", rows)
                got = conv_general_dilated(x, w, strides, pads, ld, rd, fg, bg)
                np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-10)
            done += 1


@pytest.mark.parametrize("n", [1, 4, 600])
def test_every_size_of_a_layer(n):
    """Few and many rows take other orders of the copies, forward and backward."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((n, 8, 6, 6)), rng.standard_normal((24, 8, 3, 3))
    for stride in (1, 2):

        def f(x, w):
            return conv_general_dilated(x, w, (stride, stride), ((1, 1), (1, 1)))  # noqa: B023

        y, pull = fl.vjp(f, x, w)
        ct = rng.standard_normal(y.shape)
        dx, dw = pull(ct)
        tx, tw = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
        np.testing.assert_allclose(np.sum(dx * tx), np.sum(ct * f(tx, w)), rtol=1e-9)
        np.testing.assert_allclose(np.sum(dw * tw), np.sum(ct * f(x, tw)), rtol=1e-9)
        some = direct(x[:1], w, (stride, stride), ((1, 1), (1, 1)), (1, 1), (1, 1), 1, 1)
        np.testing.assert_allclose(y[:1], some, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, np.complex64])
def test_keeps_the_dtype(dtype):
    x = np.arange(2 * 3 * 5).reshape(2, 3, 5).astype(dtype)
    w = np.arange(4 * 3 * 2).reshape(4, 3, 2).astype(dtype)
    y = conv_general_dilated(x, w, (1,), ((0, 0),))
    assert y.dtype == dtype
    want = direct(x.real.astype(float), w.real.astype(float), (1,), ((0, 0),), (1,), (1,), 1, 1)
    np.testing.assert_allclose(y.real, want, rtol=2e-3 if dtype == np.float16 else 1e-6)


def test_float32_gradients_are_close_to_float64():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((8, 16, 12, 12)), rng.standard_normal((32, 16, 3, 3))

    def f(x, w):
        return fnp.sum(fnp.sin(conv_general_dilated(x, w, (2, 2), ((1, 1), (1, 1)))))

    exact = fl.grad(f, (0, 1))(x, w)
    single = fl.grad(f, (0, 1))(x.astype(np.float32), w.astype(np.float32))
    for e, s in zip(exact, single, strict=True):
        assert s.dtype == np.float32
        assert np.linalg.norm(s - e) < 1e-5 * np.linalg.norm(e)


def test_empty_and_too_small():
    x = np.ones((2, 3, 4))
    assert conv_general_dilated(x[:0], np.ones((5, 3, 2)), (1,), ((0, 0),)).shape == (0, 5, 3)
    assert conv_general_dilated(x, np.ones((5, 3, 6)), (1,), ((0, 0),)).shape == (2, 5, 0)
    y = conv_general_dilated(x[:, :0], np.ones((5, 0, 2)), (1,), ((0, 0),))
    np.testing.assert_array_equal(y, np.zeros((2, 5, 3)))
    g = fl.grad(lambda w: fnp.sum(conv_general_dilated(x, w, (1,), ((0, 0),))))(np.ones((5, 3, 6)))
    np.testing.assert_array_equal(g, np.zeros((5, 3, 6)))


def test_operands_are_not_written_to():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 6)), rng.standard_normal((4, 3, 3))
    x.flags.writeable = w.flags.writeable = False
    for options in [((1,), ((1, 1),)), ((2,), ((0, 0),)), ((1,), ((0, 0),), (2,))]:
        conv_general_dilated(x, w, *options)


@pytest.mark.parametrize(
    ("x", "w", "options", "error", "text"),
    [
        ((2, 3, 5), (4, 2, 3), ((1,), ((0, 0),)), ShapeError, "takes 2 in each of 1 groups"),
        ((2, 3, 5), (4, 3, 3, 3), ((1,), ((0, 0),)), ShapeError, "ranks must be equal"),
        ((2, 3, 5), (4, 3, 3), ((1, 1), ((0, 0),)), ShapeError, "window_strides"),
        ((2, 3, 5), (4, 3, 3), ((0,), ((0, 0),)), ShapeError, "must be positive"),
        ((2, 4, 5), (5, 2, 3), ((1,), ((0, 0),), None, None, 2), ShapeError, "divide into groups"),
        ((2, 3, 5), (4, 3, 3), ((1,), ((0, 0),), None, None, 3, 2), ShapeError, "must be 1"),
    ],
)
def test_errors_name_the_users_line(x, w, options, error, text):
    with pytest.raises(error, match=text) as info:
        fl.make_jaxpr(lambda x, w: conv_general_dilated(x, w, *options))(np.ones(x), np.ones(w))
    assert "test_conv.py" in str(info.value)


def test_dtypes_must_agree():
    with pytest.raises(DTypeError, match="equal dtypes"):
        fl.jit(lambda x, w: conv_general_dilated(x, w, (1,), ((0, 0),)))(
            np.ones((1, 1, 3)), np.ones((1, 1, 2), np.float32)
        )


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_weights_that_are_turned_in_memory(size):
    r = np.random.default_rng(0)
    x = r.standard_normal((1, 24, size, size))
    turned = r.standard_normal((24, 5, 3, 3)).swapaxes(0, 1)[..., ::-1, ::-1]
    options = ((1, 1), ((1, 1), (1, 1)), (1, 1), (1, 1), 1, 1)
    got = conv_general_dilated(x, turned, *options)
    np.testing.assert_allclose(got, direct(x, turned, *options), atol=1e-12)
