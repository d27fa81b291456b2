"""Python functions called from inside transformed functions."""

import code
import string
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import DTypeError
from ..ir import ShapedArray, bind, current_source, is_tracer, summarize
from ..ir.aval import canonical_dtype, python_scalar_dtype
from ..prims.callback import debug_callback_p, io_callback_p, pure_callback_p
from ..pytree import tree_flatten, tree_unflatten

__all__ = ["breakpoint", "callback", "io_callback", "print", "pure_callback"]

_print = print
_VMAP_METHODS = (None, "sequential", "sequential_unrolled", "expand_dims", "broadcast_all")


def _is_array(x: Any) -> bool:
    """Tell whether `x` goes through the program; anything else is passed as it is."""
    if is_tracer(x) or hasattr(x, "__functorch_lite_array__"):
        return True
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "biufc"
    return python_scalar_dtype(x) is not None


def _split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], Callable[..., Any]]:
    """Separate arrays from other arguments; return them and how to put them together."""
    leaves, tree = tree_flatten((args, kwargs))
    where = [i for i, x in enumerate(leaves) if _is_array(x)]
    arrays = [_bare(leaves[i]) for i in where]

    def join(values: Sequence[Any]) -> Any:
        full = list(leaves)
        for i, v in zip(where, values, strict=True):
            full[i] = v
        return tree_unflatten(tree, full)

    return arrays, join


def _bare(x: Any) -> Any:
    """Return an argument as the transforms know it."""
    convert = getattr(x, "__functorch_lite_array__", None)
    return x if convert is None else convert()


def callback(
    callback: Callable[..., Any], *args: Any, ordered: bool = False, **kwargs: Any
) -> None:
    """Call a Python function with the values of arrays, for its side effects.

    Parameters
    ----------
    callback : callable
        Called with NumPy arrays in place of the arrays in `args` and `kwargs`, whenever the
        program runs: once for each call, step of a loop and example of a vmap. What it returns
        is ignored.
    ordered : bool
        Accepted for compatibility: calls are always in program order.

    Notes
    -----
    Under grad it sees values of the forward pass, once; `checkpoint` runs it again.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> seen = []
    >>> @fl.jit
    ... def f(x):
    ...     fl.debug.callback(lambda v: seen.append(float(v)), x * 2)
    ...     return x + 1
    >>> y = f(1.0)
    >>> seen
    [2.0]
    """
    arrays, join = _split(args, kwargs)

    def call(*values: Any) -> None:
        a, k = join(values)
        callback(*a, **k)

    bind(debug_callback_p, *arrays, callback=call)


class _Field:
    """Formats as nothing, whatever the format: to check a format string."""

    def __format__(self, spec: str) -> str:
        return ""

    def __getattr__(self, name: str) -> "_Field":
        return self

    def __getitem__(self, index: Any) -> "_Field":
        return self


class _Formatter(string.Formatter):
    """Complains about arguments that the format does not use."""

    def check_unused_args(self, used: Any, args: Any, kwargs: Any) -> None:
        """Raise if an argument is not used."""
        unused = [str(i) for i in range(len(args)) if i not in used]
        unused += [k for k in kwargs if k not in used]
        if unused:
            raise ValueError(f"the format does not use argument {', '.join(unused)}")


def print(fmt: str, *args: Any, ordered: bool = False, **kwargs: Any) -> None:
    """Print values while a program runs: ``debug.print("x = {}", x)``.

    Parameters
    ----------
    fmt : str
        For `str.format`; not an f-string, which would print the tracer.
    *args, **kwargs
        Arrays and anything else.
    ordered : bool
        Accepted for compatibility: prints are always in program order.

    Raises
    ------
    ValueError
        If the format and its arguments do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import functorch_lite as fl
    >>> def f(x):
    ...     fl.debug.print("x = {x:.2f}", x=x)
    ...     return x * x
    >>> g = fl.jit(fl.grad(f))(3.0)
    x = 3.00
    >>> y = fl.vmap(f)(np.array([1.0, 2.0]))
    x = 1.00
    x = 2.00
    """
    try:
        fields = {k: _Field() for k in kwargs}
        _Formatter().vformat(fmt, tuple(_Field() for _ in args), fields)
    except (IndexError, KeyError, ValueError) as e:
        raise ValueError(
            f"debug.print cannot format {fmt!r} with {len(args)} arguments and keywords "
            f"{sorted(kwargs)}: {e} {summarize(current_source())}. Write debug.print('x = {{}}', x)"
        ) from None

    def show(*a: Any, **k: Any) -> None:
        _print(fmt.format(*a, **k))

    callback(show, *args, ordered=ordered, **kwargs)


def _result_avals(result_shape_dtypes: Any) -> tuple[tuple[ShapedArray, ...], Any]:
    """Return avals and structure of a declared result: a pytree of things with shape and dtype."""
    leaves, tree = tree_flatten(result_shape_dtypes)
    for x in leaves:
        if not hasattr(x, "shape") or not hasattr(x, "dtype"):
            raise DTypeError(
                f"a callback's result is declared by objects with shape and dtype, such as "
                f"ShapeDtypeStruct((3,), 'float32'), got {x!r} {summarize(current_source())}"
            )
    return tuple(ShapedArray(tuple(x.shape), canonical_dtype(x.dtype)) for x in leaves), tree


def _returning(
    f: Callable[..., Any], join: Callable[..., Any], tree: Any
) -> Callable[..., list[Any]]:
    """Return the flat form of a callback that returns a pytree."""

    def call(*values: Any) -> list[Any]:
        a, k = join(values)
        leaves, got = tree_flatten(f(*a, **k))
        if got != tree:
            raise TypeError(
                f"the callback {call.__name__} returned {got}; its declared result is {tree}"
            )
        return leaves

    call.__name__ = getattr(f, "__name__", type(f).__name__)
    return call


def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    vmap_method: str | None = None,
    **kwargs: Any,
) -> Any:
    """Call a Python function without side effects and use what it returns.

    Parameters
    ----------
    callback : callable
        Takes NumPy arrays (which it must not write to or keep) and returns a pytree of arrays.
        It may be called more or less often than it is written, or not at all.
    result_shape_dtypes : pytree
        Of objects with shape and dtype: what `callback` returns.
    *args, **kwargs
        Pytrees of arrays, and anything else.
    vmap_method : {None, "sequential", "expand_dims", "broadcast_all"}
        What vmap does: raise; call once for each example; call once with a leading axis on all
        arguments, of length 1 where it is not mapped, or of full length.

    Returns
    -------
    pytree of arrays

    Raises
    ------
    MissingRuleError
        If it is differentiated: wrap it in a `custom_jvp` or `custom_vjp` function.
    ShapeError, DTypeError
        If the function returns something else than declared.

    Examples
    --------
    >>> import numpy as np
    >>> import functorch_lite as fl
    >>> from functorch_lite import pure_callback
    >>> def bessel(x):
    ...     import scipy.special
    ...     return scipy.special.jv(0, x)
    >>> f = lambda x: pure_callback(bessel, x, x, vmap_method="broadcast_all")
    >>> fl.jit(fl.vmap(f))(np.array([0.0, 1.0])).round(4)
    array([1.    , 0.7652])
    """
    if vmap_method not in _VMAP_METHODS:
        raise ValueError(f"vmap_method must be one of {_VMAP_METHODS}, got {vmap_method!r}")
    avals, tree = _result_avals(result_shape_dtypes)
    arrays, join = _split(args, kwargs)
    call = _returning(callback, join, tree)
    outs = bind(pure_callback_p, *arrays, callback=call, results=avals, vmap_method=vmap_method)
    return tree_unflatten(tree, outs)


def io_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    ordered: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a Python function that has side effects and use what it returns.

    It is called whenever the program runs, in program order, also if its result is not used.

    Parameters
    ----------
    callback : callable
        Takes NumPy arrays and returns a pytree of arrays.
    result_shape_dtypes : pytree
        Of objects with shape and dtype: what `callback` returns; None for nothing.
    ordered : bool
        Refuse to be mapped by vmap, where examples have no order.

    Returns
    -------
    pytree of arrays

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import io_callback
    >>> numbers = iter(range(10))
    >>> draw = lambda: float(next(numbers))
    >>> f = fl.jit(lambda x: x + io_callback(draw, fl.ShapeDtypeStruct((), float)))
    >>> float(f(10.0)), float(f(10.0))
    (10.0, 11.0)
    """
    avals, tree = _result_avals(result_shape_dtypes)
    arrays, join = _split(args, kwargs)
    call = _returning(callback, join, tree)
    outs = bind(io_callback_p, *arrays, callback=call, results=avals, ordered=ordered)
    return tree_unflatten(tree, outs)


def breakpoint(*, ordered: bool = False, console: Callable[..., Any] | None = None) -> None:
    """Stop here while the program runs and look at local variables, with their values.

    Opens a Python console at the caller's line, in which the local variables that are arrays
    are NumPy arrays; it goes on at the end of input (Ctrl-D).

    Parameters
    ----------
    ordered : bool
        Accepted for compatibility.
    console : callable
        ``console(names, banner)`` instead of Python's own: `names` are the variables.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> seen = {}
    >>> def f(x):
    ...     y = x * 2
    ...     fl.debug.breakpoint(console=lambda names, banner: seen.update(names))
    ...     return y
    >>> z = fl.jit(f)(3.0)
    >>> float(seen["y"])
    6.0
    """
    frame = sys._getframe(1)
    where = summarize(current_source())
    names = dict(frame.f_locals)
    outer = frame.f_globals

    def stop(**values: Any) -> None:
        banner = f"breakpoint {where}\nvariables: {', '.join(sorted(values))}; Ctrl-D goes on"
        if console is not None:
            console(values, banner)
        else:
            code.interact(banner, local={**outer, **values}, exitmsg="")

    callback(stop, ordered=ordered, **{k: v for k, v in names.items() if k.isidentifier()})
