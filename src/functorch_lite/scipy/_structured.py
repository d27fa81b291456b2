"""Matrices that are known from a few numbers: Hankel, companion, Hilbert and their kin."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..numpy import _elementwise as el
from ..numpy._getitem import getitem
from ..numpy._joining import concatenate
from ..numpy._manipulation import broadcast_to
from ..numpy._promotion import as_array, broadcast_shapes, promote_dtypes, promote_inexact
from ..prims.shape import pad, reshape, rev, slice_

__all__ = [
    "block_diag",
    "circulant",
    "companion",
    "convolution_matrix",
    "dft",
    "fiedler",
    "fiedler_companion",
    "hadamard",
    "hankel",
    "helmert",
    "hilbert",
    "invhilbert",
    "invpascal",
    "leslie",
    "pascal",
    "toeplitz",
]


def _vector(x: Any, name: str, least: int = 1) -> Any:
    x = as_array(x, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    if not shape_of(x) or shape_of(x)[-1] < least:
        raise ShapeError(
            f"{name} takes vectors of length {least} or more, got shape {shape_of(x)} "
            f"{summarize(current_source())}"
        )
    return x


def circulant(c: Any) -> Any:
    """Matrix whose columns are `c`, shifted around by one each. See `scipy.linalg.circulant`.

    Examples
    --------
    >>> circulant([1, 2, 3])
    array([[1, 3, 2],
           [2, 1, 3],
           [3, 2, 1]])
    """
    x = _vector(c, "circulant")
    i = np.arange(shape_of(x)[-1])
    return getitem(x, (..., (i[:, None] - i) % i.size))


def hankel(c: Any, r: Any = None) -> Any:
    """Matrix with constant anti-diagonals: first column `c`, last row `r` (zeros by default).

    See `scipy.linalg.hankel`.

    Examples
    --------
    >>> hankel([1, 2, 3], [3, 7])
    array([[1, 2],
           [2, 3],
           [3, 7]])
    """
    x = _vector(c, "hankel")
    y = el.multiply(x, 0) if r is None else _vector(r, "hankel")
    x, y = promote_dtypes(x, y)
    lead = broadcast_shapes(shape_of(x)[:-1], shape_of(y)[:-1])
    m, n = shape_of(x)[-1], shape_of(y)[-1]
    x, y = broadcast_to(x, (*lead, m)), broadcast_to(y, (*lead, n))
    values = concatenate([x, y[..., 1:]], -1)
    return getitem(values, (..., np.arange(m)[:, None] + np.arange(n)))


def companion(a: Any) -> Any:
    """Companion matrix of a polynomial, highest power first. See `scipy.linalg.companion`.

    Examples
    --------
    >>> companion([2.0, -10.0, 31.0])
    array([[  5. , -15.5],
           [  1. ,   0. ]])
    """
    (x,) = promote_inexact(_vector(a, "companion", 2), small_ints=False)
    n = shape_of(x)[-1]
    top = -x[..., 1:] / x[..., :1]
    below = broadcast_to(np.eye(n - 2, n - 1, dtype=dtype_of(x)), (*shape_of(x)[:-1], n - 2, n - 1))
    return concatenate([top[..., None, :], below], -2)


def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """Matrix that convolves vectors of length `n` with `a`. See `scipy.linalg.convolution_matrix`.

    Examples
    --------
    >>> convolution_matrix([1, 2], 3, "same")
    array([[1, 0, 0],
           [2, 1, 0],
           [0, 2, 1]])
    """
    x = _vector(a, "convolution_matrix")
    m = shape_of(x)[-1]
    if n < 1 or mode not in ("full", "same", "valid"):
        raise ValueError(
            f"convolution_matrix: n must be positive, got {n}, and mode 'full', 'same' or 'valid', "
            f"got {mode!r} {summarize(current_source())}"
        )
    i = np.arange(m + n - 1)[:, None] - np.arange(n)
    full = el.where(
        (i >= 0) & (i < m), getitem(x, (..., np.clip(i, 0, m - 1))), dtype_of(x).type(0)
    )
    if mode == "full":
        return full
    rows = max(m, n) if mode == "same" else max(m, n) - min(m, n) + 1
    start = (min(m, n) - 1) // 2 if mode == "same" else min(m, n) - 1
    return full[..., start : start + rows, :]


def fiedler(a: Any) -> Any:
    """Symmetric matrix of distances ``abs(a[i] - a[j])``. See `scipy.linalg.fiedler`.

    Examples
    --------
    >>> fiedler([1, 4, 6])
    array([[0, 3, 5],
           [3, 0, 2],
           [5, 2, 0]])
    """
    x = _vector(a, "fiedler")
    return el.absolute(x[..., :, None] - x[..., None, :])


def fiedler_companion(a: Any) -> Any:
    """Pentadiagonal companion matrix of a polynomial. See `scipy.linalg.fiedler_companion`.

    Examples
    --------
    >>> fiedler_companion([1.0, -16.0, 86.0])
    array([[ 16., -86.],
           [  1.,   0.]])
    """
    (x,) = promote_inexact(_vector(a, "fiedler_companion", 2), small_ints=False)
    x = x / x[..., :1]
    n = shape_of(x)[-1] - 1
    if n == 1:
        return -x[..., 1:, None]
    # Which coefficient stands where, 0 for the leading one, which is 1; n + 1 for nothing.
    where = np.full((n, n), n + 1)
    where[range(3, n, 2), range(1, n - 2, 2)] = 0
    where[range(2, n, 2), range(1, n - 1, 2)] = range(3, n + 1, 2)
    where[range(0, n - 2, 2), range(2, n, 2)] = 0
    where[range(0, n - 1, 2), range(1, n, 2)] = range(2, n + 1, 2)
    where[:2, 0] = 1, 0
    one, zero = x[..., :1] * 0 + 1, x[..., :1] * 0
    return getitem(concatenate([one, -x[..., 1:], zero], -1), (..., where))


def hadamard(n: int, dtype: Any = int) -> Any:
    """Orthogonal matrix of 1 and -1; `n` is a power of two. See `scipy.linalg.hadamard`.

    Examples
    --------
    >>> hadamard(2)
    array([[ 1,  1],
           [ 1, -1]])
    """
    import scipy.linalg

    return scipy.linalg.hadamard(n, dtype)


def helmert(n: int, full: bool = False) -> Any:
    """Helmert matrix, with its first row if `full`. See `scipy.linalg.helmert`.

    Examples
    --------
    >>> helmert(2).round(4)
    array([[ 0.7071, -0.7071]])
    """
    import scipy.linalg

    return scipy.linalg.helmert(n, full)


def hilbert(n: int) -> Any:
    """Matrix of ``1 / (i + j + 1)``. See `scipy.linalg.hilbert`.

    Examples
    --------
    >>> hilbert(2).round(4)
    array([[1.    , 0.5   ],
           [0.5   , 0.3333]])
    """
    return 1.0 / (np.arange(n)[:, None] + np.arange(n) + 1)


def invhilbert(n: int, exact: bool = False) -> Any:
    """Inverse of the Hilbert matrix. See `scipy.linalg.invhilbert`.

    Examples
    --------
    >>> invhilbert(2)
    array([[ 4., -6.],
           [-6., 12.]])
    """
    import scipy.linalg

    return scipy.linalg.invhilbert(n, exact)


def pascal(n: int, kind: str | None = None) -> Any:
    """Matrix of binomial coefficients; kind "symmetric", "lower" or "upper". See `scipy.linalg.pascal`.

    Examples
    --------
    >>> pascal(3, "lower")
    array([[1., 0., 0.],
           [1., 1., 0.],
           [1., 2., 1.]])
    """
    import scipy.linalg

    return scipy.linalg.pascal(n, kind or "symmetric", exact=False)


def invpascal(n: int, kind: str | None = None) -> Any:
    """Inverse of the Pascal matrix. See `scipy.linalg.invpascal`.

    Examples
    --------
    >>> invpascal(3, "lower") + 0.0
    array([[ 1.,  0.,  0.],
           [-1.,  1.,  0.],
           [ 1., -2.,  1.]])
    """
    import scipy.linalg

    return scipy.linalg.invpascal(n, kind or "symmetric", exact=False)


def dft(n: int, scale: str | None = None) -> Any:
    """Matrix of the discrete Fourier transform; scale None, "sqrtn" or "n". See `scipy.linalg.dft`.

    Examples
    --------
    >>> dft(2).real
    array([[ 1.,  1.],
           [ 1., -1.]])
    """
    import scipy.linalg

    return scipy.linalg.dft(n, scale)


def leslie(f: Any, s: Any) -> Any:
    """Leslie matrix of fecundities and survival rates. See `scipy.linalg.leslie`.

    Examples
    --------
    >>> leslie([0.1, 2.0], [0.5])
    array([[0.1, 2. ],
           [0.5, 0. ]])
    """
    x, y = promote_dtypes(_vector(f, "leslie", 2), _vector(s, "leslie"))
    n = shape_of(x)[-1]
    if shape_of(y)[-1] != n - 1:
        raise ShapeError(
            f"leslie: {n} fecundities need {n - 1} survival rates, got {shape_of(y)[-1]} "
            f"{summarize(current_source())}"
        )
    below = y[..., :, None] * np.eye(n - 1, n, dtype=dtype_of(y))
    return concatenate([x[..., None, :], below], -2)


def block_diag(*arrs: Any) -> Any:
    """Matrix with the given ones along its diagonal. See `scipy.linalg.block_diag`.

    Examples
    --------
    >>> block_diag([[1, 2]], 3)
    array([[1, 2, 0],
           [0, 0, 3]])
    """
    xs = [as_array(a, "block_diag") for a in (arrs or ([],))]
    xs = promote_dtypes(*[x if hasattr(x, "shape") else np.asarray(x) for x in xs])
    blocks = [reshape(x, (1,) * (2 - len(shape_of(x))) + shape_of(x)) for x in xs]
    if any(len(shape_of(b)) != 2 for b in blocks):
        raise ShapeError(
            f"block_diag needs at most two axes, got shapes {[shape_of(x) for x in xs]} "
            f"{summarize(current_source())}"
        )
    width = sum(shape_of(b)[1] for b in blocks)
    rows, left = [], 0
    for b in blocks:
        n = shape_of(b)[1]
        rows.append(pad(b, dtype_of(b).type(0), [(0, 0, 0), (left, width - left - n, 0)]))
        left += n
    return concatenate(rows, 0)


def toeplitz(c: Any, r: Any = None) -> Any:
    """Toeplitz matrix with first column `c` and first row `r` (by default the conjugate of `c`).

    Leading axes are batch axes. See `scipy.linalg.toeplitz`.

    Examples
    --------
    >>> toeplitz([1, 2, 3], [1, 4])
    array([[1, 4],
           [2, 1],
           [3, 2]])
    """
    c = as_array(c, "toeplitz")
    r = el.conj(c) if r is None else as_array(r, "toeplitz")
    c, r = promote_dtypes(*[x if hasattr(x, "shape") else np.asarray(x) for x in (c, r)])
    c, r = (reshape(x, (1,)) if not shape_of(x) else x for x in (c, r))
    m, n = shape_of(c)[-1], shape_of(r)[-1]
    lead = broadcast_shapes(shape_of(c)[:-1], shape_of(r)[:-1])
    if not m or not n:
        return np.zeros((*lead, m, n), dtype_of(c))
    c, r = broadcast_to(c, (*lead, m)), broadcast_to(r, (*lead, n))
    zeros = (0,) * len(lead)
    # Diagonals from the top right corner to the bottom left one; row i starts at m - 1 - i.
    diagonals = concatenate([rev(c, (len(lead),)), slice_(r, (*zeros, 1), (*lead, n))], len(lead))
    rows = [
        reshape(slice_(diagonals, (*zeros, m - 1 - i), (*lead, m - 1 - i + n)), (*lead, 1, n))
        for i in range(m)
    ]
    return concatenate(rows, len(lead))
