"""One HTTP transfer into a partial file, from where an earlier one broke off if the server can."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Refused", "Transfer", "Transient"]

_CHUNK = 1 << 14  # what is lost at most when a connection breaks
_TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class Transient(Exception):
    """What may go well the next time; `wait` is how long the server asks to wait."""

    def __init__(self, what: str, wait: float = 0.0) -> None:
        super().__init__(what)
        self.wait = wait


class Refused(Exception):
    """What will not go well the next time either."""


@dataclass
class Transfer:
    """The partial file of a URL, and beside it what the server said of the file.

    `verified` says that the whole file's hash will be checked: then parts may be joined even if
    the server gives nothing to tell a changed file by.
    """

    url: str
    part: Path
    verified: bool
    progress: bool
    timeout: float

    @property
    def notes(self) -> Path:
        """The file with the URL, the size and the validators of the partial file."""
        return self.part.with_name(self.part.name + ".json")

    def size(self) -> int:
        """Tell how many bytes are there."""
        with suppress(FileNotFoundError):
            return self.part.stat().st_size
        return 0

    def discard(self) -> None:
        """Forget what is there."""
        self.notes.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def is_complete(self) -> bool:
        """Tell whether an earlier run received everything (and ended before it used it)."""
        size = self._read_notes().get("size")
        return self.verified and size is not None and size == self.size()

    def run(self) -> None:
        """Receive the file, or the rest of it.

        Raises
        ------
        Transient, Refused
            If the server does not send all of it. What came stays for the next time.
        """
        import requests

        notes = self._read_notes()
        start = self.size() if self._resumable(notes) else 0
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if validator := _validator(notes):
                headers["If-Range"] = validator
        try:
            with requests.get(self.url, headers=headers, stream=True, timeout=self.timeout) as got:
                self._check_status(got)
                if got.status_code == 206:
                    self._check_range(got, start, notes)
                else:
                    start = 0
                self._receive(got, start)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as exc:
            raise Refused(f"the URL is invalid ({exc})") from exc
        except requests.exceptions.TooManyRedirects as exc:
            raise Refused("the server redirects in a circle") from exc
        except requests.exceptions.Timeout as exc:
            raise Transient(f"the server was silent for {self.timeout:g} s") from exc
        except requests.exceptions.SSLError as exc:
            raise Refused(f"its certificate could not be verified ({exc})") from exc
        except requests.exceptions.RequestException as exc:
            raise Transient(f"the connection failed ({_root(exc)})") from exc

    def _resumable(self, notes: dict[str, Any]) -> bool:
        """Tell whether what is there is the beginning of what the URL names."""
        known = self.verified or _validator(notes) is not None
        return known and notes.get("url") == self.url

    def _check_status(self, got: Any) -> None:
        """Go on with a file, or the rest of one."""
        status, reason = got.status_code, f"the server said {got.status_code} {got.reason}"
        if status == 416:  # the file is shorter than what is there
            self.discard()
            raise Transient(reason)
        if status in _TRANSIENT_STATUS:
            wait = got.headers.get("Retry-After", "")
            raise Transient(reason, float(wait) if re.fullmatch(r"\d{1,6}", wait) else 0.0)
        if status not in (200, 206):
            raise Refused(reason)

    def _check_range(self, got: Any, start: int, notes: dict[str, Any]) -> None:
        """Start over if the rest is not the rest of what is there."""
        sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", got.headers.get("Content-Range", ""))
        changed = any(
            notes.get(key) and value and value != notes[key]
            for key, value in _described(got.headers).items()
        )
        if start == 0 or sent is None or int(sent[1]) != start or changed:
            self.discard()
            raise Transient("the server sent another part than the one asked for")
        if notes.get("size") is not None and sent[2] not in ("*", str(notes["size"])):
            self.discard()
            raise Transient("the file on the server changed")

    def _receive(self, got: Any, start: int) -> None:
        """Write what comes behind the first `start` bytes."""
        from tqdm import tqdm

        encoded = got.headers.get("Content-Encoding", "identity") != "identity"
        length = got.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() and not encoded else None
        with open(self.part, "r+b" if start else "wb") as file:
            file.seek(start)
            if start == 0:
                notes = {"url": self.url, "size": total, **_described(got.headers)}
                # Positions in a decoded stream say nothing to the server.
                self.notes.write_text(json.dumps({} if encoded else notes))
            with tqdm(
                total=total,
                initial=start,
                desc=self.part.name.removeprefix(".").removesuffix(".part"),
                unit="B",
                unit_scale=True,
                unit_divisor=1024,
                disable=not self.progress,
            ) as bar:
                for chunk in got.iter_content(_CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
            end = file.tell()
        if total is not None and end != total:
            raise Transient(f"the connection ended after {end} of {total} bytes")

    def _read_notes(self) -> dict[str, Any]:
        """Read what is known of the partial file."""
        with suppress(OSError, ValueError):
            notes = json.loads(self.notes.read_text())
            if isinstance(notes, dict):
                return notes
        return {}


def _described(headers: Any) -> dict[str, str | None]:
    """Take from the headers what tells one state of a file from another."""
    return {"etag": headers.get("ETag"), "last_modified": headers.get("Last-Modified")}


def _validator(notes: dict[str, Any]) -> str | None:
    """Choose the value for If-Range, where weak ETags are not allowed (RFC 9110, 13.1.5)."""
    etag = notes.get("etag")
    if isinstance(etag, str) and not etag.startswith("W/"):
        return etag
    date = notes.get("last_modified")
    return date if isinstance(date, str) else None


def _root(exc: BaseException) -> str:
    """Say what is at the bottom of a chain of exceptions, without object addresses."""
    while (below := exc.__cause__ or exc.__context__) is not None:
        exc = below
    return f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
