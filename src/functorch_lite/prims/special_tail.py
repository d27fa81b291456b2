"""Derivatives of the incomplete gamma and beta functions in their parameters, by quadrature.

Let p be the gamma (beta) density and F its distribution function. With s = log t (s = logit t) the
measure p(t) dt has a log-concave density in s, and

    d^k F(x) / da^k = integral over t < x of p(t) B_k(t) dt = -(integral over t > x),

B_k being the complete Bell polynomial of the derivatives of log p in a. The integral over the tail
that does not hold the mode is taken by Gauss-Legendre quadrature from x out to where the density
has dropped by exp(-45), found by Newton's method on a convex function. There the integrand of the
first derivative has one sign, so nothing cancels. What is computed is the ratio to p(x), which
neither overflows nor underflows: it is minus the implicit reparameterization gradient of Figurnov,
Mohamed & Mnih 2018 ("Implicit reparameterization gradients", arXiv:1805.08498).
"""

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np

__all__ = ["bell", "beta_sensitivity", "gamma_sensitivity"]

_NODES = 80
_DROP = 45.0
_NEWTON = 25
_CHUNK = 8192


def bell(
    kappa: Callable[[int, int], Any],
    i: int,
    j: int,
    add: Callable[[Any, Any], Any],
    scale: Callable[[Any, Any, int], Any],
) -> Any:
    """Complete Bell polynomial B_ij of the derivatives ``kappa(i, j)`` of a function of (a, b).

    ``exp(-f) d_a^i d_b^j exp(f)``, by Leibniz's rule; ``scale(x, y, n)`` is ``n * x * y`` and None
    stands for 1.
    """
    if i == j == 0:
        return None
    # One derivative brings kappa down, the others are shared by it and by what is left.
    first = (1, 0) if i else (0, 1)
    rest_i, rest_j = i - first[0], j - first[1]
    total = None
    for k in range(rest_i + 1):
        for l in range(rest_j + 1):
            n = comb(rest_i, k) * comb(rest_j, l)
            factor = bell(kappa, rest_i - k, rest_j - l, add, scale)
            term = scale(kappa(k + first[0], l + first[1]), factor, n)
            total = term if total is None else add(total, term)
    return total


def _scale(x: Any, y: Any, n: int) -> Any:
    return n * x if y is None else n * x * y


def _tail(
    drop: Callable[[Any], Any], slope: Callable[[Any], Any], length: Any, linear: Any
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return distances from x (last axis) and their weights, the density at x being 1.

    `drop` is convex and increasing with drop(0) = 0; `length` is where it is at least `_DROP`;
    `linear` says where it is doubly exponential.
    """
    for _ in range(_NEWTON):
        step = (drop(length) - _DROP) / slope(length)
        length = np.where(step > 0, length - step, length)
        if not (step > 0.01 * length).any():
            break
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    y, weights = (nodes + 1) / 2, weights / 2
    # Far out the density is exponential at the scale of `length`, near x it varies at scale 1:
    # log1p of the distance is even-tempered. Where the density falls doubly exponentially the
    # distance itself is.
    stretched = np.log1p(length)[..., None]
    v = stretched * y
    fast = np.broadcast_to(linear, length.shape)[..., None]
    at = np.where(fast, length[..., None] * y, np.expm1(v))
    return at, weights * np.where(fast, length[..., None], stretched * np.exp(v))


def _in_chunks(f: Callable[..., Any], *args: Any) -> Any:
    """Apply an elementwise function to parts, to bound the memory that the nodes take."""
    arrays = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in args))
    shape, flat = arrays[0].shape, [a.ravel() for a in arrays]
    parts = [f(*(a[i : i + _CHUNK] for a in flat)) for i in range(0, max(flat[0].size, 1), _CHUNK)]
    return np.concatenate(parts).reshape(shape)


def gamma_sensitivity(a: Any, x: Any, order: int) -> Any:
    """Return (d/da)^order P(a, x) over the gamma density at x; 0 at the ends x = 0 and x = inf."""
    return _in_chunks(lambda a, x: _gamma_sensitivity(a, x, order), a, x)


def _gamma_sensitivity(a: Any, x: Any, order: int) -> Any:
    """Return (d/da)^order P(a, x) over the gamma density at x; 0 at the ends x = 0 and x = inf."""
    from scipy.special import polygamma, psi

    inside = (x > 0) & np.isfinite(x) & (a > 0)
    given = np.where(np.isnan(a + x), np.nan, 0.0)
    a, x = np.where(inside, a, 1.0)[..., None], np.where(inside, x, 1.0)[..., None]
    # Downwards from x where x is below the mode (in s) a, upwards above it.
    sign = np.where(x < a, -1.0, 1.0)
    gap = np.abs(x - a)
    length = np.where(
        sign < 0, (_DROP + x) / a, np.log1p(2 * _DROP / x) + np.minimum(1.3, np.sqrt(2 * _DROP / x))
    )
    with np.errstate(divide="ignore"):
        length = np.minimum(length, _DROP / gap)
    at, weights = _tail(
        lambda d: x * np.expm1(sign * d) - sign * a * d,
        lambda d: sign * (x * np.exp(sign * d) - a),
        length,
        sign > 0,
    )
    # _tail adds the axis of the nodes behind the one of length 1.
    a, x, sign = a[..., None], x[..., None], sign[..., None]
    density = np.exp(-(x * np.expm1(sign * at) - sign * a * at))
    log_t = np.log(x) + sign * at

    def kappa(i: int, j: int) -> Any:
        return log_t - psi(a) if i == 1 else -polygamma(i - 1, a)

    integrand = density * bell(kappa, order, 0, np.add, _scale)
    # p(x) dx = x p(x) ds, and the upper tail counts with the other sign.
    out = -sign[..., 0] * x[..., 0] * np.sum(integrand * weights, -1)
    return np.where(inside, out[..., 0], given)


def beta_sensitivity(a: Any, b: Any, x: Any, order_a: int, order_b: int) -> Any:
    """Return the derivative of I_x(a, b) over the beta density at x; 0 at x = 0 and x = 1."""
    return _in_chunks(lambda a, b, x: _beta_sensitivity(a, b, x, order_a, order_b), a, b, x)


def _beta_sensitivity(a: Any, b: Any, x: Any, order_a: int, order_b: int) -> Any:
    """Return the derivative of I_x(a, b) over the beta density at x; 0 at x = 0 and x = 1."""
    from scipy.special import expit, polygamma, psi

    inside = (x > 0) & (x < 1) & (a > 0) & (b > 0)
    given = np.where(np.isnan(a + b + x), np.nan, 0.0)
    a, b = np.where(inside, a, 1.0)[..., None], np.where(inside, b, 1.0)[..., None]
    x = np.where(inside, x, 0.5)[..., None]
    sign = np.where(x * (a + b) < a, -1.0, 1.0)
    s0 = np.log(x) - np.log1p(-x)
    start = a * np.log(x) + b * np.log1p(-x)

    def log_density(s: Any, a: Any, b: Any) -> Any:
        return -a * np.logaddexp(0, -s) - b * np.logaddexp(0, s)

    # The log density lies below its asymptotes a s and -b s.
    length = np.where(sign < 0, (_DROP - start + a * s0) / a, (_DROP - start - b * s0) / b)
    at_x = np.abs(a * (1 - x) - b * x)
    with np.errstate(divide="ignore"):
        length = np.minimum(length, _DROP / at_x)

    def slope(d: Any) -> Any:
        t = expit(s0 + sign * d)
        return -sign * (a * (1 - t) - b * t)

    at, weights = _tail(lambda d: start - log_density(s0 + sign * d, a, b), slope, length, False)
    a, b, sign = a[..., None], b[..., None], sign[..., None]
    s = s0[..., None] + sign * at
    density = np.exp(log_density(s, a, b) - start[..., None])
    log_t, log_u = -np.logaddexp(0, -s), -np.logaddexp(0, s)

    def kappa(i: int, j: int) -> Any:
        both = polygamma(i + j - 1, a + b)
        if i and j:
            return both
        own = psi(a if i else b) if i + j == 1 else polygamma(i + j - 1, a if i else b)
        data = (log_t if i else log_u) if i + j == 1 else 0.0
        return data - own + both

    integrand = density * bell(kappa, order_a, order_b, np.add, _scale)
    # p(x) dx = x (1 - x) p(x) ds.
    out = -sign[..., 0] * (x * (1 - x)) * np.sum(integrand * weights, -1)
    return np.where(inside, out[..., 0], given)
