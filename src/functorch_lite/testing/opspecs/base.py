"""What an OpSpec says about a primitive, and the domains of operands."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import numpy as fnp
from ...ir import dtype_of, shape_of
from ..choices import Choices
from ..program import prim

__all__ = [
    "ABOVE_ONE",
    "ANY",
    "ANYTHING",
    "BITS",
    "BIT_TYPES",
    "NONZERO",
    "NUMBERS",
    "POSITIVE",
    "REAL",
    "REAL_AND_COMPLEX",
    "REAL_ANYTHING",
    "REAL_NUMBERS",
    "SOME_INFINITE",
    "STAIRS",
    "UNIT",
    "WHOLE",
    "Domain",
    "OpSpec",
    "Operand",
    "Sample",
    "binary",
    "matrices",
    "unary",
    "whole",
]

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
REAL = ("float64", "float32")
REAL_AND_COMPLEX = (*REAL, "complex128", "complex64")
WHOLE = ("int64", "uint8")
NUMBERS = (*REAL_AND_COMPLEX, *WHOLE)
REAL_NUMBERS = (*REAL, *WHOLE)
ANYTHING = (*NUMBERS, "bool")
REAL_ANYTHING = (*REAL_NUMBERS, "bool")
BIT_TYPES = (*WHOLE, "bool")


class Domain(NamedTuple):
    """Values that an operand may take.

    Attributes
    ----------
    name : str
    draw : callable
        ``draw(rng, shape)`` gives a real array in the domain.
    guard : callable
        Maps any finite value, of an array or a tracer, smoothly into the domain.
    """

    name: str
    draw: Callable[[np.random.Generator, Shape], Any]
    guard: Callable[[Any], Any]

    def __repr__(self) -> str:
        return self.name


def _constant(x: Any, value: Any) -> Any:
    return dtype_of(x).type(value)


def _squared_plus(low: float) -> Callable[[Any], Any]:
    return lambda x: x * x * _constant(x, 0.25) + _constant(x, low)


ANY = Domain("any", lambda rng, s: rng.standard_normal(s), lambda x: x)
POSITIVE = Domain("positive", lambda rng, s: rng.uniform(0.4, 3.0, s), _squared_plus(0.5))
NONZERO = Domain(
    "nonzero",
    lambda rng, s: rng.uniform(0.4, 2.0, s) * rng.choice([-1.0, 1.0], s),
    _squared_plus(0.5),
)
UNIT = Domain(
    "unit", lambda rng, s: rng.uniform(-0.8, 0.8, s), lambda x: prim.tanh(x) * _constant(x, 0.8)
)
STAIRS = Domain(
    "between integers",
    lambda rng, s: rng.integers(-2, 3, s) + rng.uniform(0.1, 0.4, s),
    lambda x: prim.logistic(x) * _constant(x, 0.3) + _constant(x, 0.1),
)
BITS = Domain("bits", lambda rng, s: rng.choice([15, 14, 13, 11, 7], s), lambda x: x)
SOME_INFINITE = Domain(
    "some infinite", lambda rng, s: np.where(rng.random(s) < 0.4, np.inf, 1.0), lambda x: x
)
ABOVE_ONE = Domain("above one", lambda rng, s: rng.uniform(1.3, 3.0, s), _squared_plus(1.3))


def inside(low: float, high: float) -> Domain:
    """Return the domain of an open interval."""
    return Domain(
        f"({low}, {high})",
        lambda rng, s: rng.uniform(low, high, s),
        lambda x: prim.logistic(x) * _constant(x, high - low) + _constant(x, low),
    )


def whole(high: int) -> Domain:
    """Return the domain of the integers 0 .. high - 1, for indices."""
    return Domain(f"below {high}", lambda rng, s: rng.integers(0, high, s), lambda x: x)


def matrices(kind: str) -> Domain:
    """Return a domain of matrices: "spd", "dominant", "symmetric", "tall", "small"."""
    guard = _GUARDS[kind]
    return Domain(kind, lambda rng, s: guard(rng.standard_normal(s)), guard)


def _scaled_eye(x: Any, scale: Any) -> Any:
    m, n = shape_of(x)[-2:]
    return np.asarray(np.eye(m, n) * scale, dtype_of(x))


def _turned(x: Any) -> Any:
    return fnp.swapaxes(x, -1, -2)


def _ladder(x: Any) -> Any:
    return np.arange(1, shape_of(x)[-1] + 1)


def _bounded(x: Any) -> Any:
    return fnp.tanh(x) * _constant(x, 0.3)


_GUARDS: dict[str, Callable[[Any], Any]] = {
    "spd": lambda x: _bounded(x) @ _turned(_bounded(x)) + _scaled_eye(x, 1.0),
    "dominant": lambda x: _bounded(x) + _scaled_eye(x, 1.0 + shape_of(x)[-1] * 0.4),
    "symmetric": lambda x: _bounded(x) + _turned(_bounded(x)) + _scaled_eye(x, 2.0 * _ladder(x)),
    "tall": lambda x: _bounded(x) + _scaled_eye(x, 2.0 * _ladder(x)),
    "small": lambda x: fnp.tanh(x) * _constant(x, 0.5),
    "lower": lambda x: fnp.tril(_bounded(x)) + _scaled_eye(x, 1.5),
}


class Operand(NamedTuple):
    """One operand.

    Attributes
    ----------
    shape : tuple of int
    domain : Domain
    dtype : str
        "x" is the dtype of the test, "real" the real dtype of its precision, or a name.
    """

    shape: Shape
    domain: Domain = ANY
    dtype: str = "x"

    def value(self, rng: np.random.Generator, dtype: str) -> Array:
        """Draw an array."""
        wanted = np.dtype(dtype if self.dtype in ("x", "real") else self.dtype)
        if self.dtype == "real" and wanted.kind == "c":
            wanted = np.dtype("f8" if wanted.itemsize == 16 else "f4")
        x = np.asarray(self.domain.draw(rng, self.shape))
        if wanted.kind == "c" and self.domain.name not in ("spd", "symmetric"):
            x = x + 0.3j * rng.standard_normal(self.shape)
        if wanted.kind in "biu" and x.dtype.kind == "f":
            x = np.round(np.abs(x) * 3) if wanted.kind != "b" else x > 0
        if wanted.kind == "b" and x.dtype.kind == "i":
            x = x % 3 > 0
        return np.asarray(x, wanted)


class Sample(NamedTuple):
    """An application of a primitive: a function and the operands that it takes.

    `reference` computes the same without the primitive, where the laws alone would not do.
    """

    fn: Callable[..., Any]
    operands: list[Operand]
    reference: Callable[..., Any] | None = None


class OpSpec(NamedTuple):
    """How to test a primitive.

    Attributes
    ----------
    name : str
        The primitive's.
    sample : callable
        ``sample(choices, shape) -> Sample``, with a main operand of about that shape.
    dtypes : tuple of str
        For the operands whose dtype is "x".
    order : int
        Highest order of derivative to check; 0 if it has none.
    tolerance : float
        Of numerical derivatives, in double precision.
    singular : tuple
        Points where the value is finite and a derivative is not.
    skip : dict
        Laws that do not hold, with the reason.
    untested : dict
        Dtypes that the primitive takes and that are left out, with the reason.
    in_programs : bool
        Whether random programs use it.
    """

    name: str
    sample: Callable[[Choices, Shape], Sample]
    dtypes: tuple[str, ...] = REAL
    order: int = 2
    tolerance: float = 1e-6
    singular: tuple[Any, ...] = ()
    skip: dict[str, str] = {}
    untested: dict[str, str] = {}
    in_programs: bool = True


Sampler = Callable[[Choices, Shape], Sample]


def unary(primitive: str, domain: Domain = ANY, **params: Any) -> Sampler:
    """Return the sampler of an elementwise function of one operand."""

    def sample(c: Choices, s: Shape) -> Sample:
        fn = getattr(prim, primitive)
        return Sample(lambda x: fn(x, **params), [Operand(s, domain)])

    return sample


def binary(name: str, first: Domain = ANY, second: Domain = ANY) -> Sampler:
    """Return the sampler of an elementwise function of two operands, one of which may be a scalar."""

    def sample(c: Choices, s: Shape) -> Sample:
        which = c.integer(0, 2)
        shapes = [(s, s), (s, ()), ((), s)][which]
        return Sample(getattr(prim, name), [Operand(shapes[0], first), Operand(shapes[1], second)])

    return sample


def square_shape(s: Sequence[int], least: int = 1) -> Shape:
    """Return the shape of square matrices of a size suggested by `s`."""
    n = max(least, min(3, s[-1] if s else 2))
    return (n, n)
