"""When operations on Tensors are computed: at once, or later."""

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["deferred", "eager", "execution_mode", "set_execution_mode"]

_MODES = ("auto", "eager", "deferred")
_DEFAULT = os.environ.get("FUNCTORCH_LITE_TENSORS", "auto")
_mode: ContextVar[str] = ContextVar("functorch_lite_execution", default=_DEFAULT)
execution_mode = _mode.get


def set_execution_mode(mode: str) -> None:
    """Choose when operations on Tensors are computed.

    Parameters
    ----------
    mode : {"auto", "eager", "deferred"}
        ``"auto"`` defers operations on large Tensors and on pending ones, ``"deferred"`` all,
        ``"eager"`` none: it computes each at once, for debugging.

    Raises
    ------
    ValueError
        For another mode.
    """
    if mode not in _MODES:
        raise ValueError(f"execution mode must be one of {_MODES}, got {mode!r}")
    _mode.set(mode)


@contextlib.contextmanager
def _in_mode(mode: str) -> Iterator[None]:
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)


def eager() -> contextlib.AbstractContextManager[None]:
    """Compute each operation on Tensors at once, for debugging.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with fl.eager():
    ...     y = fl.ones(100, 100) @ fl.ones(100, 100)
    >>> y.is_pending
    False
    """
    return _in_mode("eager")


def deferred() -> contextlib.AbstractContextManager[None]:
    """Defer operations on Tensors of any size, until a value is looked at.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with fl.deferred():
    ...     y = fl.ones(3) + 1
    >>> y.is_pending
    True
    >>> y
    tensor([2., 2., 2.])
    >>> y.is_pending
    False
    """
    return _in_mode("deferred")
