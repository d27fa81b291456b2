"""Random numbers for whole Tensors: drawn in blocks, by several threads, when they are needed.

A draw of many numbers takes a key of two words from its generator and is divided into blocks, each
with a stream of its own (``SeedSequence(key, spawn_key=(block,))``); so the numbers depend on the
seed alone, not on how many threads there are. A draw of few comes from the generator itself.

Filling a Tensor in place (`normal_`, `uniform_`) only takes the key: the numbers are drawn when
they are first looked at. Layers fill their weights when they are made, and most networks fill them
anew by a rule of their own; what is overwritten unseen is never drawn.
"""

import math
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..compile import get_num_threads
from ..ir import ShapedArray, current_state
from .execution import execution_mode
from .generator import Generator, numpy_generator
from .lazy import Lazy, Pending

__all__ = ["DRAWN", "drawn", "drawn_later", "wide_float"]

Array = np.ndarray[Any, Any]
# The dtypes that can be drawn; others are converted to.
DRAWN = (np.dtype(np.float32), np.dtype(np.float64))
# Numbers of a block: they stay in the cache while they are scaled.
_BLOCK = 1 << 16


def _fill(g: np.random.Generator, out: Array, kind: str, scale: float, shift: float) -> None:
    """Fill an array with numbers from NumPy's generator."""
    draw = g.random if kind == "uniform" else g.standard_normal
    draw(dtype=out.dtype, out=out)
    if scale != 1:
        out *= scale
    if shift:
        out += shift


def _fill_normal(g: np.random.Generator, out: Array, scale: float, shift: float) -> None:
    """Fill a block with normal numbers, two from each two uniform ones: a third of NumPy's time.

    Source: Box & Muller 1958, "A note on the generation of random normal deviates".
    """
    both = g.random((2, -(-out.size // 2)), out.dtype)
    radius, angle = both
    np.subtract(1, radius, out=radius)  # (0, 1], whose logarithm is finite
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    radius *= scale
    angle *= 2 * math.pi
    cosine = np.cos(angle)
    np.sin(angle, out=angle)
    angle *= radius
    radius *= cosine
    out[...] = both.reshape(-1)[: out.size]
    if shift:
        out += shift


def wide_float(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype in which numbers that are to be of a dtype are drawn."""
    return DRAWN[dtype == np.float64]


class Draw(Pending):
    """Numbers whose key is taken and that are not drawn yet."""

    def __init__(
        self,
        kind: str,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        generator: np.random.Generator,
        scale: float,
        shift: float,
    ) -> None:
        self.key = [int(w) for w in generator.integers(0, 1 << 63, 2)]
        self.kind, self.shape, self.dtype = kind, shape, dtype
        self.scale, self.shift = scale, shift
        self.lock = threading.RLock()  # (a handler of signals may look, too)
        self.handle: Callable[[], Lazy | None] = lambda: None

    def later(self) -> Lazy:
        """Return the value that the numbers will be."""
        handle = Lazy(ShapedArray(self.shape, self.dtype), self, 0)
        self.handle = weakref.ref(handle)
        return handle

    def run(self, wanted: int = -1) -> None:
        """Draw, for the value that `later` has returned."""
        with self.lock:
            handle = self.handle()
            if handle is not None and handle.result is None:
                handle.result = self.now()
                handle.graph = None

    def now(self) -> Array:
        """Draw."""
        out = np.empty(self.shape, self.dtype)
        flat = out.reshape(-1)
        starts = iter(range(0, flat.size, _BLOCK))
        helpers = [
            threading.Thread(target=self._fill_blocks, args=(flat, starts))
            for _ in range(min(get_num_threads(), -(-flat.size // _BLOCK)) - 1)
        ]
        for t in helpers:
            t.start()
        self._fill_blocks(flat, starts)
        for t in helpers:
            t.join()
        return out

    def _fill_blocks(self, flat: Array, starts: Iterator[int]) -> None:
        """Fill blocks as long as there are any; NumPy lets other threads run meanwhile."""
        for start in starts:
            seed = np.random.SeedSequence(self.key, spawn_key=(start // _BLOCK,))
            block = flat[start : start + _BLOCK]
            g = np.random.Generator(np.random.PCG64(seed))
            if self.kind == "normal":
                _fill_normal(g, block, self.scale, self.shift)
            else:
                _fill(g, block, self.kind, self.scale, self.shift)


def drawn(
    kind: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    generator: Generator | None = None,
    scale: float = 1.0,
    shift: float = 0.0,
) -> Array:
    """Draw float32 or float64 numbers.

    Parameters
    ----------
    kind : {"uniform", "normal"}
        From [0, 1), or standard normal numbers.
    shape, dtype
        Of the result.
    generator : Generator, optional
        The default one for None.
    scale, shift : float
        The numbers are multiplied by one, then the other is added.
    """
    g = numpy_generator(generator)
    if math.prod(shape) >= _BLOCK:
        return Draw(kind, shape, dtype, g, scale, shift).now()
    out = np.empty(shape, dtype)
    _fill(g, out, kind, scale, shift)
    return out


def drawn_later(
    kind: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    generator: Generator | None = None,
    scale: float = 1.0,
    shift: float = 0.0,
) -> Array | Lazy:
    """Return the same numbers as `drawn`, many of them to be drawn when they are looked at."""
    at_once = execution_mode() == "eager" or current_state().level > 0
    if at_once or math.prod(shape) < _BLOCK:
        return drawn(kind, shape, dtype, generator, scale, shift)
    return Draw(kind, shape, dtype, numpy_generator(generator), scale, shift).later()
