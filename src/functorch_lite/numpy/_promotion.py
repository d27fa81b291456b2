"""NumPy 2 promotion and broadcasting, made explicit.

Primitives are strict; these functions convert and broadcast their operands as NumPy would
(NEP 50): a Python scalar takes the dtype of the array that it meets, everything else follows
`np.result_type`. A rank-0 operand stays as it is, since elementwise primitives take it so.
"""

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import (
    ShapedArray,
    Tracer,
    bind,
    current_source,
    current_state,
    dtype_of,
    shape_of,
    summarize,
    typeof,
)
from ..ir.aval import python_scalar_dtype
from ..prims.arithmetic import convert_element_type_p
from ..prims.shape import broadcast_in_dim, concatenate, reshape

__all__ = [
    "as_array",
    "broadcast_shapes",
    "broadcast_to_shape",
    "cast",
    "is_plain",
    "is_recorded",
    "is_weak",
    "promote",
    "promote_dtypes",
    "promote_inexact",
    "result_type",
    "to_inexact_dtype",
]

_KIND_ORDER = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


def is_plain(*args: Any) -> bool:
    """Tell whether NumPy itself can be called: no tracer, and nothing is recording."""
    if current_state().omni is not None:
        return False
    for a in args:
        if isinstance(a, Tracer):
            return False
        if type(a) is not np.ndarray and hasattr(a, "__functorch_lite_array__"):
            return False
    return True


def is_recorded(x: Any) -> bool:
    """Tell whether what is done to an operand is to be recorded.

    So it is for an array that a function being recorded closes over: who holds it may write into
    it later, so neither the array nor what is made from it is a constant.
    """
    return isinstance(x, Tracer) or (isinstance(x, np.ndarray) and current_state().omni is not None)


def is_weak(x: Any) -> bool:
    """Tell whether `x` is a Python scalar or a tracer that stands for one."""
    if isinstance(x, Tracer):
        return x.weak_type
    return type(x) in (int, float, complex)


def as_array(x: Any, name: str = "an operand") -> Any:
    """Return `x` as a tracer, an array or a scalar; sequences become arrays.

    Raises
    ------
    DTypeError
        If that is not possible.
    """
    if isinstance(x, Tracer) or type(x) is np.ndarray:
        return x
    if isinstance(x, np.ndarray | np.generic) or python_scalar_dtype(x) is not None:
        return x
    convert = getattr(x, "__functorch_lite_array__", None)
    if convert is not None:
        return convert()
    if isinstance(x, list | tuple):
        return _stack_sequence(x, name)
    if hasattr(x, "__array__"):
        return np.asarray(x)
    raise DTypeError(
        f"{name} has type {type(x).__name__!r}, which is not an array, a number or a sequence of "
        f"numbers {summarize(current_source())}"
    )


def _stack_sequence(xs: Any, name: str) -> Any:
    """Turn a (nested) sequence into an array; it may hold tracers."""
    if not _holds_tracer(xs):
        a = np.asarray(xs)
        if a.dtype == object:
            raise DTypeError(
                f"{name} is a ragged or mixed sequence that is no array {summarize(current_source())}"
            )
        return a
    parts = promote_dtypes(*[as_array(x, name) for x in xs])
    shapes = {shape_of(p) for p in parts}
    if len(shapes) > 1:
        raise ShapeError(f"{name} is a sequence of arrays of different shapes {sorted(shapes)}")
    rows = [reshape(_at_least_array(p), (1, *shape_of(p))) for p in parts]
    return concatenate(rows, 0)


def _at_least_array(x: Any) -> Any:
    return x if hasattr(x, "shape") else np.asarray(x)


def _holds_tracer(xs: Any) -> bool:
    """Tell whether a (nested) sequence holds something that stands for a value."""
    if isinstance(xs, list | tuple):
        return any(_holds_tracer(x) for x in xs)
    return is_recorded(xs) or hasattr(xs, "__functorch_lite_array__")


def _promotion_operand(x: Any) -> Any:
    """Return what np.result_type should see for `x`."""
    if isinstance(x, Tracer):
        return x.dtype.type(0).item() if x.weak_type else x.dtype
    if type(x) in (int, float, complex):
        return type(x)(0)
    return dtype_of(x)


def result_type(*args: Any) -> np.dtype[Any]:
    """Return the dtype that operands are promoted to; arguments may also be dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> result_type(np.float32(1), 2.0)
    dtype('float32')
    """
    seen = [
        a if isinstance(a, np.dtype | type | str) else _promotion_operand(as_array(a)) for a in args
    ]
    return np.result_type(*seen)


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """Convert one operand to `dtype`; a Python scalar becomes a NumPy scalar."""
    if isinstance(x, Tracer):
        if x.dtype == dtype and not x.weak_type:
            return x
        return bind(convert_element_type_p, x, new_dtype=dtype)
    if isinstance(x, np.ndarray | np.generic):
        if x.dtype == dtype:
            return x
        if is_recorded(x):
            return bind(convert_element_type_p, x, new_dtype=dtype)
        return x.astype(dtype)
    try:
        return dtype.type(x)
    except OverflowError:
        raise OverflowError(
            f"Python integer {x} is out of bounds for {dtype.name} {summarize(current_source())}"
        ) from None


def promote_dtypes(*args: Any) -> list[Any]:
    """Convert operands to their common dtype."""
    if len(args) == 2:
        x, y = args
        if isinstance(x, Tracer) and type(y) in (float, int) and not x.weak_type:
            d = x.dtype
            if d.kind in "fc" or (d.kind in "iu" and type(y) is int):
                return [x, cast(y, d)]
        xd, yd = getattr(x, "dtype", None), getattr(y, "dtype", None)
        if xd is not None and xd == yd and not is_weak(x) and not is_weak(y):
            return [x, y]
    if all(is_weak(a) for a in args):
        return _promote_weak(args)
    dtype = np.result_type(*[_promotion_operand(a) for a in args])
    return [cast(a, dtype) for a in args]


def _promote_weak(args: tuple[Any, ...]) -> list[Any]:
    """Bring Python scalars and weak tracers to the highest kind, keeping them weak."""
    dtypes = [dtype_of(a) for a in args]
    top = max(dtypes, key=lambda d: (_KIND_ORDER[d.kind], d.itemsize))
    out = []
    for a, d in zip(args, dtypes, strict=True):
        if d == top:
            out.append(a)
        elif isinstance(a, Tracer):
            out.append(bind(convert_element_type_p, a, new_dtype=top))
        else:
            out.append(top.type(a).item())
    return out


def to_inexact_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype in which NumPy's float functions evaluate `dtype`.

    Examples
    --------
    >>> import numpy as np
    >>> to_inexact_dtype(np.dtype("int32")), to_inexact_dtype(np.dtype("float32"))
    (dtype('float64'), dtype('float32'))
    """
    if dtype.kind in "fc":
        return dtype
    if dtype.itemsize == 1:
        return np.dtype(np.float16)
    return np.dtype(np.float32) if dtype.itemsize == 2 else np.dtype(np.float64)


def promote_inexact(*args: Any, small_ints: bool = True) -> list[Any]:
    """Promote, then convert integers to the float dtype that NumPy uses for them.

    `small_ints` converts int8 to float16 and int16 to float32 as NumPy's unary float functions
    do; division goes to float64.
    """
    out = promote_dtypes(*args)
    d = dtype_of(out[0])
    if d.kind in "fc":
        return out
    target = to_inexact_dtype(d) if small_ints else np.dtype(np.float64)
    if all(is_weak(a) for a in out):
        return [
            bind(convert_element_type_p, a, new_dtype=target) if isinstance(a, Tracer) else float(a)
            for a in out
        ]
    return [cast(a, target) for a in out]


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the broadcast of shapes, or raise ShapeError with the user's line.

    Examples
    --------
    >>> broadcast_shapes((3, 1), (2,))
    (3, 2)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            f"shapes {', '.join(map(str, shapes))} cannot be broadcast together "
            f"{summarize(current_source())}; axes are matched from the right and must be equal "
            "or 1 (reshape with x[:, None], or transpose)"
        ) from None


def broadcast_to_shape(x: Any, shape: tuple[int, ...]) -> Any:
    """Broadcast `x` to `shape` by NumPy's rules."""
    s = shape_of(x)
    if s == shape:
        return x
    if len(s) > len(shape):
        raise ShapeError(
            f"cannot broadcast an array of shape {s} to {shape} {summarize(current_source())}"
        )
    if broadcast_shapes(s, shape) != shape:
        raise ShapeError(
            f"cannot broadcast an array of shape {s} to {shape} {summarize(current_source())}"
        )
    return broadcast_in_dim(x, shape, range(len(shape) - len(s), len(shape)))


def broadcast_operands(args: list[Any]) -> list[Any]:
    """Broadcast operands of an elementwise primitive; rank-0 ones stay."""
    shapes = [shape_of(a) for a in args]
    first = shapes[0]
    if all(s == first or s == () for s in shapes):
        return args
    shape = broadcast_shapes(*shapes)
    return [
        a if s == () else broadcast_to_shape(a, shape) for a, s in zip(args, shapes, strict=True)
    ]


def promote(*args: Any) -> list[Any]:
    """Promote and broadcast the operands of an elementwise primitive."""
    return broadcast_operands(promote_dtypes(*args))


def aval_of_operand(x: Any) -> ShapedArray:
    """Return the aval of anything `as_array` takes."""
    return typeof(as_array(x))
