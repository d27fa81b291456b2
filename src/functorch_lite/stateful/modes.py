"""Gradient modes: no_grad, enable_grad, set_grad_enabled, inference_mode."""

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ..ir import current_state
from ..ir.trace import _STATE, INFERENCE_LEVEL, State

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]

_inference: ContextVar[bool] = ContextVar("functorch_lite_inference", default=False)
is_inference_mode_enabled = _inference.get


def is_grad_enabled() -> bool:
    """Tell whether operations are recorded for a gradient now.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with fl.no_grad():
    ...     fl.is_grad_enabled()
    False
    """
    return current_state().no_grad < 0


def _set_enabled(enabled: bool) -> None:
    state = current_state()
    if state.no_grad >= INFERENCE_LEVEL:
        return
    _STATE.set(State(state.level, state.omni, -1 if enabled else state.level))


class _Mode:
    """A gradient mode: a context manager, and a decorator for functions and generators."""

    _before: list[int]

    def _enter(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self.__dict__.setdefault("_before", []).append(current_state().no_grad)
        self._enter()

    def __exit__(self, *exc: object) -> None:
        state = current_state()
        _STATE.set(State(state.level, state.omni, self._before.pop()))

    def _fresh(self) -> "_Mode":
        return type(self)()

    def __call__(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function: run it in this mode."""
        if inspect.isgeneratorfunction(fun):
            raise TypeError(
                f"{fun.__name__} is a generator function; write `with {type(self).__name__}():` "
                "inside it"
            )

        @functools.wraps(fun)
        def in_mode(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return fun(*args, **kwargs)

        return in_mode


class no_grad(_Mode):
    """Compute without recording: results do not require a gradient.

    Inside a function that is transformed by `grad` or `jvp`, results are constants.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> x = fl.tensor(2.0, requires_grad=True)
    >>> with fl.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """

    def __new__(cls, fun: Callable[..., Any] | None = None) -> Any:
        """Return the mode, or the function decorated (``@no_grad`` without parentheses)."""
        self = object.__new__(cls)
        return self if fun is None else self(fun)

    def _enter(self) -> None:
        _set_enabled(False)


class enable_grad(_Mode):
    """Record again inside `no_grad`."""

    def __new__(cls, fun: Callable[..., Any] | None = None) -> Any:
        """Return the mode, or the function decorated."""
        self = object.__new__(cls)
        return self if fun is None else self(fun)

    def _enter(self) -> None:
        _set_enabled(True)


class set_grad_enabled(_Mode):
    """Switch recording on or off, at once; as a context manager until its end.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> with fl.set_grad_enabled(False):
    ...     fl.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._before = [current_state().no_grad]
        _set_enabled(mode)

    def __enter__(self) -> None:
        _set_enabled(self.mode)

    def _fresh(self) -> "_Mode":
        return set_grad_enabled(self.mode)

    def __call__(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function: run it in this mode."""
        self.__exit__()
        return super().__call__(fun)


class inference_mode(_Mode):
    """Compute without recording, for good: results can never take part in a gradient.

    Using such a result where it would have to be saved for a gradient raises, and so do
    functional derivatives (grad, vjp, jvp) inside this mode: neither silently gives zeros.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> x = fl.ones(2, requires_grad=True)
    >>> with fl.inference_mode():
    ...     y = x * 2
    >>> y.is_inference(), y.requires_grad
    (True, False)
    """

    def __new__(cls, mode: Any = True) -> Any:
        """Return the mode, or the function decorated."""
        self = object.__new__(cls)
        if callable(mode):
            self.__init__(True)  # type: ignore[misc]
            return self(mode)
        return self

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode
        self._flags: list[bool] = []

    def _fresh(self) -> "_Mode":
        return inference_mode(self.mode)

    def _enter(self) -> None:
        state = current_state()
        if self.mode and state.level > 0:
            self._before.pop()
            raise RuntimeError(
                "inference_mode inside a function that is transformed (grad, jvp, vmap, jit) would "
                "make its derivatives vanish; use no_grad, which makes constants, or enter "
                "inference_mode outside"
            )
        self._flags.append(_inference.get())
        _inference.set(self.mode)
        level = INFERENCE_LEVEL if self.mode else -1
        _STATE.set(State(state.level, state.omni, level))

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        _inference.set(self._flags.pop())
