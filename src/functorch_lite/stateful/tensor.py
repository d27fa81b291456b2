"""`Tensor`: an array with PyTorch's manners, recorded on the tape."""

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import ShapedArray, Trace, Tracer, current_state
from . import tape as _tape
from .differentiation import Differentiation
from .graph import Size
from .lazy import Borrowed, Lazy
from .tape import FUNCTIONAL, TAPE, Counter, TensorNode
from .views import attach, replace, sync

__all__ = ["FunctionalTensor", "Tensor", "borrow", "leaf_node", "make", "wrap"]


class Tensor(Differentiation):
    """A multi-dimensional array that can record what is done with it.

    Parameters
    ----------
    *data : array_like, or ints
        Numbers, converted to the default dtype as ``torch.Tensor`` does; integers one by one are
        a shape, filled with zeros. Use `functorch_lite.tensor` to keep the dtype.

    Attributes
    ----------
    grad : Tensor or None
        The gradient that `backward` accumulated.
    requires_grad, is_leaf, grad_fn
        The tensor's place in the graph.

    Notes
    -----
    Methods are PyTorch's; every function of `functorch_lite.numpy` and every NumPy function takes
    Tensors too. All transforms (grad, vmap, jit) apply to functions of Tensors and return
    Tensors.
    """

    __slots__ = ()
    _trace: Trace = TAPE
    source = None
    if TYPE_CHECKING:  # operators and methods are installed by `methods`

        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, index: Any) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...

    def __init__(self, *data: Any) -> None:
        from .creation import get_default_dtype, zeros

        sizes = len(data) > 1 or (len(data) == 1 and type(data[0]) is int)
        given = zeros(*data) if sizes else data[0] if data else ()
        value = given.value if isinstance(given, Tensor) else np.array(given)
        _init(self, np.array(value, get_default_dtype()), None)

    @staticmethod
    def _make(value: Any, node: Any = None) -> "Tensor":
        return make(value, node)

    # --- value and graph --------------------------------------------------------------------

    @property
    def raw(self) -> Any:
        """What this Tensor holds now: an array, or a `Lazy` value while it is pending."""
        view = self._view
        if view is not None and view.counter.version != view.version:
            sync(self)
        value = self._value
        if type(value) is Lazy and value.result is not None:
            value = self._value = value.result
        return value

    @property
    def value(self) -> Any:
        """The array (under a transform: the tracer) that this Tensor holds now."""
        value = self.raw
        if type(value) is Lazy:
            value = self._value = value.force()
        return value

    @property
    def is_pending(self) -> bool:
        """Whether the value is recorded but not computed yet."""
        return type(self.raw) is Lazy

    @property
    def node(self) -> TensorNode | None:
        """The place in the graph, or None."""
        view = self._view
        if view is not None and view.counter.version != view.version:
            sync(self)
        return self._node

    def bare(self) -> Tracer:
        """Return the tracer that the transforms know."""
        return self

    def as_constant(self) -> Any:
        """Return an array for a Tensor made inside the function that is recorded.

        Any other stays a Tensor, so that a recorded program sees its later values.
        """
        return self.value if self._level > 0 and self.node is None else self

    def _shared_counter(self) -> Counter:
        if self._counter is None:
            self._counter = Counter()
        return self._counter

    @property
    def _version(self) -> int:
        return self._shared_counter().version

    @property
    def aval(self) -> ShapedArray:
        """Shape and dtype."""
        v = self.raw
        return ShapedArray(v.shape, v.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.raw.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self.raw.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.raw.shape)

    @property
    def size(self) -> Size:
        """Number of elements; ``size()`` is the shape, as in PyTorch."""
        shape = self.raw.shape
        n = 1
        for d in shape:
            n *= d
        out = Size(n)
        out.shape = shape
        return out

    @property
    def weak_type(self) -> bool:
        """Never: a Tensor has a dtype of its own."""
        return False

    def concrete(self, wanted: str) -> Any:
        """Return the value."""
        return self.value

    # --- copies and conversions ---------------------------------------------------------------

    def detach(self) -> "Tensor":
        """Return the same data outside the graph; writing to one writes to both."""
        return attach(_detached(self), self, _detached, tracked=False, whole=True)

    def detach_(self) -> "Tensor":
        """Cut this tensor off from what made it."""
        if self._view is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._node = None
        return self

    @property
    def data(self) -> "Tensor":
        """The same data outside the graph; it can be assigned to."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        replace(self, wrap(value))
        if self._node is not None and self._node.eqn is None and self.dtype.kind not in "fc":
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point"
            )

    def __repr__(self) -> str:
        from .printing import tensor_repr

        return tensor_repr(self)

    def __format__(self, spec: str) -> str:
        if self.shape == () and spec:
            return format(self.item(), spec)
        return object.__format__(self, spec)


def _init(t: Tensor, value: Any, node: Any) -> None:
    """Set the fields of a new Tensor."""
    t._value = value
    t._node = node
    t._view = None
    t._counter = None
    t._grad = None
    t._inference = False
    t._level = 0


_new = object.__new__


def make(value: Any, node: Any = None) -> Tensor:
    """Return a Tensor that holds `value` (not copied) at `node`."""
    t = _new(Tensor)
    t._value = value
    t._node = node
    t._view = None
    t._counter = None
    t._grad = None
    t._inference = False
    t._level = 0
    return t


class FunctionalTensor(Tensor):
    """A Tensor's methods over a tracer of a functional transform.

    Modules see their inputs and parameters so while they run under grad, vmap or jit; see
    `tape.FunctionalTrace`. The gradient is the transform's: there is no tape.
    """

    __slots__ = ()
    _trace: Trace = FUNCTIONAL

    def bare(self) -> Any:
        """Return the tracer that the transforms know."""
        return self.value

    @property
    def aval(self) -> ShapedArray:
        """Shape and dtype."""
        return self.value.aval

    @property
    def requires_grad(self) -> bool:
        """False: what is differentiated is the transform's affair."""
        return False

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Raise: the transform decides what is differentiated."""
        if not requires_grad:
            return self
        raise RuntimeError(
            f"requires_grad_() inside {self.value._trace.name}: pass what is to be differentiated "
            "as an argument of functorch_lite.grad"
        )

    def backward(self, *args: Any, **kwargs: Any) -> None:
        """Raise: a transform differentiates from outside."""
        raise RuntimeError(
            f"backward() inside {self.value._trace.name}: return the loss and use "
            "functorch_lite.grad or value_and_grad"
        )

    def concrete(self, wanted: str) -> Any:
        """Return the value if the tracer knows it."""
        return self.value.concrete(wanted)

    def numpy(self, *, force: bool = False) -> np.ndarray[Any, Any]:
        """Raise: a traced value is no array."""
        return self.value.__array__()

    def __repr__(self) -> str:
        return f"FunctionalTensor({self.value!r})"


def wrap(x: Any) -> Any:
    """Return a result as a Tensor: arrays and tracers are wrapped, Tensors stay."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Tracer) and type(x) is not Lazy:
        t = make(x, None)
        t.__class__ = FunctionalTensor
        return t
    t = make(x if type(x) in (np.ndarray, Lazy, Borrowed) else np.asarray(x), None)
    t._level = current_state().level
    return t


def borrow(x: Any) -> Any:
    """Return an array of the user's as a Tensor over its memory; anything else as `wrap` does."""
    return wrap(x.view(Borrowed) if isinstance(x, np.ndarray) else x)


def _detached(x: Tensor) -> Tensor:
    """Return the value outside the graph."""
    if isinstance(x, FunctionalTensor):
        from ..prims.arithmetic import stop_gradient

        return wrap(stop_gradient(x.bare()))
    return make(x.raw, None)


def leaf_node(t: Tensor) -> TensorNode:
    """Return the node of a leaf, which knows where the gradient goes."""
    node = TensorNode(None, 0)
    node.tensor = weakref.ref(t)
    return node


_tape._make = make
_tape._wrap = wrap
