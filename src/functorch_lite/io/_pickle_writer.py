"""Writing the pickle of a checkpoint: plain containers and tensors, without PyTorch at hand."""

import pickle
import struct
from collections import OrderedDict
from typing import Any

import numpy as np

from ..errors import CheckpointError

__all__ = ["PickleWriter"]

_STORAGE_NAMES = {
    np.dtype(np.float64): "DoubleStorage",
    np.dtype(np.float32): "FloatStorage",
    np.dtype(np.float16): "HalfStorage",
    np.dtype(np.int64): "LongStorage",
    np.dtype(np.int32): "IntStorage",
    np.dtype(np.int16): "ShortStorage",
    np.dtype(np.int8): "CharStorage",
    np.dtype(np.uint8): "ByteStorage",
    np.dtype(np.bool_): "BoolStorage",
    np.dtype(np.complex64): "ComplexFloatStorage",
    np.dtype(np.complex128): "ComplexDoubleStorage",
}
_UNTYPED = {np.dtype(name): name for name in ("uint16", "uint32", "uint64")}
_MAX_DEPTH = 100


class PickleWriter:
    """Pickles of protocol 2, as torch.save writes them; the storages go to a list beside."""

    def __init__(self) -> None:
        self.storages: list[np.ndarray] = []
        """1-d, contiguous, little-endian arrays, in the order of their keys."""
        self._keys: dict[tuple[int, int, np.dtype], int] = {}
        self._alive: list[np.ndarray] = []
        self._out = bytearray()

    def dump(self, state: Any) -> bytes:
        """Pickle `state`."""
        self._out = bytearray(pickle.PROTO + b"\x02")
        self._save(state, "state", 0)
        self._out += pickle.STOP
        return bytes(self._out)

    def _save(self, obj: Any, where: str, depth: int) -> None:
        """Append the opcodes that push `obj`."""
        if depth > _MAX_DEPTH:
            raise CheckpointError(
                f"{where} is nested more than {_MAX_DEPTH} deep, or contains itself. Flatten it."
            )
        if isinstance(obj, str):
            self._save_str(obj)
        elif isinstance(obj, bytes):
            self._call("_codecs", "encode", obj.decode("latin-1"), "latin1")
        # NumPy's float64 is a Python float too, and is to keep its dtype.
        elif isinstance(obj, np.ndarray | np.generic):
            self._save_tensor(np.asarray(obj), where)
        elif obj is None:
            self._out += pickle.NONE
        elif isinstance(obj, bool):
            self._out += pickle.NEWTRUE if obj else pickle.NEWFALSE
        elif isinstance(obj, int):
            self._save_int(obj, where)
        elif isinstance(obj, float):
            self._out += pickle.BINFLOAT + struct.pack(">d", obj)
        elif isinstance(obj, dict):
            self._save_dict(obj, where, depth)
        elif type(obj) in (list, tuple):
            self._out += (pickle.EMPTY_LIST if type(obj) is list else b"") + pickle.MARK
            for index, item in enumerate(obj):
                self._save(item, f"{where}[{index}]", depth + 1)
            self._out += pickle.APPENDS if type(obj) is list else pickle.TUPLE
        else:
            raise CheckpointError(
                f"{where} is a {type(obj).__name__}, which a checkpoint cannot hold. Give NumPy "
                "arrays, numbers, strings, None, or lists, tuples and dicts of these."
            )

    def _save_dict(self, obj: dict, where: str, depth: int) -> None:
        """Push a dict or OrderedDict, with the metadata that a state dict may carry."""
        if isinstance(obj, OrderedDict):
            self._call("collections", "OrderedDict")
        elif type(obj) is dict:
            self._out += pickle.EMPTY_DICT
        else:
            raise CheckpointError(
                f"{where} is a {type(obj).__name__}, which a checkpoint cannot hold. Make it a "
                "dict."
            )
        self._out += pickle.MARK
        for key, value in obj.items():
            if not isinstance(key, str | int | float | bytes | None) or isinstance(key, np.generic):
                raise CheckpointError(
                    f"{where} has the key {key!r} of type {type(key).__name__}. Use strings or "
                    "Python numbers as keys."
                )
            self._save(key, where, depth + 1)
            self._save(value, f"{where}[{key!r}]", depth + 1)
        self._out += pickle.SETITEMS
        metadata = getattr(obj, "_metadata", None)
        if metadata is not None:
            self._save({"_metadata": metadata}, f"{where}._metadata", depth + 1)
            self._out += pickle.BUILD

    def _save_int(self, value: int, where: str) -> None:
        """Push an integer."""
        if -(1 << 31) <= value < 1 << 31:
            self._out += pickle.BININT + struct.pack("<i", value)
            return
        data = pickle.encode_long(value)
        if len(data) > 255:
            raise CheckpointError(f"{where} is an integer of more than 2040 bits. Make it a str.")
        self._out += pickle.LONG1 + bytes([len(data)]) + data

    def _save_str(self, text: str) -> None:
        """Push a string."""
        data = text.encode("utf-8", "surrogatepass")
        self._out += pickle.BINUNICODE + struct.pack("<I", len(data)) + data

    def _global(self, module: str, name: str) -> None:
        """Push a global."""
        self._out += pickle.GLOBAL + f"{module}\n{name}\n".encode("ascii")

    def _call(self, module: str, name: str, *args: Any) -> None:
        """Push the result of calling a global."""
        self._global(module, name)
        self._save(args, name, 0)
        self._out += pickle.REDUCE

    def _save_tensor(self, array: np.ndarray, where: str) -> None:
        """Push a tensor over its storage."""
        dtype = array.dtype.newbyteorder("=")
        if dtype not in _STORAGE_NAMES and dtype not in _UNTYPED:
            raise CheckpointError(
                f"{where} is an array of dtype {array.dtype}, which PyTorch lacks. Convert it "
                "with astype to a float, complex, integer or bool dtype."
            )
        key, stride = self._store(array)
        typed = dtype in _STORAGE_NAMES
        self._global("torch._utils", "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3")
        self._out += pickle.MARK * 2
        self._save_str("storage")
        if typed:
            self._global("torch", _STORAGE_NAMES[dtype])
        else:
            self._global("torch.storage", "UntypedStorage")
        self._save_str(str(key))
        self._save_str("cpu")
        self._save_int(array.size if typed else array.nbytes, where)
        self._out += pickle.TUPLE + pickle.BINPERSID
        for value in (0, array.shape, stride, False):
            self._save(value, where, 0)
        self._call("collections", "OrderedDict")  # no hooks
        if not typed:
            self._global("torch", _UNTYPED[dtype])
        self._out += pickle.TUPLE + pickle.REDUCE

    def _store(self, array: np.ndarray) -> tuple[int, tuple[int, ...]]:
        """Give the key of the storage of `array` and its strides in elements.

        Arrays that cover the same memory without gaps, such as a tied weight and its transpose,
        share a storage. Slices are stored on their own, without what they leave out.
        """
        order = _dense_order(array)
        if order is None:
            array = np.array(array, order="C", copy=True)
            order = tuple(range(array.ndim))
        flat = array.transpose(order).reshape(-1)
        identity = (flat.ctypes.data, flat.nbytes, array.dtype)
        if identity not in self._keys:
            self._keys[identity] = len(self.storages)
            self._alive.append(array)  # so that no other array gets its address
            self.storages.append(flat.astype(array.dtype.newbyteorder("<"), copy=False))
        item = array.itemsize
        stride = [0] * array.ndim
        step = item
        for axis in reversed(order):
            stride[axis] = step // item
            step *= max(array.shape[axis], 1)
        return self._keys[identity], tuple(stride)


def _dense_order(array: np.ndarray) -> tuple[int, ...] | None:
    """Find the order of axes in which `array` is C-contiguous, if there is one."""
    if array.flags.c_contiguous:
        return tuple(range(array.ndim))
    order = tuple(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))
    return order if array.transpose(order).flags.c_contiguous else None
