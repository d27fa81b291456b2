"""Archives that are not what they claim, damage of every kind, and files of other kinds."""

import io as stdio
import os
import pickle
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functorch_lite import io
from functorch_lite.errors import CheckpointError

FORMATS = pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])


# Archives.


def test_duplicate_entries(tmp_path: Path, forge: SimpleNamespace) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = forge.zip_bytes({}, extra={"model/data.pkl": forge.dumps([1])})
    forge.refused(tmp_path / "a.pth", data, r"two entries named 'model/data\.pkl'")


@pytest.mark.parametrize(
    ("extra", "match"),
    [
        ({"other/data.pkl": b"N."}, "2 entries"),
        ({"model/byteorder": b"middle"}, "'middle'"),
        ({"model/byteorder": b"l" * 99}, "plausible"),
        ({"model/constants.pkl": b"N."}, "TorchScript"),
    ],
)
def test_odd_archives(tmp_path: Path, forge: SimpleNamespace, extra: dict, match: str) -> None:
    forge.refused(tmp_path / "a.pth", forge.zip_bytes({}, extra=extra), match)


def test_names_lead_nowhere(tmp_path: Path, forge: SimpleNamespace) -> None:
    """A storage is looked up among the entries, never among files."""
    (tmp_path / "secret").write_bytes(bytes(8))
    for key in ("../../secret", "/etc/passwd", f"{tmp_path}/secret", ""):
        obj = [forge.tensor(forge.storage("Double", key, 1), (1,), (1,))]
        forge.refused(tmp_path / "a.pth", forge.zip_bytes(obj), "is missing")
        where = {key: bytes(8)}
        (tmp_path / "b.pth").write_bytes(forge.zip_bytes(obj, where))
        assert io.load_torch(tmp_path / "b.pth")[0].tolist() == [0.0]
    assert sorted(os.listdir(tmp_path)) == ["a.pth", "b.pth", "secret"]


def test_other_compressions_and_encryption(tmp_path: Path, forge: SimpleNamespace) -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        data = forge.zip_bytes({}, compression=method)
        forge.refused(tmp_path / "a.pth", data, "compression method")
    data = bytearray(forge.zip_bytes({}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    forge.refused(tmp_path / "a.pth", bytes(data), "encrypted")


def test_stored_entries_of_two_sizes(tmp_path: Path, forge: SimpleNamespace) -> None:
    obj = [forge.tensor(forge.storage("Byte", "0", 4), (4,), (1,))]
    data = bytearray(forge.zip_bytes(obj, {"0": b"abcdefgh"}))
    at = data.rindex(b"PK\x01\x02") + 24
    assert data[at : at + 4] == b"\x08\0\0\0"
    data[at] = 4
    forge.refused(tmp_path / "a.pth", bytes(data), "claims 4 bytes in 8")


def test_entries_that_overlap_are_refused(tmp_path: Path, forge: SimpleNamespace) -> None:
    """Two hundred names of one megabyte would fill two hundred."""
    raw = bytes(1 << 20)
    keys = [f"{i:03}" for i in range(200)]
    kind = "Byte"
    obj = [forge.tensor(forge.storage(kind, key, len(raw)), (len(raw),), (1,)) for key in keys]
    out = stdio.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("model/data.pkl", forge.dumps(obj))
        archive.writestr("model/data/000", raw)
        first = archive.getinfo("model/data/000")
        for key in keys[1:]:
            info = zipfile.ZipInfo(f"model/data/{key}")
            info.CRC, info.header_offset = zlib.crc32(raw), first.header_offset
            info.file_size = info.compress_size = len(raw)
            archive.filelist.append(info)
    forge.refused(tmp_path / "a.pth", out.getvalue(), "may unfold to|Overlapped|differ")


def test_a_flipped_bit_of_a_weight_is_noticed(tmp_path: Path, forge: SimpleNamespace) -> None:
    data = bytearray(forge.sample(legacy=False))
    at = data.index(np.arange(6, dtype="<f4").tobytes())
    data[at + 9] ^= 4
    forge.refused(tmp_path / "a.pth", bytes(data), "CRC")


# Damage.


@FORMATS
def test_truncation_at_every_byte(tmp_path: Path, forge: SimpleNamespace, legacy: bool) -> None:
    data = forge.sample(legacy)
    path = tmp_path / "a.pth"
    for end in range(len(data)):
        path.write_bytes(data[:end])
        with pytest.raises(CheckpointError, match=r"a\.pth"):
            io.load_torch(path)
    path.write_bytes(data)
    assert io.load_torch(path)["half"].tolist() == [1, 2]


@FORMATS
def test_every_flipped_bit_gives_data_or_a_clear_error(
    tmp_path: Path, forge: SimpleNamespace, legacy: bool
) -> None:
    data = forge.sample(legacy)
    path = tmp_path / "a.pth"
    outcomes = []
    for bit in range(0, 8 * len(data), 3):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        outcomes.append(forge.outcome(path))
    assert set(outcomes) == {"data", "error"}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(body=st.binary(max_size=60), legacy=st.booleans(), text=st.booleans())
def test_random_pickles(
    tmp_path_factory: pytest.TempPathFactory,
    forge: SimpleNamespace,
    body: bytes,
    legacy: bool,
    text: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.pth"
    path.write_bytes(forge.file_bytes(b"\x80\x04" + body + b"." * text, legacy))
    assert forge.outcome(path) in ("data", "error")


GLOBAL_NAMES = """
torch._utils _rebuild_tensor_v2;torch FloatStorage;numpy dtype;numpy ndarray;torch FloatTensor
collections OrderedDict;numpy.core.multiarray _reconstruct;numpy.core.multiarray scalar
torch.nn.parameter Parameter;torch._tensor _rebuild_from_type_v2;torch._utils _rebuild_tensor_v3
""".replace("\n", ";").strip(";")
OPCODES = st.sampled_from(
    [bytes([code]) for code in b"N}])(t\x85\x86aesuRbQ201\x8f\x90\x81"]
    + [b"K\x03", b"U\x07storage", b"q\x00", b"h\x00", b"U\x02f4", b"U\x010"]
    + [b"c%s\n" % name.replace(" ", "\n").encode() for name in GLOBAL_NAMES.split(";")]
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(opcodes=st.lists(OPCODES, max_size=25), legacy=st.booleans())
def test_random_opcodes(
    tmp_path_factory: pytest.TempPathFactory,
    forge: SimpleNamespace,
    opcodes: list[bytes],
    legacy: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "opcodes.pth"
    path.write_bytes(forge.file_bytes(b"\x80\x04" + b"".join(opcodes) + b".", legacy))
    assert forge.outcome(path) in ("data", "error")


# Strangers.


def strangers() -> dict[str, tuple[bytes, str]]:
    """List files of other kinds and what their message says."""
    npz, tar = stdio.BytesIO(), stdio.BytesIO()
    np.savez(npz, a=np.ones(2))
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    other_zip = stdio.BytesIO()
    with zipfile.ZipFile(other_zip, "w") as archive:
        archive.writestr("a.txt", "x")
    return {
        "empty": (b"", "empty"),
        "html": (b"\n<!DOCTYPE html><html>404</html>", "HTML"),
        "lfs": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        "gzip": (b"\x1f\x8b\x08\x00", "gzip"),
        "hdf5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
        "npy": (b"\x93NUMPY\x01\x00", "numpy.load"),
        "npz": (npz.getvalue(), "numpy.load"),
        "tar": (tar.getvalue(), "tar"),
        "zip": (other_zip.getvalue(), "0 entries"),
        "pickle": (pickle.dumps({"a": 1}), "plain pickle"),
        "text": (b"hello there", "no known format"),
        "half_magic": (b"PK", "no known format"),
        "magic": (b"PK\x03\x04", "not a zip file"),
    }


@pytest.mark.parametrize("kind", list(strangers()))
def test_other_files_are_named(tmp_path: Path, forge: SimpleNamespace, kind: str) -> None:
    data, match = strangers()[kind]
    forge.refused(tmp_path / "a.pth", data, match)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="No such file or directory"):
        io.load_checkpoint(tmp_path / "missing.pth")
    with pytest.raises(CheckpointError, match="directory"):
        io.load_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="not a regular file"):
        io.load_checkpoint("/dev/null")


def test_importing_is_cheap() -> None:
    """The package may be imported without what only files need."""
    code = (
        "import sys, functorch_lite.io; "
        "heavy = {'requests', 'pooch', 'tqdm', 'safetensors'}; "
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
