"""Downloading a file into the cache: once, whole, and with the right hash."""

import hashlib
import os
import re
import secrets
import time
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from ..errors import DownloadError
from ._lock import file_lock
from ._transfer import Refused, Transfer, Transient

__all__ = ["cache_home", "download"]

_BACKOFF = 0.5  # seconds before the first retry, doubled for every further one
_LONGEST_WAIT = 30.0
_NAMED_HASH = re.compile(r"-([0-9a-f]{8,64})(?:\.[A-Za-z0-9]+)+\Z")


def cache_home() -> Path:
    """Tell where downloaded files are kept.

    Returns
    -------
    Path
        What the environment variable ``FUNCTORCH_LITE_HOME`` says, or else the folder
        ``functorch_lite`` in the platform's cache folder. It need not exist yet.

    Examples
    --------
    >>> import os
    >>> from unittest import mock
    >>> from functorch_lite import io
    >>> with mock.patch.dict(os.environ, FUNCTORCH_LITE_HOME="weights"):
    ...     print(io.cache_home())
    weights
    """
    home = os.environ.get("FUNCTORCH_LITE_HOME")
    if home:
        return Path(home).expanduser()
    import pooch

    return Path(pooch.os_cache("functorch_lite"))


def download(
    url: str,
    fname: str | None = None,
    sha256_prefix: str | None = None,
    cache_dir: str | os.PathLike | None = None,
    progress: bool = True,
    *,
    retries: int = 3,
    timeout: float = 30.0,
) -> Path:
    """Download a file into the cache, unless it is there, and return where it is.

    What breaks off is resumed (HTTP Range, with If-Range so that a file which changed on the
    server begins anew), also by a later call. The file gets its name at the end, when its hash
    has been checked. Of several processes that want the same file one downloads it.

    Parameters
    ----------
    url
        Where the file is, ``http`` or ``https``.
    fname
        Its name in the cache; by default the last part of the URL.
    sha256_prefix
        The SHA-256 of the file in hexadecimal, or at least its first 8 digits. By default those
        in the name, if it carries them as torchvision's do: ``resnet18-f37072fd.pth``. With
        ``""`` nothing is checked.
    cache_dir
        The folder for it; by default cache_home(). It is made, for this user only, if missing.
    progress
        Whether to show a progress bar (on stderr).
    retries
        How often to try again in a row, with growing pauses, when a connection fails or the
        server is overloaded, before giving up. A try that got further starts the count anew.
    timeout
        After how many seconds of silence a connection counts as failed.

    Returns
    -------
    Path
        The file in the cache.

    Raises
    ------
    DownloadError
        If the file cannot be had, or is not the one that the hash belongs to. What was in the
        cache under its name stays as it was.

    Examples
    --------
    A file that is in the cache, put there by hand for example, is not downloaded again:

    >>> import hashlib, pathlib, tempfile
    >>> from functorch_lite import io
    >>> data = b"weights"
    >>> name = f"tiny-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, name).write_bytes(data)
    ...     path = io.download(f"https://example.org/models/{name}", cache_dir=folder)
    ...     print(path.name)
    tiny-9a129038.pth
    """
    name = _plain_name(url, fname)
    prefix = _hash_prefix(url, name, sha256_prefix)
    folder = Path(cache_dir) if cache_dir is not None else cache_home()
    final = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_right(final, prefix):
            return final
        with file_lock(folder / f".{name}.lock") as alone:
            if not _is_right(final, prefix):  # another process may have been faster
                # Where nothing can be locked, every process has a partial file of its own.
                own = "" if alone else f".{os.getpid()}-{secrets.token_hex(4)}"
                part = folder / f".{name}{own}.part"
                transfer = Transfer(url, part, bool(prefix), progress, timeout)
                try:
                    _fetch(transfer, prefix, retries)
                    _flush(part)
                    os.replace(part, final)
                    transfer.discard()
                finally:
                    if own:
                        transfer.discard()
    except (Refused, Transient) as exc:
        raise _error(url, final, prefix, str(exc)) from exc
    except OSError as exc:
        reason = f"{exc.strerror or exc} ({exc.filename or folder})"
        raise _error(url, final, prefix, reason) from exc
    return final


def _fetch(transfer: Transfer, prefix: str, retries: int) -> None:
    """Complete the partial file and check its hash, trying again what may succeed."""
    failures, furthest, fresh = 0, transfer.size(), transfer.size() == 0
    while True:
        try:
            if not transfer.is_complete():
                transfer.run()
        except Transient as exc:
            failures = 0 if transfer.size() > furthest else failures + 1
            furthest = max(furthest, transfer.size())
            if failures > retries:
                raise
            pause = _BACKOFF * 2 ** max(failures - 1, 0)
            time.sleep(min(max(pause, exc.wait), _LONGEST_WAIT))
            continue
        digest = _sha256(transfer.part)
        if digest.startswith(prefix):
            return
        transfer.discard()
        if fresh:
            raise Refused(
                f"what came has the SHA-256 {digest}, which does not begin with {prefix}. The "
                "file was damaged or exchanged, or those digits are no hash (then pass "
                'sha256_prefix="")'
            )
        # Pieces of two downloads did not fit together, or the old one was bad.
        fresh, furthest = True, 0


def _plain_name(url: str, fname: str | None) -> str:
    """Choose the name in the cache, which must not lead out of it."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise DownloadError(
            f"cannot download {url!r}: it is no http or https URL. Give a URL such as "
            "'https://host/path/resnet18-f37072fd.pth', or open local files directly."
        )
    name = fname if fname is not None else unquote(parts.path.rsplit("/", 1)[-1])
    plain = PurePosixPath(name).name == name == PureWindowsPath(name).name
    if not plain or name in ("", ".", "..") or "\0" in name or name.startswith("."):
        raise DownloadError(
            f"cannot download {_shown(url)}: {name!r} is no plain file name. Pass one as `fname`."
        )
    return name


def _hash_prefix(url: str, name: str, given: str | None) -> str:
    """Choose the hexadecimal digits to check, none if there are none."""
    if given is not None:
        if not re.fullmatch(r"([0-9a-f]{8,64})?", given.lower()):
            raise DownloadError(
                f"cannot check {_shown(url)}: sha256_prefix={given!r} is not 8 to 64 hexadecimal "
                'digits. Pass the SHA-256 of the file, or "" to check nothing.'
            )
        return given.lower()
    for candidate in (name, unquote(urlsplit(url).path)):
        if match := _NAMED_HASH.search(candidate):
            return match[1]
    return ""


def _is_right(path: Path, prefix: str) -> bool:
    """Tell whether the file is there and has the hash."""
    return path.is_file() and (not prefix or _sha256(path).startswith(prefix))


def _sha256(path: Path) -> str:
    """Compute the hash of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Have the contents on the disk before the name points to them."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _shown(url: str) -> str:
    """Show a URL without a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _error(url: str, final: Path, prefix: str, what: str) -> DownloadError:
    """Make the error that says how to do it by hand."""
    check = f" (its SHA-256 must begin with {prefix})" if prefix else ""
    return DownloadError(
        f"could not download {_shown(url)}: {what}. Try again later, or put the file there by "
        f"hand: save it as '{final}'{check}."
    )
