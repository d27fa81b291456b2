"""The disk cache: integrity under accidents, bounds, privacy, and several processes at once."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from functorch_lite.compile import cache as cache_module
from functorch_lite.compile.cache import DiskCache, disk_cache

posix = pytest.mark.skipif(os.name != "posix", reason="about POSIX permissions and signals")
not_root = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere"
)


def key(i):
    return hashlib.sha256(str(i).encode()).hexdigest()[:40]


def content(i):
    return hashlib.sha256(str(i).encode()).digest() * (100 + i % 50)


@pytest.fixture
def cache(tmp_path):
    return DiskCache(str(tmp_path / "kernels"))


def entry_files(cache):
    return sorted(Path(cache.directory).glob("*.bin"))


def test_put_get_and_info(cache):
    assert cache.get(key(1)) is None
    assert cache.put(key(1), content(1))
    assert cache.get(key(1)) == content(1)
    info = cache.info()
    assert (info.entries, info.hits, info.misses, info.stores) == (1, 1, 1, 1)
    assert info.bytes == len(content(1)) + 48
    assert cache.clear() == 1
    assert cache.get(key(1)) is None
    assert cache.info().entries == 0


def test_a_second_object_sees_the_first_ones_entries(cache):
    cache.put(key(1), b"")
    assert DiskCache(cache.directory).get(key(1)) == b""


@pytest.mark.parametrize(
    "bad", ["", "short", "../../../etc/passwd", "A" * 20, "a" * 129, "aaaaaaa.b"]
)
def test_keys_cannot_name_other_files(cache, bad):
    with pytest.raises(ValueError, match="cache key"):
        cache.get(bad)


def damage_flip(raw):
    return raw[:-1] + bytes([raw[-1] ^ 1])


@pytest.mark.parametrize(
    "damage",
    [
        damage_flip,
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:20],
        lambda raw: b"",
        lambda raw: raw + b"more",
        lambda raw: bytes(len(raw)),
        lambda raw: b"FLCACHE0" + raw[8:],
    ],
    ids=["flip", "half", "header", "empty", "longer", "zeros", "old format"],
)
def test_damage_is_noticed_once_and_repaired(cache, damage, caplog):
    cache.put(key(1), content(1))
    (path,) = entry_files(cache)
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level("DEBUG", "functorch_lite.cache"):
        assert cache.get(key(1)) is None
        assert cache.get(key(1)) is None
    assert [r.levelname for r in caplog.records] == ["DEBUG"]
    assert cache.info().corrupt == 1
    assert not entry_files(cache)
    assert cache.put(key(1), content(1))
    assert cache.get(key(1)) == content(1)


def test_the_least_recently_used_go_first(tmp_path):
    cache = DiskCache(str(tmp_path / "kernels"), max_bytes=10_000)
    now = time.time()
    for i in range(9):
        cache.put(key(i), bytes(952))  # 1000 with the header
        os.utime(tmp_path / "kernels" / f"{key(i)}.bin", (now - 1000 + i, now - 1000 + i))
    assert cache.get(key(0)) is not None  # touched: now the youngest
    cache.put(key(9), bytes(952))
    assert cache.info().evicted == 0
    cache.put(key(10), bytes(952))
    left = {i for i in range(11) if cache.get(key(i)) is not None}
    assert left == {0, 4, 5, 6, 7, 8, 9, 10}
    info = cache.info()
    assert info.evicted == 3
    assert info.bytes == 8000


def test_an_entry_larger_than_the_bound_is_not_stored(tmp_path):
    cache = DiskCache(str(tmp_path / "kernels"), max_bytes=100)
    assert not cache.put(key(0), bytes(101))
    assert cache.info().entries == 0


@posix
def test_the_directory_is_private(cache):
    assert stat.S_IMODE(os.stat(cache.directory).st_mode) == 0o700
    cache.put(key(0), b"x")
    assert stat.S_IMODE(entry_files(cache)[0].stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_directory_that_others_can_write_is_refused(tmp_path, mode):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    cache = DiskCache(str(folder))
    assert cache.directory is None
    assert not cache.put(key(0), b"x")
    assert cache.get(key(0)) is None
    assert stat.S_IMODE(folder.stat().st_mode) == mode  # and left as it was


@posix
def test_a_directory_of_another_user_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "theirs"
    DiskCache(str(folder)).put(key(0), b"x")
    me = os.geteuid()
    monkeypatch.setattr(cache_module.os, "geteuid", lambda: me + 1)
    assert DiskCache(str(folder)).directory is None


@posix
def test_an_entry_of_another_user_is_not_read(cache, monkeypatch):
    cache.put(key(0), b"x")
    me = os.geteuid()
    monkeypatch.setattr(cache_module.os, "geteuid", lambda: me + 1)
    assert cache.get(key(0)) is None


@posix
def test_links_are_not_followed(tmp_path, cache):
    link = tmp_path / "link"
    link.symlink_to(cache.directory)
    assert DiskCache(str(link)).directory is None
    cache.put(key(0), b"x")
    entry_files(cache)[0].rename(tmp_path / "elsewhere")
    (Path(cache.directory) / f"{key(0)}.bin").symlink_to(tmp_path / "elsewhere")
    assert cache.get(key(0)) is None


def test_a_file_in_the_way_turns_the_cache_off(tmp_path):
    (tmp_path / "file").write_text("")
    assert DiskCache(str(tmp_path / "file")).directory is None
    assert DiskCache(str(tmp_path / "file" / "below")).directory is None


def test_a_disk_that_cannot_be_written_degrades_to_memory_only(cache, monkeypatch):
    cache.put(key(0), b"x")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_module.tempfile, "mkstemp", full)
    assert not cache.put(key(1), b"y")
    monkeypatch.undo()
    assert not cache.put(key(1), b"y")  # not tried again in this process
    assert cache.get(key(0)) == b"x"


@posix
@not_root
def test_a_read_only_directory_still_serves(cache):
    cache.put(key(0), b"x")
    os.chmod(cache.directory, 0o500)
    try:
        other = DiskCache(cache.directory)
        assert other.get(key(0)) == b"x"
        assert not other.put(key(1), b"y")
    finally:
        os.chmod(cache.directory, 0o700)


def test_old_stray_files_are_swept_and_young_ones_kept(cache):
    old, young = (Path(cache.directory) / name for name in ("a.tmp", "b.tmp"))
    old.write_text("")
    young.write_text("")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.put(key(0), b"x")
    assert not old.exists()
    assert young.exists()


def test_the_directory_may_vanish(cache):
    cache.put(key(0), b"x")
    cache.clear()
    os.rmdir(cache.directory)
    assert cache.get(key(0)) is None
    assert not cache.put(key(0), b"x")
    assert cache.info().entries == 0
    assert cache.clear() == 0


WRITER = """
import hashlib, sys
from functorch_lite.compile.cache import DiskCache
cache = DiskCache(sys.argv[1], int(sys.argv[2]))
first, count = int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
i = first
while count < 0 or i < first + count:
    n = i % 40
    key = hashlib.sha256(str(n).encode()).hexdigest()[:40]
    data = hashlib.sha256(str(n).encode()).digest() * (100 + n % 50)
    cache.put(key, data)
    got = cache.get(key)
    assert got is None or got == data, "wrong content"
    i += 1
print("done", cache.info().corrupt, flush=True)
"""


def start_writer(directory, max_bytes=1 << 30, first=0, count=-1):
    args = [sys.executable, "-c", WRITER, directory, str(max_bytes), str(first), str(count)]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@posix
def test_processes_killed_while_writing_leave_nothing_wrong(cache):
    for i in range(12):
        process = start_writer(cache.directory, first=7 * i)
        time.sleep(0.003 * i)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert cache.info().entries > 0
    for n in range(40):
        assert cache.get(key(n)) in (None, content(n))
    assert cache.info().corrupt == 0


@pytest.mark.parametrize("max_bytes", [1 << 30, 40_000], ids=["roomy", "evicting"])
def test_concurrent_writers_agree(cache, max_bytes):
    writers = [start_writer(cache.directory, max_bytes, 10 * i, 200) for i in range(4)]
    for process in writers:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert out == "done 0\n"
    for n in range(40):
        assert cache.get(key(n)) in (None, content(n))
    if max_bytes == 40_000:
        assert 0 < cache.info().bytes <= 3 * 40_000  # each writer only knows what it has seen


def test_threads_share_one_object(cache):
    wrong = []

    def work(first):
        for i in range(first, first + 100):
            n = i % 30
            cache.put(key(n), content(n))
            if cache.get(key(n)) != content(n):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(7 * t,)) for t in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
    info = cache.info()
    assert (info.stores, info.hits, info.corrupt) == (600, 600, 0)


@pytest.fixture
def environment(monkeypatch):
    for name in ("", "_DIR", "_SIZE"):
        monkeypatch.delenv("FUNCTORCH_LITE_CACHE" + name, raising=False)
    disk_cache.cache_clear()
    yield monkeypatch
    disk_cache.cache_clear()


def test_environment_places_and_bounds_the_cache(environment, tmp_path):
    environment.setenv("FUNCTORCH_LITE_CACHE_DIR", str(tmp_path))
    environment.setenv("FUNCTORCH_LITE_CACHE_SIZE", "12345")
    info = cache_module.cache_info()
    assert info.directory == str(tmp_path / "kernels")
    assert info.max_bytes == 12345
    disk_cache().put(key(0), b"x")
    assert cache_module.cache_clear() == 1


@pytest.mark.parametrize("value", ["0", "off", "False"])
def test_environment_switches_the_cache_off(environment, tmp_path, value):
    environment.setenv("FUNCTORCH_LITE_CACHE_DIR", str(tmp_path))
    environment.setenv("FUNCTORCH_LITE_CACHE", value)
    assert cache_module.cache_info().directory is None
    assert not disk_cache().put(key(0), b"x")
    assert list(tmp_path.iterdir()) == []


def test_without_a_home_there_is_no_cache(environment):
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        environment.delenv(name, raising=False)
    environment.setattr(cache_module.os.path, "expanduser", lambda p: p)
    assert disk_cache().directory is None
