"""Views: index maps over a buffer that move no data.

A broadcast, transpose, slice, reverse or expanding reshape of a buffer is kept as strides and an
offset; kernels read through it.
"""

import itertools
from dataclasses import dataclass
from typing import Any

from ..ir import Eqn, Var
from ..kernels.layout import Layout

__all__ = [
    "VIEW_PRIMITIVES",
    "View",
    "axis_groups",
    "blocked_interior",
    "contiguous",
    "reshaped",
    "row_major",
    "view_of_eqn",
]


@dataclass(frozen=True)
class View:
    """Strides and offset, counted in elements, over the buffer of `base`.

    With `bounds` only elements with ``lo <= index < hi`` along each axis are in the buffer; the
    others may be anything.
    """

    base: Var
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0
    bounds: tuple[tuple[int, int], ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether this is the buffer itself, in row-major order."""
        return (
            self.offset == 0
            and self.bounds is None
            and self.strides == row_major(self.shape)
            and self.base.aval.size == _size(self.shape)
        )


def _size(shape: tuple[int, ...]) -> int:
    n = 1
    for d in shape:
        n *= d
    return n


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of a contiguous array; axes of length 1 have stride 0."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(0 if n == 1 else step)
        step *= n
    return tuple(reversed(strides))


def contiguous(v: Var) -> View:
    """Return the view of a whole buffer."""
    return View(v, v.aval.shape, row_major(v.aval.shape))


def blocked_interior(v: Var, layout: Layout) -> View:
    """Return the view of a blocked buffer without its halo, ``[n, blocks, h, w, block]``."""
    size = layout.dtype.itemsize
    steps = (layout.image, layout.plane, layout.row, layout.pixel, size)
    strides = tuple(0 if n == 1 else s // size for n, s in zip(v.aval.shape, steps, strict=True))
    return View(v, v.aval.shape, strides, layout.origin // size)


def reshaped(x: View, shape: tuple[int, ...]) -> View | None:
    """Return a view in another shape of the same size, or None if strides cannot express it."""
    return x if x.shape == shape else _reshape(x, new_sizes=shape)


def view_of_eqn(eqn: Eqn, x: View) -> View | None:
    """Return the result of a view primitive as a view, or None if it must be copied."""
    make = _MAKERS.get(eqn.primitive.name)
    return None if make is None else make(x, **eqn.params)


def _broadcast(x: View, *, shape: Any, broadcast_dimensions: Any) -> View | None:
    strides, bounds = [0] * len(shape), [(0, n) for n in shape]
    for i, (d, n, s) in enumerate(zip(broadcast_dimensions, x.shape, x.strides, strict=True)):
        strides[d] = 0 if n == 1 else s
        if x.bounds is not None:
            if n != shape[d]:
                return None
            bounds[d] = x.bounds[i]
    return View(x.base, shape, tuple(strides), x.offset, x.bounds and tuple(bounds))


def _transpose(x: View, *, permutation: Any) -> View:
    shape = tuple(x.shape[p] for p in permutation)
    bounds = x.bounds and tuple(x.bounds[p] for p in permutation)
    return View(x.base, shape, tuple(x.strides[p] for p in permutation), x.offset, bounds)


def _slice(x: View, *, start_indices: Any, limit_indices: Any, strides: Any) -> View | None:
    shape, steps, offset = [], [], x.offset
    if x.bounds is not None and any(k != 1 for k in strides):
        return None
    bounds = x.bounds and tuple(
        (a - lo, b - lo) for (a, b), lo in zip(x.bounds, start_indices, strict=True)
    )
    for lo, hi, k, s in zip(start_indices, limit_indices, strides, x.strides, strict=True):
        n = -(-(hi - lo) // k)
        shape.append(n)
        steps.append(0 if n == 1 else s * k)
        offset += lo * s
    return View(x.base, tuple(shape), tuple(steps), offset, bounds)


def _stretch(x: View, *, low: Any, shape: Any) -> View:
    bounds = x.bounds or tuple((0, n) for n in x.shape)
    moved = tuple((a + k, b + k) for (a, b), k in zip(bounds, low, strict=True))
    offset = x.offset - sum(k * s for k, s in zip(low, x.strides, strict=True))
    return View(x.base, shape, x.strides, offset, moved)


def _rev(x: View, *, dimensions: Any) -> View | None:
    if x.bounds is not None:
        return None
    strides, offset = list(x.strides), x.offset
    for d in dimensions:
        offset += (x.shape[d] - 1) * strides[d]
        strides[d] = -strides[d]
    return View(x.base, x.shape, tuple(strides), offset)


def _reshape(x: View, *, new_sizes: Any) -> View | None:
    """Regroup axes; possible if each group of old axes is contiguous within itself."""
    if _size(new_sizes) == 0:
        return None
    if x.bounds is not None:
        return _change_unit_axes(x, new_sizes)
    strides = [0] * len(new_sizes)
    for old, new in axis_groups(x.shape, new_sizes):
        for a, b in itertools.pairwise(old):
            if x.strides[a] != x.shape[b] * x.strides[b]:
                return None
        step = x.strides[old[-1]]
        for d in reversed(new):
            strides[d] = step
            step *= new_sizes[d]
    return View(x.base, tuple(new_sizes), tuple(strides), x.offset)


def axis_groups(old: Any, new: Any) -> list[tuple[list[int], list[int]]]:
    """Pair the fewest successive axes of two shapes of one size; axes of length 1 are left out.

    Examples
    --------
    >>> axis_groups((6, 1, 4, 5), (2, 3, 20))
    [([0], [0, 1]), ([2, 3], [2])]
    """
    left = [d for d, n in enumerate(old) if n != 1]
    right = [d for d, n in enumerate(new) if n != 1]
    groups = []
    while right:
        a, b = [left.pop(0)], [right.pop(0)]
        m, n = old[a[0]], new[b[0]]
        while m != n:
            if m < n:
                a.append(left.pop(0))
                m *= old[a[-1]]
            else:
                b.append(right.pop(0))
                n *= new[b[-1]]
        groups.append((a, b))
    return groups


def _change_unit_axes(x: View, new_sizes: Any) -> View | None:
    """Drop and insert axes of length 1 of a stretched view; None for other changes."""
    kept = [i for i, n in enumerate(x.shape) if n != 1]
    assert x.bounds is not None
    dropped = [b for n, b in zip(x.shape, x.bounds, strict=True) if n == 1]
    if [x.shape[i] for i in kept] != [n for n in new_sizes if n != 1]:
        return None
    if any(b != (0, 1) for b in dropped):
        return None
    axes = iter(kept)
    found = [None if n == 1 else next(axes) for n in new_sizes]
    strides = tuple(0 if i is None else x.strides[i] for i in found)
    bounds = tuple((0, 1) if i is None else x.bounds[i] for i in found)
    return View(x.base, tuple(new_sizes), strides, x.offset, bounds)


def _product(xs: Any) -> int:
    n = 1
    for x in xs:
        n *= x
    return n


def _block_view(x: View, *, block: int) -> View:
    """Split the channels of ``[n, c, h, w]`` and put those of a block last."""
    n, c, h, w = x.shape
    s = x.strides
    strides = (s[0], 0 if c == block else s[1] * block, s[2], s[3], s[1])
    return View(x.base, (n, c // block, h, w, block), strides, x.offset)


_MAKERS: dict[str, Any] = {
    "broadcast_in_dim": _broadcast,
    "transpose": _transpose,
    "slice": _slice,
    "rev": _rev,
    "reshape": _reshape,
    "block_view": _block_view,
    "stretch": _stretch,
}
VIEW_PRIMITIVES = frozenset(_MAKERS)
