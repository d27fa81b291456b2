"""Arithmetic: +, -, *, /, powers, rounding, extrema, selection, conversion."""

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    Linear,
    Primitive,
    Recorder,
    ShapedArray,
    bind,
    current_source,
    dtype_of,
    is_inexact,
    no_tangent,
    not_linear,
    shape_of,
    summarize,
)
from .elementwise import (
    broadcast_scalar_to,
    elementwise,
    elementwise_batch,
    full_like,
    unbroadcast_scalar,
    zeros,
)
from .logical import eq, gt_p, lt_p, or_p
from .lowering import Scalar

# --- linear -------------------------------------------------------------------------------------

add_p = elementwise(
    "add",
    np.add,
    kinds="any",
    partials=[lambda t, o, x, y: t, lambda t, o, x, y: t],
    linear_in=(0, 1),
    transpose=lambda ct, i, *args: ct,
    lower=Scalar("{0} + {1}"),
)

sub_p = elementwise(
    "sub",
    np.subtract,
    kinds="number",
    partials=[lambda t, o, x, y: t, lambda t, o, x, y: neg(t)],
    linear_in=(0, 1),
    transpose=lambda ct, i, *args: neg(ct) if i else ct,
    lower=Scalar("{0} - {1}"),
)

neg_p = elementwise(
    "neg",
    np.negative,
    kinds="number",
    partials=[lambda t, o, x: neg(t)],
    linear_in=(0,),
    transpose=lambda ct, i, x: neg(ct),
    lower=Scalar("-{0}"),
)

mul_p = elementwise(
    "mul",
    np.multiply,
    kinds="any",
    partials=[lambda t, o, x, y: mul(t, y), lambda t, o, x, y: mul(x, t)],
    linear_in=(0, 1),
    transpose=lambda ct, i, x, y: mul(x, ct) if i else mul(ct, y),
    lower=Scalar("{0} * {1}"),
)


def _div_impl(x: Any, y: Any) -> Any:
    """Divide; integers round toward zero, as in C."""
    if dtype_of(x).kind in "fc":
        return np.divide(x, y)
    q = np.floor_divide(x, y)
    inexact = (np.multiply(q, y) != x) & ((np.less(x, 0)) != (np.less(y, 0)))
    return q + inexact.astype(q.dtype)


div_p = elementwise(
    "div",
    _div_impl,
    kinds="number",
    partials=[lambda t, o, x, y: div(t, y), lambda t, o, x, y: neg(mul(t, div(o, y)))],
    linear_in=(0,),
    transpose=lambda ct, i, x, y: div(ct, y),
    lower=Scalar("div({0}, {1})"),
)

# --- powers -------------------------------------------------------------------------------------


def _integer_pow_impl(x: Any, *, y: int) -> Any:
    """Power by repeated squaring: np.power is ten times slower for small exponents."""
    if y == 2:
        return np.square(x)
    if y < 0:
        return np.reciprocal(_integer_pow_impl(x, y=-y))
    if y == 0:
        return np.ones_like(x)
    result, square, n = None, x, y
    while n:
        if n & 1:
            result = square if result is None else np.multiply(result, square)
        n >>= 1
        if n:
            square = np.multiply(square, square)
    return np.copy(x) if y == 1 else result


integer_pow_p = elementwise(
    "integer_pow",
    _integer_pow_impl,
    kinds="number",
    partials=[
        lambda t, o, x, y: (
            None if y == 0 else mul(t, mul(x if y == 2 else integer_pow(x, y - 1), full_like(x, y)))
        )
    ],
    lower=Scalar("integer_pow({0}, {y})"),
)

square_p = elementwise(
    "square",
    np.square,
    kinds="number",
    partials=[lambda t, o, x: mul(t, mul(x, full_like(x, 2)))],
    lower=Scalar("{0} * {0}"),
)

sqrt_p = elementwise(
    "sqrt",
    np.sqrt,
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, div(full_like(x, 0.5), o))],
    lower=Scalar("sqrt({0})"),
)

rsqrt_p = elementwise(
    "rsqrt",
    lambda x: np.reciprocal(np.sqrt(x)),
    kinds="inexact",
    partials=[lambda t, o, x: mul(t, mul(full_like(x, -0.5), div(o, x)))],
    lower=Scalar("rsqrt({0})"),
)

cbrt_p = elementwise(
    "cbrt",
    np.cbrt,
    kinds="float",
    partials=[lambda t, o, x: mul(t, div(full_like(x, 1 / 3), mul(o, o)))],
    lower=Scalar("cbrt({0})"),
)

# --- rounding and remainders --------------------------------------------------------------------

floor_p = elementwise("floor", np.floor, kinds="float", partials=None, lower=Scalar("floor({0})"))
ceil_p = elementwise("ceil", np.ceil, kinds="float", partials=None, lower=Scalar("ceil({0})"))
round_p = elementwise("round", np.rint, kinds="float", partials=None, lower=Scalar("rint({0})"))
trunc_p = elementwise("trunc", np.trunc, kinds="float", partials=None, lower=Scalar("trunc({0})"))
sign_p = elementwise("sign", np.sign, kinds="real number", partials=None, lower=Scalar("sign({0})"))

rem_p = elementwise(
    "rem",
    np.fmod,
    kinds="real number",
    partials=[lambda t, o, x, y: t, lambda t, o, x, y: neg(mul(t, trunc(div(x, y))))],
    lower=Scalar("fmod({0}, {1})"),
)

mod_p = elementwise(
    "mod",
    np.remainder,
    kinds="real number",
    partials=[lambda t, o, x, y: t, lambda t, o, x, y: neg(mul(t, floor(div(x, y))))],
    lower=Scalar("remainder({0}, {1})"),
)

floor_divide_p = elementwise(
    "floor_divide",
    np.floor_divide,
    kinds="real number",
    partials=None,
    lower=Scalar("floor_divide({0}, {1})"),
)

nextafter_p = elementwise(
    "nextafter", np.nextafter, kinds="float", partials=None, lower=Scalar("nextafter({0}, {1})")
)

# --- extrema ------------------------------------------------------------------------------------


def _extremum_weight(x: Any, y: Any, o: Any) -> Any:
    """Weight of `x` in max(x, y) or min(x, y): 1 or 0, and one half at a tie."""
    one, zero = full_like(x, 1), full_like(x, 0)
    wins = select(eq(x, o), one, zero)
    return select(eq(x, y), full_like(x, 0.5), wins)


max_p = elementwise(
    "max",
    np.maximum,
    kinds="any",
    partials=[
        lambda t, o, x, y: mul(t, _extremum_weight(x, y, o)),
        lambda t, o, x, y: mul(t, _extremum_weight(y, x, o)),
    ],
    lower=Scalar("maximum({0}, {1})"),
)

min_p = elementwise(
    "min",
    np.minimum,
    kinds="any",
    partials=[
        lambda t, o, x, y: mul(t, _extremum_weight(x, y, o)),
        lambda t, o, x, y: mul(t, _extremum_weight(y, x, o)),
    ],
    lower=Scalar("minimum({0}, {1})"),
)


def _clamp_dx(t: Any, o: Any, lo: Any, x: Any, hi: Any) -> Any:
    """1 inside the closed interval, 0 outside: the bounds themselves count as inside."""
    outside = bind(or_p, bind(lt_p, x, lo), bind(gt_p, x, hi))
    return select(broadcast_scalar_to(outside, shape_of(o)), full_like(t, 0), t)


def _clamp_dbound(t: Any, o: Any, is_active: Any) -> Any:
    """Pass the tangent of a bound where it is the active one."""
    shape = shape_of(o)
    return select(
        broadcast_scalar_to(is_active, shape), broadcast_scalar_to(t, shape), full_like(t, 0)
    )


clamp_p = elementwise(
    "clamp",
    lambda lo, x, hi: np.minimum(np.maximum(x, lo), hi),
    kinds="real",
    partials=[
        lambda t, o, lo, x, hi: _clamp_dbound(t, o, bind(lt_p, x, lo)),
        _clamp_dx,
        lambda t, o, lo, x, hi: _clamp_dbound(t, o, bind(gt_p, x, hi)),
    ],
    lower=Scalar("minimum(maximum({1}, {0}), {2})"),
)

# --- selection ----------------------------------------------------------------------------------


_FEW = 1024  # elements below which np.where is as fast as anything


def _is_zero(x: Any) -> bool:
    """Tell whether `x` is the scalar of which all bits are 0."""
    return np.ndim(x) == 0 and dtype_of(x).kind in "fiu" and x == 0 and not np.signbit(x)


def _keep_where(mask: Any, x: Any) -> Any:
    """Return x, or 0, by its bits: np.where branches, and irregular masks make it six times slower."""
    x = np.asarray(x)
    bits = np.dtype(f"i{x.dtype.itemsize}")
    whole = np.negative(mask.view(np.int8)).astype(bits)  # -1 has all bits set
    return np.bitwise_and(x.view(bits), whole, out=whole).view(x.dtype)


def _select_impl(which: Any, *cases: Any) -> Any:
    if dtype_of(which).kind == "b":
        if np.size(which) > _FEW:
            if _is_zero(cases[0]) and np.shape(cases[1]) == which.shape:
                return _keep_where(which, cases[1])
            if _is_zero(cases[1]) and np.shape(cases[0]) == which.shape:
                return _keep_where(~which, cases[0])
        return np.where(which, cases[1], cases[0])
    shape = np.broadcast_shapes(*(shape_of(a) for a in (which, *cases)))
    return np.choose(which, [np.broadcast_to(c, shape) for c in cases], mode="clip")


def _select_abstract(which: ShapedArray, *cases: ShapedArray) -> ShapedArray:
    if which.dtype.kind not in "bi" or (which.dtype.kind == "b" and len(cases) != 2):
        raise DTypeError(
            f"select_n needs a bool predicate and two cases, or an int one; got {which.dtype.name} "
            f"and {len(cases)} cases {summarize(current_source())}"
        )
    shapes = {a.shape for a in (which, *cases) if a.shape != ()}
    if len(shapes) > 1:
        raise ShapeError(
            f"select_n needs equal shapes, got {[a.shape for a in (which, *cases)]} "
            f"{summarize(current_source())}"
        )
    if len({c.dtype for c in cases}) > 1:
        raise DTypeError(
            f"select_n needs cases of one dtype, got {[c.dtype.name for c in cases]} "
            f"{summarize(current_source())}; convert with x.astype(...)"
        )
    return ShapedArray(shapes.pop() if shapes else (), cases[0].dtype)


def _select_jvp(ts: Any, xs: Any, o: Any) -> Any:
    """Select among the tangents."""
    if all(t is None for t in ts[1:]):
        return None
    cases = [full_like(o, 0) if t is None else t for t in ts[1:]]
    return broadcast_scalar_to(bind(select_n_p, xs[0], *cases), shape_of(o))


def _select_transpose(ct: Any, which: Any, *cases: Any) -> list[Any]:
    """Give each case the cotangent where it was chosen."""
    cts: list[Any] = [None]
    for i, c in enumerate(cases):
        if not isinstance(c, Linear):
            cts.append(None)
            continue
        masked = [full_like(ct, 0)] * len(cases)
        masked[i] = ct
        out = broadcast_scalar_to(bind(select_n_p, which, *masked), shape_of(ct))
        cts.append(unbroadcast_scalar(out, c.aval))
    return cts


select_n_p: Primitive = Primitive(
    "select_n",
    impl=_select_impl,
    abstract_eval=_select_abstract,
    jvp=_select_jvp,
    transpose=_select_transpose,
    batch=elementwise_batch(lambda: select_n_p),
    lower=Scalar("select({0}, {1}, {2})"),
)

# --- conversion ---------------------------------------------------------------------------------


def _convert_impl(x: Any, *, new_dtype: np.dtype[Any]) -> Any:
    x = np.asarray(x)
    if x.dtype.kind == "c" and new_dtype.kind not in "cb":
        x = x.real
    return x.astype(new_dtype)


def _convert_transpose(ct: Any, x: Any, *, new_dtype: np.dtype[Any]) -> list[Any]:
    """Convert back to the dtype of the input."""
    return [convert_element_type(ct, x.aval.dtype)]


convert_element_type_p = Primitive(
    "convert_element_type",
    impl=_convert_impl,
    abstract_eval=lambda x, *, new_dtype: ShapedArray(x.shape, new_dtype),
    jvp=lambda ts, xs, o, *, new_dtype: (
        convert_element_type(ts[0], new_dtype) if is_inexact(new_dtype) else None
    ),
    transpose=_convert_transpose,
    batch=lambda size, args, batched, *, new_dtype: convert_element_type(args[0], new_dtype),
    lower=Scalar("cast({0}, {new_dtype})"),
)

stop_gradient_p: Primitive = Primitive(
    "stop_gradient",
    impl=np.asarray,
    abstract_eval=lambda x: x,
    jvp=no_tangent,
    transpose=not_linear,
    batch=lambda size, args, batched: bind(stop_gradient_p, args[0]),
    lower=Scalar("{0}"),
    keeps_weak_type=True,
)
Recorder.stop_gradient = stop_gradient_p


# --- the primitives as functions ----------------------------------------------------------------


def add(x: Any, y: Any) -> Any:
    """x + y for equal dtypes and shapes."""
    return bind(add_p, x, y)


def sub(x: Any, y: Any) -> Any:
    """x - y for equal dtypes and shapes."""
    return bind(sub_p, x, y)


def mul(x: Any, y: Any) -> Any:
    """x * y for equal dtypes and shapes."""
    return bind(mul_p, x, y)


def div(x: Any, y: Any) -> Any:
    """x / y for equal dtypes and shapes; integers round toward zero."""
    return bind(div_p, x, y)


def neg(x: Any) -> Any:
    """-x."""
    return bind(neg_p, x)


def integer_pow(x: Any, y: int) -> Any:
    """x ** y for a Python int y."""
    return bind(integer_pow_p, x, y=y)


def floor(x: Any) -> Any:
    """Largest integer not above x."""
    return bind(floor_p, x)


def trunc(x: Any) -> Any:
    """Integer part of x."""
    return bind(trunc_p, x)


def select(which: Any, on_true: Any, on_false: Any) -> Any:
    """Choose elementwise: `on_true` where `which`; all three may be rank-0."""
    return bind(select_n_p, which, on_false, on_true)


def convert_element_type(x: Any, new_dtype: Any) -> Any:
    """Convert to another dtype; nothing happens if it has it already."""
    if dtype_of(x) == new_dtype and not getattr(x, "weak_type", False):
        return x
    return bind(convert_element_type_p, x, new_dtype=np.dtype(new_dtype))


def stop_gradient(x: Any) -> Any:
    """Pass x, but no derivative."""
    return bind(stop_gradient_p, x)


__all__ = [n for n in dir() if n.endswith("_p")] + [
    "add",
    "convert_element_type",
    "div",
    "floor",
    "integer_pow",
    "mul",
    "neg",
    "select",
    "stop_gradient",
    "sub",
    "trunc",
    "zeros",
]
