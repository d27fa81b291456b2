"""Small objects that Tensors hand out: their size, and what made them."""

from typing import Any

from .tape import TensorEqn, TensorNode

__all__ = ["GradFn", "Size"]


class Size(int):
    """The number of elements; called, it is PyTorch's ``size()``: the shape, or one length.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> x = fl.zeros(2, 3)
    >>> x.size, x.size(), x.size(0)
    (6, (2, 3), 2)
    """

    shape: tuple[int, ...]

    def __call__(self, dim: int | None = None) -> Any:
        """Return the shape, or the length of one axis."""
        if dim is None:
            return self.shape
        n = len(self.shape)
        if not -n <= dim < n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
            )
        return self.shape[dim]


class GradFn:
    """What made a tensor, for looking at the graph.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> x = fl.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).grad_fn
    <MulBackward>
    >>> (x * x).grad_fn.next_functions
    ((<AccumulateGrad>, 0), (<AccumulateGrad>, 0))
    """

    def __init__(self, node: TensorNode) -> None:
        self._node = node

    def name(self) -> str:
        """Return the name of the step of the backward pass."""
        eqn = self._node.eqn
        if not isinstance(eqn, TensorEqn):
            return "AccumulateGrad"
        return "".join(part.capitalize() for part in eqn.name.split("_")) + "Backward"

    @property
    def variable(self) -> Any:
        """The leaf tensor of an AccumulateGrad."""
        ref = self._node.tensor if self._node.eqn is None else None
        return None if ref is None else ref()

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """What made the operands, and which of its results each is."""
        eqn = self._node.eqn
        if eqn is None:
            return ()
        return tuple(
            (None, 0) if p is None else (GradFn(p), p.position)  # type: ignore[arg-type]
            for p in eqn.parents
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and (
            self._node is other._node
            or (self._node.eqn is not None and self._node.eqn is other._node.eqn)
        )

    def __hash__(self) -> int:
        return hash(self._node.eqn or self._node)

    def __repr__(self) -> str:
        return f"<{self.name()}>"
