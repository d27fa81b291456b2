"""OpSpecs of elementwise primitives: arithmetic, transcendental, logical, complex, special."""

from typing import Any

import numpy as np

from ..choices import Choices
from ..program import prim
from .base import (
    ABOVE_ONE,
    ANY,
    ANYTHING,
    BIT_TYPES,
    NONZERO,
    NUMBERS,
    POSITIVE,
    REAL,
    REAL_AND_COMPLEX,
    REAL_ANYTHING,
    REAL_NUMBERS,
    SOME_INFINITE,
    STAIRS,
    UNIT,
    WHOLE,
    Domain,
    Operand,
    OpSpec,
    Sample,
    Shape,
    binary,
    inside,
    unary,
)

__all__ = ["SPECS"]

_STEP = {"jvp": "its derivative is 0 by definition, a difference quotient sees the next float"}


def _compare(name: str) -> OpSpec:
    dtypes = ANYTHING if name in ("eq", "ne") else REAL_ANYTHING
    return OpSpec(name, binary(name), dtypes, order=0)


def _bits(name: str) -> OpSpec:
    return OpSpec(name, binary(name), BIT_TYPES, order=0, in_programs=False)


def _shift(name: str) -> OpSpec:
    def sample(c: Choices, s: Shape) -> Sample:
        return Sample(lambda x: getattr(prim, name)(x, x.dtype.type(2)), [Operand(s)])

    return OpSpec(name, sample, WHOLE, order=0, in_programs=False)


def _clamp(c: Choices, s: Shape) -> Sample:
    low, high = ((), ()) if c.coin() else (s, s)
    operands = [Operand(low, inside(-1.5, -0.2)), Operand(s), Operand(high, inside(0.2, 1.5))]
    return Sample(prim.clamp, operands)


def _select(c: Choices, s: Shape) -> Sample:
    def fn(p: Any, x: Any, y: Any) -> Any:
        return prim.select_n(prim.lt(p, p.dtype.type(0)), x, y)

    return Sample(fn, [Operand(s if c.coin() else (), ANY, "real"), Operand(s), Operand(s)])


def _convert(c: Choices, s: Shape) -> Sample:
    to = np.dtype(c.pick(["float64", "complex128", "float32"]))
    return Sample(lambda x: prim.convert_element_type(x, new_dtype=to), [Operand(s)])


def _bitcast(c: Choices, s: Shape) -> Sample:
    def fn(x: Any) -> Any:
        return prim.bitcast_convert_type(x, new_dtype=np.dtype(f"i{x.dtype.itemsize}"))

    return Sample(fn, [Operand(s)])


def _full_precision(c: Choices, s: Shape) -> Sample:
    """Keep all bits: with fewer it is a staircase, which has no derivative to compare with."""

    def fn(x: Any) -> Any:
        info = np.finfo(x.dtype)
        return prim.reduce_precision(x, exponent_bits=info.nexp, mantissa_bits=info.nmant)

    return Sample(fn, [Operand(s)])


def _rounding(c: Choices, s: Shape) -> Sample:
    return Sample(prim.round, [Operand(s, STAIRS)])


def _steps(name: str) -> OpSpec:
    if name == "sign":
        return OpSpec(name, unary(name, NONZERO), REAL_NUMBERS, order=1)
    return OpSpec(name, unary(name, STAIRS), order=1)


_COMPLEX_UNARY: dict[str, Domain] = {
    "neg": ANY,
    "square": ANY,
    "exp": ANY,
    "log": POSITIVE,
    "sqrt": POSITIVE,
    "rsqrt": POSITIVE,
    "sin": ANY,
    "cos": ANY,
    "tan": UNIT,
    "sinh": ANY,
    "cosh": ANY,
    "tanh": UNIT,
    "exp2": ANY,
    "expm1": ANY,
    "log2": POSITIVE,
    "log10": POSITIVE,
    "log1p": POSITIVE,
    "logistic": ANY,
    "asin": UNIT,
    "acos": UNIT,
    "atan": ANY,
    "asinh": ANY,
    "acosh": ABOVE_ONE,
    "atanh": UNIT,
}
_REAL_UNARY: dict[str, Domain] = {
    "cbrt": POSITIVE,
    "erf": ANY,
    "erfc": ANY,
    "erf_inv": UNIT,
}
_SINGULAR = {
    "sqrt": (0.0,),
    "cbrt": (0.0,),
    "asin": (1.0, -1.0),
    "acos": (1.0, -1.0),
    "acosh": (1.0,),
}

_GAMMA_LIKE = {
    "lgamma": POSITIVE,
    "digamma": POSITIVE,
    "gamma": POSITIVE,
    "bessel_i0e": ANY,
    "bessel_i1e": ANY,
    "bessel_i0": ANY,
    "bessel_i1": ANY,
    "spence": POSITIVE,
    "expi": POSITIVE,
    "exp1": POSITIVE,
    "sine_integral": ANY,
    "cosine_integral": POSITIVE,
    "fresnel_s": ANY,
    "fresnel_c": ANY,
    "erfcx": ANY,
    "dawsn": ANY,
    "ndtri": inside(0.1, 0.9),
    "log_ndtr": ANY,
}


def _fixed(name: str, constants: tuple[float, ...], domain: Domain, **params: Any) -> Any:
    """Return the sampler of a function whose leading operands carry no derivative."""

    def sample(c: Choices, s: Shape) -> Sample:
        fn = getattr(prim, name)

        def apply(x: Any) -> Any:
            return fn(*[x.dtype.type(k) for k in constants], x, **params)

        return Sample(apply, [Operand(s, domain)])

    return sample


def _several(name: str, *domains: Domain, **params: Any) -> Any:
    def sample(c: Choices, s: Shape) -> Sample:
        fn = getattr(prim, name)
        return Sample(lambda *xs: fn(*xs, **params), [Operand(s, d) for d in domains])

    return sample


SPECS: list[OpSpec] = [
    *(_compare(n) for n in ("eq", "ne", "lt", "le", "gt", "ge")),
    *(_bits(n) for n in ("and", "or", "xor")),
    OpSpec("not", unary("not"), BIT_TYPES, order=0, in_programs=False),
    OpSpec(
        "population_count",
        unary("population_count"),
        WHOLE,
        order=0,
        in_programs=False,
    ),
    *(_shift(n) for n in ("shift_left", "shift_right_logical", "shift_right_arithmetic")),
    OpSpec("clz", unary("clz"), WHOLE, order=0, in_programs=False),
    OpSpec(
        "bitcast_convert_type",
        _bitcast,
        (*REAL, "complex64", *WHOLE),
        order=0,
        in_programs=False,
    ),
    OpSpec("reduce_precision", _full_precision, in_programs=False),
    OpSpec("is_finite", unary("is_finite", SOME_INFINITE), REAL_AND_COMPLEX, order=0),
    *(OpSpec(n, binary(n), ANYTHING) for n in ("add", "mul")),
    OpSpec("sub", binary("sub"), NUMBERS),
    OpSpec("div", binary("div", ANY, NONZERO), NUMBERS),
    OpSpec(
        "integer_pow",
        lambda c, s: unary("integer_pow", NONZERO, y=c.pick([2, 3, 0, 1, -1, -2, 5]))(c, s),
        NUMBERS,
    ),
    *(
        OpSpec(
            n,
            unary(n, d),
            NUMBERS if n in ("neg", "square") else REAL_AND_COMPLEX,
            singular=_SINGULAR.get(n, ()),
        )
        for n, d in _COMPLEX_UNARY.items()
    ),
    *(OpSpec(n, unary(n, d), singular=_SINGULAR.get(n, ())) for n, d in _REAL_UNARY.items()),
    *(_steps(n) for n in ("floor", "ceil", "trunc", "sign")),
    OpSpec("round", _rounding, order=1),
    OpSpec("floor_divide", binary("floor_divide", ABOVE_ONE, POSITIVE), REAL_NUMBERS, order=1),
    OpSpec("nextafter", binary("nextafter"), skip=_STEP, order=1, in_programs=False),
    OpSpec("rem", binary("rem", ANY, POSITIVE), REAL_NUMBERS),
    OpSpec("mod", binary("mod", ANY, POSITIVE), REAL_NUMBERS),
    OpSpec("max", binary("max"), ANYTHING),
    OpSpec("min", binary("min"), ANYTHING),
    OpSpec("clamp", _clamp, REAL_ANYTHING),
    OpSpec("select_n", _select, ANYTHING),
    # Random programs convert results anyway; single precision inside would hide small errors.
    OpSpec("convert_element_type", _convert, ANYTHING, in_programs=False),
    OpSpec("stop_gradient", unary("stop_gradient"), ANYTHING, order=1),
    OpSpec("logaddexp", binary("logaddexp")),
    OpSpec("pow", binary("pow", POSITIVE, ANY), NUMBERS, singular=((0.0, 0.5),)),
    OpSpec("atan2", binary("atan2", NONZERO, NONZERO)),
    OpSpec("hypot", binary("hypot", NONZERO, NONZERO)),
    OpSpec("real", unary("real"), ("complex128", "complex64"), in_programs=False),
    OpSpec("imag", unary("imag"), ("complex128", "complex64"), in_programs=False),
    OpSpec("conj", unary("conj"), ("complex128", "complex64"), in_programs=False),
    OpSpec("complex", binary("complex"), REAL, in_programs=False),
    OpSpec("abs", unary("abs", NONZERO), ANYTHING),
    OpSpec("mul_zero", binary("mul_zero"), REAL_AND_COMPLEX, in_programs=False),
    OpSpec(
        "name", lambda c, s: Sample(lambda x: prim.name(x, name="kept"), [Operand(s)]), ANYTHING
    ),
    # special functions
    *(OpSpec(n, unary(n, d), tolerance=1e-5) for n, d in _GAMMA_LIKE.items()),
    OpSpec("wofz", unary("wofz"), ("complex128", "complex64"), in_programs=False),
    OpSpec(
        "loggamma", unary("loggamma", POSITIVE), ("complex128", "complex64"), 1, in_programs=False
    ),
    OpSpec(
        "complex_digamma",
        unary("complex_digamma", POSITIVE),
        ("complex128", "complex64"),
        order=0,
        in_programs=False,
    ),
    OpSpec("zeta", _several("zeta", ABOVE_ONE, POSITIVE), tolerance=1e-5),
    OpSpec("expn", _fixed("expn", (3.0,), POSITIVE)),
    OpSpec("polygamma", _fixed("polygamma", (1.0,), POSITIVE)),
    OpSpec("hyp1f1", _fixed("hyp1f1", (0.7, 1.3), ANY)),
    OpSpec("hyp1f1_sensitivity", _fixed("hyp1f1_sensitivity", (0.7, 1.3), ANY, which=1)),
    OpSpec("hyp2f1", _fixed("hyp2f1", (0.7, 1.1, 1.9), UNIT)),
    OpSpec(
        "hyp2f1_sensitivity",
        _fixed("hyp2f1_sensitivity", (0.7, 1.1, 1.9), inside(0.1, 0.5), which=2),
    ),
    OpSpec("xlogy", binary("xlogy", ANY, POSITIVE)),
    OpSpec("xlog1py", binary("xlog1py", ANY, POSITIVE)),
    OpSpec("betaln", _several("betaln", POSITIVE, POSITIVE)),
    OpSpec("owens_t", _several("owens_t", ANY, ANY)),
    OpSpec("poch", _several("poch", POSITIVE, POSITIVE)),
    OpSpec("binom", _several("binom", inside(3.0, 4.0), inside(1.0, 2.0))),
    OpSpec("igamma", _several("igamma", POSITIVE, POSITIVE), tolerance=1e-5),
    OpSpec("igammac", _several("igammac", POSITIVE, POSITIVE), tolerance=1e-5),
    OpSpec(
        "igamma_sensitivity",
        _several("igamma_sensitivity", POSITIVE, POSITIVE, order=1),
        order=1,
        tolerance=1e-4,
        in_programs=False,
    ),
    OpSpec(
        "regularized_incomplete_beta",
        _several("regularized_incomplete_beta", POSITIVE, POSITIVE, inside(0.2, 0.8)),
        tolerance=1e-5,
    ),
    OpSpec(
        "betainc_sensitivity",
        _several("betainc_sensitivity", POSITIVE, POSITIVE, inside(0.2, 0.8), orders=(1, 0)),
        order=1,
        tolerance=1e-4,
        in_programs=False,
    ),
]
