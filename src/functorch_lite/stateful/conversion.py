"""Tensors become arrays, numbers and copies."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import Tracer

__all__ = ["Conversions"]


class Conversions(Tracer):
    """The part of `Tensor` that leaves Tensors: NumPy, Python numbers, copies, pickles."""

    __slots__ = ()
    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """Return the value as a read-only array that shares memory.

        Parameters
        ----------
        force : bool
            Detach first.

        Raises
        ------
        RuntimeError
            If the tensor requires a gradient and `force` is False.

        Notes
        -----
        The array is read-only because Tensors share memory among themselves; where PyTorch
        would change the tensor through its array, NumPy raises. Take ``x.numpy().copy()`` to
        write, or write to the tensor.
        """
        if self.node is not None and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        view = np.asarray(self.value).view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        value = self.numpy()
        if dtype is not None and np.dtype(dtype) != value.dtype:
            if copy is False:
                raise ValueError(f"a {value.dtype} Tensor cannot become {dtype} without a copy")
            return value.astype(dtype)
        return value.copy() if copy else value

    def __dlpack__(self, **options: Any) -> Any:
        """Hand the memory to another library, without copying; it is marked as read-only.

        A library that does not know that mark (DLPack before 1.0, such as JAX) gets a copy.
        """
        array = self.numpy()
        if options.get("max_version") is None and not array.flags.writeable:
            array = array.copy()
        return array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return the CPU, in DLPack's terms."""
        return self.numpy(force=True).__dlpack_device__()

    def item(self) -> Any:
        """Return the only element as a Python number."""
        value = self.concrete("item()")
        if value.size != 1:
            raise RuntimeError(f"a Tensor with {value.size} elements cannot be converted to Scalar")
        return value.item()

    def tolist(self) -> Any:
        """Return nested lists of Python numbers."""
        return self.concrete("tolist()").tolist()

    def __bool__(self) -> bool:
        value = self.concrete("bool() (an `if`, `while`, `and`, `or` or `not`)")
        if value.size != 1:
            many = "more than one value" if value.size else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {many} is ambiguous")
        return bool(value.item())

    def _scalar(self, wanted: str) -> Any:
        value = self.concrete(wanted)
        if value.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return value.item()

    def __float__(self) -> float:
        return float(self._scalar("float()"))

    def __int__(self) -> int:
        return int(self._scalar("int()"))

    def __complex__(self) -> complex:
        return complex(self._scalar("complex()"))

    def __index__(self) -> int:
        value = self.concrete("index() (a Python index, range or shape)")
        if value.size != 1 or value.dtype.kind not in "biu":
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(value.item())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment. Use x.detach().clone()."
            )
        found = memo.get(id(self))
        if found is not None:
            return found
        import copy

        from .tensor import _init, leaf_node

        out: Any = type(self).__new__(type(self))
        _init(out, np.array(self.value), None)
        memo[id(self)] = out
        if self.requires_grad:
            out._node = leaf_node(out)
        out._grad = copy.deepcopy(self._grad, memo)
        out.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return out

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "only leaf Tensors can be pickled; pickle x.detach() instead of a computed tensor"
            )
        state = (np.array(self.value), self.requires_grad, self.__dict__)
        return _unpickle, (type(self), *state)


def _unpickle(cls: type, value: Any, requires_grad: bool, attributes: dict[str, Any]) -> Any:
    """Rebuild a pickled leaf."""
    from .tensor import _init, leaf_node

    out: Any = object.__new__(cls)
    _init(out, value, None)
    if requires_grad:
        out._node = leaf_node(out)
    out.__dict__.update(attributes)
    return out
