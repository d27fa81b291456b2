"""Arrays that stay as they are: what was made of one stays right as long as it is sealed.

Memory of the library, that only Tensors refer to, is written to by nobody but a program that is
given it for its results. So a Tensor's array can be sealed: it becomes read-only and gets a
number of its own. Whoever sees the same number again need not look at the contents. Before an
array is given away to be overwritten, its seal is broken; a new one has another number.
"""

import itertools
import sys
import weakref
from typing import Any

import numpy as np

from .donate import Memory

__all__ = ["break_seal", "seal", "seal_number"]

Array = np.ndarray[Any, Any]
_numbers: dict[int, tuple[weakref.ref[Array], int]] = {}
_next = itertools.count(1)


def _is_alone(x: Array) -> bool:
    """Tell whether nobody but those who hold an array can write to its memory."""
    base = x.base
    if type(x) is not np.ndarray or base is None:
        return type(x) is np.ndarray and x.flags.owndata
    if type(base) is np.ndarray and base.flags.owndata:
        return sys.getrefcount(base) <= _OF_ONE_VIEW
    return type(base) is Memory


def _set_writeable(x: Array, flag: bool) -> None:
    """Mark an array and the one whose memory it alone views."""
    if type(x.base) is np.ndarray:
        x.base.flags.writeable = flag
    x.flags.writeable = flag


def seal(x: Array) -> None:
    """Seal an array that the library owns; nothing happens to memory that others refer to.

    Examples
    --------
    >>> x = np.zeros(3)
    >>> seal(x)
    >>> x.flags.writeable, seal_number(x) > 0, seal_number(np.zeros(3))
    (False, True, 0)
    """
    if seal_number(x) or not _is_alone(x):
        return
    _set_writeable(x, False)
    key = id(x)
    _numbers[key] = (weakref.ref(x, lambda _: _numbers.pop(key, None)), next(_next))


def seal_number(x: Array) -> int:
    """Return the number of an array's seal, 0 if it has none.

    Examples
    --------
    >>> x = np.zeros(3)
    >>> seal(x)
    >>> first = seal_number(x)
    >>> break_seal(x)
    >>> seal(x)
    >>> seal_number(x) in (0, first)
    False
    """
    found = _numbers.get(id(x))
    if found is None or found[0]() is not x or x.flags.writeable:
        return 0
    return found[1]


def break_seal(x: Array) -> None:
    """Let an array be overwritten again.

    Examples
    --------
    >>> x = np.zeros(3)
    >>> seal(x)
    >>> break_seal(x)
    >>> x.flags.writeable, seal_number(x)
    (True, 0)
    """
    found = _numbers.get(id(x))
    if found is not None and found[0]() is x:
        del _numbers[id(x)]
        _set_writeable(x, True)


def _count_of_one_view() -> int:
    """Return the reference count that `_is_alone` sees of an array with a single view."""
    x = np.zeros(2).reshape(1, 2)
    base = x.base
    return sys.getrefcount(base)


_OF_ONE_VIEW = _count_of_one_view()
