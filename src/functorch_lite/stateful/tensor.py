"""`Tensor`: an array with PyTorch's manners, recorded on the tape."""

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import ShapedArray, Trace, Tracer, current_state
from . import tape as _tape
from .conversion import Conversions
from .graph import GradFn, Size
from .tape import FUNCTIONAL, TAPE, Counter, TensorNode
from .views import View, attach, replace, sync

__all__ = ["FunctionalTensor", "Tensor", "leaf_node", "make", "wrap"]


class Tensor(Conversions):
    """A multi-dimensional array that can record what is done with it.

    Parameters
    ----------
    data : array_like
        Numbers; converted to the default dtype, as ``torch.Tensor`` does. Use
        `functorch_lite.tensor` to keep the dtype.

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

    __slots__ = (
        "__dict__",
        "_counter",
        "_grad",
        "_inference",
        "_level",
        "_node",
        "_value",
        "_view",
    )
    _trace: Trace = TAPE
    source = None
    _value: Any
    _node: TensorNode | None
    _view: View | None
    _counter: Counter | None
    _grad: "Tensor | None"
    _inference: bool
    _level: int

    if TYPE_CHECKING:  # operators and methods are installed by `methods`

        def __getattr__(self, name: str) -> Any: ...
        def __getitem__(self, index: Any) -> Any: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...

    def __init__(self, data: Any = ()) -> None:
        from .creation import get_default_dtype

        value = data.value if isinstance(data, Tensor) else np.array(data)
        _init(self, np.array(value, get_default_dtype()), None)

    @staticmethod
    def _make(value: Any, node: Any = None) -> "Tensor":
        return make(value, node)

    # --- value and graph --------------------------------------------------------------------

    @property
    def value(self) -> Any:
        """The array (under a transform: the tracer) that this Tensor holds now."""
        view = self._view
        if view is not None and view.counter.version != view.version:
            sync(self)
        return self._value

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
        v = self.value
        return ShapedArray(v.shape, v.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.value.shape)

    @property
    def size(self) -> Size:
        """Number of elements; ``size()`` is the shape, as in PyTorch."""
        shape = self.value.shape
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

    # --- autograd ----------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Switch recording for a leaf, and return it."""
        node = self.node
        if node is not None and node.eqn is not None:
            if requires_grad:
                return self
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if not requires_grad:
            self._node = None
            return self
        if self.dtype.kind not in "fc":
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients"
            )
        if self._inference and not _in_inference():
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
            )
        if node is None:
            self._node = leaf_node(self)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the user made this tensor, rather than an operation that was recorded."""
        node = self.node
        return node is None or node.eqn is None

    @property
    def grad_fn(self) -> GradFn | None:
        """What made this tensor; None for a leaf."""
        node = self.node
        return None if node is None or node.eqn is None else GradFn(node)

    @property
    def grad(self) -> "Tensor | None":
        """The accumulated gradient of a leaf (or of a tensor after ``retain_grad()``)."""
        if self._grad is None and not self.is_leaf and not self.retains_grad:
            import warnings

            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
                ".grad attribute won't be populated during autograd.backward(). If you indeed want "
                "the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the "
                "non-leaf Tensor.",
                UserWarning,
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type "
                    f"{type(value).__name__}"
                )
            if value.shape != self.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of "
                    f"size '{list(self.shape)}'. Please ensure that the gradient and the tensor are "
                    "the same size"
                )
            if value.dtype != self.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value.dtype}' to a tensor with "
                    f"dtype '{self.dtype}'. Please ensure that the gradient and the tensor have the "
                    "same dtype"
                )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def retains_grad(self) -> bool:
        """Whether a tensor that is not a leaf keeps its gradient."""
        node = self.node
        return node is not None and node.eqn is not None and node.tensor is not None

    def retain_grad(self) -> None:
        """Keep this tensor's gradient in ``.grad`` although it is not a leaf."""
        node = self.node
        if node is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if node.eqn is not None:
            node.tensor = weakref.ref(self)

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Compute the gradient of this tensor with respect to the graph's leaves.

        Parameters
        ----------
        gradient : Tensor, optional
            The gradient of this tensor itself, of its shape; needed unless it is a scalar.
        retain_graph : bool, optional
            Keep what the graph saved, so that it can be walked again. `create_graph` by default.
        create_graph : bool
            Record the backward pass itself, for derivatives of higher order.
        inputs : Tensor or sequence of Tensor, optional
            Accumulate into these only.

        Raises
        ------
        RuntimeError
            As PyTorch: no gradient is required, the tensor is not a scalar and `gradient` is
            missing, the graph was freed, or a saved tensor was changed in place.

        Examples
        --------
        >>> import functorch_lite as fl
        >>> x = fl.tensor([2.0, 3.0], requires_grad=True)
        >>> (3 * x**3).backward(fl.tensor([1.0, 1.0]))
        >>> x.grad
        tensor([36., 81.])
        """
        from .autograd import backward

        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook: Any) -> Any:
        """Call ``hook(grad)`` when this tensor's gradient is computed; it may return another."""
        from .hooks import RemovableHandle

        node = self.node
        if node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if node.hooks is None:
            node.hooks = {}
        return RemovableHandle(node.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> Any:
        """Call ``hook(tensor)`` after a leaf's gradient was accumulated."""
        from .hooks import RemovableHandle

        node = self.node
        if node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if node.eqn is not None:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        if node.after is None:
            node.after = {}
        return RemovableHandle(node.after, hook)

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


def _in_inference() -> bool:
    from .modes import is_inference_mode_enabled

    return is_inference_mode_enabled()


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
    if isinstance(x, Tracer):
        t = make(x, None)
        t.__class__ = FunctionalTensor
        return t
    t = make(x if type(x) is np.ndarray else np.asarray(x), None)
    t._level = current_state().level
    return t


def _detached(x: Tensor) -> Tensor:
    """Return the value outside the graph."""
    if isinstance(x, FunctionalTensor):
        from ..prims.arithmetic import stop_gradient

        return wrap(stop_gradient(x.bare()))
    return make(x.value, None)


def leaf_node(t: Tensor) -> TensorNode:
    """Return the node of a leaf, which knows where the gradient goes."""
    node = TensorNode(None, 0)
    node.tensor = weakref.ref(t)
    return node


_tape._make = make
_tape._wrap = wrap
