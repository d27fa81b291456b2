"""Loading and saving checkpoints: what a file is, and what comes of it."""

import os
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import CheckpointError
from ._files import atomic_write, open_checkpoint, reading, writing
from ._safetensors import is_safetensors, load_safetensors

__all__ = ["load_checkpoint", "load_torch", "save_checkpoint"]

_STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"<", "an HTML or XML page, such as an error page that was saved for a download"),
    (
        b"version https://git-lfs",
        "a Git LFS pointer: get the file itself with `git lfs pull`",
    ),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"\x89HDF", "an HDF5 file (Keras)"),
    (b"\x93NUMPY", "a NumPy array (.npy): read it with numpy.load"),
    (b"GGUF", "a GGUF file (llama.cpp)"),
)


def load_checkpoint(path: str | os.PathLike) -> OrderedDict[str, np.ndarray]:
    """Load a state dict from a PyTorch or safetensors file, without PyTorch.

    The format is told from the contents: PyTorch's zip format, its stream format from before
    version 1.6, or safetensors. Nothing in the file is executed: its pickle is read by an
    interpreter that knows the globals of tensors and plain containers and refuses every other.

    Parameters
    ----------
    path
        The file, such as ``resnet18-f37072fd.pth``.

    Returns
    -------
    OrderedDict
        Arrays by name, in the order of the file, writable and in the dtypes of the file, except
        that bfloat16 comes as float32 (exactly; NumPy has no bfloat16). Tensors that share memory
        in a PyTorch file share it here. Parameters come as their data. If the file has the
        versions of a state dict's modules, they are its attribute ``_metadata``.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is truncated, corrupted or of another format, asks for a
        global that is not on the allow list, or holds something other than names and tensors
        (load_torch reads nested ones).

    Examples
    --------
    >>> import tempfile, os
    >>> import numpy as np
    >>> from functorch_lite import io
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "linear.pth")
    ...     io.save_checkpoint(path, {"weight": np.eye(2), "bias": np.zeros(2)})
    ...     state = io.load_checkpoint(path)
    >>> list(state)
    ['weight', 'bias']
    >>> state["weight"]
    array([[1., 0.],
           [0., 1.]])
    """
    path = Path(path)
    with reading(path):
        state = _load(path)
        return _state_dict(state)


def load_torch(path: str | os.PathLike) -> Any:
    """Load any object of plain containers and tensors that torch.save wrote, without PyTorch.

    It is read as load_checkpoint does, and may be nested: a training checkpoint with a model's
    and an optimiser's state, for example.

    Parameters
    ----------
    path
        A file in PyTorch's zip or stream format.

    Returns
    -------
    object
        Dicts, lists, tuples, sets, numbers, strings, bytes and None as they were saved, with
        arrays in place of tensors, parameters and storages; a ``torch.Size`` is a tuple, a
        ``torch.dtype`` or ``torch.device`` the string that PyTorch prints for it.

    Raises
    ------
    CheckpointError
        As load_checkpoint, but for the last reason.

    Examples
    --------
    >>> import tempfile, os
    >>> import numpy as np
    >>> from functorch_lite import io
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "training.pth")
    ...     io.save_checkpoint(path, {"epoch": 3, "model": {"scale": np.float32([2, 3])}})
    ...     checkpoint = io.load_torch(path)
    >>> checkpoint
    {'epoch': 3, 'model': {'scale': array([2., 3.], dtype=float32)}}
    """
    path = Path(path)
    with reading(path):
        return _load(path)


def save_checkpoint(path: str | os.PathLike, state: Mapping[str, Any]) -> None:
    """Save a state dict, or a nested one, to a file that ``torch.load`` reads.

    The file is in PyTorch's zip format and needs no more than ``torch.load(path,
    weights_only=True)``, the default. It is written beside `path` and moved there at the end, so
    that `path` is never half-written. Equal states give equal files, byte for byte.

    Parameters
    ----------
    path
        Where to save.
    state
        Names and arrays; also numbers, strings, bytes, None, and lists, tuples and dicts of all
        these. NumPy scalars are saved as tensors without dimensions. Arrays over the same memory
        (tied weights) share a storage in the file.

    Raises
    ------
    CheckpointError
        If `state` holds something else, or the file cannot be written. An old file at `path`
        stays as it was.

    Examples
    --------
    >>> import tempfile, os
    >>> import numpy as np
    >>> from functorch_lite import io
    >>> weight = np.arange(6.0).reshape(2, 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "tied.pth")
    ...     io.save_checkpoint(path, {"encoder": weight, "decoder": weight.T})
    ...     state = io.load_checkpoint(path)
    >>> state["encoder"][0, 1] = 10
    >>> state["decoder"][:, 0]
    array([ 0., 10.,  2.])
    """
    from ._zip_format import write_zip

    path = Path(path)
    if not isinstance(state, Mapping):
        raise CheckpointError(
            f"cannot write checkpoint '{path}': the state is a {type(state).__name__}. Give a dict "
            "of names and arrays."
        )
    with writing(path), atomic_write(path) as scratch:
        write_zip(scratch, state if isinstance(state, dict) else dict(state))


def _load(path: Path) -> Any:
    """Read the object in the file, whatever the format."""
    file, size = open_checkpoint(path)
    with file:
        head = file.read(512)
        file.seek(0)
        if head.startswith(b"PK\x03\x04"):
            from ._zip_format import read_zip

            return read_zip(file, size)
        if is_safetensors(head):
            return load_safetensors(path)
        return _load_stream(file, size, head)


def _load_stream(file: BinaryIO, size: int, head: bytes) -> Any:
    """Read the legacy format, or say what the file may be instead."""
    from ._legacy_format import LEGACY_START, read_legacy

    if head.startswith(LEGACY_START):
        return read_legacy(file, size)
    if not head:
        raise CheckpointError("it is empty. Fetch or save it again.")
    for start, what in _STRANGERS:
        if head.lstrip().startswith(start):
            raise CheckpointError(f"it is {what}.")
    if head[257:262] == b"ustar":
        what = "a tar file, as PyTorch before 0.2 wrote them: load it there and save it again"
    elif head[:1] == b"\x80":
        what = "a plain pickle, not a file that torch.save wrote"
    else:
        what = f"of no known format (it starts with {head[:8]!r})"
    raise CheckpointError(f"it is {what}. Give a PyTorch (.pth, .pt) or safetensors file.")


def _state_dict(state: Any) -> OrderedDict[str, np.ndarray]:
    """Check that `state` is names and arrays, and make it an OrderedDict."""
    hint = "Use load_torch to read it and take the state dict out of it."
    if not isinstance(state, dict):
        raise CheckpointError(f"it holds a {type(state).__name__}, not a state dict. {hint}")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, np.ndarray):
            raise CheckpointError(
                f"it holds a {type(value).__name__} at {name!r}, where a state dict has names and "
                f"tensors. {hint}"
            )
    return state if isinstance(state, OrderedDict) else OrderedDict(state)
