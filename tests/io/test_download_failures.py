"""Downloads that fail leave the cache as it was, and say what to do; processes do not collide."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functorch_lite import io
from functorch_lite.errors import DownloadError
from functorch_lite.io import _download, _lock, _transfer

CHUNK = _transfer._CHUNK
Serve = Callable[..., Any]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and permissions")


def fetch(host: Any, folder: Path, **options: Any) -> Path:
    return io.download(host.url, cache_dir=folder, progress=False, **options)


def leave_part(folder: Path, host: Any, data: bytes, **notes: Any) -> None:
    """Leave what an earlier download that broke off leaves."""
    folder.mkdir(exist_ok=True)
    (folder / f".{host.name}.part").write_bytes(data)
    known = {"url": host.url, "size": len(host.data), "etag": host.etag, **notes}
    (folder / f".{host.name}.part.json").write_text(json.dumps(known))


def only(folder: Path, *names: str) -> None:
    assert sorted(os.listdir(folder)) == sorted(names)


# Failures.


def test_transient_answers_are_tried_again(serve: Serve, tmp_path: Path) -> None:
    host = serve(answers=[503, 429, 500])
    assert fetch(host, tmp_path).read_bytes() == host.data
    host = serve(b"other", answers=[503] * 9)
    with pytest.raises(DownloadError, match="503"):
        fetch(host, tmp_path)
    assert len(host.asked) == 4


def test_the_server_may_ask_to_wait(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(_download, "time", type("Clock", (), {"sleep": pauses.append}))
    host = serve(answers=[503, 503, 503], headers={"Retry-After": "7"})
    fetch(host, tmp_path)
    host = serve(b"b", answers=[503], headers={"Retry-After": "99999"})
    fetch(host, tmp_path)
    host = serve(b"c", answers=[503, 503, 503], headers={"Retry-After": "soon"})
    fetch(host, tmp_path)
    assert pauses == [7, 7, 7, 30, 0.01, 0.02, 0.04]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_permanent_answers_are_not_tried_again(serve: Serve, tmp_path: Path, status: int) -> None:
    host = serve(answers=[status])
    with pytest.raises(DownloadError, match=str(status)) as caught:
        fetch(host, tmp_path)
    assert len(host.asked) == 1
    message = str(caught.value)
    assert host.url in message
    assert str(tmp_path / host.name) in message
    assert "by hand" in message
    only(tmp_path)


def test_a_wrong_hash_leaves_nothing(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    with pytest.raises(DownloadError, match="SHA-256") as caught:
        io.download(host.url, "f-0123abcd.pth", cache_dir=tmp_path, progress=False)
    assert hashlib.sha256(host.data).hexdigest() in str(caught.value)
    assert "must begin with 0123abcd" in str(caught.value)
    assert len(host.asked) == 1
    only(tmp_path)


def test_a_full_hash_is_checked_whole(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    full = hashlib.sha256(host.data).hexdigest()
    wrong = full[:-1] + ("0" if full[-1] != "0" else "1")
    with pytest.raises(DownloadError, match="SHA-256"):
        fetch(host, tmp_path, sha256_prefix=wrong)
    assert fetch(host, tmp_path, sha256_prefix=full.upper()).read_bytes() == host.data


def test_digits_that_are_no_hash(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    url = f"{host.base}/photo-20240131.bin"
    with pytest.raises(DownloadError, match='sha256_prefix=""'):
        io.download(url, cache_dir=tmp_path, progress=False)
    path = io.download(url, sha256_prefix="", cache_dir=tmp_path, progress=False)
    assert path.read_bytes() == host.data
    assert _download._hash_prefix("http://a/b-f37072fd.tar.gz", "b.tgz", None) == "f37072fd"
    for name in ("resnet18.pth", "resnet-18.pth", "a-f37072fd", "a-F37072FD.pth", "af37072fd.pth"):
        assert _download._hash_prefix(f"http://a/{name}", name, None) == ""


def test_a_wrong_file_in_the_cache_stays_until_the_right_one_is_there(
    serve: Serve, tmp_path: Path
) -> None:
    host = serve(answers=[404])
    (tmp_path / host.name).write_bytes(b"damaged")
    with pytest.raises(DownloadError, match="404"):
        fetch(host, tmp_path)
    assert (tmp_path / host.name).read_bytes() == b"damaged"
    only(tmp_path, host.name)
    assert fetch(host, tmp_path).read_bytes() == host.data


def test_a_server_that_falls_silent(serve: Serve, tmp_path: Path) -> None:
    host = serve(on_request=lambda: time.sleep(0.5))
    with pytest.raises(DownloadError, match=r"silent for 0\.05 s"):
        fetch(host, tmp_path, timeout=0.05, retries=1)
    assert len(host.asked) == 2


def test_a_slow_server_is_no_failure(serve: Serve, tmp_path: Path) -> None:
    host = serve(b"z" * 8192, delay=0.05)
    assert fetch(host, tmp_path, timeout=0.3, retries=0).read_bytes() == host.data


def test_a_short_answer_is_noticed_also_by_ourselves(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """urllib3 1 lets it pass."""
    import requests

    def get(*args: Any, **options: Any) -> requests.Response:
        response = requests.request("GET", *args, **options)
        response.raw.enforce_content_length = False
        return response

    monkeypatch.setattr(requests, "get", get)
    host = serve(dies_after=[CHUNK])
    assert fetch(host, tmp_path).read_bytes() == host.data
    host = serve(b"x" * CHUNK * 2, dies_after=[CHUNK, 0])
    with pytest.raises(DownloadError, match=f"ended after {CHUNK} of {2 * CHUNK} bytes"):
        fetch(host, tmp_path, retries=0)


def test_no_server(serve: Serve, tmp_path: Path) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match="refused"):
        io.download(f"http://127.0.0.1:{port}/a.pth", cache_dir=tmp_path, progress=False)
    only(tmp_path)


def test_endless_redirects(serve: Serve, tmp_path: Path) -> None:
    host = serve(answers=[302] * 40, headers={"Location": "/again"})
    with pytest.raises(DownloadError, match="redirects in a circle"):
        fetch(host, tmp_path)


@pytest.mark.parametrize(
    ("url", "options", "match"),
    [
        ("ftp://host/a.pth", {}, "no http"),
        ("file:///etc/passwd", {}, "no http"),
        ("a.pth", {}, "no http"),
        ("http:///a.pth", {}, "no http"),
        ("http://[bad/a.pth", {}, "no http"),
        ("http://h/", {}, "plain file name"),
        ("http://h/..", {}, "plain file name"),
        ("http://h/%2e%2e%2fa", {}, "plain file name"),
        ("http://h/a", {"fname": "/etc/passwd"}, "plain file name"),
        ("http://h/a", {"fname": "..\\a"}, "plain file name"),
        ("http://h/a", {"fname": "C:a"}, "plain file name"),
        ("http://h/a", {"fname": ".hidden"}, "plain file name"),
        ("http://h/a", {"fname": "a\0b"}, "plain file name"),
        ("http://h/a", {"sha256_prefix": "123"}, "hexadecimal"),
        ("http://h/a", {"sha256_prefix": "g" * 8}, "hexadecimal"),
        ("http://h/a", {"sha256_prefix": "0" * 65}, "hexadecimal"),
    ],
)
def test_misuse(tmp_path: Path, url: str, options: dict[str, str], match: str) -> None:
    with pytest.raises(DownloadError, match=match):
        io.download(url, cache_dir=tmp_path / "cache", progress=False, **options)
    only(tmp_path)


def test_passwords_are_not_shown(serve: Serve, tmp_path: Path) -> None:
    host = serve(answers=[404])
    url = host.url.replace("://", "://user:secret@")
    with pytest.raises(DownloadError) as caught:
        io.download(url, cache_dir=tmp_path, progress=False)
    assert "secret" not in str(caught.value)
    assert host.asked[0]["Authorization"].startswith("Basic ")


def test_a_cache_that_cannot_be_written(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    host = serve()
    for folder in (tmp_path / "file", tmp_path / "file" / "sub"):
        with pytest.raises(DownloadError, match=r"exists|[Nn]ot a directory"):
            fetch(host, folder)
    (tmp_path / "dir" / host.name).mkdir(parents=True)
    with pytest.raises(DownloadError, match="directory"):
        fetch(host, tmp_path / "dir")
    assert (tmp_path / "dir" / host.name).is_dir()


# Several processes.

FETCH = """
import sys
from functorch_lite import io
print(io.download(sys.argv[1], cache_dir=sys.argv[2], progress=False))
"""


def start(host: Any, folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, host.url, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_of_two_processes_one_downloads(serve: Serve, tmp_path: Path) -> None:
    host = serve(delay=0.01)
    with start(host, tmp_path) as first, start(host, tmp_path) as second:
        ended = [process.communicate(timeout=60) for process in (first, second)]
    for process, (out, err) in zip((first, second), ended, strict=True):
        assert (process.returncode, err) == (0, "")
        assert Path(out.strip()).read_bytes() == host.data
    assert len(host.asked) == 1
    only(tmp_path, host.name)


@POSIX
def test_a_killed_process_leaves_what_another_resumes(serve: Serve, tmp_path: Path) -> None:
    host = serve(bytes(range(256)) * 4000, delay=0.005)
    part = tmp_path / f".{host.name}.part"
    deadline = time.monotonic() + 60
    with start(host, tmp_path) as process:
        while process.poll() is None and time.monotonic() < deadline:
            if part.exists() and part.stat().st_size >= 100_000:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / host.name).exists()
    host.delay = 0
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert int(host.asked[1]["Range"][6:-1]) >= 100_000
    only(tmp_path, host.name)


@POSIX
def test_who_waited_for_a_lock_holds_one_that_others_see(tmp_path: Path) -> None:
    path, seen = tmp_path / "lock", []

    def wait() -> None:
        with _lock.file_lock(path):
            seen.append(path.exists())

    with _lock.file_lock(path):
        threads = [threading.Thread(target=wait) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        assert seen == []
    for thread in threads:
        thread.join(timeout=30)
    assert seen == [True] * 3
    only(tmp_path)


@POSIX
def test_without_locks_parts_are_not_shared(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(_lock.fcntl, "flock", unsupported)
    host = serve(dies_after=[CHUNK])
    leave_part(tmp_path, host, host.data[:100])
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert [asked.get("Range") for asked in host.asked] == [None, f"bytes={CHUNK}-"]
    only(tmp_path, host.name, f".{host.name}.part", f".{host.name}.part.json")
