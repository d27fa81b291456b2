"""Saving to and loading from open files."""

import io

import pytest

import functorch_lite as fl
from functorch_lite import nn
from functorch_lite.errors import CheckpointError


def test_there_and_back_through_memory():
    model = nn.Linear(2, 3)
    buffer = io.BytesIO()
    fl.save({"model": model.state_dict(), "epoch": 3}, buffer)
    buffer.seek(0)
    found = fl.load(buffer)
    assert found["epoch"] == 3
    assert fl.equal(found["model"]["weight"], model.weight)


def test_an_open_file(tmp_path):
    with open(tmp_path / "x.pt", "wb") as file:
        fl.save({"x": fl.arange(3)}, file)
    with open(tmp_path / "x.pt", "rb") as file:
        assert fl.load(file)["x"].tolist() == [0, 1, 2]
    assert fl.load(tmp_path / "x.pt")["x"].tolist() == [0, 1, 2]


def test_torch_reads_it_and_writes_it():
    torch = pytest.importorskip("torch")
    ours, theirs = io.BytesIO(), io.BytesIO()
    fl.save({"x": fl.ones(2, 2)}, ours)
    ours.seek(0)
    assert torch.load(ours)["x"].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    torch.save({"x": torch.arange(3)}, theirs)
    theirs.seek(0)
    assert fl.load(theirs)["x"].tolist() == [0, 1, 2]


def test_what_is_no_checkpoint_is_refused():
    with pytest.raises(CheckpointError):
        fl.load(io.BytesIO(b"nothing"))
