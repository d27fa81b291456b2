"""Random streams by machine code, once enough has been drawn to be worth it."""

from typing import Any

import numpy as np

from .executor import _mode

__all__ = ["fill_stream"]

# A draw for which a launch pays, and how much is drawn before anything is compiled.
_SMALLEST = 2048
_PATIENCE = 1 << 21
_drawn = [0]


def fill_stream(out: np.ndarray[Any, Any], key: tuple[int, int]) -> int:
    """Fill the head of a flat array with a key's stream; return how many elements.

    Parameters
    ----------
    out : ndarray, shape (n,)
        Of dtype uint32, uint64, float32 or float64 (floats in [0, 1)).
    key : pair of int
    """
    if out.size < _SMALLEST or _mode[0] == "never" or out.size >> 32:
        return 0
    _drawn[0] += out.size
    if _drawn[0] < _PATIENCE and _mode[0] != "always":
        return 0
    from ..kernels.threefry import stream_lanes, stream_launch
    from .launches import TeamPool, provide_kernels

    provide_kernels()
    whole = out.size - out.size % stream_lanes()
    TeamPool().run([stream_launch(out[:whole], key)])
    return whole
