"""Plain NumPy on tracers: ``np.sin(x)``, ``np.sum(x)``, ``array @ x`` trace.

NumPy hands calls that involve a tracer to `__array_ufunc__` and `__array_function__`, which look
the function up in this namespace by its name.
"""

import difflib
from typing import Any

import numpy as np

from ..errors import UnsupportedNumPyError
from ..ir import Tracer, current_source, summarize

__all__ = ["install"]

# ufunc.reduce(x, axis) is a function of another name.
_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
_ACCUMULATIONS = {"add": "cumsum", "multiply": "cumprod"}


def _namespaces() -> dict[str, Any]:
    from .. import numpy as fnp
    from . import fft, linalg

    return {"numpy": fnp, "numpy.linalg": linalg, "numpy.fft": fft}


def _lookup(name: str, module: str) -> Any:
    """Return our function for NumPy's, or raise naming the nearest one that exists."""
    spaces = _namespaces()
    short = module.replace("numpy.linalg._linalg", "numpy.linalg")
    space = spaces.get(short, spaces["numpy"])
    f = getattr(space, name, None)
    if f is not None and name in space.__all__:
        return f
    near = difflib.get_close_matches(name, space.__all__, n=3, cutoff=0.4)
    hint = f"; the nearest names are {', '.join(near)}" if near else ""
    raise UnsupportedNumPyError(
        f"{module}.{name} cannot be traced: functorch_lite has no rule for it{hint}.\n"
        f"It was called {summarize(current_source())}.\n"
        "Write it with functions of functorch_lite.numpy, or compute it outside the transformed "
        "function."
    )


def array_ufunc(self: Tracer, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Handle a NumPy ufunc applied to a tracer."""
    if kwargs.get("out") is not None:
        raise UnsupportedNumPyError(
            f"np.{ufunc.__name__}(..., out=) writes in place, which cannot be traced "
            f"{summarize(current_source())}; use the returned value, or x.at[...].set(y)"
        )
    kwargs.pop("out", None)
    name = ufunc.__name__
    if method == "reduce" and name in _REDUCTIONS:
        kwargs.setdefault("axis", inputs[1] if len(inputs) > 1 else 0)
        return _lookup(_REDUCTIONS[name], "numpy")(inputs[0], **kwargs)
    if method == "accumulate" and name in _ACCUMULATIONS:
        kwargs.setdefault("axis", 0)
        return _lookup(_ACCUMULATIONS[name], "numpy")(inputs[0], **kwargs)
    if method == "outer":
        x, y = (np.asarray(v) if not isinstance(v, Tracer) else v for v in inputs)
        return _lookup(name, "numpy")(x[(..., *(None,) * y.ndim)], y)  # type: ignore[index]
    if method != "__call__":
        raise UnsupportedNumPyError(
            f"np.{name}.{method} cannot be traced {summarize(current_source())}"
        )
    where = kwargs.pop("where", True)
    dtype = kwargs.pop("dtype", None)
    if where is not True or kwargs:
        raise UnsupportedNumPyError(
            f"np.{name} with {', '.join(kwargs) or 'where'} cannot be traced "
            f"{summarize(current_source())}; use functorch_lite.numpy.where"
        )
    out = _lookup(name, "numpy")(*inputs)
    return out if dtype is None else out.astype(dtype)


def array_function(
    self: Tracer, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Handle any other NumPy function applied to a tracer."""
    return _lookup(func.__name__, func.__module__ or "numpy")(*args, **kwargs)


def install() -> None:
    """Give tracers NumPy's dispatch methods."""
    Tracer.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
    Tracer.__array_function__ = array_function  # type: ignore[attr-defined]
