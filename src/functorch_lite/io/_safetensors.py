"""The safetensors format, through its own library."""

import json
import os
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import CheckpointError
from ._files import atomic_write, open_checkpoint, reading, writing
from ._storages import upcast_bfloat16

__all__ = ["is_safetensors", "load_safetensors", "safetensors_metadata", "save_safetensors"]

_READABLE = frozenset(
    ["F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL", "C64"]
)
_WRITABLE = frozenset(
    [
        "float64",
        "float32",
        "float16",
        "int64",
        "int32",
        "int16",
        "int8",
        "uint64",
        "uint32",
        "uint16",
        "uint8",
        "bool",
        "complex64",
    ]
)


def is_safetensors(head: bytes) -> bool:
    """Tell from the first bytes of a file whether it is meant as safetensors.

    It begins with the length of a JSON object, which is at most 100 MB, and the object.
    """
    return head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= 100_000_000


def load_safetensors(path: str | os.PathLike) -> OrderedDict[str, np.ndarray]:
    """Load the tensors of a safetensors file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    OrderedDict
        Arrays sorted by name, writable, in the dtypes of the file, except that bfloat16 comes
        as float32 (exactly).

    Raises
    ------
    CheckpointError
        If the file cannot be read, is truncated or corrupted, or has a dtype that NumPy lacks.

    Examples
    --------
    >>> import tempfile, os
    >>> import numpy as np
    >>> from functorch_lite import io
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.safetensors")
    ...     io.save_safetensors(path, {"scale": np.float32(2)}, metadata={"epoch": "3"})
    ...     print(io.load_safetensors(path)["scale"], io.safetensors_metadata(path))
    2.0 {'epoch': '3'}
    """
    from safetensors import safe_open

    path = Path(path)
    tensors: OrderedDict[str, np.ndarray] = OrderedDict()
    with reading(path):
        open_checkpoint(path)[0].close()
        with safe_open(path, framework="numpy") as file:
            for name in sorted(file.keys()):
                dtype = file.get_slice(name).get_dtype()
                if dtype == "BF16":
                    tensors[name] = _read_bfloat16(path, name)
                elif dtype in _READABLE:
                    tensors[name] = file.get_tensor(name)
                else:
                    raise CheckpointError(
                        f"its tensor '{name}' has the dtype {dtype}, which NumPy lacks. Convert "
                        "it where the file was made and save it again."
                    )
    return tensors


def safetensors_metadata(path: str | os.PathLike) -> dict[str, str]:
    """Read the metadata of a safetensors file, without its tensors.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Strings by name; empty if the file has none.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is truncated or corrupted.

    Examples
    --------
    See load_safetensors.
    """
    from safetensors import safe_open

    path = Path(path)
    with reading(path):
        open_checkpoint(path)[0].close()
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})


def save_safetensors(
    path: str | os.PathLike,
    state: Mapping[str, np.ndarray],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Save named arrays, and metadata, to a safetensors file.

    The file is written beside `path` and moved there at the end.

    Parameters
    ----------
    path
        Where to save.
    state
        Arrays by name, of any strides; arrays that share memory are stored separately.
    metadata
        Strings by name, kept in the header.

    Raises
    ------
    CheckpointError
        If a dtype, a name or the metadata does not fit the format, or the file cannot be
        written. An old file at `path` stays as it was.

    Examples
    --------
    See load_safetensors.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    path = Path(path)
    with writing(path):
        arrays = {name: _plain(name, value) for name, value in state.items()}
        for key, text in (metadata or {}).items():
            if not isinstance(key, str) or not isinstance(text, str):
                raise CheckpointError(
                    f"the metadata has {key!r}: {text!r}; safetensors keeps strings. Use str() "
                    "or json.dumps()."
                )
        with atomic_write(path) as scratch:
            try:
                save_file(arrays, scratch, dict(metadata) if metadata else None)
            except SafetensorError as exc:
                raise CheckpointError(f"{exc}. Nothing was changed.") from exc


def _plain(name: object, value: object) -> np.ndarray:
    """Check one entry and make it contiguous and little-endian."""
    if not isinstance(name, str) or not isinstance(value, np.ndarray | np.generic):
        raise CheckpointError(
            f"the entry {name!r} is a {type(value).__name__}; safetensors holds names and arrays "
            "only. Use save_checkpoint for nested states."
        )
    if name == "__metadata__":
        raise CheckpointError("the entry '__metadata__' has the name of the metadata. Rename it.")
    array = np.asarray(value)
    if array.dtype.name not in _WRITABLE:
        raise CheckpointError(
            f"the entry {name!r} has the dtype {array.dtype}, which safetensors lacks. Convert it "
            "with astype, or use save_checkpoint."
        )
    return np.require(array, array.dtype.newbyteorder("<"), "C")


def _read_bfloat16(path: Path, name: str) -> np.ndarray:
    """Read a bfloat16 tensor, for which the library needs a package that adds the dtype.

    The library has checked the header by then, so that the offsets in it hold.
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))[name]
        file.seek(8 + length + entry["data_offsets"][0])
        out = np.empty(entry["shape"], np.float32)
        bits = np.frombuffer(file.read(2 * out.size), "<u2")
    upcast_bfloat16(bits.reshape(out.shape), out)
    return out
