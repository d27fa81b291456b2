"""Programs run on probes: random numbers for channels, polynomials for images.

See `normalize`, which finds normalisations with it. Everything is float64. A probe is a few trials,
however many channels there are: equations that treat channels alike are the ones of interest.

Equal probes mean equal functions only where functions are analytic: ``clip(x, -5, 5)`` equals `x`
on every probe that is not large. Therefore what has pieces (extrema, comparisons, choices, integers)
is not looked into, unless only literals decide, or it clips a variance at zero. Probes have both
signs, so that ``sqrt(x * x)`` is not `x`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Eqn, Literal, ShapedArray, Var
from .inline import FlatProgram

__all__ = ["Poly", "Probe", "channels_of", "is_image"]

Array = np.ndarray[Any, Any]
Poly = dict[tuple[int, ...], Array]
"""A coefficient for each product of at most two basis images, these by number, in order."""

_WIDTH = 6
_MOST_TERMS = 5
_ANALYTIC = frozenset(
    [
        "add",
        "div",
        "exp",
        "integer_pow",
        "log",
        "mul",
        "neg",
        "pow",
        "rsqrt",
        "sqrt",
        "square",
        "sub",
    ]
)
_COMPARISONS = frozenset(["eq", "ge", "gt", "le", "lt", "ne"])
_LOOKED_INTO = ("float32", "float64")
_SAME = frozenset(["broadcast_in_dim", "convert_element_type", "copy", "reshape", "stop_gradient"])
_ON_LITERALS = {"max", "min", "select_n"} | _ANALYTIC | _COMPARISONS | _SAME


def is_image(aval: ShapedArray) -> bool:
    """Tell whether an array is ``[n, c, h, w]`` with more than one element for each channel."""
    return aval.ndim == 4 and aval.dtype.name in _LOOKED_INTO and not _is_vector(aval)


def _is_vector(aval: ShapedArray) -> bool:
    """Tell whether at most one axis is longer than 1."""
    return aval.size > 0 and max(aval.shape, default=1) == aval.size


def channels_of(aval: ShapedArray) -> tuple[int, int]:
    """Return the number of channels, and how many elements each has."""
    return aval.shape[1], aval.size // aval.shape[1]


def _keeps_channels(eqn: Eqn) -> bool:
    """Tell whether a sum of an image is over all axes but the channels', those of length 1 aside."""
    shape, axes = eqn.inputs[0].aval.shape, eqn.params["axes"]
    return 1 not in axes and all(d in axes for d in (0, 2, 3) if shape[d] > 1)


class Probe:
    """A program run on probes.

    Attributes
    ----------
    values : dict
        The probe of each vector and scalar that was computed or asked for.
    polys : dict
        The polynomial of each image that was computed or asked for.
    basis : list of Var
        The images that are not looked into.
    """

    width = _WIDTH

    def __init__(self, program: FlatProgram) -> None:
        self._random = np.random.default_rng(0)
        self._constants: dict[Var, Any] = {}
        self.values: dict[Var, Array] = {}
        self.polys: dict[Var, Poly] = {}
        self.basis: list[Var] = []
        self._means: list[Array] = []
        self._moments: dict[tuple[int, int], Array] = {}
        with np.errstate(all="ignore"):
            for eqn in program.eqns:
                self._visit(eqn)

    # --- moments of the basis --------------------------------------------------------------------

    def mean(self, i: int) -> Array:
        """Return the mean of a basis image."""
        return self._means[i]

    def sum(self, i: int) -> Array:
        """Return the sum of a basis image."""
        return self._means[i] * channels_of(self.basis[i].aval)[1]

    def product(self, i: int, j: int) -> Array:
        """Return the sum of the product of two basis images."""
        i, j = min(i, j), max(i, j)
        spread = self._moments.get((i, j))
        if spread is None:
            low = 0.5 if i == j else -0.5
            spread = self._moments[i, j] = self._random.uniform(low, 2.0, _WIDTH)
        return (self._means[i] * self._means[j] + spread) * channels_of(self.basis[i].aval)[1]

    def variance(self, i: int) -> Array:
        """Return the variance of a basis image whose squares the program adds up."""
        return self._moments[i, i]

    def with_variance(self) -> list[int]:
        """Return the basis images whose squares the program adds up."""
        return [i for i, j in self._moments if i == j]

    # --- equations -------------------------------------------------------------------------------

    def _visit(self, eqn: Eqn) -> None:
        if len(eqn.outvars) != 1:
            return
        out = eqn.outvars[0]
        name = eqn.primitive.name
        if self._is_constant(eqn):
            operands = [
                a.value if isinstance(a, Literal) else self._constants[a] for a in eqn.inputs
            ]
            self._constants[out] = eqn.primitive.impl(*operands, **eqn.params)
            return
        operands = eqn.inputs[1:] if name == "select_n" else eqn.inputs
        if any(a.aval.dtype.name not in _LOOKED_INTO for a in operands):
            return
        if name in _COMPARISONS and _is_vector(out.aval):
            self._compare(eqn)
            return
        if out.aval.dtype.name not in _LOOKED_INTO:
            return
        if is_image(out.aval):
            poly = self._image(eqn)
            if poly is not None and len(poly) <= _MOST_TERMS:
                self.polys[out] = poly
        elif _is_vector(out.aval):
            value = self._vector(eqn)
            if value is not None:
                self.values[out] = np.asarray(value, np.float64)

    def _is_constant(self, eqn: Eqn) -> bool:
        """Tell whether only literals decide on a number."""
        return (
            eqn.outvars[0].aval.ndim == 0
            and eqn.primitive.name in _ON_LITERALS
            and all(isinstance(a, Literal) or a in self._constants for a in eqn.inputs)
        )

    def value(self, a: Any) -> Array:
        """Return the probe of a vector or scalar."""
        if isinstance(a, Literal):
            return np.asarray(a.value, np.float64)
        if a in self._constants:
            return np.asarray(self._constants[a], np.float64)
        known = self.values.get(a)
        if known is None:
            size = self._random.uniform(0.5, 2.0, _WIDTH)
            sign = self._random.permutation(np.resize([-1.0, 1.0], _WIDTH))
            known = self.values[a] = size * sign
        return known

    def poly(self, a: Any) -> Poly:
        """Return the polynomial of an image, or of a scalar that meets one."""
        if isinstance(a, Literal) or not is_image(a.aval):
            return {(): self.value(a)}
        known = self.polys.get(a)
        if known is None:
            known = self.polys[a] = {(len(self.basis),): np.ones(_WIDTH)}
            self.basis.append(a)
            self._means.append(self._random.uniform(-1.0, 1.0, _WIDTH))
        return known

    def _vector(self, eqn: Eqn) -> Any:
        name, first = eqn.primitive.name, eqn.inputs[0] if eqn.inputs else None
        if name == "reduce_sum" and is_image(first.aval):  # type: ignore[union-attr]
            return self._reduced(first) if _keeps_channels(eqn) else None
        if not all(_is_vector(a.aval) for a in eqn.inputs):
            return None
        if name in _SAME:
            same = self.value(first)
            return same if same.shape or eqn.outvars[0].aval.size == 1 else same + np.zeros(_WIDTH)
        if name in _ANALYTIC:
            return eqn.primitive.impl(*map(self.value, eqn.inputs), **eqn.params)
        if name == "select_n" and eqn.inputs[0] in self._constants:
            return self.value(eqn.inputs[1 + int(self._constants[eqn.inputs[0]])])
        return self._clipped(*eqn.inputs) if name == "max" else None

    def _clipped(self, a: Any, b: Any) -> Array | None:
        """Return the larger of a variance and a number that is not positive."""
        a, b = map(self.value, (a, b))
        if not self._above(a, b):
            a, b = b, a
        return a if self._above(a, b) else None

    def _compare(self, eqn: Eqn) -> None:
        """Note what a comparison of a variance, with itself or a number that is not positive, says."""
        a, b = map(self.value, eqn.inputs)
        if (
            self._above(a, b)
            or self._above(b, a)
            or (self._is_variance(a) and np.array_equal(a, b))
        ):
            self._constants[eqn.outvars[0]] = bool(np.all(eqn.primitive.impl(a, b)))

    def _above(self, a: Array, b: Array) -> bool:
        return not b.shape and bool(b <= 0) and self._is_variance(a)

    def _is_variance(self, a: Array) -> bool:
        return any(
            np.allclose(np.broadcast_to(a, _WIDTH), self.variance(i), rtol=1e-9)
            for i in self.with_variance()
        )

    def _reduced(self, a: Any) -> Array:
        """Return an image's sum over all axes but the channels'."""
        n = channels_of(a.aval)[1]
        total = np.zeros(_WIDTH)
        for k, coefficient in self.poly(a).items():
            moment: Any = n
            if k:
                moment = self.sum(k[0]) if len(k) == 1 else self.product(*k)
            total = total + coefficient * moment
        return total

    def _image(self, eqn: Eqn) -> Poly | None:
        name, inputs = eqn.primitive.name, eqn.inputs
        if name == "broadcast_in_dim":
            return self._broadcast(eqn)
        if name in ("convert_element_type", "copy", "stop_gradient"):
            return (
                self.poly(inputs[0]) if inputs[0].aval.dtype == eqn.outvars[0].aval.dtype else None
            )
        combine = _POLYNOMIAL.get(name)
        if combine is None or (name == "integer_pow" and eqn.params["y"] != 2):
            return None
        return combine(*map(self.poly, inputs))

    def _broadcast(self, eqn: Eqn) -> Poly | None:
        a, dims = eqn.inputs[0], eqn.params["broadcast_dimensions"]
        if not _is_vector(a.aval):
            return None
        longer = [d for d, n in zip(dims, a.aval.shape, strict=True) if n > 1]
        return {(): self.value(a)} if longer in ([], [1]) else None


def _sum(p: Poly, q: Poly, sign: float = 1.0) -> Poly | None:
    """Add two polynomials; a sum of two images that are not looked into is not looked into."""
    if _is_basis(p) and _is_basis(q) and p.keys() != q.keys():
        return None
    zero = np.zeros(())
    return {k: p.get(k, zero) + sign * q.get(k, zero) for k in {**p, **q}}


def _is_basis(p: Poly) -> bool:
    return len(p) == 1 and all(len(k) == 1 and np.all(x == 1) for k, x in p.items())


def _product(p: Poly, q: Poly) -> Poly | None:
    out: Poly = {}
    for k, x in p.items():
        for m, y in q.items():
            key = tuple(sorted(k + m))
            if len(key) > 2:
                return None
            out[key] = out[key] + x * y if key in out else x * y
    return out


def _quotient(p: Poly, q: Poly) -> Poly | None:
    return {k: x / q[()] for k, x in p.items()} if q.keys() == {()} else None


_POLYNOMIAL: dict[str, Callable[..., Poly | None]] = {
    "add": _sum,
    "sub": lambda p, q: _sum(p, q, -1.0),
    "mul": _product,
    "div": _quotient,
    "neg": lambda p: {k: -x for k, x in p.items()},
    "square": lambda p: _product(p, p),
    "integer_pow": lambda p: _product(p, p),
}
