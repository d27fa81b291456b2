"""Files that PyTorch wrote are read as PyTorch reads them, and it reads ours."""

from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functorch_lite import io
from functorch_lite.errors import CheckpointError

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
pytestmark = pytest.mark.peer

FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
DTYPES = [
    "float64",
    "float32",
    "float16",
    "bfloat16",
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


def save(obj: Any, path: Path, zipped: bool) -> Path:
    torch.save(obj, path, _use_new_zipfile_serialization=zipped)
    return path


def numbers(dtype: str, *shape: int) -> Any:
    generator = torch.Generator().manual_seed(0)
    return (torch.rand(shape, generator=generator) * 100).to(getattr(torch, dtype))


def as_numpy(tensor: Any) -> np.ndarray:
    tensor = tensor.detach().resolve_conj().resolve_neg()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def assert_same(ours: Any, theirs: Any) -> None:
    """Compare whole trees: types, dtypes, shapes and every value."""
    if isinstance(theirs, torch.Tensor):
        expected = as_numpy(theirs)
        assert type(ours) is np.ndarray
        assert ours.dtype == expected.dtype
        assert ours.shape == expected.shape
        np.testing.assert_array_equal(ours, expected)
        return
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key, value in theirs.items():
            assert_same(ours[key], value)
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for mine, other in zip(ours, theirs, strict=True):
            assert_same(mine, other)
    else:
        assert ours == theirs


@FORMATS
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(tmp_path: Path, dtype: str, zipped: bool) -> None:
    state = {"some": numbers(dtype, 3, 4), "zero_d": numbers(dtype), "empty": numbers(dtype, 0, 3)}
    loaded = io.load_checkpoint(save(state, tmp_path / "a.pth", zipped))
    assert type(loaded) is OrderedDict
    assert_same(dict(loaded), state)
    assert all(array.flags.writeable for array in loaded.values())


@FORMATS
def test_bfloat16_is_exact_at_the_edges(tmp_path: Path, zipped: bool) -> None:
    bits = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int16)
    state = {"all": bits.view(torch.bfloat16)}
    (ours,) = io.load_checkpoint(save(state, tmp_path / "a.pth", zipped)).values()
    np.testing.assert_array_equal(ours, state["all"].float().numpy())
    assert np.isnan(ours).sum() == 2 * 127


@FORMATS
def test_views_share_memory(tmp_path: Path, zipped: bool) -> None:
    base = numbers("float32", 6, 5)
    state = {
        "base": base,
        "transposed": base.T,
        "slice": base[1:4, ::2],
        "reversed": base.flip(0),
        "again": base,
        "diagonal": base.diagonal(),
        "bits": numbers("bfloat16", 4, 4),
    }
    state["bits_t"] = state["bits"].T
    loaded = io.load_checkpoint(save(state, tmp_path / "a.pth", zipped))
    assert_same(dict(loaded), state)
    shared = {name for name in state if np.shares_memory(loaded[name], loaded["base"])}
    assert shared == {"base", "transposed", "slice", "again", "diagonal"}
    loaded["base"][1, 2] = -1
    assert loaded["transposed"][2, 1] == loaded["slice"][0, 1] == -1
    assert np.shares_memory(loaded["bits"], loaded["bits_t"])


@FORMATS
def test_overlapping_views_are_copies(tmp_path: Path, zipped: bool) -> None:
    ramp = torch.arange(8.0)
    state = {"expanded": ramp[:2].expand(3, 2), "windows": ramp.unfold(0, 3, 1), "ramp": ramp}
    loaded = io.load_checkpoint(save(state, tmp_path / "a.pth", zipped))
    assert_same(dict(loaded), state)
    loaded["expanded"][0, 0] = 9
    assert loaded["expanded"][1, 0] == loaded["ramp"][0] == 0


@FORMATS
def test_conjugate_and_negative_views(tmp_path: Path, zipped: bool) -> None:
    values = torch.tensor([1 + 2j, 3 - 4j])
    negative = torch.tensor([1 + 2j, 3 - 4j]).conj().imag  # no two dtypes over one storage
    state = {"conj": values.conj(), "neg": negative, "plain": values}
    assert state["conj"].is_conj()
    assert state["neg"].is_neg()
    assert_same(dict(io.load_checkpoint(save(state, tmp_path / "a.pth", zipped))), state)


@FORMATS
def test_module_state_dict_keeps_its_versions(tmp_path: Path, zipped: bool) -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
    state = module.state_dict()
    loaded = io.load_checkpoint(save(state, tmp_path / "a.pth", zipped))
    assert_same(loaded, state)
    assert loaded._metadata == state._metadata  # type: ignore[attr-defined]
    assert loaded["1.num_batches_tracked"].shape == ()


@FORMATS
def test_parameters(tmp_path: Path, zipped: bool) -> None:
    plain = torch.nn.Parameter(numbers("float32", 2, 3))
    with_attribute = torch.nn.Parameter(numbers("float32", 3))
    with_attribute.note = "kept in no array"
    state = {"plain": plain, "frozen": torch.nn.Parameter(plain.detach(), requires_grad=False)}
    state["with_attribute"] = with_attribute
    state["buffer"] = torch.nn.Buffer(numbers("float64", 2))
    state["tensor_with_attribute"] = numbers("float64", 2)
    state["tensor_with_attribute"].note = 1
    loaded = io.load_checkpoint(save(state, tmp_path / "a.pth", zipped))
    assert_same(dict(loaded), state)


@FORMATS
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_training_checkpoint(tmp_path: Path, zipped: bool, name: str) -> None:
    module = torch.nn.Linear(3, 2)
    options = {"momentum": 0.9} if name == "SGD" else {"amsgrad": True}
    optimizer = getattr(torch.optim, name)(module.parameters(), lr=0.1, **options)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 2, 5])
    module(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    scheduler.step()
    state = {
        "model": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": {"milestones": scheduler.milestones, "last": scheduler.last_epoch},
        "rng": torch.get_rng_state(),
        "epoch": 3,
        "history": [(0, 1.5), (1, float("inf"))],
    }
    path = save(state, tmp_path / "a.pth", zipped)
    loaded = io.load_torch(path)
    assert_same(loaded, state)
    assert type(loaded["scheduler"]["milestones"]) is Counter
    with pytest.raises(CheckpointError, match="load_torch"):
        io.load_checkpoint(path)


@FORMATS
def test_plain_python_and_the_rest(tmp_path: Path, zipped: bool) -> None:
    plain = {
        "text": "Grüße \U0001f642 \x00",
        "bytes": [b"\x00\xff", b""],
        "bytearray": bytearray(b"ab"),
        "none": None,
        "flags": [True, False],
        "integers": [0, -1, 255, 65536, -(1 << 31), 1 << 31, -(1 << 70), 1 << 2000],
        "floats": [0.1, -0.0, float("inf")],
        "complex": 1 - 2j,
        "set": {1, 2},
        "frozenset": frozenset({"a"}),
        "keys": {1: 2, (1, "a"): 3, None: 4, 2.5: 5, b"x": 6},
        "nested": {"a": [(), ((1,), [2, {}])]},
    }
    plain["shared"] = [plain["nested"], plain["nested"]]
    rest = {"dtype": torch.float16, "device": torch.device("cuda", 1), "size": torch.Size([2, 3])}
    loaded = io.load_torch(save({**plain, **rest}, tmp_path / "a.pth", zipped))
    assert {name: loaded.pop(name) for name in rest} == {
        "dtype": "torch.float16",
        "device": "cuda:1",
        "size": (2, 3),
    }
    assert_same(loaded, plain)
    assert loaded["shared"][0] is loaded["nested"]


@FORMATS
def test_numpy_values(tmp_path: Path, zipped: bool) -> None:
    state = {
        "scalar": np.float64(0.1),
        "integer": np.int16(-3),
        "flag": np.bool_(True),
        "array": np.arange(6, dtype=np.int32).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
        "empty": np.zeros((0, 2), np.complex64),
        "random": np.random.RandomState(0).get_state(),
    }
    loaded = io.load_torch(save(state, tmp_path / "a.pth", zipped))
    assert list(loaded) == list(state)
    for name, value in state.items():
        if name == "random":
            assert loaded[name][0] == value[0]
            np.testing.assert_array_equal(loaded[name][1], value[1])
            assert loaded[name][2:] == value[2:]
        else:
            assert type(loaded[name]) is type(value)
            assert loaded[name].dtype == value.dtype.newbyteorder("=")
            np.testing.assert_array_equal(loaded[name], value)


@FORMATS
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_bare_storages(tmp_path: Path, zipped: bool) -> None:
    tensor = numbers("float32", 4)
    state = {"typed": tensor.storage(), "tensor": tensor}
    if zipped:  # PyTorch's legacy format has no untyped storages beside typed ones
        state["untyped"] = numbers("float32", 2).untyped_storage()
    loaded = io.load_torch(save(state, tmp_path / "a.pth", zipped))
    np.testing.assert_array_equal(loaded["typed"], tensor.numpy())
    assert np.shares_memory(loaded["typed"], loaded["tensor"])
    if zipped:
        np.testing.assert_array_equal(
            loaded["untyped"].view(np.float32), numbers("float32", 2).numpy()
        )


def test_without_checksums(tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        save({"a": torch.arange(5)}, tmp_path / "a.pth", True)
    finally:
        torch.serialization.set_crc32_options(True)
    np.testing.assert_array_equal(io.load_checkpoint(tmp_path / "a.pth")["a"], np.arange(5))


@FORMATS
@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: torch.nn.Linear(2, 2), r"torch\.nn\.modules\.linear\.Linear"),
        (lambda: {"a": torch.eye(2).to_sparse()}, r"torch\._utils\._rebuild_sparse_tensor"),
        (lambda: {"a": torch.ones(2).to(torch.float8_e4m3fn)}, "float8_e4m3fn"),
        (lambda: {"a": torch.nn.Linear}, r"torch\.nn\.modules\.linear\.Linear"),
        (lambda: {"a": Path("x")}, r"pathlib\.PosixPath"),
        (lambda: torch.ones(2), "ndarray, not a state dict"),
    ],
    ids=["module", "sparse", "float8", "class", "other_class", "no_dict"],
)
def test_what_is_refused_is_named(tmp_path: Path, zipped: bool, make: Any, named: str) -> None:
    with pytest.raises(CheckpointError, match=named):
        io.load_checkpoint(save(make(), tmp_path / "a.pth", zipped))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_is_named(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="TorchScript"):
        io.load_checkpoint(tmp_path / "a.pt")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_strides(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    size = data.draw(st.lists(st.integers(0, 4), max_size=4))
    stride = data.draw(st.lists(st.integers(0, 6), min_size=len(size), max_size=len(size)))
    offset = data.draw(st.integers(0, 5))
    zipped = data.draw(st.booleans())
    reach = offset + sum(max(n - 1, 0) * s for n, s in zip(size, stride, strict=True)) + 1
    tensor = torch.arange(reach, dtype=torch.int32).as_strided(size, stride, offset)
    path = save({"a": tensor}, tmp_path_factory.mktemp("any") / "a.pth", zipped)
    assert_same(io.load_torch(path), {"a": tensor})


# What we write.


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name != "bfloat16"])
def test_torch_loads_every_dtype(tmp_path: Path, dtype: str) -> None:
    values = (np.arange(12).reshape(3, 4) % 5).astype(dtype)
    state = {"c": values, "f": np.asfortranarray(values), "0d": values[1, 2], "empty": values[:0]}
    state["slice"], state["reversed"] = values[1:, ::2], values[::-1]
    state["big"] = values.astype(values.dtype.newbyteorder(">"))
    io.save_checkpoint(tmp_path / "a.pth", state)
    loaded = torch.load(tmp_path / "a.pth", weights_only=True)
    assert list(loaded) == list(state)
    for name, tensor in loaded.items():
        assert str(tensor.dtype) == f"torch.{dtype}"
        np.testing.assert_array_equal(tensor.numpy(), state[name])
    assert loaded["f"].stride() == (1, 3)


def test_torch_loads_nested_states_and_ties(tmp_path: Path) -> None:
    weight = np.arange(6.0).reshape(2, 3)
    model = OrderedDict(encoder=weight, decoder=weight.T, alone=np.ones(2))
    model._metadata = OrderedDict({"": {"version": 2}})  # type: ignore[attr-defined]
    state = {
        "model": model,
        "optimizer": {"state": {0: {"step": np.float32(3)}}, "lr": 0.1, "params": [0, 1]},
        "names": ("a", "ä\U0001f642", b"\x00\xff", "", (), [], {}),
        "numbers": [0, -1, 1 << 31, -(1 << 90), True, None, float("-inf")],
    }
    io.save_checkpoint(tmp_path / "a.pth", state)
    loaded = torch.load(tmp_path / "a.pth", weights_only=True)
    assert_same(io.load_torch(tmp_path / "a.pth"), loaded)
    assert loaded["names"] == state["names"]
    assert loaded["numbers"] == state["numbers"]
    assert loaded["model"]._metadata == model._metadata  # type: ignore[attr-defined]
    assert loaded["model"]["encoder"].data_ptr() == loaded["model"]["decoder"].data_ptr()
    assert loaded["optimizer"]["state"][0]["step"].dtype == torch.float32
    mapped = torch.load(tmp_path / "a.pth", weights_only=True, mmap=True)
    assert mapped["model"]["alone"].data_ptr() % 64 == 0


def test_torch_module_round_trip(tmp_path: Path) -> None:
    def make() -> Any:
        return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))

    first, second = make(), make()
    save(first.state_dict(), tmp_path / "theirs.pth", True)
    io.save_checkpoint(tmp_path / "ours.pth", io.load_checkpoint(tmp_path / "theirs.pth"))
    second.load_state_dict(torch.load(tmp_path / "ours.pth", weights_only=True), strict=True)
    for (name, a), b in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
