"""Threefry-2x32 on NumPy arrays (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as
easy as 1, 2, 3", 20 rounds), and the streams of words that JAX draws from it.

A key is two uint32 words; the block cipher turns a counter of two words into two random words.
Word number i of a stream has the counter (i >> 32, i), so a draw of any shape is the first part
of a longer one (JAX's ``jax_threefry_partitionable``, its default).
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["bits", "block", "gamma", "set_filler", "split", "unit"]

Array = np.ndarray[Any, Any]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
_MASK = 0xFFFFFFFF
# Counters that are enciphered together, so that their words stay in the cache.
_BLOCK = 8192
# Up to so many counters, Python's integers are faster than NumPy.
_FEW = 6


def _block_int(k0: int, k1: int, x0: int, x1: int) -> tuple[int, int]:
    """Encipher one counter."""
    ks = (k0, k1, k0 ^ k1 ^ _PARITY)
    x0, x1 = (x0 + k0) & _MASK, (x1 + k1) & _MASK
    for i in range(5):
        for r in _ROTATIONS[i % 2]:
            x0 = (x0 + x1) & _MASK
            x1 = ((x1 << r) & _MASK | x1 >> (32 - r)) ^ x0
        x0 = (x0 + ks[(i + 1) % 3]) & _MASK
        x1 = (x1 + ks[(i + 2) % 3] + i + 1) & _MASK
    return x0, x1


def _encipher(k0: Array, k1: Array, x0: Array, x1: Array) -> None:
    """Encipher counters in place; keys broadcast against them."""
    ks = (k0, k1, k0 ^ k1 ^ np.uint32(_PARITY))
    turned = np.empty_like(x1)
    x0 += k0
    x1 += k1
    for i in range(5):
        for r in _ROTATIONS[i % 2]:
            x0 += x1
            np.left_shift(x1, np.uint32(r), out=turned)
            x1 >>= np.uint32(32 - r)
            x1 |= turned
            x1 ^= x0
        x0 += ks[(i + 1) % 3]
        x1 += ks[(i + 2) % 3] + np.uint32(i + 1)


def block(k0: Any, k1: Any, x0: Any, x1: Any) -> list[Array]:
    """Encipher counters (x0, x1) with keys (k0, k1); all uint32, broadcast.

    Examples
    --------
    >>> zero = np.zeros((), np.uint32)
    >>> [hex(int(w)) for w in block(zero, zero, zero, zero)]
    ['0x6b200159', '0x99ba4efe']
    """
    shape = np.broadcast_shapes(*(np.shape(a) for a in (k0, k1, x0, x1)))
    out = np.empty((2, *shape), np.uint32)
    out0, out1 = out[0, ...], out[1, ...]
    out0[...], out1[...] = x0, x1
    with np.errstate(over="ignore"):
        _encipher(np.asarray(k0), np.asarray(k1), out0, out1)
    return [out0, out1]


Filler = Callable[[Array, tuple[int, int]], int]
_filler: list[Filler | None] = [None]


def set_filler(filler: Filler | None) -> None:
    """Install what fills the head of long draws faster than NumPy; the compiler does."""
    _filler[0] = filler


def _fill_heads(keys: Array, out: Array) -> int:
    """Let the filler begin rows of results; return how many elements of each are done."""
    filler = _filler[0]
    if filler is None:
        return 0
    done = 0
    for (a, b), row in zip(keys.tolist(), out, strict=True):
        done = filler(row, (a, b))
        if not done:
            return 0
    return done


def _stream(keys: Array, size: int, start: int = 0) -> tuple[Array, Array]:
    """Return words start .. size-1 of the stream of each key: two arrays of [n keys, ...]."""
    n, length = len(keys), size - start
    if n * length <= _FEW:
        words = [_block_int(a, b, 0, i) for a, b in keys.tolist() for i in range(start, size)]
        both = np.array(words, np.uint32).reshape(n, length, 2)
        return both[..., 0], both[..., 1]
    out0, out1 = np.empty((2, n, length), np.uint32)
    rows = max(1, _BLOCK // max(1, length))
    for column in range(0, length, _BLOCK):
        stop = min(length, column + _BLOCK)
        counter = np.arange(start + column, start + stop, dtype=np.uint64)
        for row in range(0, n, rows):
            part = (slice(row, row + rows), slice(column, stop))
            x0, x1 = out0[part], out1[part]
            x0[...], x1[...] = counter >> np.uint64(32), counter & np.uint64(_MASK)
            _encipher(keys[row : row + rows, :1], keys[row : row + rows, 1:], x0, x1)
    return out0, out1


def _flat(keys: Any) -> Array:
    return np.ascontiguousarray(keys).reshape(-1, 2)


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))


def split(keys: Array, shape: tuple[int, ...]) -> Array:
    """Return new keys of `shape` for each key: from ``[..., 2]`` to ``[..., *shape, 2]``."""
    words = np.stack(_stream(_flat(keys), _size(shape)), -1)
    return words.reshape((*keys.shape[:-1], *shape, 2))


def bits(keys: Array, shape: tuple[int, ...], width: int) -> Array:
    """Return random unsigned integers of `width` bits: from ``[..., 2]`` to ``[..., *shape]``."""
    flat, size = _flat(keys), _size(shape)
    out = np.empty((len(flat), size), np.uint64 if width == 64 else np.uint32)
    done = _fill_heads(flat, out)
    if done < size:
        hi, lo = _stream(flat, size, done)
        if width == 64:
            out[:, done:] = hi
            out[:, done:] <<= np.uint64(32)
            out[:, done:] |= lo
        else:
            np.bitwise_xor(hi, lo, out=out[:, done:])
    return out.astype(f"u{width // 8}", copy=False).reshape((*keys.shape[:-1], *shape))


@functools.cache
def _float_layout(dtype: np.dtype[Any]) -> tuple[int, int, Any]:
    """Return the bits of a float, those of its mantissa, and 1.0 as an unsigned integer."""
    info = np.finfo(dtype)
    return info.bits, info.nmant, np.ones((), dtype).view(f"u{dtype.itemsize}")[()]


def unit(keys: Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return floats in [0, 1): random bits for the mantissa of a number in [1, 2), less 1."""
    width, mantissa, one = _float_layout(dtype)
    flat, size = _flat(keys), _size(shape)
    out = np.empty((len(flat), size), dtype)
    done = _fill_heads(flat, out) if dtype.itemsize >= 4 else 0
    if done < size:
        hi, lo = _stream(flat, size, done)
        if width == 64:
            words = hi.astype(np.uint64)
            words <<= np.uint64(32)
            words |= lo
        else:
            words = (hi ^ lo).astype(one.dtype, copy=False)
        words >>= one.dtype.type(width - mantissa)
        words |= one
        np.subtract(words.view(dtype), dtype.type(1), out=out[:, done:])
    return out.reshape((*keys.shape[:-1], *shape))


# --- gamma ----------------------------------------------------------------------------------------


def _normal(keys: Array, dtype: np.dtype[Any]) -> Array:
    """Return one standard normal number for each key."""
    import scipy.special

    low = np.nextafter(dtype.type(-1), dtype.type(0), dtype=dtype)
    u = unit(keys, (), dtype) * (dtype.type(1) - low) + low
    return np.sqrt(dtype.type(2)) * scipy.special.erfinv(np.maximum(low, u))


def _proposals(keys: Array, c: Array) -> tuple[Array, Array]:
    """Draw normal x until ``1 + c x`` is positive; return x and that."""
    x = np.zeros_like(c)
    v = np.full_like(c, -1)
    todo = np.arange(len(c))
    while len(todo):
        pairs = split(keys, (2,))
        keys, subkeys = pairs[:, 0], pairs[:, 1]
        x[todo] = _normal(subkeys, c.dtype)
        v[todo] = 1 + x[todo] * c[todo]
        again = v[todo] <= 0
        todo, keys = todo[again], keys[again]
    return x, v


def _squeeze(keys: Array, d: Array, c: Array) -> Array:
    """Marsaglia & Tsang (2000), "A simple method for generating gamma variables": V = v^3."""
    out = np.ones_like(d)
    todo = np.arange(len(d))
    dtype = d.dtype.type
    while len(todo):
        triples = split(keys, (3,))
        x, v = _proposals(triples[:, 1], c[todo])
        x2, v3 = x * x, v * v * v
        u = unit(triples[:, 2], (), d.dtype)
        bound = x2 * dtype(0.5) + d[todo] * (1 - v3 + np.log(v3))
        again = (u >= 1 - dtype(0.0331) * (x2 * x2)) & (np.log(u) >= bound)
        out[todo] = v3
        keys, todo = triples[again, 0], todo[again]
    return out


def gamma(keys: Array, a: Array, log_space: bool) -> Array:
    """Draw gamma numbers of shape parameter `a`: keys ``[*batch, 2]``, a ``[*batch, ...]``.

    Each element has a key of its own, split from its batch's.
    """
    per_key = a.size // max(1, _flat(keys).shape[0])
    pairs = split(split(_flat(keys), (per_key,)).reshape(-1, 2), (2,))
    flat = a.reshape(-1)
    one = a.dtype.type(1)
    with np.errstate(all="ignore"):
        boosted = flat < 1
        # NaN and infinite parameters would never be accepted.
        bad = ~(flat > 0) | np.isinf(flat)
        alpha = np.where(bad, one, np.where(boosted, flat + one, flat))
        d = alpha - a.dtype.type(1 / 3)
        c = a.dtype.type(1 / 3) / np.sqrt(d)
        v = _squeeze(pairs[:, 0], d, c)
        u = unit(pairs[:, 1], (), a.dtype)
        if log_space:
            low = np.log1p(-u)
            boost = np.where(boosted & (low != 0), low * (one / flat), 0)
            out = np.log(d) + np.log(v) + boost
            limit = np.where(flat == 0, -np.inf, np.where(flat > 0, np.inf, np.nan))
        else:
            out = d * v * np.where(boosted, (one - u) ** (one / flat), one)
            limit = np.where(flat == 0, 0, np.where(flat > 0, np.inf, np.nan))
        out = np.where(bad, limit, out)
    return out.astype(a.dtype, copy=False).reshape(a.shape)
