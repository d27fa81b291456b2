"""What the tests of files share: hand-made pickles and archives, and a server to download from."""

import hashlib
import io
import pickle
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from functorch_lite.errors import CheckpointError
from functorch_lite.io import load_torch

# Hand-made files.


@dataclass(frozen=True)
class Global:
    """A global, which need not exist."""

    name: str


@dataclass
class Call:
    """What a pickle calls, with what; `state` is what BUILD gives it."""

    function: Any
    args: tuple
    state: Any = None
    opcode: bytes = pickle.REDUCE


@dataclass
class Storage:
    """A persistent id."""

    identity: Any


class Forger(pickle._Pickler):
    """A pickler of things that cannot be imported here."""

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Global):
            module, _, name = obj.name.rpartition(".")
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        elif isinstance(obj, Call) and id(obj) in self.memo:
            self.write(self.get(self.memo[id(obj)][0]))
        elif isinstance(obj, Call):
            self.save(obj.function)
            self.save(obj.args)
            self.write(obj.opcode)
            self.memoize(obj)
            if obj.state is not None:
                self.save(obj.state)
                self.write(pickle.BUILD)
        elif isinstance(obj, Storage):
            self.save(obj.identity)
            self.write(pickle.BINPERSID)
        else:
            super().save(obj, save_persistent_id)


def dumps(obj: Any, protocol: int = 2) -> bytes:
    stream = io.BytesIO()
    Forger(stream, protocol).dump(obj)
    return stream.getvalue()


def storage(kind: str, key: str, numel: int, legacy: bool = False, view: Any = None) -> Storage:
    identity = ("storage", Global(f"torch.{kind}Storage"), key, "cpu", numel)
    return Storage((*identity, view) if legacy else identity)


def tensor(where: Storage, size: tuple, stride: tuple, offset: int = 0) -> Call:
    hooks = Call(Global("collections.OrderedDict"), ())
    args = (where, offset, size, stride, False, hooks)
    return Call(Global("torch._utils._rebuild_tensor_v2"), args)


def zip_bytes(
    obj: Any,
    storages: dict[str, bytes] | None = None,
    extra: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> bytes:
    """Make a checkpoint of the zip format from an object (or its pickle) and raw storages."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("model/data.pkl", obj if isinstance(obj, bytes) else dumps(obj))
        for key, data in (storages or {}).items():
            archive.writestr(f"model/data/{key}", data)
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return out.getvalue()


def legacy_bytes(
    obj: Any, storages: dict[str, np.ndarray] | None = None, keys: Any = None
) -> bytes:
    """Make a checkpoint of the stream format."""
    storages = storages or {}
    out = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001}):
        out.write(dumps(part))
    out.write(obj if isinstance(obj, bytes) else dumps(obj))
    out.write(dumps(list(storages) if keys is None else keys))
    for data in storages.values():
        out.write(struct.pack("<q", data.size) + data.tobytes())
    return out.getvalue()


def refused(path: Path, data: bytes, match: str = "cannot read") -> str:
    """Check that the file is refused, named, and left alone; give the message."""
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=match) as caught:
        load_torch(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == data
    return str(caught.value)


def sample(legacy: bool) -> bytes:
    """Make a small honest file."""
    where = storage("Float", "0", 6, legacy)
    other = storage("BFloat16", "1", 2, legacy)
    obj = {
        "weight": tensor(where, (2, 3), (3, 1)),
        "bias": tensor(where, (3,), (1,), 3),
        "half": tensor(other, (2,), (1,)),
        "epoch": 7,
        "list": [1.5, None, "x", (1, 2)],
    }
    raw, bits = np.arange(6, dtype="<f4"), np.array([0x3F80, 0x4000], "<u2")
    return file_bytes(obj, legacy, {"0": raw, "1": bits})


def file_bytes(obj: Any, legacy: bool, storages: dict[str, np.ndarray] | None = None) -> bytes:
    """Make a file of either format."""
    if legacy:
        return legacy_bytes(obj, storages)
    raw = {key: data.tobytes() for key, data in (storages or {}).items()}
    return zip_bytes(obj, raw)


def outcome(path: Path) -> str:
    """Load a file that may be damaged, and tell what came."""
    try:
        load_torch(path)
    except CheckpointError as exc:
        return "error" if str(path) in str(exc) else "an error that does not name the file"
    return "data"


@pytest.fixture(scope="session")
def forge() -> SimpleNamespace:
    """What makes files by hand."""
    return SimpleNamespace(
        Global=Global,
        Call=Call,
        Storage=Storage,
        dumps=dumps,
        storage=storage,
        tensor=tensor,
        zip_bytes=zip_bytes,
        legacy_bytes=legacy_bytes,
        file_bytes=file_bytes,
        sample=sample,
        refused=refused,
        outcome=outcome,
    )


# A server.


@dataclass
class Host:
    """A file on 127.0.0.1 and how the server treats those who ask for it."""

    data: bytes
    etag: str | None = '"one"'
    modified: str | None = None
    ranges: bool = True
    dies_after: list[int | None] = field(default_factory=list)  # bytes, one for each request
    answers: list[int | None] = field(default_factory=list)  # a status instead of the file
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds for every kilobyte
    on_request: Callable[[], None] = lambda: None
    asked: list[dict[str, str]] = field(default_factory=list)
    base: str = ""

    @property
    def name(self) -> str:
        """A name like torchvision's."""
        return f"tiny-{hashlib.sha256(self.data).hexdigest()[:8]}.pth"

    @property
    def url(self) -> str:
        return f"{self.base}/models/{self.name}"

    def still_there(self, asked: str | None) -> bool:
        return asked is None or asked in (self.etag, self.modified)


class Handler(BaseHTTPRequestHandler):
    """Serves the host's file."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host: Host = self.server.host  # type: ignore[attr-defined]
        host.asked.append(dict(self.headers.items()))
        host.on_request()
        status = host.answers.pop(0) if host.answers else None
        if status is not None:
            self.send_response(status)
            for name, value in {"Content-Length": "0", **host.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            return
        start, asked = 0, self.headers.get("Range")
        if asked and host.ranges and host.still_there(self.headers.get("If-Range")):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(host.data) > 0:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.answer(host, start)

    def answer(self, host: Host, start: int) -> None:
        self.send_response(206 if start else 200)
        body = host.data[start:]
        headers = {"Content-Length": str(len(body)), "ETag": host.etag}
        headers["Last-Modified"] = host.modified
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(host.data) - 1}/{len(host.data)}"
        for name, value in {**headers, **host.headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        dies = host.dies_after.pop(0) if host.dies_after else None
        for at in range(0, len(body if dies is None else body[:dies]), 1024):
            self.wfile.write(body[at : at + 1024 if dies is None else min(at + 1024, dies)])
            time.sleep(host.delay)
        if dies is not None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


class Server(ThreadingHTTPServer):
    """Does not complain of clients that leave."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Host]]:
    """Start a server for a Host with the given fields."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("functorch_lite.io._download._BACKOFF", 0.01)
    servers = []

    def start(data: bytes = bytes(range(256)) * 400, **fields: Any) -> Host:
        server = Server(("127.0.0.1", 0), Handler)
        host = server.host = Host(data, **fields)  # type: ignore[attr-defined]
        host.base = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return host

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
