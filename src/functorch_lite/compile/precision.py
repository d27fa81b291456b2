"""How exact dense kernels must be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..transforms.call import settings

__all__ = ["get_precision", "precision", "set_precision"]

_LEVELS = ("default", "high", "highest")
_level = [os.environ.get("FUNCTORCH_LITE_PRECISION", "default")]


def set_precision(level: str) -> None:
    """Choose which algorithms compiled convolutions may use.

    Parameters
    ----------
    level : {"default", "high", "highest"}
        ``"highest"``: direct sums only, relative error below 1e-6 in float32. ``"high"``: also
        Winograd's F(2 x 2, 3 x 3), about as exact. ``"default"``: also F(4 x 4, 3 x 3), below
        1e-5, but not in a forward pass with gradients after it, whose errors would flip ReLUs.
        ``FUNCTORCH_LITE_PRECISION`` sets the level at the start. Programs that are
        compiled already are compiled again when the level has changed.

    Raises
    ------
    ValueError
        If there is no such level.
    """
    if level not in _LEVELS:
        raise ValueError(f"precision must be one of {_LEVELS}, got {level!r}")
    _level[0] = level
    settings[0] += 1


def get_precision() -> str:
    """Return the level that `set_precision` chose."""
    if _level[0] not in _LEVELS:
        raise ValueError(f"FUNCTORCH_LITE_PRECISION must be one of {_LEVELS}, got {_level[0]!r}")
    return _level[0]


@contextmanager
def precision(level: str) -> Iterator[None]:
    """Choose the precision for a while.

    Examples
    --------
    >>> with precision("highest"):
    ...     get_precision()
    'highest'
    """
    before = _level[0]
    set_precision(level)
    try:
        yield
    finally:
        set_precision(before)
