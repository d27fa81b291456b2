"""Holding back signals such as Ctrl-C while results are written over what they are made from."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["call_holding_signals"]

# What a user or a batch system sends to a process that is to stop, or to save its state.
_HELD = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]


def call_holding_signals(function: Callable[[], None], is_critical: Callable[[], bool]) -> None:
    """Call a function; handlers of signals wait until it ends, a second signal does not wait.

    Python runs handlers in the main thread only; in any other nothing is held. Handlers that are
    not Python functions (ignore, end the process) stay as they are.

    Parameters
    ----------
    function : callable
    is_critical : callable
        Asked when a signal comes; if false its handler is called at once.

    Examples
    --------
    >>> seen = []
    >>> before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append("handled"))
    >>> def work():
    ...     signal.raise_signal(signal.SIGTERM)
    ...     seen.append("worked")
    >>> call_holding_signals(work, lambda: True)
    >>> seen
    ['worked', 'handled']
    >>> before = signal.signal(signal.SIGTERM, before)
    """
    held = _Held(is_critical)
    try:
        held.install()
        function()
    finally:
        # From this assignment on, whatever comes is noted: nothing can keep `restore` from ending.
        held.working = False
        held.restore()


class _Held:
    """What stands in for the handlers of signals."""

    def __init__(self, is_critical: Callable[[], bool]) -> None:
        self.working = False
        self._is_critical = is_critical
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._noted: tuple[int, FrameType | None] | None = None

    def install(self) -> None:
        """Take the place of the handlers."""
        if threading.current_thread() is threading.main_thread():
            for number in _HELD:
                handler = signal.getsignal(number)
                if callable(handler) and not isinstance(handler, signal.Handlers):
                    self._handlers[number] = handler
                    signal.signal(number, self._hold)
        self.working = True

    def restore(self) -> None:
        """Put the handlers back, and call the one that had to wait."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._noted is not None:
            number, frame = self._noted
            self._handlers[number](number, frame)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if not self.working or (self._noted is None and self._is_critical()):
            self._noted = number, frame
        else:
            self._handlers[number](number, frame)
