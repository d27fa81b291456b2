"""`save` and `load`: Tensors in files, in PyTorch's format."""

import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from .tensor import Tensor, wrap

__all__ = ["load", "save"]

File = str | os.PathLike[str] | BinaryIO


def save(obj: Any, f: File) -> None:
    """Save a state dict, or Tensors in dicts, lists and tuples, to a file that `torch.load` reads.

    Parameters
    ----------
    obj
        Tensors, arrays, numbers and strings in containers; not a whole module.
    f : path or binary file

    Raises
    ------
    TypeError
        If `obj` is a module: save its ``state_dict()``.
    CheckpointError
        If `obj` holds something else.

    Examples
    --------
    >>> import tempfile, os
    >>> import functorch_lite as fl
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "linear.pt")
    ...     fl.save({"weight": fl.ones(2), "epoch": 3}, path)
    ...     fl.load(path)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    from ..io import save_checkpoint

    if hasattr(obj, "state_dict"):
        raise TypeError(
            f"save: a {type(obj).__name__} cannot be saved whole; save its state_dict() and load "
            "it into a new one"
        )
    if isinstance(f, str | os.PathLike):
        save_checkpoint(os.fspath(f), _arrays(obj))
        return
    with _scratch() as path:
        save_checkpoint(path, _arrays(obj))
        with open(path, "rb") as file:
            shutil.copyfileobj(file, f)


def load(f: File, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Load what `save` or ``torch.save`` wrote, as Tensors. Nothing in the file is executed.

    Parameters
    ----------
    f : path or binary file
        Of a file that is open, what follows its position.
    map_location
        "cpu" or None: there is no other device.
    weights_only : bool
        Accepted for compatibility: it is always so.

    Raises
    ------
    CheckpointError
        If the file is damaged, or holds anything but Tensors and plain containers.
    """
    from ..io import load_torch
    from .creation import check_device

    if isinstance(map_location, str):
        check_device(map_location)
    if isinstance(f, str | os.PathLike):
        return _tensors(load_torch(os.fspath(f)))
    with _scratch() as path:
        with open(path, "wb") as file:
            shutil.copyfileobj(f, file)
        return _tensors(load_torch(path))


@contextmanager
def _scratch() -> Iterator[str]:
    """Give the path of a file that is gone afterwards: checkpoints are read by position."""
    with tempfile.TemporaryDirectory() as folder:
        yield os.path.join(folder, "buffer")


def _arrays(obj: Any) -> Any:
    """Replace Tensors by their arrays."""
    if isinstance(obj, Tensor):
        return obj.detach().numpy()
    if isinstance(obj, dict):
        return type(obj)((k, _arrays(v)) for k, v in obj.items())
    if isinstance(obj, list | tuple):
        return type(obj)(_arrays(v) for v in obj)
    return obj


def _tensors(obj: Any) -> Any:
    """Replace arrays by Tensors."""
    if isinstance(obj, np.ndarray):
        return wrap(obj)
    if isinstance(obj, OrderedDict):
        return OrderedDict((k, _tensors(v)) for k, v in obj.items())
    if isinstance(obj, dict):
        return {k: _tensors(v) for k, v in obj.items()}
    if isinstance(obj, list | tuple):
        return type(obj)(_tensors(v) for v in obj)
    return obj
