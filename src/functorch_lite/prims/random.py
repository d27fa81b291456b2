"""Primitives of random numbers: words, bits and floats of a key's stream, and gamma numbers.

A key is a uint32 array of shape (2,). Every operation takes keys with leading batch axes, so
batch rules only put the mapped axis in front. Gamma numbers are differentiable in their
parameter (Figurnov, Mohamed & Mnih 2018, "Implicit reparameterization gradients").
"""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..errors import DTypeError, KeyReuseError, ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
    bind,
    current_source,
    no_tangent,
    shape_of,
    summarize,
)
from . import threefry
from .arithmetic import div, max_p, mul
from .elementwise import elementwise_batch, full_like
from .lowering import Library
from .shape import broadcast_in_dim
from .special import random_gamma_grad
from .transcendental import exp

_STREAM = Library("counters enciphered in blocks that stay in the cache")
_UINT32 = np.dtype(np.uint32)


def _check_keys(name: str, keys: ShapedArray) -> tuple[int, ...]:
    """Return the batch shape of keys."""
    if keys.dtype != _UINT32 or keys.shape[-1:] != (2,):
        raise DTypeError(
            f"{name} needs a key, a uint32 array of shape (2,), got {keys} "
            f"{summarize(current_source())}; make one with functorch_lite.random.key(seed)"
        )
    return keys.shape[:-1]


# --- the cipher ---------------------------------------------------------------------------------


def _threefry_abstract(*words: ShapedArray) -> list[ShapedArray]:
    if any(w.dtype != _UINT32 for w in words):
        raise DTypeError(
            f"threefry2x32 needs uint32 words, got {[w.dtype.name for w in words]} "
            f"{summarize(current_source())}"
        )
    shapes = {w.shape for w in words} - {()}
    if len(shapes) > 1:
        raise ShapeError(f"threefry2x32 needs equal shapes, got {[w.shape for w in words]}")
    out = ShapedArray(shapes.pop() if shapes else (), _UINT32)
    return [out, out]


def _threefry_batch(size: int, args: Any, batched: Any) -> tuple[list[Any], list[bool]]:
    outs = elementwise_batch(lambda: threefry2x32_p)(size, args, batched)
    return outs, [True, True]


threefry2x32_p: Primitive = Primitive(
    "threefry2x32",
    impl=threefry.block,
    abstract_eval=_threefry_abstract,
    jvp=no_tangent,
    batch=_threefry_batch,
    lower=Library("one pass of the cipher over NumPy arrays"),
    multiple_results=True,
)

# --- the stream of a key --------------------------------------------------------------------------

random_split_p: Primitive = Primitive(
    "random_split",
    impl=lambda keys, *, shape: threefry.split(keys, shape),
    abstract_eval=lambda keys, *, shape: ShapedArray(
        (*_check_keys("split", keys), *shape, 2), _UINT32
    ),
    jvp=no_tangent,
    batch=lambda size, args, batched, **params: bind(random_split_p, args[0], **params),
    lower=_STREAM,
)

random_bits_p: Primitive = Primitive(
    "random_bits",
    impl=lambda keys, *, shape, width: threefry.bits(keys, shape, width),
    abstract_eval=lambda keys, *, shape, width: ShapedArray(
        (*_check_keys("bits", keys), *shape), np.dtype(f"u{width // 8}")
    ),
    jvp=no_tangent,
    batch=lambda size, args, batched, **params: bind(random_bits_p, args[0], **params),
    lower=_STREAM,
)

random_unit_p: Primitive = Primitive(
    "random_unit",
    impl=lambda keys, *, shape, dtype: threefry.unit(keys, shape, dtype),
    abstract_eval=lambda keys, *, shape, dtype: ShapedArray(
        (*_check_keys("uniform", keys), *shape), dtype
    ),
    jvp=no_tangent,
    batch=lambda size, args, batched, **params: bind(random_unit_p, args[0], **params),
    lower=_STREAM,
)

# --- gamma ----------------------------------------------------------------------------------------


def _gamma_abstract(keys: ShapedArray, a: ShapedArray, *, log_space: bool) -> ShapedArray:
    batch = _check_keys("gamma", keys)
    if a.dtype.kind != "f" or a.shape[: len(batch)] != batch:
        raise DTypeError(
            f"random_gamma needs float parameters with the batch axes of its keys, got {a} and "
            f"{keys} {summarize(current_source())}"
        )
    return ShapedArray(a.shape, a.dtype)


def _gamma_jvp(ts: Any, xs: Any, out: Any, *, log_space: bool) -> Any:
    """Move the sample at fixed quantile: d sample = -dP(a, x)/da / p(x) da."""
    if not log_space:
        return mul(ts[1], random_gamma_grad(xs[1], out))
    tiny = full_like(out, np.finfo(xs[1].dtype).tiny)
    sample = bind(max_p, exp(out), tiny)
    return mul(ts[1], div(random_gamma_grad(xs[1], sample), sample))


def _gamma_batch(size: int, args: Any, batched: Any, *, log_space: bool) -> Any:
    full = [
        x if b else broadcast_in_dim(x, (size, *shape_of(x)), range(1, len(shape_of(x)) + 1))
        for x, b in zip(args, batched, strict=True)
    ]
    return bind(random_gamma_p, *full, log_space=log_space)


random_gamma_p: Primitive = Primitive(
    "random_gamma",
    impl=lambda keys, a, *, log_space: threefry.gamma(keys, np.asarray(a), log_space),
    abstract_eval=_gamma_abstract,
    jvp=_gamma_jvp,
    batch=_gamma_batch,
    lower=Library("rejection sampling"),
)

# --- which keys have been used -------------------------------------------------------------------

# What `random.debug_key_reuse` keeps: for each used key, where that was. None: nobody looks.
used_keys: ContextVar[dict[bytes, str] | None] = ContextVar("functorch_lite_keys", default=None)


def _consume_impl(keys: Any, *, use: str) -> Sequence[Any]:
    """Remember that keys were used; complain about those that were used before."""
    seen = used_keys.get()
    if seen is not None:
        for key in np.ascontiguousarray(keys).reshape(-1, 2):
            before = seen.get(key.tobytes())
            if before is not None:
                raise KeyReuseError(
                    f"the key {key.tolist()} is used again by {use}.\n"
                    f"It was used before by {before}.\n"
                    "Both draw the same numbers. Split the key and use each part once: "
                    "key, subkey = random.split(key); or declare the reuse with random.clone(key)."
                )
            seen[key.tobytes()] = use
    return []


random_consume_p: Primitive = Primitive(
    "random_consume",
    impl=_consume_impl,
    abstract_eval=lambda keys, *, use: [],
    jvp=lambda ts, xs, outs, *, use: [],
    batch=lambda size, args, batched, *, use: (bind(random_consume_p, args[0], use=use), []),
    lower=Library("bookkeeping"),
    multiple_results=True,
    effectful=True,
)


def _clone_impl(keys: Any) -> Any:
    """Copy keys, and forget that they were used."""
    seen = used_keys.get()
    if seen is not None:
        for key in np.ascontiguousarray(keys).reshape(-1, 2):
            seen.pop(key.tobytes(), None)
    return np.array(keys)


random_clone_p: Primitive = Primitive(
    "random_clone",
    impl=_clone_impl,
    abstract_eval=lambda keys: keys,
    jvp=no_tangent,
    batch=lambda size, args, batched: bind(random_clone_p, args[0]),
    lower=Library("bookkeeping"),
)

__all__ = [n for n in dir() if n.endswith("_p") and n != "max_p"] + ["used_keys"]
