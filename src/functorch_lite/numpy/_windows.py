"""Window functions, and the Bessel function that one of them needs."""

from typing import Any

import numpy as np

from ..ir import bind, dtype_of
from ._elementwise import sqrt
from ._promotion import as_array, is_plain, promote_inexact

__all__ = ["bartlett", "blackman", "hamming", "hanning", "i0", "kaiser"]


def i0(x: Any) -> Any:
    """Modified Bessel function of the first kind, order 0. See `numpy.i0`.

    Examples
    --------
    >>> i0(0.0)
    array(1.)
    """
    from ..prims.special import bessel_i0_p

    (x,) = promote_inexact(as_array(x, "i0"), small_ints=False)
    x = np.asarray(x) if not hasattr(x, "shape") else x
    return bind(bessel_i0_p, x)


def bartlett(M: int) -> Any:
    """Return the triangular window that is 0 at both ends. See `numpy.bartlett`.

    Examples
    --------
    >>> bartlett(5)
    array([0. , 0.5, 1. , 0.5, 0. ])
    """
    return np.bartlett(M)


def blackman(M: int) -> Any:
    """Return the Blackman window. See `numpy.blackman`.

    Examples
    --------
    >>> blackman(3).round(6) + 0.0
    array([0., 1., 0.])
    """
    return np.blackman(M)


def hamming(M: int) -> Any:
    """Return the Hamming window, a cosine raised by 0.08. See `numpy.hamming`.

    Examples
    --------
    >>> hamming(3)
    array([0.08, 1.  , 0.08])
    """
    return np.hamming(M)


def hanning(M: int) -> Any:
    """Return the Hann window. See `numpy.hanning`.

    Examples
    --------
    >>> hanning(3)
    array([0., 1., 0.])
    """
    return np.hanning(M)


def kaiser(M: int, beta: Any) -> Any:
    """Return the Kaiser window; `beta`, its shape, may be differentiated. See `numpy.kaiser`.

    Examples
    --------
    >>> kaiser(3, 0.0)
    array([1., 1., 1.])
    """
    beta = as_array(beta, "kaiser")
    if is_plain(beta):
        return np.kaiser(M, beta)
    (beta,) = promote_inexact(beta, small_ints=False)
    if M <= 1:
        return np.ones(M)
    half = (M - 1) / 2
    # The square of the distance from the middle is at most 1, and the slope of i0(sqrt(u)) is
    # finite at 0, but that of sqrt is not: the ends are kept apart.
    inside = 1 - ((np.arange(1, M - 1) - half) / half) ** 2
    from ._joining import concatenate

    ends = np.ones(1, dtype_of(beta))
    middle = i0(beta * sqrt(inside.astype(dtype_of(beta))))
    return concatenate([ends, middle, ends]) / i0(beta)
