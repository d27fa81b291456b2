"""PyTorch's storage types and the NumPy arrays that hold their contents."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import CheckpointError

__all__ = ["STORAGE_TYPES", "UNTYPED_DTYPES", "StorageType", "fill_storage", "upcast_bfloat16"]

_CHUNK = 1 << 20


@dataclass(frozen=True)
class StorageType:
    """A class such as ``torch.FloatStorage``: its dtype in the file and here.

    The two differ for bfloat16 alone, which NumPy lacks: its bits are read as uint16 and every
    value is then a float32 exactly.
    """

    name: str
    file_dtype: np.dtype
    dtype: np.dtype

    def allocate(self, numel: int) -> np.ndarray:
        """Make the 1-d array that the contents of `numel` elements go into."""
        return np.empty(numel, self.dtype)

    def nbytes(self, numel: int) -> int:
        """Tell how many bytes `numel` elements take in the file."""
        return numel * self.file_dtype.itemsize


def _storage_types() -> dict[str, StorageType]:
    """List the storage classes by their qualified name."""
    plain: dict[str, type] = {
        "Double": np.float64,
        "Float": np.float32,
        "Half": np.float16,
        "Long": np.int64,
        "Int": np.int32,
        "Short": np.int16,
        "Char": np.int8,
        "Byte": np.uint8,
        "Bool": np.bool_,
        "ComplexFloat": np.complex64,
        "ComplexDouble": np.complex128,
    }
    pairs: dict[str, tuple[np.dtype, np.dtype]] = {
        name: (np.dtype(dtype), np.dtype(dtype)) for name, dtype in plain.items()
    }
    pairs["BFloat16"] = (np.dtype(np.uint16), np.dtype(np.float32))
    types = {}
    for name, (file_dtype, dtype) in pairs.items():
        for module in ("torch", "torch.cuda"):
            qualified = f"{module}.{name}Storage"
            types[qualified] = StorageType(qualified, file_dtype, dtype)
    byte = np.dtype(np.uint8)
    for qualified in ("torch.storage.UntypedStorage", "torch.UntypedStorage"):
        types[qualified] = StorageType(qualified, byte, byte)
    return types


STORAGE_TYPES = _storage_types()

UNTYPED_DTYPES: dict[str, np.dtype] = {
    f"torch.{name}": np.dtype(name) for name in ("uint16", "uint32", "uint64")
}
"""The dtypes that PyTorch writes as an untyped storage and NumPy has too."""


def upcast_bfloat16(bits: np.ndarray, out: np.ndarray) -> None:
    """Write the float32 values of bfloat16 `bits` (uint16) to `out`, without a temporary."""
    wide = out.view(np.uint32)
    wide[...] = bits
    wide <<= np.uint32(16)


def fill_storage(
    storage: np.ndarray, kind: StorageType, read: Callable[[int], bytes], byteorder: str = "little"
) -> None:
    """Fill `storage` with contents that `read(n)` gives in pieces of at most n bytes.

    Raises
    ------
    CheckpointError
        If `read` ends early.
    """
    same = kind.file_dtype == kind.dtype
    raw = storage if same else np.empty(storage.size, kind.file_dtype)
    view = raw.view(np.uint8).data
    done = 0
    while done < len(view):
        piece = read(min(_CHUNK, len(view) - done))
        if not piece:
            raise CheckpointError(
                f"a storage of {len(view)} bytes ends after {done}. The file is truncated: "
                "fetch or save it again."
            )
        view[done : done + len(piece)] = piece
        done += len(piece)
    if byteorder != sys.byteorder:
        raw.byteswap(inplace=True)
    if kind.file_dtype == np.bool_:
        # A byte other than 0 and 1 is not a valid NumPy bool: operations on it go wrong.
        raw.view(np.uint8)[...] = raw.view(np.uint8) != 0
    if not same:
        upcast_bfloat16(raw, storage)
