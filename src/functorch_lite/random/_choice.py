"""Permutations and choices."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..errors import ShapeError
from ..ir import bind, current_source, dtype_of, is_tracer, shape_of, summarize
from ..numpy._promotion import as_array, broadcast_to_shape
from ..prims.random import random_bits_p
from ..prims.sorting import sort_p, top_k_p
from ._common import as_float, sample_shape, sampler, single_key, split_key
from ._continuous import draw_gumbel
from ._uniform import check_axis, draw_randint, draw_uniform

__all__ = ["categorical", "choice", "permutation"]

Shape = int | Sequence[int]


def _shuffle(key: Any, x: Any, axis: int) -> Any:
    """Sort by random words, as often as collisions of words would bias the order."""
    size = max(1, int(np.prod(shape_of(x), dtype=np.int64)))
    rounds = int(np.ceil(3 * np.log(size) / np.log(np.iinfo(np.uint32).max)))
    for _ in range(rounds):
        pair = split_key(key)
        key = pair[0]
        words = bind(random_bits_p, pair[1], shape=shape_of(x), width=32)
        x = bind(sort_p, words, x, dimension=axis, num_keys=1, is_stable=True)[1]
    return x


def draw_permutation(key: Any, x: Any, axis: int, independent: bool = False) -> Any:
    """Permute without checks."""
    if independent or len(shape_of(x)) == 1:
        return _shuffle(key, x, axis)
    order = _shuffle(key, np.arange(shape_of(x)[axis]), 0)
    return fnp.take(x, order, axis)


@sampler
def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """Permute an array, or the integers below `x`.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    x : int or array
    axis : int
        The axis along which slices are permuted.
    independent : bool
        Permute each row along `axis` on its own.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.permutation(random.key(0), 5)
    array([0, 1, 4, 3, 2])
    """
    key = single_key("permutation", key)
    x = as_array(x)
    if shape_of(x) == ():
        n = _population(x, "permutation")
        return _shuffle(key, np.arange(n), 0)
    return draw_permutation(key, x, check_axis(axis, len(shape_of(x)), "permutation"), independent)


def _population(x: Any, name: str) -> int:
    """Return a known integer."""
    if is_tracer(x):
        x.concrete(f"index() of the size given to random.{name}")
    if dtype_of(x).kind not in "iu":
        raise TypeError(
            f"{name} takes an integer or an array with axes, got {dtype_of(x).name} "
            f"{summarize(current_source())}"
        )
    return operator.index(np.asarray(x)[()])


@sampler
def choice(
    key: Any,
    a: Any,
    shape: Shape = (),
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    mode: str | None = None,
) -> Any:
    """Choose slices of an array, or integers below `a`.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    a : int or array
    shape : tuple of int
    replace : bool
        Whether a slice may be chosen more than once.
    p : array, shape (n,)
        Probabilities; equal by default. They need not sum to one.
    axis : int
        The axis along which to choose.
    mode : {None, "low", "high"}
        As in `gumbel`, which draws without replacement.

    Raises
    ------
    ValueError
        If more is wanted than there is, without replacement.

    Examples
    --------
    >>> from functorch_lite import random
    >>> random.choice(random.key(0), 10, (3,), replace=False)
    array([0, 1, 8])
    """
    key = single_key("choice", key)
    shape = sample_shape("choice", shape)
    a = as_array(a)
    is_number = shape_of(a) == ()
    axis = 0 if is_number else check_axis(axis, len(shape_of(a)), "choice")
    n = _population(a, "choice") if is_number else shape_of(a)[axis]
    draws = int(np.prod(shape, dtype=np.int64))
    if draws and n <= 0:
        raise ValueError(f"choice: nothing to choose from {summarize(current_source())}")
    if not replace and draws > n:
        raise ValueError(
            f"choice: {draws} of {n} without replacement {summarize(current_source())}; pass "
            "replace=True or a smaller shape"
        )
    if p is None and not replace:
        x = np.arange(n) if is_number else a
        index = (slice(None),) * axis + (slice(draws),)
        chosen = draw_permutation(key, x, axis)[index]
    else:
        order = _choose(key, n, draws, shape, replace, p, mode)
        chosen = order if is_number else fnp.take(a, order, axis)
    full = shape if is_number else (*shape_of(a)[:axis], *shape, *shape_of(a)[axis + 1 :])
    return fnp.reshape(chosen, full)


def _choose(
    key: Any,
    n: int,
    draws: int,
    shape: tuple[int, ...],
    replace: bool,
    p: Any,
    mode: str | None,
) -> Any:
    """Return chosen indices."""
    if draws == 0:
        return np.zeros(shape, np.int64)
    if p is None:
        return draw_randint(key, shape, 0, n, int)
    p = as_float(p)
    if shape_of(p) != (n,):
        raise ShapeError(
            f"choice: p has shape {shape_of(p)}, there are {n} to choose from "
            f"{summarize(current_source())}"
        )
    if replace:
        total = fnp.cumsum(p)
        r = total[-1] * (1 - draw_uniform(key, shape, dtype_of(p)))
        return fnp.searchsorted(total, r).astype(np.int64)
    g = draw_gumbel(key, (n,), dtype_of(p), mode) + fnp.log(p)
    return bind(top_k_p, g, k=draws)[1].astype(np.int64)


@sampler
def categorical(
    key: Any,
    logits: Any,
    axis: int = -1,
    shape: Shape | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Any:
    """Draw indices with probability ``softmax(logits, axis)``, by the Gumbel-max trick.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    logits : array
        Unnormalised log probabilities.
    axis : int
        The axis of the categories.
    shape : tuple of int
        Ends with the batch shape of `logits`, which is the default; axes before it are further
        draws.
    replace : bool
        Whether the further draws may repeat a category.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> random.categorical(random.key(0), np.log([0.1, 0.2, 0.7]), shape=(4,))
    array([2, 2, 2, 1])
    """
    key = single_key("categorical", key)
    logits = as_float(logits)
    ndim = len(shape_of(logits))
    axis = check_axis(axis, ndim, "categorical")
    batch = shape_of(logits)[:axis] + shape_of(logits)[axis + 1 :]
    full = batch if shape is None else sample_shape("categorical", shape)
    sample_shape("categorical", full, np.broadcast_to(False, batch))
    prefix = full[: len(full) - len(batch)]
    n = shape_of(logits)[axis]
    if replace:
        rest = list(full[len(prefix) :])
        rest.insert(axis, n)
        g = draw_gumbel(key, (*prefix, *rest), dtype_of(logits), mode)
        return fnp.argmax(g + logits, axis=axis - ndim)
    k = int(np.prod(prefix, dtype=np.int64))
    if k > n:
        raise ValueError(
            f"categorical: {k} of {n} categories without replacement {summarize(current_source())}"
        )
    noisy = logits + draw_gumbel(key, shape_of(logits), dtype_of(logits), mode)
    order = bind(top_k_p, fnp.moveaxis(noisy, axis, -1), k=k)[1]
    order = fnp.reshape(fnp.moveaxis(order, -1, 0), (*prefix, *batch))
    return broadcast_to_shape(order, full)
