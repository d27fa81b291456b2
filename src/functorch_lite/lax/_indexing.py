"""gather and scatter with the arguments of `jax.lax`."""

import enum
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import dtype_of, shape_of
from ..prims import indexing as ix
from ..prims import scatter as sc
from ..prims.arithmetic import convert_element_type, neg
from ..prims.indexing import GatherDimensionNumbers as GatherDimensionNumbers
from ..prims.scatter import ScatterDimensionNumbers as ScatterDimensionNumbers
from ..prims.shape import reshape
from ._operands import array
from .control import scan

__all__ = [
    "GatherDimensionNumbers",
    "GatherScatterMode",
    "ScatterDimensionNumbers",
    "gather",
    "scatter",
    "scatter_add",
    "scatter_apply",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_sub",
]


class GatherScatterMode(enum.Enum):
    """What happens to positions out of bounds."""

    CLIP = "clip"
    FILL_OR_DROP = "fill"
    PROMISE_IN_BOUNDS = "promise_in_bounds"

    @staticmethod
    def from_any(mode: Any) -> "GatherScatterMode":
        """Read a mode or its name; None is FILL_OR_DROP.

        Examples
        --------
        >>> GatherScatterMode.from_any("drop")
        <GatherScatterMode.FILL_OR_DROP: 'fill'>
        """
        if isinstance(mode, GatherScatterMode):
            return mode
        names = {
            None: GatherScatterMode.FILL_OR_DROP,
            "fill": GatherScatterMode.FILL_OR_DROP,
            "drop": GatherScatterMode.FILL_OR_DROP,
            "clip": GatherScatterMode.CLIP,
            "promise_in_bounds": GatherScatterMode.PROMISE_IN_BOUNDS,
        }
        if mode not in names:
            raise ValueError(f"mode must be one of {sorted(map(str, names))}, got {mode!r}")
        return names[mode]


def gather(
    operand: Any,
    start_indices: Any,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: Sequence[int],
    *,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    mode: Any = None,
    fill_value: Any = None,
) -> Any:
    """Read slices that start at index vectors, along the last axis of `start_indices`.

    Out of bounds: NaN (or the extreme integer, or `fill_value`) by default; ``mode="clip"``
    moves a slice so that it fits. The two promises change nothing here.

    Source
    ------
    https://openxla.org/xla/operation_semantics#gather
    """
    how = GatherScatterMode.from_any(mode).value
    x, indices = array(operand), array(start_indices)
    return ix.gather(x, indices, dimension_numbers, slice_sizes, how, fill_value)


def _scatter(op: str, name: str, text: str) -> Callable[..., Any]:
    def f(
        operand: Any,
        scatter_indices: Any,
        updates: Any,
        dimension_numbers: ScatterDimensionNumbers,
        *,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        mode: Any = None,
    ) -> Any:
        how = GatherScatterMode.from_any(mode).value
        x, u = array(operand), array(updates)
        u = convert_element_type(u, dtype_of(x)) if getattr(u, "weak_type", False) else u
        return sc.scatter(
            x,
            array(scatter_indices),
            neg(u) if name == "scatter_sub" else u,
            dimension_numbers,
            op=op,
            mode=how,
            unique_indices=unique_indices,
        )

    f.__name__ = f.__qualname__ = name
    f.__doc__ = (
        f"{text}\n\nWindows of `updates` go to the index vectors along the last axis of "
        "`scatter_indices`; what is\nout of bounds is dropped, or moved to fit with "
        '``mode="clip"``.\n\nSource\n------\n'
        "https://openxla.org/xla/operation_semantics#scatter"
    )
    return f


scatter = _scatter("scatter", "scatter", "Write windows into a copy; of several, the last wins.")
scatter_add = _scatter("scatter_add", "scatter_add", "Add windows to a copy.")
scatter_sub = _scatter("scatter_add", "scatter_sub", "Subtract windows from a copy.")
scatter_mul = _scatter("scatter_mul", "scatter_mul", "Multiply a copy by windows.")
scatter_min = _scatter("scatter_min", "scatter_min", "Take the minimum of a copy and windows.")
scatter_max = _scatter("scatter_max", "scatter_max", "Take the maximum of a copy and windows.")


def scatter_apply(
    operand: Any,
    scatter_indices: Any,
    func: Callable[[Any], Any],
    dimension_numbers: ScatterDimensionNumbers,
    *,
    update_shape: Sequence[int] = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Any = None,
) -> Any:
    """Apply an elementwise function at the positions of a scatter, as often as each is named.

    Parameters
    ----------
    func : callable
        Elementwise.
    update_shape : sequence of int
        The shape that updates would have in `scatter`.
    unique_indices : bool
        A promise that no position is named twice, which saves a loop over the index vectors.
    """
    x, indices = array(operand), array(scatter_indices)
    how = GatherScatterMode.from_any(mode).value
    numbers = dimension_numbers
    sizes = sc.window_sizes(len(shape_of(x)), tuple(update_shape), numbers)

    def once(x: Any, indices: Any, numbers: ScatterDimensionNumbers) -> Any:
        values = ix.gather(x, indices, sc.gather_numbers(numbers), sizes, how, 0)
        return sc.scatter(x, indices, func(values), numbers, mode=how)

    rows = int(np.prod(shape_of(indices)[:-1], dtype=np.int64))
    if unique_indices or rows <= 1 or numbers.operand_batching_dims:
        return once(x, indices, numbers)
    windows = tuple(range(1, 1 + len(numbers.update_window_dims)))
    single = numbers._replace(update_window_dims=windows)
    vectors = reshape(indices, (rows, 1, shape_of(indices)[-1]))
    return scan(lambda carry, row: (once(carry, row, single), None), x, vectors)[0]
