"""Comparing arrays, random directions and inner products."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Mismatch", "default_tolerance", "first_mismatch", "inner", "random_like", "vary"]

Array = np.ndarray[Any, Any]

# Relative to the largest element that was expected.
_EXACT = {"f2": 2e-2, "f4": 1e-4, "f8": 1e-9, "c8": 1e-4, "c16": 1e-9}


class Mismatch(NamedTuple):
    """Where two results differ most.

    Attributes
    ----------
    what : str
        "value", "dtype", "shape" or "length".
    position : int
        Which of the arrays.
    at : tuple of int
        Which element of it.
    got, want : object
        The two values there, or the two dtypes or shapes.
    error : float
        Their distance.
    """

    what: str
    position: int
    at: tuple[int, ...]
    got: Any
    want: Any
    error: float

    def __str__(self) -> str:
        if self.what != "value":
            return f"result {self.position} has {self.what} {self.got}, expected {self.want}"
        at = f"[{', '.join(map(str, self.at))}]" if self.at else ""
        return (
            f"result {self.position}{at}: obtained {self.got!s}, expected {self.want!s} "
            f"(difference {self.error:.3g})"
        )


def default_tolerance(dtypes: Sequence[np.dtype[Any]]) -> float:
    """Return the tolerance for two ways of computing the same thing.

    Examples
    --------
    >>> default_tolerance([np.dtype("float32"), np.dtype("float64")])
    0.0001
    """
    return max((_EXACT.get(d.kind + str(d.itemsize), 0.0) for d in dtypes), default=0.0)


def first_mismatch(
    got: Sequence[Any],
    want: Sequence[Any],
    *,
    atol: float,
    rtol: float,
    slack: Sequence[Any] | None = None,
    types: bool = False,
) -> Mismatch | None:
    """Return the worst disagreement of two lists of arrays, or None.

    Parameters
    ----------
    atol, rtol : float
        An element may differ by ``atol + rtol * (largest expected magnitude)``.
    slack : sequence of arrays, optional
        What each element may differ by in addition (the error of a numerical derivative).
    types : bool
        Whether dtypes must agree too; shapes must always.

    Examples
    --------
    >>> print(first_mismatch([np.array([1.0, 2.5])], [np.array([1.0, 2.0])], atol=1e-6, rtol=0))
    result 0[1]: obtained 2.5, expected 2.0 (difference 0.5)
    """
    if len(got) != len(want):
        return Mismatch("length", 0, (), len(got), len(want), np.inf)
    worst: Mismatch | None = None
    for k, (g, w) in enumerate(zip(got, want, strict=True)):
        g, w = np.asarray(g), np.asarray(w)
        if g.shape != w.shape:
            return Mismatch("shape", k, (), g.shape, w.shape, np.inf)
        if types and g.dtype != w.dtype:
            return Mismatch("dtype", k, (), g.dtype, w.dtype, np.inf)
        found = _worst_element(g, w, atol, rtol, None if slack is None else slack[k])
        if found is not None:
            index, error = found
            if worst is None or not error <= worst.error:
                worst = Mismatch("value", k, index, g[index], w[index], error)
    return worst


def _worst_element(
    g: Array, w: Array, atol: float, rtol: float, slack: Any
) -> tuple[tuple[int, ...], float] | None:
    """Return index and error of the element furthest beyond its tolerance."""
    if g.size == 0:
        return None
    if g.dtype.kind not in "fc" and w.dtype.kind not in "fc":
        bad = np.asarray(g != w)
        error = bad.astype(float)
    else:
        with np.errstate(all="ignore"):
            wide = np.complex128 if "c" in g.dtype.kind + w.dtype.kind else np.float64
            g, w = g.astype(wide), w.astype(wide)
            magnitude = np.abs(w)
            scale = float(np.max(np.where(np.isfinite(magnitude), magnitude, 0.0)))
            error = np.asarray(np.abs(g - w))
            same = (g == w) | (np.isnan(g) & np.isnan(w))
            allowed = atol + rtol * scale + (0.0 if slack is None else np.asarray(slack))
            # A value that is infinite or NaN on one side only is infinitely wrong.
            error = np.where(same, 0.0, np.where(np.isnan(error), np.inf, error))
            bad = ~same & ~(error <= allowed)
    if not bad.any():
        return None
    index = np.unravel_index(int(np.argmax(np.where(bad, error, -1.0))), error.shape)
    return tuple(int(i) for i in index), float(error[index])


def inner(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    """Return the real part of the sum of products, the pairing of tangents and cotangents.

    Examples
    --------
    >>> inner([np.array([1.0, 2.0])], [np.array([3.0, 4.0])])
    11.0
    """
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        wide = np.complex128 if np.asarray(x).dtype.kind == "c" else np.float64
        total += float(np.sum(np.real(np.asarray(x, wide) * np.asarray(y))))
    return total


def random_like(rng: np.random.Generator, x: Any) -> Array:
    """Return normal noise of the shape and dtype of `x`."""
    shape, dtype = np.shape(x), np.asarray(x).dtype
    noise: Any = rng.standard_normal(shape)
    if dtype.kind == "c":
        noise = noise + 1j * rng.standard_normal(shape)
    return np.asarray(noise, dtype)


def vary(rng: np.random.Generator, x: Array, lane: int = 1) -> Array:
    """Return other values from the same domain: turned around, and slightly scaled.

    Turning both axes keeps what matters of a matrix: symmetry, positivity, dominance.
    """
    y = np.roll(x, 1) if x.ndim == 1 and lane % 2 else np.flip(x)
    if y.dtype.kind in "fc":
        y = y * y.dtype.type(1.0 - 0.02 * lane - 0.02 * rng.random())
    return np.asarray(y, x.dtype)
