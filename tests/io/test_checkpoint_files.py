"""Checkpoints that the tests write themselves, by our writer and by hand."""

import os
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from functorch_lite import io
from functorch_lite.errors import CheckpointError

DTYPES = [
    "float64",
    "float32",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
    "bool",
    "complex64",
    "complex128",
    "uint16",
    "uint32",
    "uint64",
]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)


def load(path: Path, data: bytes) -> Any:
    path.write_bytes(data)
    return io.load_torch(path)


def assert_equal(ours: np.ndarray, expected: np.ndarray) -> None:
    assert ours.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(ours, expected, strict=ours.dtype == expected.dtype)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(state=st.dictionaries(st.text(), ARRAYS, max_size=4), axes=st.randoms(use_true_random=False))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, state: dict, axes: Any) -> None:
    for name, array in state.items():
        order = list(range(array.ndim))
        axes.shuffle(order)
        state[name] = array.transpose(order)[::-1] if array.ndim else array
    path = tmp_path_factory.mktemp("round") / "a.pth"
    io.save_checkpoint(path, state)
    loaded = io.load_checkpoint(path)
    assert list(loaded) == list(state)
    for name, array in state.items():
        assert_equal(loaded[name], array)
        assert loaded[name].flags.writeable


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 300), 1 << 300)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=10,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(value=PLAIN)
def test_plain_values_round_trip(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("plain") / "a.pth"
    io.save_checkpoint(path, {"value": value})
    loaded = io.load_torch(path)["value"]
    assert loaded == value
    assert repr(loaded) == repr(value)  # types, order and the sign of zero too


def test_ties_survive_and_slices_shrink(tmp_path: Path) -> None:
    big = np.arange(100_000.0)
    weight = np.arange(6.0).reshape(2, 3)
    state = {"a": weight, "b": weight.T, "c": weight.reshape(-1), "slice": big[:3], "w": weight}
    io.save_checkpoint(tmp_path / "a.pth", state)
    assert (tmp_path / "a.pth").stat().st_size < 5000
    loaded = io.load_checkpoint(tmp_path / "a.pth")
    loaded["a"][0, 1] = 7
    assert loaded["b"][1, 0] == loaded["c"][1] == loaded["w"][0, 1] == 7
    assert not np.shares_memory(loaded["a"], loaded["slice"])


def test_temporary_copies_are_not_taken_for_each_other(tmp_path: Path) -> None:
    state = {str(i): np.full(1000, i, ">f8")[::-1] for i in range(50)}
    io.save_checkpoint(tmp_path / "a.pth", state)
    for name, array in io.load_checkpoint(tmp_path / "a.pth").items():
        assert set(array) == {float(name)}


def test_equal_states_give_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        io.save_checkpoint(tmp_path / name, {"x": np.arange(3), "y": [1, "z"]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ([1], "a list"),
        ({"a": object()}, r"state\['a'\] is a object"),
        ({"a": [1, {"b": {1, 2}}]}, r"state\['a'\]\[1\]\['b'\] is a set"),
        ({"a": np.array(["x"])}, "dtype <U1"),
        ({"a": np.array([None])}, "dtype object"),
        ({"a": np.zeros(1, "M8[s]")}, r"dtype datetime64\[s\]"),
        ({"a": np.longdouble(1)}, "dtype float128|dtype longdouble"),
        ({(1, 2): 1}, r"key \(1, 2\)"),
        ({"a": 1 << 3000}, "2040 bits"),
    ],
    ids=lambda value: "" if isinstance(value, str) else None,
)
def test_what_cannot_be_saved_is_named(tmp_path: Path, state: Any, named: str) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(b"old")
    with pytest.raises(CheckpointError, match=named):
        io.save_checkpoint(path, state)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.pth"]


def test_cycles_are_refused(tmp_path: Path) -> None:
    state: dict[str, Any] = {}
    state["self"] = state
    with pytest.raises(CheckpointError, match="contains itself"):
        io.save_checkpoint(tmp_path / "a.pth", state)


def test_saving_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pth"
    io.save_checkpoint(path, {"x": np.ones(2)})
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for save in (io.save_checkpoint, io.save_safetensors):
            with pytest.raises(CheckpointError, match="No space left on device"):
                save(path, {"x": np.zeros(2)})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.pth"]
    with pytest.raises(CheckpointError, match="No such file"):
        io.save_checkpoint(tmp_path / "missing" / "a.pth", {})


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links and permissions")
def test_saving_follows_links_and_the_umask(tmp_path: Path) -> None:
    (tmp_path / "link.pth").symlink_to(tmp_path / "real.pth")
    mask = os.umask(0o027)
    try:
        io.save_checkpoint(tmp_path / "link.pth", {"x": np.ones(1)})
    finally:
        os.umask(mask)
    assert (tmp_path / "link.pth").is_symlink()
    assert (tmp_path / "real.pth").stat().st_mode & 0o777 == 0o640


# By hand.


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_by_hand(tmp_path: Path, forge: SimpleNamespace, compression: int) -> None:
    where = forge.storage("Float", "0", 6)
    obj = {"a": forge.tensor(where, (2, 2), (1, 3), 1), "all": forge.tensor(where, (6,), (1,))}
    raw = np.arange(6, dtype="<f4")
    data = forge.zip_bytes(obj, {"0": raw.tobytes()}, compression=compression)
    loaded = load(tmp_path / "a.pth", data)
    np.testing.assert_array_equal(loaded["a"], [[1, 4], [2, 5]])
    assert np.shares_memory(loaded["a"], loaded["all"])


@pytest.mark.parametrize("kind", ["Float", "Long", "Half", "BFloat16", "ComplexDouble", "Bool"])
def test_big_endian_files(tmp_path: Path, forge: SimpleNamespace, kind: str) -> None:
    dtypes = {"Float": "f4", "Long": "i8", "Half": "f2", "ComplexDouble": "c16", "Bool": "?"}
    values = np.array([0, 1, 1], dtypes.get(kind, "f4"))
    raw = values.astype(values.dtype.newbyteorder(">")).tobytes()
    if kind == "BFloat16":
        raw = (values.view(np.uint32) >> 16).astype(">u2").tobytes()
    obj = {"a": forge.tensor(forge.storage(kind, "0", 3), (3,), (1,))}
    data = forge.zip_bytes(obj, {"0": raw}, {"model/byteorder": b"big"})
    assert_equal(load(tmp_path / "a.pth", data)["a"], values)


def test_untyped_storages_of_the_other_byte_order(tmp_path: Path, forge: SimpleNamespace) -> None:
    other = {"little": b"big", "big": b"little"}[sys.byteorder]
    kind = forge.Global("torch.storage.UntypedStorage")
    obj = {"a": forge.Storage(("storage", kind, "0", "cpu", 4))}
    assert load(tmp_path / "a.pth", forge.zip_bytes(obj, {"0": b"abcd"}))["a"].tolist()[0] == 97
    data = forge.zip_bytes(obj, {"0": b"abcd"}, {"model/byteorder": other})
    forge.refused(tmp_path / "a.pth", data, "endian")


def test_bools_become_zero_or_one(tmp_path: Path, forge: SimpleNamespace) -> None:
    obj = {"a": forge.tensor(forge.storage("Bool", "0", 3), (3,), (1,))}
    loaded = load(tmp_path / "a.pth", forge.zip_bytes(obj, {"0": b"\x00\x02\xff"}))["a"]
    assert loaded.view(np.uint8).tolist() == [0, 1, 1]


def test_legacy_by_hand(tmp_path: Path, forge: SimpleNamespace) -> None:
    """Storages out of order, views of them, and a copy that must see real data."""
    whole = forge.storage("Float", "17", 6, legacy=True)
    view = forge.storage("Float", "17", 6, legacy=True, view=("18", 2, 3))
    half = forge.storage("BFloat16", "4", 2, legacy=True)
    obj = {
        "whole": forge.tensor(whole, (2, 3), (3, 1)),
        "view": forge.tensor(view, (2,), (1,), 1),
        "half": forge.tensor(half, (2,), (1,)),
        "expanded": forge.tensor(half, (2, 2), (0, 1)),
    }
    raw = np.arange(6, dtype="<f4")
    bits = np.array([0x3F80, 0xC000], "<u2")
    data = forge.legacy_bytes(obj, {"4": bits, "17": raw})
    loaded = load(tmp_path / "a.pth", data)
    np.testing.assert_array_equal(loaded["whole"], raw.reshape(2, 3))
    np.testing.assert_array_equal(loaded["view"], [3, 4])
    np.testing.assert_array_equal(loaded["expanded"], [[1, -2], [1, -2]])
    assert np.shares_memory(loaded["whole"], loaded["view"])
    assert_equal(loaded["half"], np.float32([1, -2]))
    load(tmp_path / "a.pth", data + b"another object may follow in a stream")


def test_the_oldest_tensors_and_parameters(tmp_path: Path, forge: SimpleNamespace) -> None:
    """As PyTorch 0.1 to 0.3 wrote them: built by state, parameters around their data."""
    G, Call = forge.Global, forge.Call
    where = forge.storage("Float", "5", 4, legacy=True)
    built = Call(G("torch.FloatTensor"), (), (where, 1, (3,), (1,)))
    rebuilt = Call(G("torch._utils._rebuild_tensor"), (where, 0, (2, 2), (2, 1)))
    newobj = b"\x81"
    kind = G("torch.nn.parameter.Parameter")
    obj = {
        "built": built,
        "rebuilt": rebuilt,
        "variable": Call(kind, (), (rebuilt, None, {}, True, False), newobj),
        "parameter": Call(kind, (built,), (True, False, {})),
        "current": Call(G("torch._utils._rebuild_parameter"), (rebuilt, True, {})),
    }
    raw = np.arange(4, dtype="<f4")
    loaded = load(tmp_path / "a.pth", forge.legacy_bytes(obj, {"5": raw}))
    for name in ("built", "parameter"):
        np.testing.assert_array_equal(loaded[name], [1, 2, 3])
    for name in ("rebuilt", "variable", "current"):
        np.testing.assert_array_equal(loaded[name], [[0, 1], [2, 3]])


def test_every_protocol(tmp_path: Path, forge: SimpleNamespace) -> None:
    value = {"a": [1, -70000, 1 << 40, 2.5, None, True], "t": ((), (1,), (1, 2, 3, 4)), "s": "ä\n"}
    for protocol in range(6):
        data = forge.zip_bytes(forge.dumps(value, protocol))
        assert load(tmp_path / "a.pth", data) == value
        if protocol >= 3:
            more = {"b": b"\x00" * 300, "set": {1}, "frozen": frozenset({"x"})}
            data = forge.zip_bytes(forge.dumps(more, protocol))
            assert load(tmp_path / "a.pth", data) == more


def test_strings_of_python_2(tmp_path: Path, forge: SimpleNamespace) -> None:
    data = forge.zip_bytes(b"\x80\x02}U\x03keyT\x03\x00\x00\x00abcs.")
    assert load(tmp_path / "a.pth", data) == {"key": "abc"}


def test_cyclic_objects_load(tmp_path: Path, forge: SimpleNamespace) -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    loaded = load(tmp_path / "a.pth", forge.zip_bytes(cycle))
    assert loaded[1] is loaded


def test_metadata_of_a_state_dict_survives(tmp_path: Path) -> None:
    state = OrderedDict(x=np.ones(2))
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    io.save_checkpoint(tmp_path / "a.pth", state)
    loaded = io.load_checkpoint(tmp_path / "a.pth")
    assert loaded._metadata == {"": {"version": 1}}  # type: ignore[attr-defined]


def test_the_name_of_the_file_says_nothing(tmp_path: Path) -> None:
    state = {"x": np.arange(3)}
    io.save_checkpoint(tmp_path / "a.safetensors", state)
    io.save_safetensors(tmp_path / "b.pth", state)
    for name in ("a.safetensors", "b.pth"):
        np.testing.assert_array_equal(io.load_checkpoint(tmp_path / name)["x"], state["x"])
