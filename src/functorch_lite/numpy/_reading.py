"""Arrays from and to bytes, text and files, and how arrays print: NumPy's own functions."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..ir import Tracer, aval_of_value, current_source, summarize

__all__ = [
    "array_repr",
    "array_str",
    "from_dlpack",
    "frombuffer",
    "fromfile",
    "fromiter",
    "fromstring",
    "get_printoptions",
    "iterable",
    "load",
    "printoptions",
    "save",
    "savez",
    "set_printoptions",
]

get_printoptions, set_printoptions = np.get_printoptions, np.set_printoptions
printoptions, iterable = np.printoptions, np.iterable
fromstring, fromfile, load = np.fromstring, np.fromfile, np.load


def array_repr(arr: Any, *args: Any, **kwargs: Any) -> str:
    """Return how an array prints with its type; a traced one prints its type. See `numpy.array_repr`.

    Examples
    --------
    >>> import numpy as np
    >>> array_repr(np.arange(2.0))
    'array([0., 1.])'
    """
    return repr(arr) if isinstance(arr, Tracer) else np.array_repr(np.asarray(arr), *args, **kwargs)


def array_str(a: Any, *args: Any, **kwargs: Any) -> str:
    """Return how an array prints; a traced one prints its type. See `numpy.array_str`.

    Examples
    --------
    >>> import numpy as np
    >>> array_str(np.arange(2.0))
    '[0. 1.]'
    """
    return str(a) if isinstance(a, Tracer) else np.array_str(np.asarray(a), *args, **kwargs)


def frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0) -> Any:
    """Return a copy of memory as a vector. See `numpy.frombuffer`.

    Examples
    --------
    >>> frombuffer(bytes([1, 2, 3]), "uint8")
    array([1, 2, 3], dtype=uint8)
    """
    return np.frombuffer(buffer, dtype, count, offset).copy()


def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1) -> Any:
    """Return the numbers of an iterable as a vector. See `numpy.fromiter`.

    Examples
    --------
    >>> fromiter((i * i for i in range(3)), float)
    array([0., 1., 4.])
    """
    return np.fromiter(iter, dtype, count)


def _concrete(name: str, arrays: Iterable[Any]) -> None:
    if any(isinstance(a, Tracer) for a in arrays):
        raise TypeError(
            f"{name} writes values, which are not known while tracing {summarize(current_source())}; "
            "save the results of the transformed function, or use io_callback"
        )


def save(file: Any, arr: Any, *args: Any, **kwargs: Any) -> None:
    """Save an array to a ``.npy`` file. See `numpy.save`."""
    _concrete("save", [arr])
    np.save(file, arr, *args, **kwargs)


def savez(file: Any, *args: Any, **kwargs: Any) -> None:
    """Save several arrays to a ``.npz`` file. See `numpy.savez`."""
    _concrete("savez", [*args, *kwargs.values()])
    np.savez(file, *args, **kwargs)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """Return an array that shares memory with any array that speaks DLPack. See `numpy.from_dlpack`.

    Examples
    --------
    >>> import numpy as np
    >>> from_dlpack(np.arange(3.0))
    array([0., 1., 2.])
    """
    if isinstance(x, Tracer):
        return x
    out = np.from_dlpack(x, device=device, copy=copy)
    aval_of_value(out)
    return out
