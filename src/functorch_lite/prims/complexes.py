"""Complex parts. Transposes are those of R-linear maps, as in JAX (no conjugation)."""

from typing import Any

import numpy as np

from ..ir import bind, dtype_of
from .arithmetic import div, mul, neg, select, sign_p
from .elementwise import elementwise, full_like
from .logical import eq
from .lowering import Scalar


def _real_dtype(d: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(d.char.lower())


def _complex_dtype(d: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.complex64) if d.itemsize <= 4 else np.dtype(np.complex128)


real_p = elementwise(
    "real",
    lambda x: np.asarray(x).real.copy(),
    kinds="complex",
    partials=[lambda t, o, x: real(t)],
    linear_in=(0,),
    transpose=lambda ct, i, x: complex(ct, dtype_of(ct).type(0)),
    out_dtype=_real_dtype,
    lower=Scalar("{0}.real"),
)

imag_p = elementwise(
    "imag",
    lambda x: np.asarray(x).imag.copy(),
    kinds="complex",
    partials=[lambda t, o, x: imag(t)],
    linear_in=(0,),
    transpose=lambda ct, i, x: complex(dtype_of(ct).type(0), neg(ct)),
    out_dtype=_real_dtype,
    lower=Scalar("{0}.imag"),
)

complex_p = elementwise(
    "complex",
    lambda x, y: x + 1j * y if dtype_of(x).itemsize > 4 else (x + np.complex64(1j) * y),
    kinds="float",
    partials=[
        lambda t, o, x, y: complex(t, dtype_of(t).type(0)),
        lambda t, o, x, y: complex(dtype_of(t).type(0), t),
    ],
    linear_in=(0, 1),
    transpose=lambda ct, i, x, y: neg(imag(ct)) if i else real(ct),
    out_dtype=_complex_dtype,
    lower=Scalar("complex({0}, {1})"),
)

conj_p = elementwise(
    "conj",
    np.conj,
    kinds="complex",
    partials=[lambda t, o, x: conj(t)],
    linear_in=(0,),
    transpose=lambda ct, i, x: conj(ct),
    lower=Scalar("conj({0})"),
)


# --- absolute value -----------------------------------------------------------------------------


def _abs_dx(t: Any, o: Any, x: Any) -> Any:
    """sign(x) t, and Re(conj(x) t) / |x| for complex x; 0 at 0."""
    if dtype_of(x).kind != "c":
        return mul(t, bind(sign_p, x))
    safe = select(eq(o, full_like(o, 0)), full_like(o, 1), o)
    return div(real(mul(conj(x), t)), safe)


abs_p = elementwise(
    "abs",
    np.abs,
    kinds="any",
    partials=[_abs_dx],
    out_dtype=lambda d: np.dtype(d.char.lower()) if d.kind == "c" else d,
    lower=Scalar("abs({0})"),
)

# --- the primitives as functions ----------------------------------------------------------------


def real(x: Any) -> Any:
    """Real part of a complex array."""
    return bind(real_p, x)


def imag(x: Any) -> Any:
    """Imaginary part of a complex array."""
    return bind(imag_p, x)


def complex(x: Any, y: Any) -> Any:
    """x + iy for real x and y."""
    return bind(complex_p, x, y)


def conj(x: Any) -> Any:
    """Complex conjugate."""
    return bind(conj_p, x)


__all__ = ["abs_p", "complex", "complex_p", "conj", "conj_p", "imag", "imag_p", "real", "real_p"]
