"""One call for each function of `jax.lax`."""

import numpy as np

from .case import case, cases
from .samples import A3, RHS, SPD, STACK, TALL, B, C, I, J, M, U, W, X, Y, Z

__all__ = ["LAX"]

IMAGE = np.random.default_rng(1).standard_normal((2, 3, 7, 6))
KERNEL = np.random.default_rng(2).standard_normal((4, 3, 3, 2))
PAIRS = [(1, 2), (0, 1)]
ELEMENTWISE = cases(
    {
        "neg sign floor ceil round exp exp2 expm1 sin cos tan sinh cosh tanh asinh atan erf erfc": case(
            Z
        ),
        "square cbrt abs logistic bessel_i0e bessel_i1e is_finite stop_gradient": case(Z),
        "sqrt rsqrt log log1p asin acos atanh erf_inv lgamma digamma reciprocal": case(X),
        "acosh": case(X + 1.5),
        "add sub mul div max min atan2 nextafter complex eq ne lt le gt ge": case(Z, W),
        "rem": case(Z * 5, Y),
        "pow": case(X, Z),
        "igamma igammac igamma_grad_a random_gamma_grad": case(X * 3, Y * 3, tol=1e-6),
        "zeta": case(X + 1.5, Y),
        "betainc": case(X, Y, np.abs(Z) / 3, tol=1e-7),
        "polygamma": case(np.full((3, 4), 2.0), X, tol=1e-8),
        "integer_pow": case(Z, -3),
        "real imag conj": case(C),
        "bitwise_and bitwise_or bitwise_xor": case(I, J),
        "shift_left shift_right_arithmetic shift_right_logical": case(I, J),
        "mulhi": case(I * 100000, J * 100000),
        "bitwise_not population_count": case(I),
        "clz": case(J),
        "clamp": case(-X, Z, Y),
        "select": case(B, Z, W),
        "select_n": case(J % 3, X, Y, Z),
        "reduce_precision": case(Z, 8, 7),
        "optimization_barrier": case(Z),
    }
)
SHAPES = cases(
    {
        "convert_element_type": case(Z * 10, np.int32),
        "bitcast_convert_type": case(np.float32(Z), np.int32),
        "iota": case(np.float32, 5),
        "broadcasted_iota": case(np.int32, (2, 3), 1),
        "full": case((2, 3), 7, np.float32),
        "full_like": case(Z, 3.7),
        "empty": case((0, 3), np.float32),
        "broadcast": case(Z, (2, 1)),
        "broadcast_like": case(Z[:1], W, call=lambda f, z, w: f(z[0], w)),
        "broadcast_in_dim": case(Z, (3, 2, 4), (0, 2)),
        "broadcast_shapes": case((3, 1), (1, 4)),
        "broadcast_to_rank": case(Z, 4),
        "reshape": case(Z, (2, 6), (1, 0)),
        "collapse": case(A3, 1, 3),
        "transpose": case(A3, (2, 0, 1)),
        "rev": case(A3, (0, 2)),
        "squeeze": case(A3[:1], (0,)),
        "expand_dims": case(Z, (0, -1)),
        "concatenate": case(X, Y, call=lambda f, x, y: f([x, y], 1)),
        "stack": case(X, Y, call=lambda f, x, y: f([x, y], 1)),
        "unstack": case(A3, 1),
        "split": case(A3, (2, 3), 1),
        "tile": case(Z, (2, 3)),
        "pad": case(Z, np.array(0.5), [(1, -1, 2), (-1, 2, 0)]),
        "slice": case(A3, (0, 1, 2), (2, 5, 6), (1, 2, 3)),
        "slice_in_dim": case(A3, -4, None, 2, 1),
        "index_in_dim": case(A3, -1, 2, False),
        "dynamic_slice": case(A3, np.array([0, 4, -3]), (1, 3, 2)),
        "dynamic_slice_in_dim": case(A3, np.array(9), 2, 1),
        "dynamic_index_in_dim": case(A3, np.array(3), 2, False),
        "dynamic_update_slice": case(A3, A3[:1, :2, :3] * 2, np.array([1, 4, 2])),
        "dynamic_update_slice_in_dim": case(A3, A3[:, :2] * 2, np.array(9), 1),
        "dynamic_update_index_in_dim": case(A3, A3[:, 0] * 2, np.array(2), 1),
        "index_take": case(
            A3,
            np.array([0, 1, 1]),
            np.array([4, 0, 2]),
            call=lambda f, a, i, j: f(a, (i, j), (0, 1)),
        ),
        "dtype": case(Z, vmap=False, grad=False),
        "shape_as_value": case((2, 3)),
    }
)
REDUCTIONS = cases(
    {
        "reduce_sum reduce_max reduce_min reduce_prod": case(A3, (0, 2)),
        "reduce_and reduce_or reduce_xor": case(I, (0,)),
        "argmax argmin": case(A3, 1, np.int32),
        "reduce": case(A3, np.array(0.5), call=lambda f, a, init: f(a, init, _add, (0, 2))),
        "cumsum cumprod cummax cummin cumlogsumexp": case(A3, 1, reverse=True),
        "reduce_window": case(A3, call=lambda f, a: f(a, 0.0, _add, (1, 2, 3), (1, 2, 1), "SAME")),
        "sort": case(A3, dimension=1),
        "sort_key_val": case(X, I, 1),
        "top_k": case(A3, 3),
        "approx_max_k approx_min_k": case(Z, 2),
        "map": case(Z, call=lambda f, z: f(lambda r: (r * r).sum(), z)),
        "fft": case(A3, "RFFT", (5, 6)),
        "dot": case(X, Y.T),
        "batch_matmul": case(A3, A3.swapaxes(1, 2)),
        "dot_general": case(A3, A3, (((1,), (1,)), ((0,), (0,)))),
        "ragged_dot": case(TALL, A3[:2, :3], np.array([2, 3], np.int32)),
        "ragged_dot_general": case(
            TALL,
            A3[:2, :3],
            np.array([2, 3], np.int32),
            call=lambda f, a, b, n: _ragged(f, a, b, n),
        ),
    }
)
CONVOLUTIONS = cases(
    {
        "conv": case(IMAGE, KERNEL, (1, 2), "SAME"),
        "conv_general_dilated": case(IMAGE, KERNEL, (1, 2), PAIRS, (2, 1), (1, 2)),
        "conv_with_general_padding": case(IMAGE, KERNEL, (1, 2), PAIRS, (1, 2), (1, 1)),
        "conv_transpose": case(
            IMAGE, KERNEL, (2, 3), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW")
        ),
        "conv_general_dilated_patches": case(IMAGE, (3, 2), (2, 1), "SAME"),
        "conv_general_dilated_local": case(
            IMAGE[:, :2, :5, :4],
            np.random.default_rng(3).standard_normal((5, 12, 3, 3)),
            (1, 1),
            "VALID",
            (3, 2),
        ),
        "conv_dimension_numbers": case(
            (2, 3, 7, 6), (4, 3, 3, 2), None, call=lambda f, *a: [list(d) for d in f(*a)]
        ),
        "conv_general_permutations": case(
            ("NHWC", "HWIO", "NHWC"), call=lambda f, d: [list(p) for p in f(d)]
        ),
        "conv_general_shape_tuple": case(
            (2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "SAME", ("NHWC", "HWIO", "NHWC")
        ),
        "conv_shape_tuple": case((2, 3, 7, 6), (4, 3, 3, 2), (2, 1), ((1, 1), (0, 1))),
        "conv_transpose_shape_tuple": case(
            (2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "SAME", ("NHWC", "HWIO", "NHWC")
        ),
        "padtype_to_pads": case((7, 6), (3, 2), (2, 1), "SAME"),
        "reduce_window_shape_tuple": case((7, 6), (3, 2), (2, 1), ((1, 1), (0, 1))),
    }
)
SPOTS = np.array([[0, 1], [1, 3], [1, 1]])
INDEXING = {
    "gather": case(A3, SPOTS, call=lambda f, a, i: f(a, i, _numbers(f, "Gather", (1, 2), (0,), (0, 1)), (1, 2, 6), mode="clip")),
} | cases(
    {
        "scatter scatter_add scatter_sub scatter_mul scatter_min scatter_max": case(
            A3, SPOTS[:2], A3[:1, :4, :6].reshape(2, 2, 6) * 2,
            call=lambda f, a, i, u: f(a, i, u, _numbers(f, "Scatter", (1, 2), (0,), (0, 1)), mode="clip"),
        ),
        "scatter_apply": case(Z[0], np.array([[1], [1], [3]]), call=lambda f, z, i: f(z, i, _lax(f).sin, _numbers(f, "Scatter", (), (0,), (0,)), update_shape=(3,))),
    }
)  # fmt: skip
CONTROL = cases(
    {
        "scan": case(np.array(0.3), U, call=lambda f, c, xs: f(lambda c, x: (c * 0.5 + x, c * x), c, xs)),
        "associative_scan": case(U, call=lambda f, u: f(_mul, u)),
        "fori_loop": case(Z, call=lambda f, z: f(0, 4, lambda i, z: z * 0.5 + i, z)),
        "while_loop": case(Z, grad=False, call=lambda f, z: f(lambda s: (s * s).sum() > 0.1, lambda s: s * 0.5, z)),
        "cond": case(B[0, 0], Z, call=lambda f, b, z: f(b, lambda z: z * z, lambda z: -z, z)),
        "switch": case(J[0, 0] % 3, Z, call=lambda f, i, z: f(i, [lambda z: z, lambda z: z * z, lambda z: -z], z)),
        "custom_root": case(np.array(0.7), call=lambda f, x: f(lambda y: y * y - x, x, _newton, lambda g, b: b / g(1.0))),
        "custom_linear_solve": case(M, RHS[:, 0], call=lambda f, m, b: f(lambda v: m @ v, b, lambda mv, v: _solve(f, m, v), lambda mv, v: _solve(f, m.T, v))),
        "platform_dependent": case(Z, call=lambda f, z: f(z, cpu=lambda z: z * 2, default=lambda z: z)),
        "composite": case(Z, call=lambda f, z: f(lambda z: z * 2, "my.double")(z)),
    }
)  # fmt: skip


def _collective(name, *args, **kwargs):
    def call(f, z):
        vmap = _package(f).vmap
        return vmap(lambda row: f(row, "i", *args, **kwargs), axis_name="i")(z)

    return case(M, call=call)


COLLECTIVES = {
    "psum": _collective("psum"),
    "pmean": _collective("pmean"),
    "pmax": _collective("pmax"),
    "pmin": _collective("pmin"),
    "all_gather": _collective("all_gather"),
    "ppermute": _collective("ppermute", [(0, 1), (1, 2), (2, 0), (3, 3)]),
    "pshuffle": _collective("pshuffle", [1, 0, 3, 2]),
    "all_to_all": _collective("all_to_all", 0, 0),
    "psum_scatter": _collective("psum_scatter"),
    "pswapaxes": _collective("pswapaxes", 0),
    "axis_index": case(
        Z, call=lambda f, z: _package(f).vmap(lambda r: r * f("i"), axis_name="i")(z)
    ),
    "axis_size": case(
        Z, call=lambda f, z: _package(f).vmap(lambda r: r * f("i"), axis_name="i")(z)
    ),
}
LINALG = cases(
    {
        "cholesky": case(SPD),
        "cholesky_update": case(np.linalg.cholesky(SPD).T, RHS[:, 0], grad=False, vmap=False),
        "eig": case(M, grad=False, vmap=False, call=lambda f, m: abs(f(m)[0]).sum()),
        "eigh": case(SPD, call=lambda f, m: [p * p for p in f(m)]),
        "hessenberg": case(M, vmap=False, grad=False),
        "householder_product": case(TALL, U[:3]),
        "lu": case(STACK),
        "lu_pivots_to_permutation": case(np.array([2, 1, 3, 3], np.int32), 4),
        "ormqr": case(
            TALL, U[:3], TALL * 2, call=lambda f, a, t, c: f(a, t, c), grad=False, vmap=False
        ),
        "qdwh": case(TALL, grad=False, vmap=False, call=lambda f, a: f(a)[:2]),
        "qr": case(TALL, call=lambda f, a: [p * p for p in f(a, full_matrices=False)]),
        "schur": case(SPD, grad=False, vmap=False, call=lambda f, a: [abs(p) for p in f(a)]),
        "svd": case(TALL, call=lambda f, a: [p * p for p in f(a, full_matrices=False)]),
        "symmetric_product": case(RHS, SPD, alpha=2.0, beta=0.5),
        "triangular_solve": case(SPD, RHS, left_side=True, lower=True),
        "tridiagonal": case(SPD, grad=False, vmap=False),
        "tridiagonal_solve": case(X[0], X[1] + 3, X[2], RHS),
    }
)


def _package(f):
    if f.__module__.startswith("functorch_lite"):
        import functorch_lite

        return functorch_lite
    import jax

    return jax


def _lax(f):
    return _package(f).lax


def _numpy(f):
    return _package(f).numpy


def _add(a, b):
    return a + b


def _mul(a, b):
    return a * b


def _solve(f, m, v):
    return _numpy(f).linalg.solve(m, v)


def _newton(f, y):
    for _ in range(30):
        y = y - f(y) / (2 * y)
    return y


def _numbers(f, kind, offset, dropped, to):
    return getattr(_lax(f), f"{kind}DimensionNumbers")(offset, dropped, to)


def _ragged(f, a, b, n):
    numbers = _lax(f).RaggedDotDimensionNumbers((((1,), (1,)), ((), ())), [0], [0])
    return f(a, b, n, numbers)


LAX = {
    "jax.lax": ELEMENTWISE | SHAPES | REDUCTIONS | CONVOLUTIONS | INDEXING | CONTROL | COLLECTIVES,
    "jax.lax.linalg": LINALG,
}
