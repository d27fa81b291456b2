"""Reading the stream format of PyTorch before 1.6: five pickles, then the storages, raw."""

import struct
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from ..errors import CheckpointError
from ._files import Budget
from ._rebuild import allowed_globals
from ._storages import StorageType, fill_storage
from ._unpickle import shown, unpickle

__all__ = ["LEGACY_START", "read_legacy"]

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001

LEGACY_START = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled magic number that such a file begins with."""


def read_legacy(file: BinaryIO, file_size: int) -> Any:
    """Read the object that a legacy checkpoint holds, with arrays in place of tensors."""
    return _LegacyReader(file, file_size).load()


class _Bounded:
    """A file that does not allocate for more bytes than are left in it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self.readline: Callable[[], bytes] = file.readline

    def read(self, n: int, /) -> bytes:
        """Read at most `n` bytes."""
        if n > 4096:
            n = min(n, self._size - self._file.tell())
        return self._file.read(n)


class _LegacyReader:
    """The pickles and the storages of one file."""

    def __init__(self, file: BinaryIO, file_size: int) -> None:
        self._file = file
        self._size = file_size
        self._claimed = 0
        self._storages: dict[str, tuple[StorageType, np.ndarray]] = {}
        self._stream = _Bounded(file, file_size)

    def load(self) -> Any:
        """Read the file from its start."""
        magic, version, _system = (self._plain() for _ in range(3))
        if magic != _MAGIC_NUMBER or version != _PROTOCOL_VERSION:
            raise CheckpointError(
                f"it starts with the magic number {shown(magic)} and version {shown(version)}, "
                "which torch.save does not write. Check that it is a checkpoint."
            )
        start = self._file.tell()
        # The storages come behind the pickle that needs them: it is read once to find their sizes,
        # and again when they are there (copies that tensors need are taken of real data only).
        self._object()
        self._fill(self._plain())
        self._file.seek(start)
        return self._object()

    def _plain(self) -> Any:
        """Read a pickle that names no globals."""
        return unpickle(self._stream, {}, _no_storage)

    def _object(self) -> Any:
        """Read the pickle of the object itself."""
        return unpickle(self._stream, allowed_globals(Budget(self._size)), self._storage)

    def _storage(self, identity: Any) -> np.ndarray:
        """Give the storage, or the part of it, that a persistent id names."""
        match identity:
            case ("storage", StorageType() as kind, str() as key, _, int() as numel, view):
                pass
            case _:
                raise CheckpointError(
                    "its pickle names a storage in an unknown way, as files that hold whole "
                    "modules do. Load it with PyTorch and save the state dict."
                )
        storage = self._root(kind, key, numel)
        if view is None:
            return storage
        match view:
            case (_, int() as offset, int() as size) if 0 <= offset <= offset + size <= numel:
                return storage[offset : offset + size]
        raise CheckpointError(
            f"a view {shown(view)} reaches outside of its storage of {numel} elements. The file is "
            "corrupted."
        )

    def _root(self, kind: StorageType, key: str, numel: int) -> np.ndarray:
        """Give the whole storage `key`; the first to name it decides its size."""
        if key not in self._storages:
            self._claimed += kind.nbytes(numel)
            if numel < 0 or self._claimed > self._size:
                raise CheckpointError(
                    f"its pickle claims {numel} elements of {kind.name} for the storage '{key}', "
                    f"{self._claimed} bytes so far in a file of {self._size}. The file is "
                    "truncated or corrupted: fetch or save it again."
                )
            self._storages[key] = kind, kind.allocate(numel)
        first, storage = self._storages[key]
        if first != kind or storage.size != numel:
            raise CheckpointError(
                f"its storage '{key}' is claimed to be {numel} elements of {kind.name} and "
                f"{storage.size} of {first.name}. The file is corrupted."
            )
        return storage

    def _are_keys(self, keys: Any) -> bool:
        """Tell whether `keys` lists every storage once."""
        strings = type(keys) is list and all(type(key) is str for key in keys)
        return strings and sorted(keys) == sorted(self._storages)

    def _fill(self, keys: Any) -> None:
        """Read the contents of the storages, in the order of `keys`."""
        if not self._are_keys(keys):
            raise CheckpointError(
                "its list of storages is not the one that its pickle needs. The file is corrupted."
            )
        for key in keys:
            kind, storage = self._storages[key]
            head = self._file.read(8)
            numel = struct.unpack("<q", head)[0] if len(head) == 8 else None
            if numel != storage.size:
                raise CheckpointError(
                    f"its storage '{key}' has {numel} elements in the file and {storage.size} in "
                    "the pickle. The file is truncated or corrupted: fetch or save it again."
                )
            # PyTorch writes this format in little-endian order on every machine.
            fill_storage(storage, kind, self._file.read)


def _no_storage(identity: Any) -> np.ndarray:
    """Refuse a storage in a pickle that only describes the file."""
    raise CheckpointError("its head names a storage. The file is corrupted.")
