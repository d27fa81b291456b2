"""``autograd.Function``: an operation with a backward pass of one's own."""

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ir import Tracer, current_source, current_state, no_differentiation
from ..numpy import conj
from .tape import TensorEqn, TensorNode, is_recording
from .tensor import FunctionalTensor, Tensor, make, wrap

__all__ = ["Context", "Function", "FunctionPullback", "once_differentiable"]


class Context:
    """What `forward` hands to `backward`; attributes may be set at will.

    Attributes
    ----------
    saved_tensors : tuple of Tensor
        What `save_for_backward` was given.
    needs_input_grad : tuple of bool
        Which arguments require a gradient.
    """

    def __init__(self) -> None:
        self.needs_input_grad: tuple[bool, ...] = ()
        self.materialize_grads = True
        self._to_save: tuple[Any, ...] = ()
        self._saved: list[Any] | None = None
        self._eqn: weakref.ref[TensorEqn] | None = None
        self._constant: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs (or None) for the backward pass; versions are checked."""
        self._to_save = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Declare outputs that have no gradient."""
        self._constant = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Declare inputs that `forward` changed in place."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether missing gradients reach `backward` as zeros (the default) or as None."""
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were saved."""
        from .engine import FREED

        if self._saved is None:
            if self._eqn is not None:
                raise RuntimeError(FREED)
            return self._to_save
        eqn = None if self._eqn is None else self._eqn()
        out: list[Any] = []
        for value, where in self._saved:
            if isinstance(where, int):
                assert eqn is not None
                out.append(make(value, eqn.node_of(where)))
            else:
                out.append(value if value is None else make(value, where))
        return tuple(out)

    def _freeze(self, eqn: TensorEqn, outputs: Sequence[Any]) -> None:
        """Remember saved tensors without holding the outputs, whose graph holds this."""
        self._eqn = weakref.ref(eqn)
        positions = {id(o): i for i, o in enumerate(outputs)}
        self._saved = []
        for k, t in enumerate(self._to_save):
            if not isinstance(t, Tensor):
                self._saved.append((None, None))
                continue
            self._saved.append((t.raw, positions.get(id(t), t.node)))
            counter = t._shared_counter()
            eqn.saved.append((counter, counter.version, -1 if id(t) in positions else k))
        self._to_save = ()


class FunctionPullback:
    """Calls a user's `backward`."""

    needed = ()

    def __init__(self, cls: type["Function"], targets: list[int], n_args: int) -> None:
        self.cls = cls
        self.targets = targets
        self.n_args = n_args

    def __call__(self, residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Return the cotangents of the targets."""
        ctx, types = residuals
        tracked = any(isinstance(ct, Tensor) for ct in cts)
        grads: list[Any] = []
        for ct, (shape, dtype) in zip(cts, types, strict=True):
            if ct is None:
                zero = ctx.materialize_grads
                grads.append(make(np.zeros(shape, dtype), None) if zero else None)
            else:
                grads.append(_outward(ct))
        result = _as_tuple(self.cls.backward(ctx, *grads))
        self.check(result)
        out = []
        for i in self.targets:
            g = result[i]
            g = None if g is None else wrap(conj(g)) if g.dtype.kind == "c" else g
            out.append(g if g is None or tracked or is_recording() else g.raw)
        return out

    def check(self, result: tuple[Any, ...]) -> None:
        """Raise unless there is one gradient for each argument."""
        extra = result[self.n_args :]
        if len(result) < self.n_args or any(g is not None for g in extra):
            raise RuntimeError(
                f"function {self.cls.__name__}Backward returned an incorrect number of gradients "
                f"(expected {self.n_args}, got {len(result)})"
            )


def _outward(ct: Any) -> Tensor:
    t = wrap(ct)
    return wrap(conj(t)) if t.dtype.kind == "c" else t


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else tuple(x) if isinstance(x, list) else (x,)


class Function:
    """Base class of operations with a backward pass of their own.

    Subclasses define static methods ``forward(ctx, *args)`` and ``backward(ctx, *grads)``, which
    returns one gradient (or None) for each argument; or ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)``. Use ``Class.apply(...)``. Under functional transforms it
    becomes a `custom_vjp`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> class Double(fl.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         return grad * 2
    >>> x = fl.tensor([1.0], requires_grad=True)
    >>> Double.apply(x).backward()
    >>> x.grad
    tensor([2.])
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError("You must implement the forward function for a custom Function.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Compute the gradients of the arguments."""
        raise NotImplementedError("You must implement the backward function for a custom Function.")

    setup_context: Callable[..., None] | None = None

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Apply the operation."""
        traced = any(isinstance(a, Tracer) and not isinstance(a, Tensor) for a in args)
        traced = traced or any(isinstance(a, FunctionalTensor) for a in args)
        if traced or current_state().omni is not None:
            return _apply_traced(cls, args)
        return _apply_taped(cls, args)

    @classmethod
    def _run_forward(cls, ctx: Context, args: tuple[Any, ...]) -> Any:
        if cls.setup_context is None:
            return cls.forward(ctx, *args)
        out = cls.forward(*args)
        cls.setup_context(ctx, args, out)
        return out


def _apply_taped(cls: type[Function], args: tuple[Any, ...]) -> Any:
    """Run `forward` unrecorded and leave one equation behind its outputs."""
    ctx = Context()
    nodes = [a.node if isinstance(a, Tensor) else None for a in args]
    ctx.needs_input_grad = tuple(n is not None for n in nodes)
    with no_differentiation():
        out = cls._run_forward(ctx, args)
    outs = list(_as_tuple(out))
    if not any(ctx.needs_input_grad) or not is_recording():
        return out
    args_by_id = {id(a) for a in args}
    dirty = {id(t) for t in ctx._dirty}
    constant = {id(t) for t in ctx._constant}
    targets = [i for i, n in enumerate(nodes) if n is not None]
    types = [(o.shape, o.dtype) if isinstance(o, Tensor) else ((), np.dtype("?")) for o in outs]
    pullback: Any = FunctionPullback(cls, targets, len(args))
    parents: list[Any] = [nodes[i] for i in targets]
    eqn = TensorEqn(cls.__name__, parents, pullback, [ctx, types], current_source(), types)
    results = []
    for i, o in enumerate(outs):
        if not isinstance(o, Tensor) or id(o) in constant or o.dtype.kind not in "fc":
            eqn.out_nodes.append(None)
            results.append(o)
            continue
        if id(o) in args_by_id and id(o) not in dirty:
            o = make(o.raw, None)
        node = TensorNode(eqn, i)
        eqn.out_nodes.append(weakref.ref(node))
        o._node = node
        results.append(o)
    ctx._freeze(eqn, outs)
    return tuple(results) if isinstance(out, tuple | list) else results[0]


def _apply_traced(cls: type[Function], args: tuple[Any, ...]) -> Any:
    """Make the operation a custom_vjp for the transforms."""
    from ..transforms import custom_vjp

    where = [i for i, a in enumerate(args) if isinstance(a, Tracer | np.ndarray)]
    held: dict[str, Context] = {}

    def run(tensors: Sequence[Any]) -> tuple[Any, Context]:
        full = list(args)
        for i, t in zip(where, tensors, strict=True):
            full[i] = wrap(t)
        ctx = Context()
        ctx.needs_input_grad = tuple(i in where for i in range(len(args)))
        return cls._run_forward(ctx, tuple(full)), ctx

    @custom_vjp
    def call(*tensors: Any) -> Any:
        return _bare(run(tensors)[0])

    def fwd(*tensors: Any) -> Any:
        out, held["ctx"] = run(tensors)
        return _bare(out), _bare(held["ctx"]._to_save)

    def bwd(saved: Any, cts: Any) -> Any:
        ctx = held["ctx"]
        ctx._to_save = tuple(None if s is None else wrap(s) for s in saved)
        grads = _as_tuple(cls.backward(ctx, *(wrap(ct) for ct in _as_tuple(cts))))
        return tuple(None if grads[i] is None else _bare(grads[i]) for i in where)

    def all_arguments(tensors: Sequence[Any]) -> list[Any]:
        it = iter(tensors)
        return [next(it) if i in where else a for i, a in enumerate(args)]

    call.defvjp(fwd, bwd)
    # (For reports on a wrong gradient.)
    call.name, call.autograd_function, call.all_arguments = cls.__name__, cls, all_arguments  # type: ignore[attr-defined]
    out = call(*[args[i].bare() if isinstance(args[i], Tracer) else args[i] for i in where])
    return tuple(wrap(o) for o in out) if isinstance(out, tuple | list) else wrap(out)


def _bare(x: Any) -> Any:
    """Return tracers for Tensors, in tuples too."""
    if isinstance(x, tuple | list):
        return tuple(_bare(v) for v in x)
    return x.bare() if isinstance(x, Tracer) else x


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` whose own derivative must not be asked for."""

    @functools.wraps(backward)
    def unrecorded(ctx: Any, *grads: Any) -> Any:
        recording = is_recording()
        with no_differentiation():
            out = backward(ctx, *grads)
        if not recording:
            return out
        results = [_Once.apply(g, *grads) if isinstance(g, Tensor) else g for g in _as_tuple(out)]
        return tuple(results) if isinstance(out, tuple | list) else results[0]

    return unrecorded


class _Once(Function):
    """An identity that raises when it is differentiated."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, *others: Any) -> Tensor:
        """Return the input."""
        return make(x.raw, None)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Raise."""
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable"
        )
