"""Truncated, corrupted and hostile files give a CheckpointError and run nothing."""

import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from functorch_lite import io
from functorch_lite.errors import CheckpointError

FORMATS = pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])


# Code.

GLOBALS = [
    "os.system",
    "posix.system",
    "subprocess.Popen",
    "builtins.eval",
    "__builtin__.exec",
    "builtins.getattr",
    "builtins.__import__",
    "importlib.import_module",
    "pickle.loads",
    "torch.load",
    "torch.storage._load_from_bytes",
    "torch.hub.load",
    "torch._utils._rebuild_tensor_v2.__globals__",
    "numpy.load",
    "numpy.core.multiarray.scalar.__class__",
    "collections.OrderedDict.__init__",
    "functorch_lite.io._rebuild._Tensors",
]


@FORMATS
@pytest.mark.parametrize("name", GLOBALS)
def test_other_globals_are_refused_by_name(
    tmp_path: Path, forge: SimpleNamespace, name: str, legacy: bool
) -> None:
    call = forge.Call(forge.Global(name), (f"touch {tmp_path}/ran",))
    message = forge.refused(tmp_path / "a.pth", forge.file_bytes({"a": call}, legacy), "allow list")
    assert f"'{name}'" in message
    assert os.listdir(tmp_path) == ["a.pth"]


class Evil:
    """What a hostile pickle is made from."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple:
        return os.system, (self.command,)


@FORMATS
@pytest.mark.parametrize("protocol", range(6))
def test_a_real_exploit_does_not_run(
    tmp_path: Path, forge: SimpleNamespace, protocol: int, legacy: bool
) -> None:
    evil = pickle.dumps({"weight": Evil(f"touch {tmp_path}/ran")}, protocol)
    message = forge.refused(tmp_path / "a.pth", forge.file_bytes(evil, legacy), r"\.system'")
    assert "Nothing of it was run" in message
    assert os.listdir(tmp_path) == ["a.pth"]


def test_stack_global_and_instances_are_refused(tmp_path: Path, forge: SimpleNamespace) -> None:
    bodies = {
        b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.": "'os.system'",
        b"(S'id'\nios\nsystem\n.": "opcode INST",
        b"(cos\nsystem\nS'id'\no.": "'os.system'",
        b"\x82\x01.": "opcode EXT1",
        b"Pident\n.": "opcode PERSID",
        b"ccollections\nOrderedDict\n)}\x92.": "opcode NEWOBJ_EX",
    }
    for body, match in bodies.items():
        forge.refused(tmp_path / "a.pth", forge.zip_bytes(b"\x80\x04" + body), match)


def test_nothing_of_ours_can_be_changed(tmp_path: Path, forge: SimpleNamespace) -> None:
    G, Call, path = forge.Global, forge.Call, tmp_path / "a.pth"
    ordered = Call(G("collections.OrderedDict"), (), {"items": 1})
    forge.refused(path, forge.zip_bytes({"a": ordered}), "attributes set on a OrderedDict")
    function = dump_build("torch._utils._rebuild_tensor_v2")
    forge.refused(path, forge.zip_bytes(function), "attributes set on 'torch._utils")
    forge.refused(path, forge.zip_bytes([G("torch.FloatStorage")]), "itself as a value")
    hidden = Call(G("collections.OrderedDict"), (), {"_metadata": [G("torch.FloatStorage")]})
    forge.refused(path, forge.zip_bytes(hidden), "itself as a value")
    forge.refused(path, forge.zip_bytes((G("torch.Size"),)), "itself as a value")
    forge.refused(path, forge.zip_bytes([Call(G("torch.FloatTensor"), ())]), "as a value")


def dump_build(name: str) -> bytes:
    """Pickle the setting of an attribute of a global."""
    module, _, attribute = name.rpartition(".")
    return b"\x80\x02c%s\n%s\n}U\x0c__defaults__)sb." % (module.encode(), attribute.encode())


# Claims.


@FORMATS
@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((7,), (1,), 0),
        ((6,), (1,), 1),
        ((2, 3), (4, 1), 0),
        ((2,), (1 << 62,), 0),
        ((1 << 40,), (1,), 0),
        ((-1,), (1,), 0),
        ((2,), (-1,), 3),
        ((2,), (1,), -1),
        ((2, 3), (1,), 0),
        ((2.0,), (1,), 0),
        ((True,), (1,), 0),
        ((1,) * 65, (1,) * 65, 0),
        ((0, 1 << 62, 1 << 62), (1, 1, 1), 0),
        ("ab", (1,), 0),
        (7, 7, 7),
        (None, None, None),
    ],
)
def test_tensors_outside_of_their_storage(
    tmp_path: Path, forge: SimpleNamespace, size: Any, stride: Any, offset: Any, legacy: bool
) -> None:
    where = forge.storage("Float", "0", 6, legacy)
    obj = {"a": forge.tensor(where, size, stride, offset)}
    raw = np.arange(6, dtype="<f4")
    data = (
        forge.legacy_bytes(obj, {"0": raw})
        if legacy
        else forge.zip_bytes(obj, {"0": raw.tobytes()})
    )
    forge.refused(tmp_path / "a.pth", data)


@FORMATS
@pytest.mark.parametrize("numel", [5, 7, 1 << 28, 1 << 40, 1 << 62, -6, 1 << 80, 6.0, "6", None])
def test_false_sizes_of_storages(
    tmp_path: Path, forge: SimpleNamespace, numel: Any, legacy: bool
) -> None:
    obj = {"a": forge.tensor(forge.storage("Float", "0", numel, legacy), (1,), (1,))}
    raw = np.arange(6, dtype="<f4")
    data = (
        forge.legacy_bytes(obj, {"0": raw})
        if legacy
        else forge.zip_bytes(obj, {"0": raw.tobytes()})
    )
    forge.refused(tmp_path / "a.pth", data, "storage|claims|elements")
    assert peak(tmp_path / "a.pth") < 8 << 20


@FORMATS
def test_one_storage_cannot_have_two_types(
    tmp_path: Path, forge: SimpleNamespace, legacy: bool
) -> None:
    obj = [
        forge.tensor(forge.storage("Float", "0", 6, legacy), (6,), (1,)),
        forge.tensor(forge.storage("Int", "0", 6, legacy), (6,), (1,)),
    ]
    raw = np.arange(6, dtype="<f4")
    data = (
        forge.legacy_bytes(obj, {"0": raw})
        if legacy
        else forge.zip_bytes(obj, {"0": raw.tobytes()})
    )
    forge.refused(tmp_path / "a.pth", data, r"torch\.IntStorage")


@pytest.mark.parametrize(
    "identity",
    [
        "0",
        (),
        ("module", "x", "y"),
        ("storage", "torch.FloatStorage", "0", "cpu", 6),
        ("storage", 1, 2, 3, 4, 5, 6),
    ],
)
@FORMATS
def test_unknown_persistent_ids(
    tmp_path: Path, forge: SimpleNamespace, identity: Any, legacy: bool
) -> None:
    forge.refused(
        tmp_path / "a.pth", forge.file_bytes([forge.Storage(identity)], legacy), "unknown way"
    )


@pytest.mark.parametrize("view", [("1", 4, 3), ("1", -1, 2), ("1", 0, -1), ("1",), 3])
def test_legacy_views_outside_of_their_storage(
    tmp_path: Path, forge: SimpleNamespace, view: Any
) -> None:
    where = forge.storage("Float", "0", 6, True, view)
    data = forge.legacy_bytes([where], {"0": np.arange(6, dtype="<f4")})
    forge.refused(tmp_path / "a.pth", data, "outside of its storage")


@pytest.mark.parametrize("keys", [[], ["0", "0"], ["1"], ["0", "1"], [0], "0", {}, 3])
def test_legacy_lists_of_other_storages(tmp_path: Path, forge: SimpleNamespace, keys: Any) -> None:
    obj = [forge.tensor(forge.storage("Float", "0", 6, True), (6,), (1,))]
    data = forge.legacy_bytes(obj, {"0": np.arange(6, dtype="<f4")}, keys)
    forge.refused(tmp_path / "a.pth", data, "list of storages|malformed|'?0'?")


def test_legacy_heads(tmp_path: Path, forge: SimpleNamespace) -> None:
    good = forge.legacy_bytes({})
    version = forge.dumps(1001)
    forge.refused(tmp_path / "a", good.replace(version, forge.dumps(1002)), "version 1002")
    evil = forge.dumps(forge.Call(forge.Global("os.system"), ("id",)))
    forge.refused(tmp_path / "a", good.replace(version, evil), r"os\.system")
    stored = forge.dumps(forge.Storage(1))
    forge.refused(tmp_path / "a", good.replace(version, stored), "names a storage")


# Bombs.


def peak(path: Path) -> int:
    """Measure the most memory that loading a hostile file takes."""
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError):
            io.load_torch(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_zip_bombs_are_refused_before_they_are_unpacked(
    tmp_path: Path, forge: SimpleNamespace
) -> None:
    zeros = bytes(100 << 20)
    obj = {"a": forge.tensor(forge.storage("Byte", "0", len(zeros)), (len(zeros),), (1,))}
    deflated = zipfile.ZIP_DEFLATED
    data = forge.zip_bytes(obj, {"0": zeros}, compression=deflated)
    message = forge.refused(tmp_path / "a.pth", data, "may unfold to")
    assert "data/0" in message
    assert peak(tmp_path / "a.pth") < 8 << 20
    spaces = b"\x80\x02" + b"N0" * (8 << 20) + b"N."
    forge.refused(tmp_path / "b.pth", forge.zip_bytes(spaces, compression=deflated), "plausible")
    assert peak(tmp_path / "b.pth") < 8 << 20


def test_tensors_that_expand_are_bounded(tmp_path: Path, forge: SimpleNamespace) -> None:
    where = forge.storage("Double", "0", 1)
    one = {"0": bytes(8)}
    huge = {"a": forge.tensor(where, (1 << 30, 1 << 30), (0, 0))}
    forge.refused(tmp_path / "a.pth", forge.zip_bytes(huge, one), "may unfold to")
    many = [forge.tensor(where, (1 << 20,), (0,)) for _ in range(100)]
    forge.refused(tmp_path / "b.pth", forge.zip_bytes(many, one), "may unfold to")
    assert peak(tmp_path / "a.pth") < 8 << 20


@FORMATS
def test_pickles_that_claim_memory(tmp_path: Path, forge: SimpleNamespace, legacy: bool) -> None:
    bodies = {
        "memo": b"N" + b"r" + struct.pack("<I", 0xFFFFFFFE) + b"N0.",
        "bytes": b"\x8e" + struct.pack("<Q", 1 << 40) + b"x.",
        "text": b"\x8d" + struct.pack("<Q", 1 << 60) + b"x.",
        "array": b"\x96" + struct.pack("<Q", (1 << 63) - 1) + b"x.",
        "string": b"T\xff\xff\xff\x7fx.",
        "long": b"\x8b\xff\xff\xff\x7fx.",
        "negative": b"\x8b\xff\xff\xff\xffx.",
        "digits": b"I" + b"9" * 100_000 + b"\n.",
        "frame": b"\x95" + struct.pack("<Q", 1 << 60) + b".",
    }
    for name, body in bodies.items():
        path = tmp_path / name
        path.write_bytes(forge.file_bytes(b"\x80\x04" + body, legacy))
        if name == "memo":  # an index, which takes no more memory than another
            assert io.load_torch(path) is None
        else:
            assert peak(path) < 8 << 20, name
    for name in ("bytearray", "bytes", "set", "frozenset"):
        call = forge.Call(forge.Global(f"builtins.{name}"), (1 << 40,))
        forge.refused(tmp_path / name, forge.file_bytes(call, legacy))


@pytest.mark.parametrize("name", ["_codecs.encode", "builtins.set", "torch.Size", "numpy"])
def test_copies_of_one_long_value_are_bounded(
    tmp_path: Path, forge: SimpleNamespace, name: str
) -> None:
    """A thousand calls on a megabyte of the file would fill a gigabyte."""
    text, many = "x" * (1 << 20), tuple(range(1 << 17))
    if name == "numpy":
        G, Call = forge.Global, forge.Call
        data = Call(G("_codecs.encode"), (text, "latin1"))
        kind = Call(G("numpy.dtype"), ("u1", False, True), (3, "|", None, None, None, -1, -1, 0))
        state = (1, (1 << 20,), kind, False, data)
        module, maker = "numpy.core.multiarray", (G("numpy.ndarray"), (0,), b"b")
        calls = [Call(G(f"{module}._reconstruct"), maker, state) for _ in range(1000)]
    else:
        args = (text, "latin1") if name == "_codecs.encode" else (many,)
        calls = [forge.Call(forge.Global(name), args) for _ in range(1000)]
    forge.refused(tmp_path / "a.pth", forge.zip_bytes(calls), "may unfold to")
    assert peak(tmp_path / "a.pth") < 120 << 20


@pytest.mark.parametrize("code", ["O8", "|O", "V8", "M8[s]", "U4", "f4,O", "f3", 3, None])
def test_numpy_dtypes_of_no_numbers(tmp_path: Path, forge: SimpleNamespace, code: Any) -> None:
    G, Call = forge.Global, forge.Call
    kind = Call(G("numpy.dtype"), (code, False, True), (3, "|", None, None, None, -1, -1, 0))
    scalar = Call(G("numpy.core.multiarray.scalar"), (kind, b"\x00" * 8))
    match = "cannot have" if code == "f3" else "Only booleans and numbers"
    forge.refused(tmp_path / "a.pth", forge.zip_bytes([scalar]), match)


def test_nested_tuples_are_no_keys(tmp_path: Path, forge: SimpleNamespace) -> None:
    """Hashing this one would take 2**200 steps."""
    body = b"\x80\x02)" + b"2\x86" * 200
    for use in (
        b"}" + body[2:] + b"Ns.",
        b"\x8f(" + body[2:] + b"\x90.",
        b"(" + body[2:] + b"\x91.",
    ):
        data = forge.zip_bytes(b"\x80\x04" + use)
        forge.refused(tmp_path / "a.pth", data, "key or set member")
    assert isinstance(load_value(tmp_path, forge, body + b"."), tuple)


def test_messages_about_nested_tuples_end(tmp_path: Path, forge: SimpleNamespace) -> None:
    """The repr, the str or the hash of this one would take 2**200 steps."""
    G, Call = forge.Global, forge.Call
    deep: Any = ()
    for _ in range(200):
        deep = (deep, deep)
    bad: list[Any] = [
        forge.tensor(forge.storage("Float", "0", 1), deep, (1,)),
        forge.tensor(forge.storage("Float", "0", 1), (1,), deep, deep),
        forge.Storage(deep),
        Call(G("torch.device"), (deep,)),
        Call(G("torch.device"), ("cpu", deep)),
        Call(G("_codecs.encode"), ("x", deep)),
        Call(G("_codecs.encode"), (deep, "latin1")),
        Call(G("builtins.set"), (deep,)),
        Call(G("builtins.complex"), deep),
        Call(G("numpy.dtype"), (deep,)),
        Call(G("numpy.core.multiarray.scalar"), deep),
        Call(G("torch._tensor._rebuild_from_type_v2"), (G("torch.Size"), deep, deep, deep)),
        {"a": Call(G("collections.OrderedDict"), (), {"_metadata": deep, "x": deep})},
    ]
    hooks: dict = {}
    v2, v3 = "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3"
    where = forge.storage("Byte", "0", 4)
    bad.append(Call(G(v2), (where, 0, (1,), (1,), False, hooks, {"conj": deep, "x": 1})))
    bad.append(Call(G(v3), (where, 0, (1,), (1,), False, hooks, deep)))
    kind = Call(G("numpy.dtype"), ("u1", False, True), (3, "|", None, None, None, -1, -1, 0))
    maker = (G("numpy.ndarray"), (0,), b"b")
    for shape in (deep, (1 << 25, "xxxxxxxx"), (2, [0])):
        state = (1, shape, kind, False, b"")
        bad.append(Call(G("numpy.core.multiarray._reconstruct"), maker, state))
    for obj in bad:
        forge.refused(tmp_path / "a.pth", forge.zip_bytes([obj], {"0": bytes(4)}))
        assert peak(tmp_path / "a.pth") < 8 << 20
    legacy = forge.storage("Float", "0", 1, True, deep)
    raw = {"0": np.ones(1, "<f4")}
    forge.refused(tmp_path / "a.pth", forge.legacy_bytes([legacy], raw))
    forge.refused(tmp_path / "a.pth", forge.legacy_bytes([], raw, [deep]))
    good = forge.legacy_bytes({})
    forge.refused(tmp_path / "a.pth", good.replace(forge.dumps(1001), forge.dumps(deep)))
    name = b"\x80\x04" + forge.dumps(deep)[2:-1] + b"\x8c\x01x\x93."
    forge.refused(tmp_path / "a.pth", forge.zip_bytes(name), "not named by strings")


def load_value(folder: Path, forge: SimpleNamespace, body: bytes) -> Any:
    (folder / "b.pth").write_bytes(forge.zip_bytes(body))
    return io.load_torch(folder / "b.pth")


def test_deep_nesting_does_not_overflow(tmp_path: Path, forge: SimpleNamespace) -> None:
    depth = 100_000
    value = load_value(tmp_path, forge, b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b".")
    for _ in range(depth - 1):
        (value,) = value
    assert value == []


@pytest.mark.parametrize(
    "body",
    [
        b".", b"0.", b"R.", b"b.", b"t.", b"\x86.", b"a.", b"s.", b"Q.", b"h\x05.", b"u.", b"\x85.",
        b"1.", b"e.", b"\x93.", b"\x94.", b"]Na", b"(]N", b"NN\x93.", b"}Na.", b"]NNs.", b"NNa.",
        b"}(NNNu.", b"(Nd.", b"}]Ns.", b"ctorch\nSize\nN\x85R.", b"ctorch\nSize\nNR.", b"N)R.",
        b"ctorch\ndevice\n)R.", b"c_codecs\nencode\nU\x01xU\x05utf-8\x86R.", b"\xff.", b"",
        b"cnumpy\ndtype\nU\x01O\x85R.", b"cnumpy\nndarray\n)R.", b"ccollections\nCounter\n]\x85R.",
        b"ccollections\nOrderedDict\n](NNeR.", b"cnumpy.core.multiarray\nscalar\nNN\x86R.",
    ],
)  # fmt: skip
@FORMATS
def test_malformed_pickles(
    tmp_path: Path, forge: SimpleNamespace, body: bytes, legacy: bool
) -> None:
    forge.refused(tmp_path / "a.pth", forge.file_bytes(b"\x80\x04" + body, legacy))
