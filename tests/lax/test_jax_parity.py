"""lax against JAX: values, dtypes, gradients and vmaps on a table of calls."""

import operator

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp

RNG = np.random.default_rng(0)
X = RNG.uniform(0.1, 0.9, (3, 4))
Y = RNG.uniform(0.1, 0.9, (3, 4))
Z = RNG.standard_normal((3, 4))
I = RNG.integers(-50, 50, (3, 4)).astype(np.int32)
J = RNG.integers(1, 7, (3, 4)).astype(np.int32)
V = RNG.standard_normal((2, 5, 6))
C = Z + 1j * Y


@pytest.fixture(scope="module")
def jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    with jax.enable_x64(True):
        yield jax


def leaves(out):
    return list(out) if isinstance(out, list | tuple) else [out]


UNARY = "neg sign floor ceil exp exp2 expm1 log log1p logistic sqrt rsqrt cbrt square sin cos tan"
UNARY += " asin acos atan sinh cosh tanh asinh atanh erf erfc erf_inv lgamma digamma bessel_i0e"
UNARY += " bessel_i1e reciprocal abs is_finite round"
BINARY = "add sub mul div rem max min atan2 nextafter pow igamma igammac complex eq ne lt le gt ge"
INTEGER = "bitwise_and bitwise_or bitwise_xor shift_left shift_right_logical"
INTEGER += " shift_right_arithmetic add sub mul div rem max min eq lt"

CALLS = {name: (lambda lx, name=name: getattr(lx, name)(X)) for name in UNARY.split()}
CALLS |= {name: (lambda lx, name=name: getattr(lx, name)(X, Y)) for name in BINARY.split()}
CALLS |= {
    f"{name} of integers": (lambda lx, name=name: getattr(lx, name)(I, J))
    for name in INTEGER.split()
}
CALLS |= {
    "acosh": lambda lx: lx.acosh(X + 1),
    "zeta": lambda lx: lx.zeta(X + 1.5, Y),
    "betainc": lambda lx: lx.betainc(X, Y, Y),
    "polygamma": lambda lx: lx.polygamma(np.full((3, 4), 2.0), X),
    "clamp": lambda lx: lx.clamp(-0.5, Z, 0.5),
    "clamp arrays": lambda lx: lx.clamp(-X, Z, Y),
    "select": lambda lx: lx.select(Z > 0, X, Y),
    "select scalar": lambda lx: lx.select(True, X, Y),
    "select_n": lambda lx: lx.select_n(J % 3, X, Y, Z),
    "integer_pow": lambda lx: lx.integer_pow(Z, -3),
    "pow of int": lambda lx: lx.pow(Z, 3),
    "pow of int array": lambda lx: lx.pow(X, J),
    "round to even": lambda lx: lx.round(Z * 4, lx.RoundingMethod.TO_NEAREST_EVEN),
    "round halves": lambda lx: lx.round(np.array([-2.5, -0.5, 0.5, 1.5, 0.49999999999999994])),
    "real": lambda lx: lx.real(C),
    "imag": lambda lx: lx.imag(C),
    "conj": lambda lx: lx.conj(C),
    "conj of real": lambda lx: lx.conj(Z),
    "complex exp": lambda lx: lx.exp(C),
    "bitwise_not": lambda lx: lx.bitwise_not(I),
    "population_count": lambda lx: lx.population_count(I),
    "clz": lambda lx: lx.clz(J),
    "clz of negative": lambda lx: lx.clz(I.astype(np.int64)),
    "scalar first": lambda lx: lx.sub(1.0, Z),
    "one and two axes": lambda lx: lx.add(Z[:1], Z[:, :1]),
    "reduce_precision": lambda lx: lx.reduce_precision(np.float32(Z) * 1e3, 8, 7),
    "reduce_precision small range": lambda lx: lx.reduce_precision(np.float32([1e-9, 6e4, 7e4, -1e9, 0.3]), 5, 10),
    "reduce_precision special": lambda lx: lx.reduce_precision(np.array([np.inf, np.nan, -0.0, 5e-324]), 11, 20),
    # shapes
    "convert": lambda lx: lx.convert_element_type(Z * 10, np.int32),
    "bitcast": lambda lx: lx.bitcast_convert_type(np.float32(Z), np.int32),
    "bitcast to smaller": lambda lx: lx.bitcast_convert_type(np.float32(Z), np.uint8),
    "bitcast to larger": lambda lx: lx.bitcast_convert_type(np.float32(Z).reshape(6, 2), np.uint64),
    "iota": lambda lx: lx.iota(np.float32, 5),
    "broadcasted_iota": lambda lx: lx.broadcasted_iota(np.int32, (2, 3), 1),
    "full": lambda lx: lx.full((2, 3), 7, np.float32),
    "full_like": lambda lx: lx.full_like(I, 3.7),
    "broadcast": lambda lx: lx.broadcast(Z, (2, 1)),
    "broadcast_in_dim": lambda lx: lx.broadcast_in_dim(Z, (3, 2, 4), (0, 2)),
    "broadcast_to_rank": lambda lx: lx.broadcast_to_rank(Z, 4),
    "reshape": lambda lx: lx.reshape(Z, (2, 6)),
    "reshape with order": lambda lx: lx.reshape(Z, (2, 6), (1, 0)),
    "collapse": lambda lx: lx.collapse(V, 1, 3),
    "collapse to the end": lambda lx: lx.collapse(V, 0),
    "transpose": lambda lx: lx.transpose(V, (2, 0, 1)),
    "rev": lambda lx: lx.rev(V, (0, 2)),
    "squeeze": lambda lx: lx.squeeze(V[:1, :, :1], (0, -1)),
    "expand_dims": lambda lx: lx.expand_dims(Z, (0, -1)),
    "concatenate": lambda lx: lx.concatenate([X, Y], 1),
    "split": lambda lx: lx.split(V, (2, 3), 1),
    "tile": lambda lx: lx.tile(Z, (2, 3)),
    "pad": lambda lx: lx.pad(Z, 0.5, [(1, -1, 2), (-1, 2, 0)]),
    "slice": lambda lx: lx.slice(V, (0, 1, 2), (2, 5, 6), (1, 2, 3)),
    "slice_in_dim": lambda lx: lx.slice_in_dim(V, -4, None, 2, 1),
    "index_in_dim": lambda lx: lx.index_in_dim(V, -1, 2, False),
    "dynamic_slice": lambda lx: lx.dynamic_slice(V, (0, 4, -3), (1, 3, 2)),
    "dynamic_slice_in_dim": lambda lx: lx.dynamic_slice_in_dim(V, 9, 2, 1),
    "dynamic_index_in_dim": lambda lx: lx.dynamic_index_in_dim(V, 3, 2, False),
    "dynamic_update_slice": lambda lx: lx.dynamic_update_slice(V, V[:1, :2, :3], (1, 4, 2)),
    "dynamic_update_slice_in_dim": lambda lx: lx.dynamic_update_slice_in_dim(V, V[:, :2], 9, 1),
    "dynamic_update_index_in_dim": lambda lx: lx.dynamic_update_index_in_dim(V, V[:, 0], 2, 1),
    "index_take": lambda lx: lx.index_take(V, (np.array([0, 1, 1]), np.array([4, 0, 2])), (0, 1)),
    # reductions
    "reduce_sum": lambda lx: lx.reduce_sum(V, (0, 2)),
    "reduce_prod": lambda lx: lx.reduce_prod(V, (1,)),
    "reduce_max": lambda lx: lx.reduce_max(V, (0, 1)),
    "reduce_min": lambda lx: lx.reduce_min(V, (2,)),
    "reduce_and": lambda lx: lx.reduce_and(I, (0,)),
    "reduce_or": lambda lx: lx.reduce_or(I, (1,)),
    "reduce_xor": lambda lx: lx.reduce_xor(I, (0, 1)),
    "argmax": lambda lx: lx.argmax(V, 1, np.int32),
    "argmin": lambda lx: lx.argmin(V, 2, np.int64),
    "reduce by add": lambda lx: lx.reduce(V, 1.0, lx.add, (0, 2)),
    "reduce by max": lambda lx: lx.reduce(V, 0.5, lx.max, (1,)),
    "reduce by lambda": lambda lx: lx.reduce(V, 0.0, lambda a, b: a + b, (1,)),
    "reduce by more": lambda lx: lx.reduce(V, 0.0, lambda a, b: a + b + a * b, (0, 1)),
    "reduce two": lambda lx: lx.reduce(
        (X, I), (np.inf, np.int32(0)), lambda a, b: (lx.min(a[0], b[0]), lx.max(a[1], b[1])), (0,)
    ),
    "reduce nothing": lambda lx: lx.reduce(V[:, :0], 2.0, lx.add, (1,)),
    "cumsum": lambda lx: lx.cumsum(V, 1),
    "cumprod": lambda lx: lx.cumprod(V, 2, reverse=True),
    "cummax": lambda lx: lx.cummax(V, 1),
    "cummin": lambda lx: lx.cummin(V, 0, reverse=True),
    "cumlogsumexp": lambda lx: lx.cumlogsumexp(V, 2),
    "reduce_window": lambda lx: lx.reduce_window(V, 0.0, lx.add, (1, 2, 3), (1, 2, 1), "SAME"),
    "reduce_window max": lambda lx: lx.reduce_window(V, -np.inf, lx.max, (1, 2, 3), (1, 2, 1), "VALID"),
    "reduce_window min": lambda lx: lx.reduce_window(V, np.inf, lx.min, (2, 2, 2), None, [(1, 0), (0, 1), (1, 1)]),
    "reduce_window with start": lambda lx: lx.reduce_window(V, 1.5, lx.add, (1, 2, 2), (1, 1, 2), "SAME"),
    "reduce_window mul": lambda lx: lx.reduce_window(V, 1.0, lx.mul, (1, 2, 2), (1, 2, 2), "SAME", (1, 2, 1), (1, 1, 2)),
    "reduce_window max with start": lambda lx: lx.reduce_window(V, 0.3, lx.max, (1, 2, 2), (1, 1, 2), "SAME"),
    "reduce_window general": lambda lx: lx.reduce_window(
        X, 0.25, lambda a, b: a + b + a * b, (2, 2), (1, 2), [(1, 0), (0, 1)]
    ),
    "reduce_window or": lambda lx: lx.reduce_window(I, np.int32(0), lx.bitwise_or, (2, 2), (1, 1), "VALID"),
    "sort": lambda lx: lx.sort(V, 1),
    "sort two": lambda lx: lx.sort((J, X), dimension=0, num_keys=1),
    "sort_key_val": lambda lx: lx.sort_key_val(X, I, 1),
    "top_k": lambda lx: lx.top_k(V, 3),
    "top_k along": lambda lx: lx.top_k(V, 2, axis=1),
    "fft": lambda lx: lx.fft(V, "RFFT", (5, 6)),
    # products
    "dot": lambda lx: lx.dot(X, Y.T),
    "dot of vectors": lambda lx: lx.dot(X[0], Y[0]),
    "dot_general": lambda lx: lx.dot_general(V, V, (((1,), (1,)), ((0,), (0,)))),
    "dot preferred": lambda lx: lx.dot(I, J.T, preferred_element_type=np.float32),
    "batch_matmul": lambda lx: lx.batch_matmul(V, V.swapaxes(1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_agrees_with_jax(name, jax):
    with np.errstate(all="ignore"):
        got = leaves(CALLS[name](lax))
    want = leaves(CALLS[name](jax.lax))
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        assert g.dtype == w.dtype, (g.dtype, w.dtype)
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-12)


# --- convolutions --------------------------------------------------------------------------------

IMAGE, KERNEL = RNG.standard_normal((2, 7, 6, 4)), RNG.standard_normal((3, 2, 4, 5))
NHWC = ("NHWC", "HWIO", "NHWC")
MIXED = ("CHWN", "IOHW", "WNCH")
CONVOLUTIONS = {
    "NHWC": lambda lx, x, w: lx.conv_general_dilated(x, w, (2, 1), "SAME", dimension_numbers=NHWC),
    "lower": lambda lx, x, w: lx.conv_general_dilated(x, w, (2, 2), "SAME_LOWER", dimension_numbers=NHWC),
    "pairs": lambda lx, x, w: lx.conv_general_dilated(
        x, w, (1, 2), [(1, 2), (-1, 1)], (2, 1), (1, 2), NHWC
    ),
    "mixed": lambda lx, x, w: lx.conv_general_dilated(
        x.transpose(3, 1, 2, 0), w.transpose(2, 3, 0, 1), (1, 1), "VALID", dimension_numbers=MIXED
    ),
    "groups": lambda lx, x, w: lx.conv_general_dilated(
        x, w[:, :, :2, :4], (1, 1), "SAME", dimension_numbers=NHWC, feature_group_count=2
    ),
    "batch groups": lambda lx, x, w: lx.conv_general_dilated(
        x, w[..., :4], (1, 1), "SAME", dimension_numbers=NHWC, batch_group_count=2
    ),
    "conv": lambda lx, x, w: lx.conv(x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), (1, 2), "SAME"),
    "with padding": lambda lx, x, w: lx.conv_with_general_padding(
        x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), (1, 2), [(1, 0), (2, 2)], (1, 2), (1, 1)
    ),
    "transpose": lambda lx, x, w: lx.conv_transpose(x, w, (2, 3), "SAME"),
    "transpose valid": lambda lx, x, w: lx.conv_transpose(x, w, (2, 1), "VALID", (1, 2)),
    "transpose kernel": lambda lx, x, w: lx.conv_transpose(
        x, w.swapaxes(2, 3), (2, 2), "SAME", transpose_kernel=True
    ),
    "transpose pairs": lambda lx, x, w: lx.conv_transpose(x, w, (3, 1), [(1, 2), (0, 1)], dimension_numbers=NHWC),
    "patches": lambda lx, x, w: lx.conv_general_dilated_patches(
        x, (3, 2), (2, 1), "SAME", dimension_numbers=NHWC
    ) * np.sum(w),
    "patches NCHW": lambda lx, x, w: lx.conv_general_dilated_patches(x, (3, 2), (1, 1), "VALID") * np.sum(w),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_agree_with_jax(name, jax):
    f = CONVOLUTIONS[name]
    want = np.asarray(f(jax.lax, IMAGE, KERNEL))
    np.testing.assert_allclose(f(lax, IMAGE, KERNEL), want, rtol=1e-10, atol=1e-10)
    if "patches" in name:
        return
    weights = np.random.default_rng(1).standard_normal(want.shape)
    got = fl.grad(lambda x, w: fnp.sum(f(lax, x, w) * weights), (0, 1))(IMAGE, KERNEL)
    expected = jax.grad(lambda x, w: (f(jax.lax, x, w) * weights).sum(), (0, 1))(IMAGE, KERNEL)
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-9)


def test_local_convolution_agrees_with_jax(jax):
    x = IMAGE[:, :5, :4, :2]
    w = np.random.default_rng(0).standard_normal((3, 3, 2 * 3 * 2, 5))

    def f(lx, x, w):
        return lx.conv_general_dilated_local(
            x, w, (1, 1), "VALID", (3, 2), dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    np.testing.assert_allclose(f(lax, x, w), f(jax.lax, x, w), rtol=1e-10, atol=1e-10)


def test_shape_helpers_agree_with_jax(jax):
    for lx in (lax, jax.lax):
        assert tuple(lx.conv_shape_tuple((2, 3, 7, 6), (4, 3, 3, 2), (2, 1), ((1, 1), (0, 1)))) == (
            2,
            4,
            4,
            6,
        )
        general = lx.conv_general_shape_tuple((2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "SAME", NHWC)
        assert tuple(general) == (2, 4, 6, 4)
        back = lx.conv_transpose_shape_tuple((2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "SAME", NHWC)
        assert tuple(back) == (2, 14, 6, 4)
        assert list(map(tuple, lx.padtype_to_pads((7, 6), (3, 2), (2, 1), "SAME"))) == [
            (1, 1),
            (0, 1),
        ]
        assert lx.broadcast_shapes((3, 1), (1, 4)) == (3, 4)
        window = lx.reduce_window_shape_tuple((7, 6), (3, 2), (2, 1), ((1, 1), (0, 1)))
        assert tuple(window) == (4, 6)


# --- gather and scatter --------------------------------------------------------------------------


def test_gather_and_scatter_agree_with_jax(jax):
    indices = np.array([[0, 1], [4, 9], [1, 1]])
    updates = np.random.default_rng(0).standard_normal((3, 2, 2, 3))
    for mode in ("clip", "fill"):

        def read(lx):
            numbers = lx.GatherDimensionNumbers((1, 2, 3), (), (1, 2))
            return lx.gather(V, indices, numbers, (2, 2, 3), mode=mode)  # noqa: B023

        np.testing.assert_allclose(read(lax), read(jax.lax))
        for op in (
            "scatter",
            "scatter_add",
            "scatter_mul",
            "scatter_min",
            "scatter_max",
            "scatter_sub",
        ):
            if mode == "fill" and op == "scatter":
                continue  # overlapping windows: the order is not defined

            def write(lx):
                numbers = lx.ScatterDimensionNumbers((1, 2, 3), (), (1, 2))
                how = "drop" if mode == "fill" else mode  # noqa: B023
                return getattr(lx, op)(V, indices, updates, numbers, mode=how)  # noqa: B023

            np.testing.assert_allclose(write(lax), write(jax.lax), rtol=1e-12, err_msg=op)

    def apply(lx):
        numbers = lx.ScatterDimensionNumbers((), (0,), (0,))
        return lx.scatter_apply(Z[0], np.array([[1], [1], [3]]), lx.sin, numbers, update_shape=(3,))

    np.testing.assert_allclose(apply(lax), apply(jax.lax))


# --- linear algebra ------------------------------------------------------------------------------


def test_linalg_agrees_with_jax(jax):
    a = np.random.default_rng(0).standard_normal((2, 4, 4))
    s = a @ a.swapaxes(1, 2) + np.eye(4)
    b = np.random.default_rng(1).standard_normal((2, 4, 3))
    ours, theirs = lax.linalg, jax.lax.linalg
    np.testing.assert_allclose(ours.cholesky(s), theirs.cholesky(s), rtol=1e-9)
    for left, lower, trans in [(True, True, False), (True, False, True), (False, True, True)]:
        rhs = b if left else b.swapaxes(1, 2)
        kw = {"left_side": left, "lower": lower, "transpose_a": trans}
        np.testing.assert_allclose(
            ours.triangular_solve(s, rhs, **kw), theirs.triangular_solve(s, rhs, **kw), rtol=1e-9
        )
    v, w = ours.eigh(s)
    np.testing.assert_allclose(w, theirs.eigh(s)[1], rtol=1e-9)
    np.testing.assert_allclose(s @ v, v * w[:, None, :], atol=1e-9)
    np.testing.assert_allclose(ours.eigh(s, subset_by_index=(1, 3))[1], w[:, 1:3])
    np.testing.assert_allclose(
        ours.svd(a, compute_uv=False), theirs.svd(a, compute_uv=False), rtol=1e-9
    )
    u, d, vh = ours.svd(a)
    np.testing.assert_allclose((u * d[:, None, :]) @ vh, a, atol=1e-10)
    q, r = ours.qr(a, full_matrices=False)
    np.testing.assert_allclose(q @ r, a, atol=1e-10)
    for g, e in zip(ours.lu(a), theirs.lu(a), strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-9, atol=1e-12)
    pivots = ours.lu(a)[1]
    np.testing.assert_array_equal(
        ours.lu_pivots_to_permutation(pivots, 4), theirs.lu_pivots_to_permutation(pivots, 4)
    )
    w, vl, vr = ours.eig(a)
    np.testing.assert_allclose(a @ vr, vr * w[:, None, :], atol=1e-9)
    left_h = vl.conj().swapaxes(1, 2)
    np.testing.assert_allclose(left_h @ a, w[:, :, None] * left_h, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(vl, axis=1), np.ones((2, 4)))
    t, z = ours.schur(a)
    np.testing.assert_allclose(z @ t @ z.swapaxes(1, 2), a, atol=1e-9)
    product = ours.symmetric_product(b, s, alpha=2.0, beta=0.5)
    np.testing.assert_allclose(product, 2 * b @ b.swapaxes(1, 2) + 0.5 * s)
    d = np.random.default_rng(2).uniform(3, 4, (3, 5))
    off = np.random.default_rng(3).uniform(0, 1, (3, 5))
    rhs = np.random.default_rng(4).standard_normal((3, 5, 2))
    np.testing.assert_allclose(
        ours.tridiagonal_solve(off, d, off, rhs),
        theirs.tridiagonal_solve(off, d, off, rhs),
        rtol=1e-9,
    )
    np.testing.assert_allclose(
        ours.householder_product(a[:, :, :2], b[:, 0, :2]),
        theirs.householder_product(a[:, :, :2], b[:, 0, :2]),
    )


def test_known_monoids_of_other_modules():
    np.testing.assert_allclose(lax.reduce(V, 0.0, operator.add, (0, 1, 2)), V.sum())
    np.testing.assert_allclose(lax.reduce(V, -np.inf, np.maximum, (0, 1, 2)), V.max())
