"""A disk cache of byte strings: private to the user, shared by processes, safe against accidents.

Every entry is one file, written to a temporary name and moved into place, with a checksum in
front of its content.  A process that is killed while it writes leaves a stray temporary file,
nothing else; a damaged entry is noticed, dropped and made again.  Nothing here raises because of
the disk: a directory that cannot be used safely turns the cache off.

Environment: ``FUNCTORCH_LITE_CACHE=0`` switches it off, ``FUNCTORCH_LITE_CACHE_DIR`` says where it
is, ``FUNCTORCH_LITE_CACHE_SIZE`` bounds it (bytes).
"""

import contextlib
import hashlib
import logging
import os
import re
import stat
import struct
import sys
import tempfile
import threading
import time
from functools import lru_cache
from typing import NamedTuple

__all__ = ["CacheInfo", "DiskCache", "cache_clear", "cache_info", "disk_cache"]

_log = logging.getLogger("functorch_lite.cache")

_MAGIC = b"FLCACHE1"
_HEADER = struct.Struct("<8sQ32s")  # magic, length of the content, SHA-256 of the content
_KEY = re.compile(r"[0-9a-z]{8,128}")
_SUFFIX, _TEMPORARY = ".bin", ".tmp"
_DEFAULT_BYTES = 512 << 20
_TOUCH_AFTER = 60.0  # seconds; spares a write for every read
_STRAY_AFTER = 3600.0  # seconds after which a temporary file has surely lost its process


class CacheInfo(NamedTuple):
    """What `cache_info` returns: the state on disk, and this process's counters."""

    directory: str | None
    entries: int
    bytes: int
    max_bytes: int
    hits: int
    misses: int
    stores: int
    corrupt: int
    evicted: int


class DiskCache:
    """A directory of checksummed entries with least-recently-used eviction.

    Parameters
    ----------
    directory : str or None
        Made with mode 0700 when missing.  None, or a directory that someone else owns or can write,
        is a link, or cannot be made, gives a cache that is always empty.
    max_bytes : int
        Bound on the size of all entries.  When it is passed, the entries that were used least
        recently go, until a fifth of the room is free.

    Notes
    -----
    Recency is the file's modification time, refreshed by `get` at most once a minute.  All methods
    may be called from any thread and any process.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     cache = DiskCache(root + "/kernels")
    ...     cache.put("0123456789abcdef", b"content")
    ...     cache.get("0123456789abcdef"), cache.get("ffffffffffffffff")
    True
    (b'content', None)
    """

    def __init__(self, directory: str | None, max_bytes: int = _DEFAULT_BYTES) -> None:
        self.max_bytes = max_bytes
        self.directory = _private_directory(directory) if directory else None
        self._lock = threading.Lock()
        self._size: int | None = None  # bytes on disk as far as this process knows
        self._counts = dict.fromkeys(("hits", "misses", "stores", "corrupt", "evicted"), 0)
        self._writable = self.directory is not None

    def get(self, key: str) -> bytes | None:
        """Read an entry.

        Parameters
        ----------
        key : str
            8 to 128 lower-case letters and digits, in practice a hash.

        Returns
        -------
        bytes or None
            None when there is no such entry, or when it was damaged.
        """
        path = self._path(key)
        data = None if path is None else self._read(path)
        self._count("misses" if data is None else "hits")
        return data

    def put(self, key: str, data: bytes) -> bool:
        """Write an entry, replacing one of the same key; True when it is on disk."""
        path = self._path(key)
        if path is None or not self._writable or len(data) > self.max_bytes:
            return False
        header = _HEADER.pack(_MAGIC, len(data), hashlib.sha256(data).digest())
        try:
            _write_atomically(path, header + data)
        except OSError as e:
            if not isinstance(e, PermissionError) or os.name != "nt":  # there: someone reads it now
                _log.debug("kernel cache cannot be written, kept in memory only: %s", e)
                self._writable = False
            return False
        self._count("stores")
        self._make_room(len(header) + len(data))
        return True

    def clear(self) -> int:
        """Remove every entry and temporary file; return how many entries went."""
        removed = 0
        for path, _size, _time in self._entries(_SUFFIX):
            removed += _remove(path)
        for path, _size, _time in self._entries(_TEMPORARY):
            _remove(path)
        with self._lock:
            self._size = None
        return removed

    def info(self) -> CacheInfo:
        """Count what is on disk and what this process did."""
        entries = self._entries(_SUFFIX)
        size = sum(e[1] for e in entries)
        with self._lock:
            return CacheInfo(self.directory, len(entries), size, self.max_bytes, **self._counts)

    def _path(self, key: str) -> str | None:
        """Name the file of a key; None when the cache is off."""
        if _KEY.fullmatch(key) is None:
            raise ValueError(
                f"not a cache key: {key!r}; use 8 to 128 lower-case letters and digits"
            )
        return None if self.directory is None else os.path.join(self.directory, key + _SUFFIX)

    def _read(self, path: str) -> bytes | None:
        """Read, check and touch one file."""
        try:
            with open(path, "rb", opener=_open_no_follow) as f:
                status = os.fstat(f.fileno())
                raw = f.read()
        except OSError:
            return None
        if os.name == "posix" and status.st_uid != os.geteuid():
            return None
        content = _checked(raw)
        if content is None:
            self._count("corrupt")
            _log.debug("dropped a damaged kernel cache entry: %s", path)
            _remove(path)
        elif time.time() - status.st_mtime > _TOUCH_AFTER:
            with contextlib.suppress(OSError):
                os.utime(path)
        return content

    def _entries(self, suffix: str) -> list[tuple[str, int, float]]:
        """List (path, size, time of last use) of our files."""
        if self.directory is None:
            return []
        found = []
        try:
            with os.scandir(self.directory) as scan:
                for item in scan:
                    if item.name.endswith(suffix):
                        try:
                            status = item.stat(follow_symlinks=False)
                        except OSError:  # another process was faster
                            continue
                        found.append((item.path, status.st_size, status.st_mtime))
        except OSError as e:
            _log.debug("cannot list the kernel cache: %s", e)
        return found

    def _make_room(self, added: int) -> None:
        """Account for a new entry, and evict when the bound is passed."""
        with self._lock:
            if self._size is not None and self._size + added <= self.max_bytes:
                self._size += added
                return
            now = time.time()
            for path, _size, used in self._entries(_TEMPORARY):
                if now - used > _STRAY_AFTER:
                    _remove(path)
            entries = sorted(self._entries(_SUFFIX), key=lambda e: e[2])
            size = sum(e[1] for e in entries)
            if size > self.max_bytes:
                for path, length, _used in entries[:-1]:  # never the newest
                    if size <= self.max_bytes * 4 // 5:
                        break
                    size -= length
                    self._counts["evicted"] += _remove(path)
            self._size = size

    def _count(self, name: str) -> None:
        """Add one to a counter."""
        with self._lock:
            self._counts[name] += 1


def _private_directory(directory: str) -> str | None:
    """Make a directory that only this user can use; None when that is impossible."""
    try:
        parent = os.path.dirname(os.path.abspath(directory))
        os.makedirs(parent, mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(directory, 0o700)
        status = os.lstat(directory)
        if not stat.S_ISDIR(status.st_mode):
            _log.warning("kernel cache off: %s is not a directory", directory)
            return None
        if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
            # Whoever can write here can make us run his code.
            _log.warning("kernel cache off: %s can be written by another user", directory)
            return None
    except OSError as e:
        _log.debug("kernel cache off: %s", e)
        return None
    return os.path.abspath(directory)


def _open_no_follow(path: str, flags: int) -> int:
    """Open a file, but no link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _write_atomically(path: str, data: bytes) -> None:
    """Write to a temporary file and move it into place."""
    fd, temporary = tempfile.mkstemp(suffix=_TEMPORARY, dir=os.path.dirname(path))
    try:
        with open(fd, "wb") as f:
            f.write(data)
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise


def _checked(raw: bytes) -> bytes | None:
    """Return the content of a file if its header and checksum are right."""
    if len(raw) < _HEADER.size:
        return None
    magic, length, digest = _HEADER.unpack_from(raw)
    content = raw[_HEADER.size :]
    if magic != _MAGIC or length != len(content) or hashlib.sha256(content).digest() != digest:
        return None
    return content


def _remove(path: str) -> bool:
    """Remove a file that may be gone already."""
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _default_directory() -> str | None:
    """Choose the platform's place for a user's caches."""
    chosen = os.environ.get("FUNCTORCH_LITE_CACHE_DIR")
    if chosen:  # a folder of our own inside, since the chosen one may be anyone's
        return os.path.join(chosen, "kernels")
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    # Without a home directory "~" stays as it is; a cache in the working directory is no one's wish
    if not base or not os.path.isabs(base):
        return None
    return os.path.join(base, "functorch_lite", "kernels")


@lru_cache(maxsize=1)
def disk_cache() -> DiskCache:
    """Return the process's cache, set up from the environment at the first call."""
    if os.environ.get("FUNCTORCH_LITE_CACHE", "1").strip().lower() in ("0", "off", "false", "no"):
        return DiskCache(None)
    limit = os.environ.get("FUNCTORCH_LITE_CACHE_SIZE", "")
    return DiskCache(_default_directory(), int(limit) if limit.isdecimal() else _DEFAULT_BYTES)


def cache_info() -> CacheInfo:
    """Describe the disk cache of compiled kernels.

    Returns
    -------
    CacheInfo
        ``directory`` (None when the cache is off), ``entries`` and ``bytes`` on disk,
        ``max_bytes``, and this process's ``hits``, ``misses``, ``stores``, ``corrupt`` and
        ``evicted``.

    Examples
    --------
    >>> cache_info().hits >= 0
    True
    """
    return disk_cache().info()


def cache_clear() -> int:
    """Remove all compiled kernels from the disk cache.

    Kernels that this process has loaded stay loaded.

    Returns
    -------
    int
        How many entries were removed.
    """
    return disk_cache().clear()
