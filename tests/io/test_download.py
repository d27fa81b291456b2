"""Downloads from a server on this machine, which is also slow, forgetful and dishonest."""

import hashlib
import json
import os
import random
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functorch_lite import io
from functorch_lite.errors import DownloadError
from functorch_lite.io import _transfer

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


# What goes well.


def test_a_file_comes_once(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    path = fetch(host, tmp_path / "cache")
    assert path == tmp_path / "cache" / host.name
    assert path.read_bytes() == host.data
    assert fetch(host, tmp_path / "cache") == path
    assert len(host.asked) == 1
    only(tmp_path / "cache", host.name)


@POSIX
def test_the_cache_is_private_and_where_the_environment_says(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTORCH_LITE_HOME", str(tmp_path / "deep" / "home"))
    host = serve()
    path = io.download(host.url, progress=False)
    assert path == tmp_path / "deep" / "home" / host.name
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    monkeypatch.setenv("FUNCTORCH_LITE_HOME", "~/weights")
    assert io.cache_home() == Path.home() / "weights"
    monkeypatch.delenv("FUNCTORCH_LITE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert "functorch_lite" in str(io.cache_home())
    assert not io.cache_home().exists()


def test_an_empty_file_and_names(serve: Serve, tmp_path: Path) -> None:
    host = serve(b"")
    assert fetch(host, tmp_path).read_bytes() == b""
    other = serve(b"abc")
    url = f"{other.base}/some/we%20ights.bin?token=1#part"
    assert io.download(url, cache_dir=tmp_path, progress=False).name == "we ights.bin"
    named = io.download(url, "mine.pth", cache_dir=tmp_path, progress=False)
    assert (named.name, named.read_bytes()) == ("mine.pth", b"abc")


def test_the_progress_bar(serve: Serve, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    host = serve()
    leave_part(tmp_path, host, host.data[:50_000])
    io.download(host.url, cache_dir=tmp_path)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert host.name in shown.err
    assert "49%" in shown.err
    assert "100%" in shown.err
    io.download(host.url, cache_dir=tmp_path / "quiet", progress=False)
    assert capfd.readouterr().err == ""


def test_redirects_and_encodings(serve: Serve, tmp_path: Path) -> None:
    import gzip

    target = serve(b"x" * 5000)
    host = serve(answers=[302], headers={"Location": target.url})
    url = f"{host.base}/moved.bin"
    path = io.download(url, target.name, cache_dir=tmp_path, progress=False)
    assert path.read_bytes() == target.data
    packed = serve(gzip.compress(b"y" * 5000), headers={"Content-Encoding": "gzip"})
    path = io.download(f"{packed.base}/y.bin", cache_dir=tmp_path, progress=False)
    assert path.read_bytes() == b"y" * 5000
    assert packed.asked[0]["Accept-Encoding"] == "identity"
    noise = random.Random(0).randbytes(4 * CHUNK)
    packed = serve(gzip.compress(noise), headers={"Content-Encoding": "gzip"})
    packed.dies_after = [3 * CHUNK]
    name = f"noise-{hashlib.sha256(noise).hexdigest()[:8]}.bin"
    path = io.download(f"{packed.base}/{name}", cache_dir=tmp_path, progress=False)
    assert path.read_bytes() == noise
    assert ["Range" in asked for asked in packed.asked] == [False, False]


def test_a_length_that_is_not_told(serve: Serve, tmp_path: Path) -> None:
    host = serve(headers={"Content-Length": "", "Connection": "close"})
    assert fetch(host, tmp_path).read_bytes() == host.data


# Resuming.


def test_a_broken_connection_is_resumed(serve: Serve, tmp_path: Path) -> None:
    host = serve(dies_after=[2 * CHUNK, 0, CHUNK])
    assert fetch(host, tmp_path).read_bytes() == host.data
    ranges = [headers.get("Range") for headers in host.asked]
    assert ranges == [None, f"bytes={2 * CHUNK}-", f"bytes={2 * CHUNK}-", f"bytes={3 * CHUNK}-"]
    assert {headers.get("If-Range") for headers in host.asked[1:]} == {host.etag}
    only(tmp_path, host.name)


def test_a_later_call_resumes(serve: Serve, tmp_path: Path) -> None:
    host = serve(dies_after=[2 * CHUNK, 0])
    with pytest.raises(DownloadError, match=r"ended after|connection failed"):
        fetch(host, tmp_path, retries=0)
    only(tmp_path, f".{host.name}.part", f".{host.name}.part.json")
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert host.asked[-1]["Range"] == f"bytes={2 * CHUNK}-"
    only(tmp_path, host.name)


def test_retries_start_anew_after_progress(serve: Serve, tmp_path: Path) -> None:
    host = serve(dies_after=[CHUNK] * 6)
    assert fetch(host, tmp_path, retries=1).read_bytes() == host.data
    assert len(host.asked) == 7


@pytest.mark.parametrize("ranges", [True, False], ids=["if_range", "no_ranges"])
def test_a_changed_file_begins_anew(serve: Serve, tmp_path: Path, ranges: bool) -> None:
    host = serve(ranges=ranges, etag='"two"')
    leave_part(tmp_path, host, b"old" * 1000, etag='"one"')
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert host.asked[0]["Range"] == "bytes=3000-"
    assert len(host.asked) == 1


def test_dates_validate_where_etags_are_weak(serve: Serve, tmp_path: Path) -> None:
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    host = serve(etag='W/"one"', modified=date, dies_after=[CHUNK])
    url = f"{host.base}/plain.bin"
    path = io.download(url, cache_dir=tmp_path, progress=False)
    assert path.read_bytes() == host.data
    assert host.asked[1]["If-Range"] == date


def test_without_validators_only_a_hash_allows_to_resume(serve: Serve, tmp_path: Path) -> None:
    host = serve(etag=None, dies_after=[CHUNK, None, CHUNK, None])
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert host.asked[1]["Range"] == f"bytes={CHUNK}-"
    assert "If-Range" not in host.asked[1]
    io.download(f"{host.base}/plain.bin", cache_dir=tmp_path, progress=False)
    assert "Range" not in host.asked[3]


def test_a_wrong_part_is_found_by_the_hash(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    leave_part(tmp_path, host, b"x" * 5000)
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert [headers.get("Range") for headers in host.asked] == ["bytes=5000-", None]


def test_parts_of_other_urls_and_broken_notes_are_not_used(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    leave_part(tmp_path, host, host.data[:100], url="http://other.example/x")
    fetch(host, tmp_path)
    assert "Range" not in host.asked[0]
    for text in ("", "[]", "{", '{"url": 3}'):
        (tmp_path / host.name).unlink()
        leave_part(tmp_path, host, host.data[:100])
        (tmp_path / f".{host.name}.part.json").write_text(text)
        assert fetch(host, tmp_path).read_bytes() == host.data
        assert "Range" not in host.asked[-1]


def test_a_complete_part_needs_no_connection(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    leave_part(tmp_path, host, host.data)
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert host.asked == []
    only(tmp_path, host.name)


def test_a_part_longer_than_the_file_is_dropped(serve: Serve, tmp_path: Path) -> None:
    host = serve()
    leave_part(tmp_path, host, host.data + b"more", size=None)
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert [headers.get("Range") for headers in host.asked] == ["bytes=102404-", None]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 0-102399/102400"},
        {"Content-Range": "nonsense"},
        {"Content-Range": "bytes 100-102399/999999"},
        {"ETag": '"other"'},
    ],
)
def test_a_server_that_sends_another_part(
    serve: Serve, tmp_path: Path, headers: dict[str, str]
) -> None:
    host = serve()
    leave_part(tmp_path, host, host.data[:100])
    host.headers = headers
    assert fetch(host, tmp_path).read_bytes() == host.data
    assert [asked.get("Range") for asked in host.asked] == ["bytes=100-", None]
