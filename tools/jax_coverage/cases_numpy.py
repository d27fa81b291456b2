"""One call for each function of `jax.numpy`."""

import numpy as np

from .case import case, cases
from .samples import *  # noqa: F403
from .samples import A3, B2, HOLES, NAT, POSITIVE, SORTED, TALL, B, C, I, J, M, U, V, W, X, Y, Z

__all__ = ["NUMPY"]

ELEMENTWISE = cases(
    {
        "abs absolute fabs negative positive square sign cos sin tan cosh sinh tanh arctan atan": case(
            Z
        ),
        "arcsinh asinh exp exp2 expm1 cbrt sinc i0 deg2rad rad2deg radians degrees": case(Z),
        "ceil floor rint round around trunc signbit spacing": case(Z * 3),
        "arccos acos arcsin asin arctanh atanh log log10 log1p log2 sqrt reciprocal": case(X),
        "arccosh acosh": case(X + 1.5),
        "angle conj conjugate imag real iscomplex isreal": case(C),
        "isfinite isinf isnan isneginf isposinf": case(np.array([1.0, np.inf, -np.inf, np.nan])),
        "nan_to_num": case(np.array([1.0, np.inf, -np.inf, np.nan, -2.0])),
        "add subtract multiply divide true_divide maximum minimum arctan2 atan2 hypot": case(Z, W),
        "copysign logaddexp logaddexp2 nextafter equal greater greater_equal less": case(Z, W),
        "less_equal not_equal isclose allclose array_equal array_equiv heaviside": case(Z, W),
        "fmax fmin": case(HOLES, W),
        "floor_divide mod remainder fmod divmod": case(Z * 5, Y),
        "power pow float_power": case(X, Z),
        "ldexp": case(Z, J),
        "frexp modf": case(Z * 20),
        "gcd lcm bitwise_and bitwise_or bitwise_xor": case(I, J),
        "left_shift right_shift bitwise_left_shift bitwise_right_shift": case(I, J),
        "bitwise_not bitwise_invert invert bitwise_count": case(I),
        "logical_and logical_or logical_xor": case(B, B2),
        "logical_not": case(B),
        "clip": case(Z, -0.5, 0.7),
        "where": case(B, Z, W),
        "select": case(B, B2, Z, W, call=lambda f, b, c, z, w: f([b, c], [z, w], 3.0)),
        "piecewise": case(
            Z, call=lambda f, z: f(z, [z < 0, z > 1], [lambda t: t * t, lambda t: 3 * t, 0.5])
        ),
        "choose": case(J[0] % 3, X[0], Y[0], Z[0], call=lambda f, i, *xs: f(i, list(xs))),
        "unwrap": case(np.cumsum(U * 4)),
        "astype": case(Z, np.float32, tol=1e-6),
        "vectorize": case(Z, W, call=lambda f, z, w: f(lambda a, b: a * b + a)(z, w)),
        "frompyfunc": case(Z, W, call=lambda f, z, w: f(lambda a, b: a * b + a, 2, 1)(z, w)),
    }
)
REDUCTIONS = cases(
    {
        "sum prod mean std var max min amax amin ptp argmax argmin median": case(A3, axis=1),
        "all any count_nonzero": case(B, axis=1),
        "cumsum cumprod cumulative_sum cumulative_prod": case(A3, axis=1),
        "nansum nanprod nanmean nanmax nanmin nanstd nanvar nanargmax nanargmin": case(
            np.where(np.isnan(HOLES) & (np.arange(4) < 2), np.nan, W), axis=1
        ),
        "nancumsum nancumprod nanmedian": case(HOLES, axis=0),
        "percentile nanpercentile": case(A3, 30.0, axis=1),
        "quantile nanquantile": case(A3, np.array([0.2, 0.7]), axis=1),
        "average": case(Z, W**2, call=lambda f, z, w: f(z, 1, w)),
        "cov corrcoef": case(A3[0]),
        "histogram": case(
            U, 5, (-2.0, 2.0), vmap=False, call=lambda f, u, n, r: [v * 1.0 for v in f(u, n, r)]
        ),
        "histogram_bin_edges": case(U, 5, (-2.0, 2.0)),
        "histogram2d": case(
            U, V, 4, vmap=False, call=lambda f, u, v, n: [p * 1.0 for p in f(u, v, n)]
        ),
        "histogramdd": case(
            TALL, 3, vmap=False, call=lambda f, a, n: [f(a, n)[0] * 1.0, *f(a, n)[1]]
        ),
        "bincount": case(NAT, call=lambda f, n: f(n, length=12)),
        "digitize": case(U, np.array([-1.0, 0.0, 1.0]), vmap=False),
        "searchsorted": case(SORTED, V),
        "interp": case(V, SORTED, U**2),
        "trapezoid": case(Z, SORTED[:4], axis=1, call=lambda f, z, x: f(z, x)),
        "gradient": case(Z, call=lambda f, z: f(z, axis=1)),
        "diff": case(A3, 2, 1),
        "ediff1d": case(U),
        "convolve correlate": case(U, V[:4], "full"),
    }
)
SORTING = cases(
    {
        "sort argsort": case(A3, axis=1),
        "partition": case(U, 4, call=lambda f, u, k: f(u, k)[k]),
        "argpartition": case(U, 4, call=lambda f, u, k: f(u, k)[k]),
        "lexsort": case(J[0], Z[0], call=lambda f, a, b: f((b, a))),
        "sort_complex": case(C.ravel()),
        "nonzero": case(B, call=lambda f, b: f(b, size=9)),
        "flatnonzero argwhere": case(B, size=9),
        "extract": case(B, Z, vmap=False),
        "compress": case(B[0], Z, axis=1, vmap=False, call=lambda f, b, z: f(b, z, axis=1)),
        "unique unique_values": case(NAT, size=9, call=lambda f, n: f(n, size=9)),
        "unique_counts unique_inverse unique_all": case(
            NAT, vmap=False, call=lambda f, n: tuple(f(n))
        ),
        "isin": case(NAT, np.array([1, 2, 8])),
        "intersect1d setdiff1d setxor1d union1d": case(NAT, np.array([1, 2, 8]), vmap=False),
        "trim_zeros": case(np.array([0.0, 1.0, 0.0, 2.0, 0.0]), vmap=False, grad=False),
    }
)
SHAPES = cases(
    {
        "reshape": case(Z, (2, 6)),
        "ravel transpose flip fliplr flipud atleast_1d atleast_2d atleast_3d": case(Z),
        "rot90 permute_dims matrix_transpose": case(
            Z, call=lambda f, z: f(z, **({"axes": (1, 0)} if f.__name__ == "permute_dims" else {}))
        ),
        "moveaxis swapaxes rollaxis": case(A3, 0, 2),
        "roll": case(A3, 2, 1),
        "squeeze": case(A3[:1]),
        "expand_dims": case(Z, 1),
        "broadcast_to": case(Z, (2, 3, 4)),
        "broadcast_arrays": case(Z, W[:1]),
        "broadcast_shapes": case((3, 1), (1, 4)),
        "concatenate concat stack hstack vstack dstack column_stack": case(
            Z, W, call=lambda f, z, w: f([z, w])
        ),
        "block": case(Z, W, call=lambda f, z, w: f([[z, w], [w, z]])),
        "append": case(Z, W, 0, call=lambda f, z, w, d: f(z, w, axis=d)),
        "split array_split hsplit": case(
            A3.reshape(5, 12),
            2,
            call=lambda f, a, n: f(a.T, n) if f.__name__ != "hsplit" else f(a, n),
        ),
        "vsplit": case(Z.T, 2),
        "dsplit": case(A3, 3),
        "unstack": case(A3, call=lambda f, a: f(a, axis=1)),
        "tile": case(Z, (2, 3)),
        "repeat": case(Z, 3, axis=1),
        "pad": case(
            Z, ((1, 2), (0, 3)), "reflect", call=lambda f, z, p, m: f(z, ((1, 2), (0, 3)), mode=m)
        ),
        "resize": case(Z, (4, 5)),
        "insert": case(Z, 1, W[0], 0, call=lambda f, z, i, w, d: f(z, i, w, axis=d)),
        "delete": case(Z, 1, 0, call=lambda f, z, i, d: f(z, i, axis=d)),
        "diag diagflat": case(U),
        "diagonal trace tril triu": case(M),
        "size shape ndim": case(Z, vmap=False, grad=False),
        "isscalar iscomplexobj isrealobj iterable": case(Z, vmap=False, grad=False),
    }
)
INDEXING = cases(
    {
        "take": case(Z, J[0] % 3, axis=0, call=lambda f, z, i: f(z, i, axis=0)),
        "take_along_axis": case(
            Z, J[:, :2].astype(np.int64) % 4, axis=1, call=lambda f, z, i: f(z, i, axis=1)
        ),
        "put_along_axis": case(
            Z,
            J[:, :1].astype(np.int64) % 4,
            W[:, :1],
            call=lambda f, z, i, w: f(z, i, w, axis=1, inplace=False),
        ),
        "put": case(
            Z,
            NAT,
            W.ravel()[:8],
            call=lambda f, z, i, w: f(z, i[np.array([0, 1, 2, 5, 6, 7])], w[:6], inplace=False),
        ),
        "place": case(Z, B, W, inplace=False, call=lambda f, z, b, w: f(z, b, w, inplace=False)),
        "fill_diagonal": case(M, 7.0, inplace=False),
        "ix_": case(NAT, np.array([0, 2])),
        "indices": case((2, 3)),
        "unravel_index": case(NAT, (3, 4)),
        "ravel_multi_index": case(
            NAT % 3, NAT % 4, call=lambda f, i, j: f((i, j), (3, 4), mode="clip")
        ),
        "diag_indices": case(3, 2),
        "diag_indices_from tril_indices_from triu_indices_from": case(M, vmap=False),
        "tril_indices triu_indices": case(3, 1, 4),
        "mask_indices": case(
            4,
            call=lambda f, n: (
                f(n, np.triu, 1)
                if "functorch" in f.__module__
                else f(n, __import__("jax").numpy.triu, 1)
            ),
        ),
    }
)
CREATION = cases(
    {
        "array asarray copy": case(Z),
        "ones zeros": case((2, 3)),
        "empty": case((2, 0)),
        "full": case((2, 3), 7.0),
        "ones_like zeros_like": case(Z),
        "empty_like": case(Z[:0]),
        "full_like": case(Z, 3.0),
        "eye identity": case(4),
        "tri": case(3, 4, 1),
        "arange": case(1.0, 7.0, 0.5),
        "linspace": case(np.array([0.0, 1.0]), 5.0, 7),
        "logspace": case(0.0, 2.0, 5),
        "geomspace": case(np.array([1.0, 2.0]), 100.0, 5),
        "meshgrid": case(Z[0], W[0]),
        "vander": case(U, 4),
        "bartlett blackman hamming hanning": case(9),
        "kaiser": case(9, 4.0),
        "fromfunction": case(call=lambda f: f(lambda i, j: i * 2 + j, (3, 4))),
        "fromiter": case(call=lambda f: f([1.0, 2.0, 3.0], float)),
        "frombuffer": case(call=lambda f: f(np.arange(3.0).tobytes(), float)),
        "fromstring": case(call=lambda f: f("1 2 3", float, sep=" ")),
        "from_dlpack": case(Z, grad=False, vmap=False),
        "apply_along_axis": case(Z, call=lambda f, z: f(lambda r: (r * r).sum(), 1, z)),
        "apply_over_axes": case(
            A3, call=lambda f, a: f(lambda b, d: b.sum(d, keepdims=True), a, [0, 2])
        ),
        "packbits": case(B),
        "unpackbits": case(np.array([3, 200, 17], np.uint8)),
    }
)
PRODUCTS = cases(
    {
        "dot matmul": case(Z, W.T),
        "inner": case(Z, W),
        "outer vdot": case(Z[0], W[0]),
        "kron": case(Z, W),
        "tensordot": case(A3, A3, 2, call=lambda f, a, b, n: f(a, b.transpose(1, 2, 0), n)),
        "vecdot": case(Z, W),
        "matvec": case(Z, W[0]),
        "vecmat": case(Z[:, 0], W),
        "cross": case(TALL, TALL[::-1]),
        "einsum": case(Z, W, call=lambda f, z, w: f("ij,kj->ik", z, w)),
        "einsum_path": case(
            Z,
            W,
            vmap=False,
            grad=False,
            call=lambda f, z, w: [np.asarray(f("ij,kj->ik", z, w)[0][1:])],
        ),
    }
)
POLYNOMIALS = cases(
    {
        "poly": case(POSITIVE[:4]),
        "polyadd polysub polymul": case(U[:3], V[:4]),
        "polyder": case(U[:5], 2),
        "polyint": case(U[:5], 2, grad=True),
        "polydiv": case(U[:5], V[:2], call=lambda f, u, v: f(u, v)[0]),
        "polyfit": case(SORTED, V, 2, tol=1e-6),
        "polyval": case(U[:4], V),
        "roots": case(
            np.array([1.0, -6.0, 11.0, -6.0]),
            tol=1e-6,
            vmap=False,
            grad=False,
            call=lambda f, p: abs(f(p))[np.array([0, 1, 2])].sum(),
        ),
    }
)
DTYPES = cases(
    {
        "can_cast promote_types result_type": case(np.dtype("int32"), np.dtype("float32")),
        "isdtype": case(np.dtype("float32"), "real floating"),
        "issubdtype": case(np.float32, np.floating),
        "finfo": case(
            "float32",
            call=lambda f, d: [np.float64(getattr(f(d), n)) for n in ("eps", "max", "tiny")],
        ),
        "iinfo": case("int16", call=lambda f, d: [f(d).max, f(d).min]),
        "array_repr array_str": case(Z, vmap=False, grad=False, call=lambda f, z: len(f(z)) > 10),
        "c_ r_": case(Z[0], W[0], call=lambda f, z, w: f[z, w]),
        "s_ index_exp": case(vmap=False, call=lambda f: str(f[1:2, ::3])),
        "mgrid": case(call=lambda f: f[0:3, 0:1:4j]),
        "ogrid": case(call=lambda f: f[0:3, 0:2]),
    }
)

SQUARE = cases(
    {
        "cholesky": case(M @ M.T + np.eye(4)),
        "cond": case(M),
        "cross": case(TALL, TALL[::-1]),
        "det inv pinv slogdet diagonal trace matrix_transpose": case(M),
        "eig": case(M, grad=False, vmap=False, call=lambda f, m: _by_real(f(m)[0])),
        "eigvals": case(M, grad=False, vmap=False, call=lambda f, m: _by_real(f(m))),
        "eigh": case(M + M.T, call=lambda f, m: _even(*f(m))),
        "eigvalsh": case(M + M.T),
        "lstsq": case(TALL, TALL[:, 0], vmap=False, call=lambda f, a, b: f(a, b)[0]),
        "matmul": case(Z, W.T),
        "matrix_norm norm svdvals": case(TALL),
        "matrix_power": case(M, 3),
        "matrix_rank": case(TALL),
        "multi_dot": case(Z, W, call=lambda f, z, w: f([z, w.T, z])),
        "outer": case(U, V),
        "qr": case(TALL, call=lambda f, a: _even_qr(*f(a))),
        "solve": case(M, TALL[:4]),
        "svd": case(TALL, call=lambda f, a: _even_svd(*f(a, full_matrices=False))),
        "tensordot": case(A3, A3, 2, call=lambda f, a, b, n: f(a, b.transpose(1, 2, 0), axes=n)),
        "tensorinv": case(np.eye(24).reshape(6, 4, 8, 3) + 0.01, call=lambda f, a: f(a, ind=2)),
        "tensorsolve": case(np.eye(12).reshape(3, 4, 12) + 0.01, Z),
        "vecdot": case(Z, W),
        "vector_norm": case(Z, axis=1),
    }
)


def _by_real(w):
    """Order eigenvalues, which come in any order."""
    return w[abs(w).argsort()]


def _even(w, v):
    """Make eigenvectors independent of their signs."""
    return w, v * v


def _even_qr(q, r):
    return q * q, r * r


def _even_svd(u, s, vh):
    return u * u, s, vh * vh


N_DIM = "s=(4, 6)"
FFT = cases(
    {
        "fft ifft ihfft rfft": case(Z),
        "hfft irfft": case(C),
        "fft2 ifft2 fftn ifftn": case(C),
        "rfft2 rfftn": case(Z),
        "irfft2 irfftn": case(C),
        "fftfreq rfftfreq": case(9, 0.5),
        "fftshift ifftshift": case(Z),
    }
)

NUMPY = {
    "jax.numpy": ELEMENTWISE | REDUCTIONS | SORTING | SHAPES | INDEXING | CREATION | PRODUCTS | POLYNOMIALS | DTYPES,
    "jax.numpy.linalg": SQUARE,
    "jax.numpy.fft": FFT,
}  # fmt: skip
