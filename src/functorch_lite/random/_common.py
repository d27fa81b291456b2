"""What all samplers share: checks of keys, dtypes and shapes."""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ir import as_argument, bind, canonical_dtype, current_source, dtype_of, shape_of, summarize
from ..numpy._promotion import as_array, broadcast_to_shape, cast
from ..prims.random import random_consume_p, random_split_p, used_keys

__all__ = [
    "as_float",
    "float_dtype",
    "int_dtype",
    "parameter",
    "sample_shape",
    "sampler",
    "single_key",
    "split_key",
]

F = TypeVar("F", bound=Callable[..., Any])


def sampler(f: F) -> F:
    """Let a public function compute without warnings and return Arrays, also rank-0 ones."""

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            out = f(*args, **kwargs)
        return as_argument(np.asarray(out) if isinstance(out, np.generic) else out)

    return wrapper  # type: ignore[return-value]


def single_key(name: str, key: Any, uses: bool = True) -> Any:
    """Check that `key` is one key; note that it is used up."""
    key = as_array(key, "the key")
    if shape_of(key) != (2,) or dtype_of(key) != np.uint32:
        hint = ""
        if dtype_of(key) == np.uint32 and shape_of(key)[-1:] == (2,):
            hint = "; map over several keys with functorch_lite.vmap"
        raise TypeError(
            f"{name} takes a single key, a uint32 array of shape (2,), got "
            f"{dtype_of(key).name}{list(shape_of(key))} {summarize(current_source())}{hint or ''}; "
            "make one with functorch_lite.random.key(seed)"
        )
    if uses and used_keys.get() is not None:
        bind(random_consume_p, key, use=f"random.{name} {summarize(current_source())}")
    return key


def split_key(key: Any, num: int = 2) -> Any:
    """Split without checks."""
    return bind(random_split_p, key, shape=(num,))


def float_dtype(name: str, dtype: Any, complex_too: bool = False) -> np.dtype[Any]:
    """Return a float dtype; None and `float` are float64."""
    d = canonical_dtype(float if dtype is None else dtype)
    if d.kind not in ("fc" if complex_too else "f"):
        kind = "float or complex" if complex_too else "float"
        raise DTypeError(
            f"{name} draws numbers of a {kind} dtype, got {d.name} {summarize(current_source())}"
        )
    return d


def int_dtype(name: str, dtype: Any) -> np.dtype[Any]:
    """Return an integer dtype; None and `int` are int64."""
    d = canonical_dtype(int if dtype is None else dtype)
    if d.kind not in "iu":
        raise DTypeError(
            f"{name} draws numbers of an integer dtype, got {d.name} {summarize(current_source())}"
        )
    return d


def sample_shape(name: str, shape: int | Sequence[int] | None, *params: Any) -> tuple[int, ...]:
    """Return the shape of a sample: as given, or the broadcast of its parameters' shapes."""
    shapes = [shape_of(p) for p in params]
    try:
        common = np.broadcast_shapes(*shapes)
        if shape is None:
            return common
        wanted = _as_shape(shape)
        fits = np.broadcast_shapes(common, wanted) == wanted
    except ValueError:
        fits, wanted = False, () if shape is None else _as_shape(shape)
    if not fits:
        raise ShapeError(
            f"{name}: parameters of shapes {', '.join(map(str, shapes))} do not broadcast to the "
            f"shape {wanted} of the sample {summarize(current_source())}"
        )
    return wanted


def _as_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    dims: Sequence[int] = shape if isinstance(shape, Sequence | np.ndarray) else (shape,)
    return tuple(operator.index(n) for n in dims)


def parameter(x: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Convert a parameter and broadcast it to the shape of the sample."""
    return broadcast_to_shape(cast(as_array(x), dtype), shape)


def as_float(x: Any) -> Any:
    """Return a parameter as an array of a float dtype; integers become float64."""
    x = as_array(x)
    d = dtype_of(x)
    return (
        x
        if d.kind == "f" and hasattr(x, "dtype")
        else cast(x, d if d.kind == "f" else np.dtype(float))
    )
