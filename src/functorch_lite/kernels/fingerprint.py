"""Fingerprints of memory: has something changed since it was looked at?"""

from __future__ import annotations

import numpy as np

from .host import host_lanes
from .launch import Launch, pack_args, pointer
from .registry import get

__all__ = ["fingerprint_launch"]


def fingerprint_launch(pieces: np.ndarray, out: np.ndarray) -> Launch:
    """Launch taking 64-bit fingerprints of pieces of memory.

    Parameters
    ----------
    pieces : ndarray of int64, shape (n, 2)
        Address and bytes of each.
    out : ndarray of int64, shape (n,)

    Examples
    --------
    >>> from functorch_lite.kernels.launch import Serial
    >>> x, out = np.zeros(1000, np.float32), np.zeros(2, np.int64)
    >>> pieces = np.array([[pointer(x), 3999], [pointer(x), 3999]])
    >>> launch = fingerprint_launch(pieces, out)
    >>> Serial().run([launch])
    >>> bool(out[0] == out[1])
    True
    """
    for array, shape in ((pieces, (len(out), 2)), (out, out.shape)):
        if array.dtype != np.int64 or array.shape != shape or not array.flags.c_contiguous:
            raise ValueError(f"pieces int64[n, 2] and results int64[n], got {array.dtype}{shape}")
    kernel = get("fingerprint:build_fingerprint", lanes=host_lanes())
    args = pack_args([pointer(pieces), pointer(out)])
    cost = float(pieces[:, 1].sum())
    return Launch(kernel, len(pieces), args, 32 * host_lanes(), cost, (pieces, out))
