"""The safetensors format, also against PyTorch's side of its library."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
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
    "uint16",
    "uint32",
    "uint64",
    "complex64",
]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0))
)
NAMES = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda n: n != "__metadata__")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    state=st.dictionaries(NAMES, ARRAYS, max_size=4),
    metadata=st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]))),
)
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, state: dict, metadata: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("safe") / "a.safetensors"
    state = {name: array.T[::-1] if array.ndim else array for name, array in state.items()}
    io.save_safetensors(path, state, metadata)
    loaded = io.load_safetensors(path)
    assert type(loaded) is OrderedDict
    assert list(loaded) == sorted(state)
    assert io.safetensors_metadata(path) == metadata
    for name, array in state.items():
        np.testing.assert_array_equal(loaded[name], array, strict=True)


def test_the_library_reads_the_same(tmp_path: Path) -> None:
    state = {"big_endian": np.arange(3, dtype=">f4"), "t": np.arange(6.0).reshape(2, 3).T}
    io.save_safetensors(tmp_path / "a", state)
    theirs = safetensors.numpy.load_file(tmp_path / "a")
    for name, array in state.items():
        np.testing.assert_array_equal(theirs[name], array)


def test_loaded_arrays_are_our_own(tmp_path: Path) -> None:
    io.save_safetensors(tmp_path / "a", {"x": np.ones(4)})
    before = (tmp_path / "a").read_bytes()
    loaded = io.load_safetensors(tmp_path / "a")["x"]
    loaded[:] = 5
    assert (tmp_path / "a").read_bytes() == before
    (tmp_path / "a").unlink()
    assert loaded.sum() == 20


@pytest.mark.peer
def test_files_of_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    from safetensors.torch import load_file, save_file

    every = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int16).view(torch.bfloat16)
    state = {"bf16": every.reshape(256, 256), "f32": torch.ones(2), "scalar": torch.tensor(2.5)}
    state["bf16_scalar"] = torch.tensor(1.5, dtype=torch.bfloat16)
    save_file(state, tmp_path / "a", metadata={"format": "pt"})
    for loaded in (io.load_safetensors(tmp_path / "a"), io.load_checkpoint(tmp_path / "a")):
        assert sorted(loaded) == sorted(state)
        for name, tensor in state.items():
            np.testing.assert_array_equal(loaded[name], tensor.float().numpy(), strict=True)
            assert loaded[name].flags.writeable
    assert io.safetensors_metadata(tmp_path / "a") == {"format": "pt"}
    io.save_safetensors(tmp_path / "b", {"x": np.arange(6).reshape(2, 3).T})
    assert load_file(tmp_path / "b")["x"].tolist() == [[0, 3], [1, 4], [2, 5]]
    save_file({"x": torch.ones(2).to(torch.float8_e5m2)}, tmp_path / "c")
    with pytest.raises(CheckpointError, match="F8_E5M2"):
        io.load_safetensors(tmp_path / "c")


@pytest.mark.parametrize(
    ("state", "metadata", "named"),
    [
        ({"a": np.array(["x"])}, None, "'a' has the dtype <U1"),
        ({"a": np.ones(1, complex)}, None, "complex128"),
        ({"a": {"b": 1}}, None, "'a' is a dict"),
        ({1: np.ones(1)}, None, "entry 1"),
        ({}, {"epoch": 3}, "'epoch': 3"),
        ({"__metadata__": np.ones(1)}, None, "__metadata__"),
    ],
)
def test_what_cannot_be_saved_is_named(
    tmp_path: Path, state: Any, metadata: Any, named: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(CheckpointError, match=named):
        io.save_safetensors(path, state, metadata)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_damage_gives_data_or_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "a"
    io.save_safetensors(path, {"x": np.arange(4.0), "y": np.ones((2, 2), bool)}, {"k": "v"})
    data = path.read_bytes()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        for load in (io.load_safetensors, io.load_checkpoint):
            with pytest.raises(CheckpointError, match=str(path)):
                load(path)
    outcomes = set()
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            io.load_safetensors(path)
            outcomes.add("data")
        except CheckpointError as exc:
            outcomes.add("error" if str(path) in str(exc) else "unnamed")
    assert outcomes == {"data", "error"}


@pytest.mark.parametrize("load", [io.load_safetensors, io.safetensors_metadata])
def test_paths_that_are_no_files(tmp_path: Path, load: Any) -> None:
    with pytest.raises(CheckpointError, match="No such file"):
        load(tmp_path / "missing")
    with pytest.raises(CheckpointError, match="directory"):
        load(tmp_path)
    (tmp_path / "a").write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
    with pytest.raises(CheckpointError, match="header"):
        load(tmp_path / "a")
