"""Random words by machine code: the stream of a Threefry-2x32 key."""

from __future__ import annotations

import numpy as np

from .host import host_lanes
from .launch import Launch, pack_args, pointer
from .registry import get

__all__ = ["KINDS", "stream_launch", "stream_lanes"]

KINDS = ("uint32", "uint64", "float32", "float64")
_ITEM = 8192  # words of a work item, as in generate.threefry


def stream_lanes() -> int:
    """Words that are made together: four registers hide the latency of the rounds.

    Examples
    --------
    >>> stream_lanes() in (16, 32, 64)
    True
    """
    return 4 * host_lanes()


def stream_launch(out: np.ndarray, key: tuple[int, int]) -> Launch:
    """Launch filling a flat array with bits, or with floats in [0, 1), of a key's stream.

    Parameters
    ----------
    out : ndarray, shape (n,)
        C-contiguous, of a dtype in `KINDS`; n is a multiple of `stream_lanes` below 2**32.
    key : pair of int
        The key's words.

    Examples
    --------
    >>> from functorch_lite.kernels.launch import Serial
    >>> out = np.zeros(stream_lanes(), np.uint32)
    >>> Serial().run([stream_launch(out, (0, 0))])
    >>> int(out[0]) == 0x6B200159 ^ 0x99BA4EFE
    True
    """
    lanes = stream_lanes()
    if not out.flags.c_contiguous or out.ndim != 1 or out.size % lanes or out.size >> 32:
        raise ValueError(f"a stream fills a flat array of a multiple of {lanes} elements")
    kernel = get("threefry:build_stream", kind=out.dtype.name, lanes=lanes)
    args = pack_args([pointer(out), out.size, *key])
    return Launch(kernel, -(-out.size // _ITEM), args, 0, 40.0 * out.size, (out,))
