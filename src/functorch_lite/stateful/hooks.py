"""Handles of registered hooks."""

from collections.abc import Callable
from itertools import count
from typing import Any

__all__ = ["RemovableHandle"]

_next_id = count().__next__


class RemovableHandle:
    """Returned by every ``register_*hook``; `remove` takes the hook out again.

    Examples
    --------
    >>> hooks = {}
    >>> with RemovableHandle(hooks, print):
    ...     len(hooks)
    1
    >>> len(hooks)
    0
    """

    def __init__(self, hooks: dict[int, Callable[..., Any]], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self.id = _next_id()
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook out; does nothing the second time."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()
