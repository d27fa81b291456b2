"""Keys: made from a seed, split, folded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..ir import bind, current_source, dtype_of, shape_of, summarize
from ..numpy._promotion import as_array, cast
from ..prims.random import random_clone_p, random_split_p, threefry2x32_p, used_keys
from ._common import sampler, single_key

__all__ = [
    "PRNGKey",
    "clone",
    "debug_key_reuse",
    "fold_in",
    "key",
    "key_data",
    "key_impl",
    "split",
    "wrap_key_data",
]

_IMPL = "threefry2x32"
_WORD = np.dtype(np.uint32)


def _check_impl(impl: Any) -> None:
    if impl is not None and impl != _IMPL:
        raise ValueError(f"the random number generator is {_IMPL!r}; {impl!r} is not available")


@sampler
def key(seed: Any, *, impl: str | None = None) -> Any:
    """Make a key from a seed.

    A key is a uint32 array of shape (2,), so that an array of keys has a trailing axis of two.
    It is the same array that JAX's `key_data` gives for this seed.

    Parameters
    ----------
    seed : int
        A scalar; 64 bits of it count.
    impl : {None, "threefry2x32"}
        The generator.

    Returns
    -------
    array of uint32, shape (2,)

    Raises
    ------
    TypeError
        If `seed` is not an integer scalar.

    Examples
    --------
    >>> key(2**32 + 7)
    array([1, 7], dtype=uint32)
    """
    _check_impl(impl)
    if type(seed) is int:
        seed = np.asarray(seed & 0xFFFFFFFFFFFFFFFF, np.uint64)
    seed = as_array(seed, "the seed")
    if shape_of(seed) != () or dtype_of(seed).kind not in "iu":
        raise TypeError(
            f"a seed is an integer scalar, got {dtype_of(seed).name}{list(shape_of(seed))} "
            f"{summarize(current_source())}; make several keys with split, or with vmap"
        )
    if dtype_of(seed).itemsize < 8:
        # As in JAX: a narrow seed has no upper word, its sign fills only the lower one.
        high: Any = fnp.zeros((), _WORD)
        return fnp.stack([high, cast(cast(seed, np.dtype(np.int64)), _WORD)])
    wide = cast(seed, np.dtype(np.uint64))
    low = fnp.bitwise_and(wide, np.uint64(0xFFFFFFFF))
    return fnp.stack([cast(fnp.right_shift(wide, np.uint64(32)), _WORD), cast(low, _WORD)])


def PRNGKey(seed: Any, *, impl: str | None = None) -> Any:
    """Make a key from a seed, as `key` does.

    Examples
    --------
    >>> PRNGKey(0)
    array([0, 0], dtype=uint32)
    """
    return key(seed, impl=impl)


def key_data(keys: Any) -> Any:
    """Return the words of keys: here keys are their words.

    Examples
    --------
    >>> key_data(key(1))
    array([0, 1], dtype=uint32)
    """
    return wrap_key_data(keys)


def key_impl(keys: Any) -> str:
    """Return the name of the generator.

    Examples
    --------
    >>> key_impl(key(0))
    'threefry2x32'
    """
    wrap_key_data(keys)
    return _IMPL


def wrap_key_data(words: Any, *, impl: str | None = None) -> Any:
    """Make keys from their words, a uint32 array of shape (..., 2).

    Examples
    --------
    >>> import numpy as np
    >>> wrap_key_data(np.array([0, 1], np.uint32))
    array([0, 1], dtype=uint32)
    """
    _check_impl(impl)
    words = as_array(words, "the key")
    if dtype_of(words) != _WORD or shape_of(words)[-1:] != (2,):
        raise TypeError(
            f"keys are uint32 arrays of shape (..., 2), got {dtype_of(words).name}"
            f"{list(shape_of(words))} {summarize(current_source())}"
        )
    return words


def split(key: Any, num: int | Sequence[int] = 2) -> Any:
    """Return `num` new keys; the old one must not be used again.

    Parameters
    ----------
    key : array of uint32, shape (2,)
    num : int or tuple of int
        How many, or the shape of an array of keys.

    Returns
    -------
    array of uint32, shape (num, 2) or (*num, 2)

    Examples
    --------
    >>> split(key(0))
    array([[1797259609, 2579123966],
           [ 928981903, 3453687069]], dtype=uint32)
    """
    key = single_key("split", key)
    shape = tuple(num) if isinstance(num, Sequence) else (num,)
    return bind(random_split_p, key, shape=tuple(int(n) for n in shape))


@sampler
def fold_in(key: Any, data: Any) -> Any:
    """Make a new key from a key and an integer; other integers give independent keys.

    The key is not used up: fold in the step's number, then the layer's.

    Examples
    --------
    >>> fold_in(key(0), 1)
    array([ 928981903, 3453687069], dtype=uint32)
    """
    key = single_key("fold_in", key, uses=False)
    if type(data) is int:
        data = np.uint32(data & 0xFFFFFFFF)
    data = as_array(data, "the data")
    if shape_of(data) != () or dtype_of(data).kind not in "iu":
        raise TypeError(
            f"fold_in takes an integer scalar, got {dtype_of(data).name}{list(shape_of(data))} "
            f"{summarize(current_source())}; map over several with vmap"
        )
    words = bind(threefry2x32_p, key[0], key[1], np.uint32(0), cast(data, _WORD))
    return fnp.stack(words)


def clone(key: Any) -> Any:
    """Return the same key, declared unused: for `debug_key_reuse`, when reuse is wanted.

    Examples
    --------
    >>> k = key(0)
    >>> with debug_key_reuse():
    ...     first, again = split(k), split(clone(k))
    """
    return bind(random_clone_p, single_key("clone", key, uses=False))


@contextmanager
def debug_key_reuse(enabled: bool = True) -> Iterator[None]:
    """Raise KeyReuseError when a key is used a second time.

    Samplers and `split` use their key up, `fold_in` does not. What is traced inside is checked
    whenever it runs inside: under jit, vmap and in loops, by value. Functions that were jitted
    before are not recorded again and are not checked.

    Examples
    --------
    >>> from functorch_lite import random
    >>> k = random.key(0)
    >>> with random.debug_key_reuse():
    ...     x, y = random.normal(k), random.uniform(k)
    Traceback (most recent call last):
        ...
    functorch_lite.errors.KeyReuseError: the key [0, 0] is used again by random.uniform at ...
    """
    token = used_keys.set({} if enabled else None)
    try:
        yield
    finally:
        used_keys.reset(token)
