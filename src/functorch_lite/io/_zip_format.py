"""Reading and writing PyTorch's zip format: ``archive/data.pkl`` and ``archive/data/<key>``."""

import struct
import sys
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import CheckpointError
from ._files import Budget
from ._pickle_writer import PickleWriter
from ._rebuild import allowed_globals
from ._storages import StorageType, fill_storage
from ._unpickle import unpickle

__all__ = ["read_zip", "write_zip"]

_ENCRYPTED = 0x1
_ALIGNMENT = 64  # of storages in the file, so that torch.load(mmap=True) gets aligned tensors


def read_zip(file: BinaryIO, file_size: int) -> Any:
    """Read the object that a zip checkpoint holds, with arrays in place of tensors."""
    with zipfile.ZipFile(file) as archive:
        return _ZipReader(archive, file_size).load()


class _ZipReader:
    """The entries of one archive, checked against the file's size, and its storages."""

    def __init__(self, archive: zipfile.ZipFile, file_size: int) -> None:
        self._archive = archive
        self._budget = Budget(file_size)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self._storages: dict[str, tuple[StorageType, np.ndarray]] = {}
        for info in archive.infolist():
            if info.filename in self._entries:
                raise CheckpointError(
                    f"its archive has two entries named '{info.filename}'. Do not trust it; fetch "
                    "or save it again."
                )
            self._check(info, file_size)
            self._entries[info.filename] = info
        self._trust_missing_checksums()
        self._prefix = self._find_prefix()
        self._byteorder = self._read_byteorder()

    def _check(self, info: zipfile.ZipInfo, file_size: int) -> None:
        """Refuse an entry that cannot be what it claims, before anything is allocated for it."""
        name = info.filename
        if info.flag_bits & _ENCRYPTED:
            raise CheckpointError(f"its entry '{name}' is encrypted. Save it without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CheckpointError(
                f"its entry '{name}' has the compression method {info.compress_type}; PyTorch "
                "stores or deflates. Save it again."
            )
        stored = info.compress_type == zipfile.ZIP_STORED
        if info.compress_size > file_size or (stored and info.file_size != info.compress_size):
            raise CheckpointError(
                f"its entry '{name}' claims {info.file_size} bytes in {info.compress_size} of a "
                f"file of {file_size}. The file is truncated or corrupted: fetch or save it again."
            )
        self._budget.take(info.file_size, f"entry '{name}'")

    def _trust_missing_checksums(self) -> None:
        """Read archives that PyTorch wrote with `set_crc32_options(False)`: all zeros."""
        if all(info.CRC == 0 for info in self._entries.values()):
            for info in self._entries.values():
                info.CRC = None  # type: ignore[assignment]  # zipfile: not to be checked

    def _find_prefix(self) -> str:
        """Find the folder of ``data.pkl``, which PyTorch names after the file."""
        names = self._entries
        found = [n for n in names if n.count("/") == 1 and n.endswith("/data.pkl")]
        if len(found) == 1:
            prefix = found[0].removesuffix("data.pkl")
            if prefix + "constants.pkl" in names:
                raise CheckpointError(
                    "it is a TorchScript program (torch.jit.save), not a checkpoint. Load it "
                    "with torch.jit.load and torch.save its state_dict()."
                )
            return prefix
        if names and all(name.endswith(".npy") for name in names):
            raise CheckpointError("it is a NumPy archive (.npz). Read it with numpy.load.")
        raise CheckpointError(
            f"it is a zip archive with {len(found)} entries '<name>/data.pkl' where a checkpoint "
            "has one. Check that it is a file that torch.save wrote."
        )

    def _read_byteorder(self) -> str:
        """Read the byte order of the storages; files before PyTorch 2.1 do not tell it."""
        if self._prefix + "byteorder" not in self._entries:
            return "little"
        order = self._read(self._prefix + "byteorder", limit=16).decode("ascii")
        if order not in ("little", "big"):
            raise CheckpointError(
                f"it has the byte order {order!r} where 'little' or 'big' is expected. The file "
                "is corrupted."
            )
        return order

    def _read(self, name: str, limit: int) -> bytes:
        """Read a whole entry of at most `limit` bytes."""
        info = self._entries[name]
        if info.file_size > limit:
            raise CheckpointError(
                f"its entry '{name}' claims {info.file_size} bytes, more than the {limit} that "
                "are plausible. Do not trust it; fetch or save it again."
            )
        return self._archive.read(info)

    def load(self) -> Any:
        """Read ``data.pkl`` and the storages that it names."""
        import io

        name = self._prefix + "data.pkl"
        limit = max(1 << 20, 64 * self._entries[name].compress_size)
        stream = io.BytesIO(self._read(name, limit))
        return unpickle(stream, allowed_globals(self._budget), self._storage)

    def _storage(self, identity: Any) -> np.ndarray:
        """Read the storage that a persistent id names, once."""
        match identity:
            case ("storage", StorageType() as kind, str() as key, _, int() as numel):
                pass
            case _:
                raise CheckpointError(
                    "its pickle names a storage in an unknown way. The file is corrupted or of a "
                    "newer PyTorch: fetch it again, or save it with an older one."
                )
        if key in self._storages:
            first, storage = self._storages[key]
            if first != kind or storage.size != numel:
                raise CheckpointError(
                    f"its storage '{key}' is claimed to be {numel} elements of {kind.name} and "
                    f"{storage.size} of {first.name}. The file is corrupted."
                )
            return storage
        storage = self._read_storage(kind, key, numel)
        self._storages[key] = kind, storage
        return storage

    def _read_storage(self, kind: StorageType, key: str, numel: int) -> np.ndarray:
        """Read the entry of a storage whose size is what the pickle claims."""
        name = f"{self._prefix}data/{key}"
        info = self._entries.get(name)
        if info is None or numel < 0 or kind.nbytes(numel) != info.file_size:
            held = "is missing" if info is None else f"has {info.file_size} bytes"
            raise CheckpointError(
                f"its pickle claims {numel} elements of {kind.name} in the entry '{name}', which "
                f"{held}. The file is truncated or corrupted: fetch or save it again."
            )
        if kind.name.endswith("UntypedStorage") and self._byteorder != sys.byteorder:
            raise CheckpointError(
                f"its untyped storage '{key}' is in {self._byteorder}-endian order and does not "
                "tell the size of its items. Save it on a machine of this byte order."
            )
        storage = kind.allocate(numel)
        with self._archive.open(info) as entry:
            # Reading the last byte checks the checksum.
            fill_storage(storage, kind, entry.read, self._byteorder)
        return storage


def write_zip(path: Path, state: Any) -> None:
    """Write `state` to a new file at `path` as torch.save does."""
    writer = PickleWriter()
    pickled = writer.dump(state)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        _write_entry(archive, "archive/data.pkl", memoryview(pickled))
        _write_entry(archive, "archive/byteorder", memoryview(b"little"))
        for key, storage in enumerate(writer.storages):
            _write_entry(archive, f"archive/data/{key}", storage.view(np.uint8).data)
        _write_entry(archive, "archive/version", memoryview(b"3\n"))


def _write_entry(archive: zipfile.ZipFile, name: str, data: memoryview) -> None:
    """Write one aligned, uncompressed entry; its fixed date makes equal states equal files."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.file_size = len(data)
    info.external_attr = 0o600 << 16
    assert archive.fp is not None
    header = archive.fp.tell() + 30 + len(name) + 4
    padding = -header % _ALIGNMENT
    # The extra field "FB" is what PyTorch pads with.
    info.extra = struct.pack("<2sH", b"FB", padding) + bytes(padding)
    with archive.open(info, "w") as entry:
        entry.write(data)
