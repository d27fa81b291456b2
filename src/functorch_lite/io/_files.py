"""Opening, replacing and blaming files: what every reader and writer of a checkpoint shares."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import CheckpointError

__all__ = ["Budget", "atomic_write", "open_checkpoint", "reading", "writing"]

_DAMAGED = "The file is truncated or corrupted: fetch or save it again."


class Budget:
    """How much memory a file may claim beyond what it stores, so that a small one cannot be a bomb.

    Compressed entries and tensors with overlapping strides (`expand`) hold more than their bytes
    in the file, and honest files do so by a bounded factor.
    """

    def __init__(self, file_size: int) -> None:
        self.limit = max(16 * file_size, 1 << 26)
        self._taken = 0

    def take(self, nbytes: int, what: str) -> None:
        """Count `nbytes` more for `what`; raise CheckpointError past the limit."""
        self._taken += nbytes
        if self._taken > self.limit:
            raise CheckpointError(
                f"{what} brings the data that the file claims to hold to {self._taken} bytes, "
                f"past the {self.limit} that a file of this size may unfold to. Do not trust it; "
                "if it is yours, save it again uncompressed and with contiguous tensors."
            )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong inside into a CheckpointError that names the file."""
    try:
        yield
    except CheckpointError as exc:
        raise CheckpointError(f"cannot read checkpoint '{path}': {exc}") from exc.__cause__
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise CheckpointError(
            f"cannot read checkpoint '{path}': {reason}. Check the path and its permissions."
        ) from exc
    except MemoryError as exc:
        raise CheckpointError(
            f"cannot read checkpoint '{path}': not enough memory for what it claims to hold. "
            "Check that it is the right file, or free memory."
        ) from exc
    # Parsers of hostile bytes (zipfile, zlib, struct, pickletools, json) fail in open-ended ways.
    except Exception as exc:
        detail = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        raise CheckpointError(f"cannot read checkpoint '{path}': {detail}. {_DAMAGED}") from exc


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write into a CheckpointError that names the file."""
    try:
        yield
    except CheckpointError as exc:
        raise CheckpointError(f"cannot write checkpoint '{path}': {exc}") from exc.__cause__
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise CheckpointError(
            f"cannot write checkpoint '{path}': {reason}. Nothing was changed; check that the "
            "directory exists, is writable and has room."
        ) from exc


def open_checkpoint(path: Path) -> tuple[BinaryIO, int]:
    """Open a regular file for reading and tell its size."""
    file = open(path, "rb")  # noqa: SIM115 - handed to the caller, who closes it
    try:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise CheckpointError("it is not a regular file. Give the path of a file.")
        return file, status.st_size
    except BaseException:
        file.close()
        raise


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a new file beside `path` to write to, and put it in place of `path` on success.

    A reader sees the old file or the whole new one, also after a crash; on failure the old one
    stays. A symbolic link keeps pointing where it did.
    """
    target = Path(os.path.realpath(path))
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    # O_EXCL with the default mode: a new file, with the permissions that the umask gives.
    os.close(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield scratch
        with open(scratch, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(scratch, target)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
