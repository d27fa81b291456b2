"""Views and writing in place.

Values are immutable arrays: an operation "in place" gives the Tensor another value and another
node. A view remembers its base and how it was taken; writing to either changes both, as in
PyTorch, because a write to a view is scattered into the base, and a view whose base has moved
on takes itself again when it is next looked at (this is "functionalisation").

``reshape`` of a view that is not contiguous is a copy in PyTorch. Whether it was is only worked
out when somebody writes; a Tensor that is no view counts as contiguous.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import Tracer, bind, current_source, current_state, no_differentiation, summarize
from ..prims.arithmetic import convert_element_type_p
from .execution import eager
from .lazy import Lazy
from .tape import Counter, is_recording

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["View", "attach", "before", "check_writable", "replace", "set_values", "sync", "write"]

_CATEGORY = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
_NAMES = {
    "bool": "Bool",
    "int64": "Long",
    "int32": "Int",
    "int16": "Short",
    "int8": "Char",
    "uint8": "Byte",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}


class View:
    """How a Tensor was taken from a base.

    Attributes
    ----------
    base : Tensor
        Not itself a view, or one of which it is not known yet whether it is, or a detached one:
        that has a place of its own in the graph.
    take : callable
        Maps the base to the view's value and node.
    before : callable or None
        If the last step was a reshape that may have copied: what came before that step.
    tracked : bool
        Whether gradients flow between the two.
    whole : bool
        Whether the view has the shape of its base (``detach``).
    """

    __slots__ = ("_base", "before", "counter", "take", "tracked", "version", "whole")

    def __init__(
        self,
        base: "Tensor",
        take: Callable[[Any], Any],
        tracked: bool,
        whole: bool,
        before: Callable[[Any], Any] | None = None,
    ) -> None:
        self._base = base
        self.take = take
        self.before = before
        self.tracked = tracked
        self.whole = whole
        self.counter: Counter = base._shared_counter()
        self.version = self.counter.version

    @property
    def base(self) -> "Tensor":
        """The base; if that was given other data since, what still holds the old."""
        base = self._base
        return base if base._counter is self.counter else self.counter.rebound[id(base)]


def attach(
    out: "Tensor",
    base: "Tensor",
    take: Callable[[Any], Any],
    tracked: bool = True,
    whole: bool = False,
    may_copy: bool = False,
) -> "Tensor":
    """Make `out`, which is ``take(base)``, a view of `base`."""
    tracked = tracked and is_recording()
    outer = base._view
    if outer is None or outer.before is not None or (tracked and not outer.tracked):
        out._view = View(base, take, tracked, whole)
    else:
        first = outer.take
        out._view = View(
            outer.base,
            lambda b: take(first(b)),
            outer.tracked and tracked,
            whole and outer.whole,
            first if may_copy else None,
        )
    out._counter = out._view.counter
    return out


def sync(t: "Tensor") -> None:
    """Take a view again if its base was written to."""
    view = t._view
    if view is None or view.counter.version == view.version:
        return
    _settle(t)
    if t._view is None:
        return
    with no_differentiation(not view.tracked):
        new = view.take(view.base)
    t._value = new._value
    if view.tracked:
        t._node = new._node
    view.version = view.counter.version


def _settle(t: "Tensor") -> None:
    """Find out whether a reshaped view is a copy in PyTorch; if so, it is no view from now on."""
    view = t._view
    if view is None or view.before is None:
        return
    from .tensor import FunctionalTensor

    index = _places(view.base, view.before)
    if not isinstance(index, FunctionalTensor):
        places = index.value
        if not np.may_share_memory(places, places.reshape(t._value.shape)):
            t._view = None
    view.before = None


def _places(base: "Tensor", take: Callable[[Any], Any]) -> Any:
    """Return the flat positions in the base that a view shows."""
    from .tensor import wrap

    places = np.arange(int(np.prod(base.shape))).reshape(base.shape)
    with no_differentiation(), eager():
        return take(wrap(places))


def check_writable(t: "Tensor") -> None:
    """Raise where PyTorch forbids writing in place."""
    if t._inference and not _in_inference():
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed. You can make "
            "a clone to get a normal tensor before doing inplace update."
        )
    if not is_recording():
        return
    node = t.node
    if node is not None and node.eqn is None:
        raise RuntimeError(
            "a leaf Variable that requires grad is being used in an in-place operation "
            f"{summarize(current_source())}. Write it under no_grad(), or out of place."
        )
    view = t._view
    if view is not None and view.tracked:
        root = view.base.node
        if root is not None and root.eqn is None:
            raise RuntimeError(
                "a view of a leaf Variable that requires grad is being used in an in-place "
                f"operation {summarize(current_source())}. Write it under no_grad()."
            )


def _in_inference() -> bool:
    from .modes import is_inference_mode_enabled

    return is_inference_mode_enabled()


def _fit(t: "Tensor", new: Any) -> Any:
    """Convert and broadcast what is written to the dtype and shape of the target."""
    from .tensor import wrap

    if new.dtype != t.dtype:
        if _CATEGORY[new.dtype.kind] > _CATEGORY[t.dtype.kind]:
            raise RuntimeError(
                f"result type {_NAMES.get(new.dtype.name, new.dtype.name)} can't be cast to the "
                f"desired output type {_NAMES.get(t.dtype.name, t.dtype.name)}"
            )
        new = wrap(bind(convert_element_type_p, new, new_dtype=t.dtype))
    if new.shape != t.shape:
        from ..numpy import broadcast_shapes, broadcast_to

        if broadcast_shapes(new.shape, t.shape) != t.shape:
            raise RuntimeError(
                f"output with shape {list(t.shape)} doesn't match the broadcast shape "
                f"{list(broadcast_shapes(new.shape, t.shape))}"
            )
        new = wrap(broadcast_to(new, t.shape))
    return new


def before(t: "Tensor") -> Any:
    """Return the Tensor as it is now, for an operation that will then overwrite it.

    What that operation saves is the value from before, so later versions do not concern it.
    """
    from .tensor import FunctionalTensor, make, wrap

    if isinstance(t, FunctionalTensor):
        return wrap(t.bare())
    out = make(t.raw, t.node)
    out._level = t._level
    return out


def write(t: "Tensor", new: Any) -> "Tensor":
    """Give `t` the value of `new` as an in-place operation does, and return it."""
    check_writable(t)
    new = _fit(t, new)
    recording = is_recording()
    if t._view is None and type(t) is type(new) and type(new.raw) in _PLAIN:
        t._value = new.raw  # the usual case, kept quick
        if recording:
            t._node = new.node
        t._shared_counter().version += 1
    else:
        _put(t, new, recording)
    return t


def set_values(tensors: Sequence["Tensor"], values: Sequence[Any]) -> None:
    """Give Tensors new values of their own shapes and dtypes, as writing in place does.

    For buffers and what an optimiser updates: nothing is recorded for a gradient.
    """
    for t, value in zip(tensors, values, strict=True):
        if t._view is None and type(t._value) in _PLAIN:
            t._value = value
            t._shared_counter().version += 1
        else:
            from .tensor import make

            with no_differentiation():
                write(t, make(value, None))


_PLAIN = (np.ndarray, Lazy)


def _put(t: "Tensor", new: Any, tracked: bool) -> None:
    """Give `t`, and what it is a view of, a new value."""
    _settle(t)
    if t._view is None:
        _assign(t, new, tracked)
        t._shared_counter().version += 1
    else:
        _write_through(t, new, tracked)


def replace(t: "Tensor", value: Any) -> None:
    """Give a tensor other data; shape and dtype may change, its place in the graph does not.

    Views of the tensor, and what it is a view of, keep the old data.
    """
    from .tensor import make

    old = t._counter
    if old is not None:
        rest = make(t.raw, t._node)
        rest._view, rest._counter = t._view, old
        old.rebound[id(t)] = rest
        t._view, t._counter = None, Counter()
        t._counter.version = old.version
    _assign(t, value, False)


def _assign(t: "Tensor", new: Any, with_node: bool) -> None:
    """Set value and node; a local of a transform may take on a traced value."""
    from .tensor import FunctionalTensor

    value = new.bare() if isinstance(new, FunctionalTensor) else new.raw
    if isinstance(value, Tracer) and type(value) is not Lazy:
        if not isinstance(t, FunctionalTensor):
            if t._level < value._trace.level:
                raise RuntimeError(
                    f"a Tensor from outside was written to with a value of {value._trace.name} "
                    f"{summarize(current_source())}: the value means nothing after the transform "
                    "has ended. Return it as a result; for the buffers of a module use "
                    "functional_call, which returns them."
                )
            t.__class__ = FunctionalTensor
        t._value, t._node = value, None
        return
    t._value = value
    if with_node:
        t._node = new.node


def _write_through(t: "Tensor", new: Any, tracked: bool) -> None:
    """Scatter a write to a view into its base, then take the view again."""
    view = t._view
    assert view is not None
    base, node = view.base, new.node
    through = tracked and view.tracked
    if not view.whole:
        new = _scattered(base, _places(base, view.take), new, through)
    _put(base, new, through)
    sync(t)
    if tracked and not view.tracked:
        t._node = node


def _scattered(base: "Tensor", index: Any, new: Any, tracked: bool) -> Any:
    """Return the base with `new` at the flat positions `index`."""
    from .. import numpy as fnp
    from .tensor import FunctionalTensor, wrap

    known = not isinstance(index, FunctionalTensor)
    if known and np.unique(index.value).size != index.value.size:
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )
    plain = (
        known and not isinstance(base, FunctionalTensor) and not isinstance(new, FunctionalTensor)
    )
    if plain and not tracked and current_state().omni is None:
        flat = np.array(base.value).reshape(-1)
        flat[index.value.reshape(-1)] = new.value.reshape(-1)
        return wrap(flat.reshape(base.shape))
    places = index.value.reshape(-1) if known else fnp.reshape(index.bare(), (-1,))
    with no_differentiation(not tracked):
        flat = fnp.reshape(base, (-1,)).at[places].set(fnp.reshape(new, (-1,)))
        return wrap(fnp.reshape(flat, base.shape))
