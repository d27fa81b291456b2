"""A call of one function, the same in both libraries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Case", "case", "cases", "key"]


@dataclass(frozen=True)
class Case:
    """Arguments of a call; NumPy arrays among them are inputs, anything else is static.

    Parameters
    ----------
    args : tuple
        Positional arguments.
    kwargs : dict
        Keywords, static.
    call : callable, optional
        ``call(f, *args)``, where the call is not ``f(*args, **kwargs)``.
    grad, vmap : bool
        Whether to compare gradients and vmaps.
    tol : float
        Tolerance, relative to the size of the result.
    """

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    call: Callable[..., Any] | None = None
    grad: bool = True
    vmap: bool = True
    tol: float = 1e-9

    def inputs(self) -> list[np.ndarray]:
        """Return the arrays among the arguments."""
        return [a for a in self.args if isinstance(a, np.ndarray)]

    def bind(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call as a function of the arrays alone."""

        def bound(*arrays: Any) -> Any:
            rest = iter(arrays)
            args = [next(rest) if isinstance(a, np.ndarray) else a for a in self.args]
            return self.call(f, *args) if self.call else f(*args, **self.kwargs)

        return bound


def case(
    *args: Any,
    call: Callable[..., Any] | None = None,
    grad: bool = True,
    vmap: bool = True,
    tol: float = 1e-9,
    **kwargs: Any,
) -> Case:
    """Return a case."""
    return Case(args, kwargs, call, grad, vmap, tol)


def cases(table: Mapping[str, Case]) -> dict[str, Case]:
    """Give each of several names, separated by blanks, its case."""
    return {name: c for names, c in table.items() for name in names.split()}


def key(seed: int = 7) -> np.ndarray:
    """Return a random key as both libraries take it."""
    return np.array([0, seed], np.uint32)
