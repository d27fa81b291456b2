"""The allow list: the globals that a checkpoint's pickle may name, and what each makes of NumPy."""

import math
import re
import sys
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import CheckpointError
from ._files import Budget
from ._storages import STORAGE_TYPES, UNTYPED_DTYPES
from ._unpickle import Pending, Rebuild, shown

__all__ = ["allowed_globals", "strided_view"]

_TORCH_DTYPES = (
    "float64 double float32 float float16 half bfloat16 int64 long int32 int int16 short int8 "
    "uint8 bool complex64 complex128 uint16 uint32 uint64"
)
_TENSOR_TYPES = ["Double", "Float", "Half", "Long", "Int", "Short", "Char", "Byte"]
_PARAMETERS = ("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer")


def allowed_globals(budget: Budget) -> dict[str, object]:
    """List what a pickle may name; copies that rebuilding a tensor takes count on `budget`."""
    tensors = _Tensors(budget)
    calls: dict[str, Callable[..., Any]] = {
        "torch._utils._rebuild_tensor": tensors.rebuild,
        "torch._utils._rebuild_tensor_v2": tensors.rebuild_v2,
        "torch._utils._rebuild_tensor_v3": tensors.rebuild_v3,
        "torch._utils._rebuild_parameter": tensors.rebuild_parameter,
        "torch._utils._rebuild_parameter_with_state": tensors.rebuild_parameter,
        "torch._tensor._rebuild_from_type_v2": tensors.rebuild_from_type,
        "numpy.dtype": _numpy_dtype,
        "numpy.ndarray": _never,
    }
    plain: dict[str, Callable[..., Any]] = {
        "torch.Size": _size,
        "torch.device": _device,
        "collections.OrderedDict": _ordered_dict,
        "collections.Counter": _counter,
        "_codecs.encode": _encode,
    }
    for name in _PARAMETERS:
        calls[name] = tensors.old_parameter
    for name in _TENSOR_TYPES:
        calls[f"torch.{name}Tensor"] = tensors.old_tensor
        calls[f"torch.cuda.{name}Tensor"] = tensors.old_tensor
    for module in ("builtins", "__builtin__"):
        plain[f"{module}.set"] = _set
        plain[f"{module}.frozenset"] = _frozenset
        plain[f"{module}.complex"] = _complex
        plain[f"{module}.bytes"] = _no_bytes
        plain[f"{module}.bytearray"] = _bytearray
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        plain[f"{module}.scalar"] = _numpy_scalar
        calls[f"{module}._reconstruct"] = _numpy_array(budget)
    calls.update({name: _counted(name, call, budget) for name, call in plain.items()})
    table: dict[str, object] = {name: Rebuild(name, call) for name, call in calls.items()}
    table.update(STORAGE_TYPES)
    # dtypes stay what PyTorch prints for them: NumPy has no dtype for some.
    table.update({f"torch.{name}": f"torch.{name}" for name in _TORCH_DTYPES.split()})
    return table


def _counted(name: str, call: Callable[..., Any], budget: Budget) -> Callable[..., Any]:
    """Count what `call` copies: a pickle may call it on one long argument again and again."""

    def counted(*args: Any) -> Any:
        result = call(*args)
        budget.take(sys.getsizeof(result), f"a call of '{name}'")
        return result

    return counted


def strided_view(
    storage: np.ndarray, offset: int, size: tuple[int, ...], stride: tuple[int, ...], budget: Budget
) -> np.ndarray:
    """Make the array that a tensor's `offset`, `size` and `stride` (in elements) select.

    It is a view of `storage`, so that tensors which share memory in the file share it here;
    where the elements of one tensor overlap (`expand`), it is a copy.

    Raises
    ------
    CheckpointError
        If it reaches outside of the storage.
    """
    integers = (offset, *size, *stride)
    if any(type(n) is not int or n < 0 for n in integers) or len(size) != len(stride):
        raise CheckpointError(
            f"a tensor has the offset {shown(offset)}, size {shown(size)} and stride "
            f"{shown(stride)}, which must be non-negative integers, as many in size as in stride. "
            "The file is corrupted."
        )
    if len(size) > 64:
        raise CheckpointError(f"a tensor has {len(size)} dimensions; NumPy has at most 64.")
    if 0 in size:
        return np.empty(size, storage.dtype)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if last >= storage.size:
        raise CheckpointError(
            f"a tensor of offset {offset}, size {size} and stride {stride} reaches element {last} "
            f"of a storage of {storage.size} elements. The file is corrupted."
        )
    item, overlaps = storage.dtype.itemsize, _overlaps(size, stride)
    if overlaps:
        budget.take(math.prod(size) * item, f"a tensor of size {size} and stride {stride}")
    # The step of an axis of length 1 is never taken, and may be too large for NumPy.
    steps = [0 if n == 1 else step * item for n, step in zip(size, stride, strict=True)]
    view = np.lib.stride_tricks.as_strided(storage[offset:], size, steps)
    return view.copy() if overlaps else view


def _overlaps(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Tell whether two indices may select one element (exact unless strides interleave)."""
    reach = 0
    for step, n in sorted((s, n) for n, s in zip(size, stride, strict=True) if n > 1):
        if step <= reach:
            return True
        reach += (n - 1) * step
    return False


class _Tensors:
    """The functions that rebuild tensors and parameters."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def rebuild(self, storage: Any, offset: Any, size: Any, stride: Any) -> np.ndarray:
        """Rebuild a tensor as PyTorch before 0.4 wrote it."""
        # What stands for a storage is 1-d and contiguous; so may a tensor be, which does no harm.
        valid = isinstance(storage, np.ndarray) and storage.ndim == 1
        if not valid or not storage.flags.c_contiguous:
            raise CheckpointError("a tensor has no storage. The file is corrupted.")
        return strided_view(storage, offset, tuple(size), tuple(stride), self._budget)

    def rebuild_v2(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any,
        hooks: Any,
        metadata: Any = None,
    ) -> np.ndarray:
        """Rebuild a tensor; lazily conjugated or negated ones are so really."""
        tensor = self.rebuild(storage, offset, size, stride)
        flags = metadata or {}
        if type(flags) is not dict or not set(flags) <= {"conj", "neg"}:
            raise CheckpointError(
                f"a tensor has the metadata {shown(flags)}, which is not known here. Load it with "
                "PyTorch and save plain tensors."
            )
        for flag, function in (("conj", np.conj), ("neg", np.negative)):
            if flags.get(flag):
                self._budget.take(tensor.nbytes, f"a {flag} view")
                tensor = np.asarray(function(tensor))
        return tensor

    def rebuild_v3(
        self,
        storage: Any,
        offset: Any,
        size: Any,
        stride: Any,
        requires_grad: Any,
        hooks: Any,
        dtype: Any,
        metadata: Any = None,
    ) -> np.ndarray:
        """Rebuild a tensor whose dtype has no storage class of its own."""
        known = UNTYPED_DTYPES.get(dtype) if type(dtype) is str else None
        if known is None or not isinstance(storage, np.ndarray):
            raise CheckpointError(
                f"a tensor has the dtype {shown(dtype)}, which NumPy lacks. Convert it with "
                "PyTorch (`tensor.float()`) and save again."
            )
        typed = storage.view(known)
        return self.rebuild_v2(typed, offset, size, stride, requires_grad, hooks, metadata)

    def rebuild_parameter(self, data: Any, *_: Any) -> np.ndarray:
        """Rebuild a parameter: its data."""
        if not isinstance(data, np.ndarray):
            raise CheckpointError("a parameter has no data. The file is corrupted.")
        return data

    def rebuild_from_type(self, function: Any, kind: Any, args: Any, state: Any) -> np.ndarray:
        """Rebuild a tensor that had Python attributes, which are left out."""
        if getattr(kind, "name", None) not in _PARAMETERS or not isinstance(function, Rebuild):
            raise CheckpointError(
                "a tensor is of a subclass that is not known here. Load it with PyTorch and save "
                "plain tensors."
            )
        return self.rebuild_parameter(function.call(*args))

    def old_tensor(self) -> Pending:
        """Begin a tensor of PyTorch 0.1: its storage, offset, size and stride follow."""
        return Pending("an old tensor", lambda state: self.rebuild(*state))

    def old_parameter(self, *data: Any) -> Pending:
        """Begin a parameter of PyTorch before 0.4: its data are given now or with its state."""
        return Pending(
            "an old parameter", lambda state: self.rebuild_parameter(*(data or state)[:1])
        )


# Plain Python.


def _ordered_dict(items: Any = ()) -> OrderedDict:
    """Make an OrderedDict; pickles of Python 3 fill it afterwards."""
    if len(items):
        raise CheckpointError("an OrderedDict is made with arguments. The file is corrupted.")
    return OrderedDict()


def _counter(counts: Any = None) -> Counter:
    """Make a Counter."""
    result: Counter = Counter()
    if counts is not None and type(counts) is not dict:
        raise CheckpointError("a Counter is made of no dict. The file is corrupted.")
    for key, count in (counts or {}).items():
        result[key] = count
    return result


def _size(sizes: Any = ()) -> tuple:
    """Make the tuple that stands for a torch.Size."""
    return tuple(sizes)


def _device(kind: str, index: int | None = None) -> str:
    """Make the string that PyTorch prints for a device."""
    if type(kind) is not str or type(index) not in (int, type(None)):
        raise CheckpointError(f"a device is {shown(kind)}. The file is corrupted.")
    return kind if index is None else f"{kind}:{index}"


def _encode(text: str, encoding: str) -> bytes:
    """Make bytes the way that protocol 2 stores them."""
    if encoding not in ("latin1", "latin-1"):
        raise CheckpointError(f"bytes are stored as {shown(encoding)}. The file is corrupted.")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    """Make the empty bytes, for which protocol 2 has no other way."""
    return b""


def _set(items: Any = ()) -> set:
    """Make a set of scalars."""
    return set(_scalars(items))


def _frozenset(items: Any = ()) -> frozenset:
    """Make a frozenset of scalars."""
    return frozenset(_scalars(items))


def _scalars(items: Any) -> list:
    """Check that set members are hashed fast."""
    if not isinstance(items, list | tuple) or any(
        type(item) not in (str, bytes, int, float, bool, complex, type(None)) for item in items
    ):
        raise CheckpointError("a set has members that are no plain scalars. Save a list instead.")
    return list(items)


def _complex(real: float, imag: float) -> complex:
    """Make a complex number."""
    return complex(float(real), float(imag))


def _bytearray(text: Any = b"", encoding: str | None = None) -> bytearray:
    """Make a bytearray from bytes; never from a size."""
    data = _encode(text, encoding) if encoding is not None else text
    if type(data) is not bytes:
        raise CheckpointError("a bytearray is made of no bytes. The file is corrupted.")
    return bytearray(data)


# NumPy scalars and arrays, as in `{"best_accuracy": np.float64(...)}`.

_SIMPLE_DTYPE = re.compile(r"[<>=|]?[biufc][0-9]{1,2}\Z")


def _numpy_dtype(code: str, align: Any = False, copy: Any = True) -> Pending:
    """Begin a NumPy dtype of numbers; its byte order follows."""
    if type(code) is not str or not _SIMPLE_DTYPE.match(code):
        raise CheckpointError(
            f"a NumPy array has the dtype {shown(code)}. Only booleans and numbers are read."
        )
    return Pending("numpy.dtype", lambda state: _DType(np.dtype(code).newbyteorder(state[1])))


class _DType:
    """A NumPy dtype, which is of use as an argument only."""

    name = "numpy.dtype"

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype


def _plain_dtype(argument: Any) -> np.dtype:
    """Take the dtype out of an argument."""
    if not isinstance(argument, _DType):
        raise CheckpointError("a NumPy object has no dtype. The file is corrupted.")
    return argument.dtype


def _numpy_scalar(dtype: Any, data: Any) -> np.generic:
    """Make a NumPy scalar."""
    kind = _plain_dtype(dtype)
    if type(data) is not bytes or len(data) != kind.itemsize:
        raise CheckpointError("a NumPy scalar has the wrong size. The file is corrupted.")
    return np.frombuffer(data, kind).astype(kind.newbyteorder("="))[0]


def _numpy_array(budget: Budget) -> Callable[..., Pending]:
    """Make the function that begins a NumPy array: its shape, dtype and bytes follow."""

    def build(state: tuple) -> np.ndarray:
        _, shape, dtype, fortran, data = state
        kind = _plain_dtype(dtype)
        # Checked before the product, since a number times a string would be a long string.
        valid = type(shape) is tuple and all(type(n) is int for n in shape)
        if not valid or type(data) is not bytes or math.prod(shape) * kind.itemsize != len(data):
            raise CheckpointError("a NumPy array has the wrong size. The file is corrupted.")
        budget.take(len(data), "a NumPy array")
        flat = np.frombuffer(data, kind).astype(kind.newbyteorder("="))
        return flat.reshape(shape, order="F" if fortran else "C")

    return lambda *_: Pending("numpy.ndarray", build)


def _never(*_: Any) -> None:
    """Refuse the direct construction of an array, which no pickle does."""
    raise CheckpointError("a NumPy array is made directly. The file is corrupted.")
