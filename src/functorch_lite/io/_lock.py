"""One process at a time: a lock that ends with the process that holds it."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["file_lock"]


@contextmanager
def file_lock(path: Path) -> Iterator[bool]:
    """Wait for the lock at `path` and hold it; the file is gone afterwards.

    Yields True, or False where the file system has no locks (some network file systems): the
    caller then goes on alone and must not share files with other processes.
    """
    descriptor = _acquire(path)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            _release(path, descriptor)


if sys.platform == "win32":
    import msvcrt

    def _acquire(path: Path) -> int | None:
        """Open and lock the file, trying again until it is free."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
                return descriptor
            except OSError:
                time.sleep(0.1)

    def _release(path: Path, descriptor: int) -> None:
        """Unlock; the file stays while another process waits for it."""
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()

else:
    import fcntl

    def _acquire(path: Path) -> int | None:
        """Open and lock the file, unless its holder removed it meanwhile."""
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except OSError:
                path.unlink(missing_ok=True)
                os.close(descriptor)
                return None
            except BaseException:  # KeyboardInterrupt while waiting
                os.close(descriptor)
                raise
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
            os.close(descriptor)

    def _release(path: Path, descriptor: int) -> None:
        """Remove the file while it is locked, so that no one locks a file without a name."""
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)
