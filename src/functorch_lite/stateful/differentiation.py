"""The part of `Tensor` that deals with its place in the graph and with gradients."""

import weakref
from typing import TYPE_CHECKING, Any

from .conversion import Conversions
from .graph import GradFn

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["Differentiation"]


class Differentiation(Conversions):
    """Leaves, gradients, hooks, and the backward pass."""

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
    _value: Any
    _node: Any
    _view: Any
    _counter: Any
    _grad: Any
    _inference: bool
    _level: int

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
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
        from .modes import is_inference_mode_enabled

        if self._inference and not is_inference_mode_enabled():
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
            )
        if node is None:
            from .tensor import leaf_node

            self._node = leaf_node(self)  # type: ignore[arg-type]
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
            from .tensor import Tensor

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
        _backward(self, gradient, retain_graph, create_graph, inputs=inputs)

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


# Set by the module `autograd`, which depends on this one.
_backward: Any = None
