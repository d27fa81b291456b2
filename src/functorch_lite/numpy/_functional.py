"""Making array functions out of functions of single elements, rows or positions."""

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, shape_of, summarize
from ..transforms import vmap
from ..transforms.transformed import transformed
from ._axes import normalize_axis
from ._creation import full_like
from ._joining import stack
from ._manipulation import broadcast_to, expand_dims, moveaxis, ravel, reshape
from ._promotion import as_array, broadcast_shapes

__all__ = [
    "apply_along_axis",
    "apply_over_axes",
    "fromfunction",
    "frompyfunc",
    "ufunc",
    "vectorize",
]

Function = Callable[..., Any]


def _array(x: Any) -> Any:
    x = as_array(x, "an argument")
    return x if hasattr(x, "shape") else np.asarray(x)


def _where() -> str:
    return summarize(current_source())


def _parse(signature: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the core dimensions of inputs and outputs of ``"(m,n),(n)->(m)"``."""
    dims = r"\(\s*(?:[\w?]+(?:\s*,\s*[\w?]+)*)?\s*\)"
    side = rf"{dims}(?:\s*,\s*{dims})*"
    if not re.fullmatch(rf"\s*{side}\s*->\s*{side}\s*", signature):
        raise ValueError(
            f"vectorize: {signature!r} is no signature {_where()}; write it as '(m,n),(n)->(m)'"
        )
    left, right = (
        [tuple(re.findall(r"[\w?]+", group)) for group in re.findall(dims, part)]
        for part in signature.split("->")
    )
    return left, right


def _core_sizes(ins: list[tuple[str, ...]], shapes: list[tuple[int, ...]]) -> None:
    """Check that core dimensions are there, and that each name has one size."""
    sizes: dict[str, int] = {}
    for names, shape in zip(ins, shapes, strict=True):
        if len(shape) < len(names):
            raise ShapeError(
                f"vectorize: an argument of shape {shape} lacks the core dimensions {names} "
                f"{_where()}"
            )
        core = shape[len(shape) - len(names) :]
        for name, n in zip(names, core, strict=True):
            if sizes.setdefault(name, n) != n:
                raise ShapeError(
                    f"vectorize: core dimension {name!r} has sizes {sizes[name]} and {n} {_where()}"
                )


def _map_over(f: Function, arrays: list[Any], core_ranks: list[int]) -> Any:
    """Apply `f` over broadcast leading axes, by one vmap for each axis."""
    leads = [shape_of(a)[: len(shape_of(a)) - k] for a, k in zip(arrays, core_ranks, strict=True)]
    common = broadcast_shapes(*leads)
    mapped, steps = [], []
    for a, lead in zip(arrays, leads, strict=True):
        padded = (1,) * (len(common) - len(lead)) + lead
        # Axes that are only stretched are not mapped.
        steps.append([n == m and m != 1 for n, m in zip(padded, common, strict=True)])
        keep = [n for n, used in zip(padded, steps[-1], strict=True) if used]
        mapped.append(reshape(a, (*keep, *shape_of(a)[len(lead) :])))
    for d in reversed(range(len(common))):
        axes = tuple(0 if s[d] else None for s in steps)
        f = vmap(f, axes, axis_size=common[d])
    return f(*mapped)


def vectorize(
    pyfunc: Function,
    *,
    excluded: Sequence[int | str] = (),
    signature: str | None = None,
) -> Function:
    """Return a function that maps `pyfunc` over broadcast axes of its arguments.

    Unlike `numpy.vectorize` this is no loop: it is `vmap` for each axis, and can be
    differentiated and compiled.

    Parameters
    ----------
    pyfunc : callable
        A function of single elements, or of arrays with the core dimensions of `signature`.
    excluded : sequence of int or str
        Positions and keywords that are passed on as they are.
    signature : str, optional
        Core dimensions as in ``"(m,n),(n)->(m)"``; scalars by default.

    Raises
    ------
    ShapeError
        If arguments do not have the core dimensions, or do not broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import numpy as fnp
    >>> norms = fnp.vectorize(fnp.linalg.norm, signature="(n)->()")
    >>> norms(np.ones((2, 3, 4)))
    array([[2., 2., 2.],
           [2., 2., 2.]])
    """
    ins = _parse(signature)[0] if signature is not None else None

    @transformed(vectorize, pyfunc, excluded=excluded, signature=signature)
    def vectorized(*args: Any, **kwargs: Any) -> Any:
        here = [i for i in range(len(args)) if i not in excluded]
        names = [k for k in kwargs if k not in excluded]
        if ins is not None and names:
            raise TypeError(f"vectorize: with a signature, pass arguments by position {_where()}")
        arrays = [_array(args[i]) for i in here] + [_array(kwargs[k]) for k in names]
        if ins is not None and len(ins) != len(arrays):
            raise TypeError(
                f"vectorize: {signature!r} is for {len(ins)} arguments, got {len(arrays)} {_where()}"
            )
        if ins is not None:
            _core_sizes(ins, [shape_of(a) for a in arrays])

        def on_core(*xs: Any) -> Any:
            full, keywords = list(args), dict(kwargs)
            for i, x in zip(here, xs, strict=False):
                full[i] = x
            keywords.update(zip(names, xs[len(here) :], strict=True))
            return pyfunc(*full, **keywords)

        return _map_over(on_core, arrays, [len(c) for c in ins] if ins else [0] * len(arrays))

    return vectorized


class ufunc:
    """A function of scalars as an elementwise function with NumPy's ufunc methods.

    Made by `frompyfunc`. Calls broadcast; `reduce`, `accumulate`, `outer` and `at` are for
    functions of two arguments.
    """

    def __init__(self, func: Function, nin: int, nout: int, *, identity: Any = None) -> None:
        self.nin, self.nout, self.nargs, self.identity = nin, nout, nin + nout, identity
        self.__name__ = getattr(func, "__name__", "ufunc")
        self._mapped = vectorize(func)

    def __repr__(self) -> str:
        return f"<ufunc {self.__name__!r} of {self.nin} arguments>"

    def __call__(self, *args: Any) -> Any:
        if len(args) != self.nin:
            raise TypeError(
                f"{self.__name__} takes {self.nin} arguments, got {len(args)} {_where()}"
            )
        return self._mapped(*args)

    def _binary(self, method: str) -> None:
        if (self.nin, self.nout) != (2, 1):
            raise TypeError(
                f"{self.__name__}.{method} is for functions of two arguments with one result "
                f"{_where()}"
            )

    def _folds(self, method: str, a: Any, axis: int) -> list[Any]:
        self._binary(method)
        x = moveaxis(_array(a), normalize_axis(axis, len(shape_of(_array(a)))), 0)
        rows = [x[i] for i in range(shape_of(x)[0])]
        return list(itertools.accumulate(rows, self._mapped))

    def reduce(self, a: Any, axis: int | None = 0, keepdims: bool = False) -> Any:
        """Combine the elements along an axis, from the left."""
        x = ravel(_array(a)) if axis is None else _array(a)
        at = 0 if axis is None else normalize_axis(axis, len(shape_of(x)))
        folds = self._folds("reduce", x, at)
        if not folds and self.identity is None:
            raise ShapeError(f"{self.__name__}.reduce of nothing, without identity {_where()}")
        rest = shape_of(x)[:at] + shape_of(x)[at + 1 :]
        out = folds[-1] if folds else full_like(x, self.identity, shape=rest)
        if not keepdims:
            return out
        return (
            reshape(out, (1,) * len(shape_of(_array(a)))) if axis is None else expand_dims(out, at)
        )

    def accumulate(self, a: Any, axis: int = 0) -> Any:
        """Return the running result along an axis."""
        return moveaxis(stack(self._folds("accumulate", a, axis)), 0, axis)

    def outer(self, a: Any, b: Any) -> Any:
        """Apply to every pair of elements."""
        self._binary("outer")
        x, y = _array(a), _array(b)
        return self(reshape(x, shape_of(x) + (1,) * len(shape_of(y))), y)

    def at(self, a: Any, indices: Any, b: Any) -> Any:
        """Return `a` with ``f(a[i], b[i])`` at each `i` of `indices`, repeated ones in turn."""
        self._binary("at")
        from ._index_update import IndexUpdate

        x, i = _array(a), np.atleast_1d(np.asarray(indices))
        values = broadcast_to(_array(b), i.shape + shape_of(x)[1:])
        for n, position in enumerate(i.tolist()):
            x = IndexUpdate(x)[position].set(self(x[position], values[n]))
        return x


def frompyfunc(func: Function, /, nin: int, nout: int, *, identity: Any = None) -> ufunc:
    """Make an elementwise function with ufunc methods. See `numpy.frompyfunc`.

    Examples
    --------
    >>> import numpy as np
    >>> add_squares = frompyfunc(lambda x, y: x * x + y * y, 2, 1)
    >>> add_squares(np.array([1.0, 2.0]), 3.0)
    array([10., 13.])
    >>> frompyfunc(lambda x, y: x * y, 2, 1).accumulate(np.array([1, 2, 3, 4]))
    array([ 1,  2,  6, 24])
    """
    return ufunc(func, nin, nout, identity=identity)


def fromfunction(
    function: Function, shape: Sequence[int], *, dtype: Any = float, **kwargs: Any
) -> Any:
    """Call a function with the coordinate arrays of a grid. See `numpy.fromfunction`.

    Examples
    --------
    >>> fromfunction(lambda i, j: 10 * i + j, (2, 3), dtype=int)
    array([[ 0,  1,  2],
           [10, 11, 12]])
    """
    return function(*np.indices(tuple(shape), dtype), **kwargs)


def apply_along_axis(func1d: Function, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """Apply a function of vectors along an axis, by vmap. See `numpy.apply_along_axis`.

    Examples
    --------
    >>> import numpy as np
    >>> apply_along_axis(lambda row: row / row.sum(), 1, np.array([[1.0, 3.0], [2.0, 2.0]]))
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    x = _array(arr)
    at = normalize_axis(axis, len(shape_of(x)))
    lead = shape_of(x)[:at] + shape_of(x)[at + 1 :]
    f: Function = lambda row: func1d(row, *args, **kwargs)  # noqa: E731
    for _ in lead:
        f = vmap(f)
    out = f(moveaxis(x, at, -1))
    n_new = len(shape_of(out)) - len(lead)
    # The function's own axes stand where the vector's axis was.
    return moveaxis(out, tuple(range(len(lead), len(lead) + n_new)), tuple(range(at, at + n_new)))


def apply_over_axes(func: Function, a: Any, axes: Sequence[int] | int) -> Any:
    """Apply ``func(array, axis)`` along one axis after the other. See `numpy.apply_over_axes`.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import numpy as fnp
    >>> apply_over_axes(fnp.sum, np.ones((2, 3, 4)), [0, 2])
    array([[[8.],
            [8.],
            [8.]]])
    """
    x = _array(a)
    for axis in [axes] if isinstance(axes, int) else axes:
        at = normalize_axis(axis, len(shape_of(x)))
        out = func(x, at)
        if len(shape_of(out)) == len(shape_of(x)) - 1:
            out = expand_dims(out, at)
        if len(shape_of(out)) != len(shape_of(x)):
            raise ShapeError(
                f"apply_over_axes: the function made shape {shape_of(out)} of {shape_of(x)}; it "
                f"must keep the axis or drop it {_where()}"
            )
        x = out
    return x
