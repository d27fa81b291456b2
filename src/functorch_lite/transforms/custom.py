"""custom_jvp, custom_vjp, closure_convert: rules given by the user."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import MissingRuleError, PytreeError, ShapeError
from ..ir import (
    Jaxpr,
    Linear,
    Primitive,
    ShapedArray,
    Tracer,
    bind,
    convert_if_needed,
    current_state,
    eval_jaxpr,
    is_inexact,
    record,
    run_jaxpr,
    trace_to_jaxpr,
    typeof,
)
from ..ir.source import reset_source
from ..prims.lowering import Inline
from ..pytree import PyTreeDef, keystr, tree_flatten, tree_flatten_with_path, tree_unflatten
from .batch import axis_name_at_work, batch_flat, batch_jaxpr, materialize
from .flatten import FlatFunction, array_output, check_array, function_name
from .transpose import instantiate, transpose_flat

__all__ = ["closure_convert", "custom_jvp", "custom_vjp"]


class FlatRule:
    """A function and its rule, flat; compared by identity (a parameter of an equation).

    `call` is the function itself; it is recorded to a jaxpr only when an abstract recorder
    needs one, so that Python control flow works wherever values are known.
    """

    def __init__(self, name: str, call: Callable[..., Any], **rules: Callable[..., Any]) -> None:
        self.name = name
        self.call = call
        self.__dict__.update(rules)
        self.jaxprs: dict[Any, tuple[Jaxpr, list[Any]]] = {}

    def __repr__(self) -> str:
        return self.name


def _call_values(rule: FlatRule, args: Sequence[Any]) -> list[Any]:
    with reset_source():
        return list(rule.call(*args))


def _recorded(rule: FlatRule, avals: Sequence[ShapedArray]) -> tuple[Jaxpr, list[Any]]:
    """Record the function; what it closes over comes back beside the jaxpr."""
    return trace_to_jaxpr(rule.call, list(avals), rule.name)


def _abstract(*avals: ShapedArray, jaxpr: Jaxpr, rule: FlatRule, n_consts: int) -> list[ShapedArray]:
    return jaxpr.out_avals


def _impl(*args: Any, jaxpr: Jaxpr, rule: FlatRule, n_consts: int) -> list[Any]:
    return run_jaxpr(jaxpr, args)


def bind_custom(prim: Primitive, rule: FlatRule, args: Sequence[Any]) -> list[Any]:
    """Apply a custom-rule primitive.

    With no trace about, the function is simply called. Otherwise it is recorded, so that the
    equation can be differentiated, batched and compiled by whoever meets it.
    """
    if current_state().omni is None and not any(isinstance(a, Tracer) for a in args):
        return [array_output(o, rule.name) for o in _call_values(rule, args)]
    top = max((a._trace for a in args if isinstance(a, Tracer)), key=lambda t: t.level, default=None)
    omni = current_state().omni
    if omni is None or (top is not None and top.level > omni.level):
        handled = _differentiate_directly(prim, rule, args, top)
        if handled is not None:
            return handled
    jaxpr, consts = _recorded(rule, [typeof(a) for a in args])
    return bind(prim, *consts, *args, jaxpr=jaxpr, rule=rule, n_consts=len(consts))


def _differentiate_directly(
    prim: Primitive, rule: FlatRule, args: Sequence[Any], top: Any
) -> list[Any] | None:
    """Let a differentiation trace call the function on values: no recording, so `if` works."""
    from .dual import DualTrace
    from .reverse import ReverseTrace

    if not isinstance(top, DualTrace | ReverseTrace) or top.closed:
        return None
    if current_state().no_grad >= top.level:
        return bind_custom(prim, rule, [top.lower(a) for a in args])
    return top.process(prim, tuple(args), {"jaxpr": None, "rule": rule, "n_consts": 0})


# --- custom_jvp ---------------------------------------------------------------------------------


def _jvp_linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, jaxpr: Any, rule: Any, n_consts: int
) -> tuple[list[Any], Callable[..., Any]]:
    if any(nonzero[:n_consts]):
        raise MissingRuleError(
            f"{rule.name} has a custom_jvp rule and closes over a value that is being "
            "differentiated; pass it as an argument (see functorch_lite.closure_convert)"
        )
    args = primals[n_consts:]
    outs = bind_custom(custom_jvp_p, rule, args)

    def linear(tangents: Sequence[Any]) -> list[Any]:
        full = [
            instantiate(t, typeof(a)) if is_inexact(typeof(a).dtype) else None
            for t, a in zip(tangents[n_consts:], args, strict=True)
        ]
        with reset_source():
            return rule.jvp(args, full)

    return outs, linear


def _jvp_batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, jaxpr: Any, rule: Any, n_consts: int
) -> tuple[list[Any], list[bool]]:
    mapped, consts, out_batched = batch_jaxpr(jaxpr, size, tuple(batched), True)
    axis = axis_name_at_work()
    closed, arg_batched = args[:n_consts], list(batched[n_consts:])
    if any(batched[:n_consts]):
        raise MissingRuleError(
            f"{rule.name} has a custom_jvp rule and closes over a value that is mapped; pass it "
            "as an argument"
        )

    def call(*xs: Any) -> list[Any]:
        outs, mask = batch_flat(rule.call, size, xs, arg_batched, axis)
        return [o if b else materialize(o, size) for o, b in zip(outs, mask, strict=True)]

    def jvp(primals: Any, tangents: Any) -> list[Any]:
        given = [t for t in tangents if t is not None]
        t_batched = [b for b, t in zip(arg_batched, tangents, strict=True) if t is not None]

        def f(*xs: Any) -> list[Any]:
            ts = iter(xs[len(primals) :])
            out = rule.jvp(xs[: len(primals)], [None if t is None else next(ts) for t in tangents])
            present.extend(t is not None for t in out)
            return [t for t in out if t is not None]

        present: list[bool] = []
        outs, mask = batch_flat(f, size, [*primals, *given], arg_batched + t_batched, axis)
        full = iter(
            o if b else materialize(o, size) for o, b in zip(outs, mask, strict=True)
        )
        return [next(full) if p else None for p in present]

    new = FlatRule(rule.name, call, jvp=jvp)
    operands = [*consts, *closed, *args[n_consts:]]
    n = len(consts) + n_consts
    outs = bind(custom_jvp_p, *operands, jaxpr=mapped, rule=new, n_consts=n)
    return outs, [True] * len(outs)


custom_jvp_p = Primitive(
    "custom_jvp_call",
    impl=_impl,
    abstract_eval=_abstract,
    linearize=_jvp_linearize,
    batch=_jvp_batch,
    lower=Inline("call"),
    multiple_results=True,
)


class _CustomFunction:
    """What custom_jvp and custom_vjp share: argument handling."""

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int]) -> None:
        functools.update_wrapper(self, fun, updated=())
        self.fun = fun
        self.nondiff_argnums = tuple(nondiff_argnums)
        self.name = function_name(fun)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method."""
        return self if instance is None else functools.partial(self, instance)

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Make all arguments positional and resolve defaults."""
        if not kwargs:
            try:
                bound = inspect.signature(self.fun).bind(*args)
            except (TypeError, ValueError):
                return args
            bound.apply_defaults()
            return bound.args if not bound.kwargs else args
        bound = inspect.signature(self.fun).bind(*args, **kwargs)
        bound.apply_defaults()
        if bound.kwargs:
            raise TypeError(
                f"{self.name} has a custom rule; its keyword-only arguments cannot be traced: "
                f"{sorted(bound.kwargs)}. Make them positional."
            )
        return bound.args

    def _split(self, args: tuple[Any, ...]) -> tuple[list[Any], list[Any], PyTreeDef]:
        """Return (static arguments, leaves of the others, their structure)."""
        n = len(args)
        nondiff = {i % n for i in self.nondiff_argnums}
        static = [args[i] for i in sorted(nondiff)]
        leaves, tree = tree_flatten(tuple(a for i, a in enumerate(args) if i not in nondiff))
        return static, [check_array(x, f"an argument of {self.name}") for x in leaves], tree

    def _merge(self, static: list[Any], dynamic: Sequence[Any]) -> list[Any]:
        """Put static and other arguments back in order."""
        n = len(static) + len(dynamic)
        nondiff = {i % n for i in self.nondiff_argnums}
        s, d = iter(static), iter(dynamic)
        return [next(s) if i in nondiff else next(d) for i in range(n)]

    def _flat_fun(self, static: list[Any], tree: PyTreeDef) -> FlatFunction:
        def f(*dynamic: Any) -> Any:
            return self.fun(*self._merge(static, dynamic))

        flat = FlatFunction(f, tree, takes_kwargs=False)
        flat.name = self.name
        return flat


class custom_jvp(_CustomFunction):  # noqa: N801  (a decorator)
    """Give a function a forward-mode rule of its own.

    Reverse mode follows from it by transposition, so the rule must be linear in the tangents.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    nondiff_argnums : tuple of int
        Positional arguments that are static Python values; they come first in the rule.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> @fl.custom_jvp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> @log1pexp.defjvp
    ... def _(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return log1pexp(x), t * (1 - 1 / (1 + np.exp(x)))
    >>> float(fl.grad(log1pexp)(0.0))
    0.5
    """

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        super().__init__(fun, nondiff_argnums)
        self.jvp: Callable[..., Any] | None = None

    def defjvp(self, jvp: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the rule ``jvp(*static, primals, tangents) -> (out, out_tangent)``.

        With `symbolic_zeros`, tangents that are zero are given as None.
        """
        self.jvp = jvp
        self.symbolic_zeros = symbolic_zeros
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Set one rule for each argument: ``jvp_i(tangent, out, *primals) -> contribution``."""

        def jvp(primals: Any, tangents: Any) -> Any:
            out = self(*primals)
            terms = [f(t, out, *primals) for f, t in zip(jvps, tangents, strict=True) if f]
            if not terms:
                return out, np.zeros(typeof(out).shape, typeof(out).dtype)
            total = terms[0]
            for t in terms[1:]:
                total = total + t
            return out, total

        self.defjvp(jvp)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.jvp is None:
            raise MissingRuleError(
                f"{self.name} is a custom_jvp without a rule; add one with @{self.name}.defjvp"
            )
        static, leaves, tree = self._split(self._arguments(args, kwargs))
        flat = self._flat_fun(static, tree)
        rule = FlatRule(self.name, flat, jvp=self._flat_jvp(static, tree, flat))
        outs = bind_custom(custom_jvp_p, rule, leaves)
        return flat.unflatten(outs)

    def _flat_jvp(
        self, static: list[Any], tree: PyTreeDef, flat: FlatFunction
    ) -> Callable[..., list[Any]]:
        assert self.jvp is not None
        jvp = self.jvp

        def rule(primals: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
            xs = tree_unflatten(tree, list(primals))
            full = [
                _zero_tangent(p) if t is None and not self.symbolic_zeros else t
                for t, p in zip(tangents, primals, strict=True)
            ]
            pair = jvp(*static, xs, tree_unflatten(tree, full))
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise TypeError(
                    f"the jvp rule of {self.name} must return a pair (out, out_tangent), got "
                    f"{type(pair).__name__}"
                )
            return _check_rule_tangents(pair[0], pair[1], flat, self.name)

        return rule


def _zero_tangent(primal: Any) -> Any:
    """Return what stands for the zero tangent of a primal in a user's rule."""
    aval = typeof(primal)
    return np.zeros(aval.shape, aval.dtype if is_inexact(aval.dtype) else np.float64)


def _check_rule_tangents(out: Any, tangent: Any, flat: FlatFunction, name: str) -> list[Any]:
    """Check a rule's tangents against its outputs, leaf by leaf."""
    pairs, tree = tree_flatten_with_path(out)
    if flat.out_tree is not None and tree != flat.out_tree:
        raise PytreeError(
            f"the jvp rule of {name} returned an output of structure {tree}, {name} itself "
            f"returns {flat.out_tree}"
        )
    ts, t_tree = tree_flatten(tangent, is_leaf=lambda x: x is None)
    if len(ts) != len(pairs):
        raise PytreeError(
            f"the jvp rule of {name} returned tangents of structure {t_tree} for outputs of {tree}"
        )
    result = []
    for (path, o), t in zip(pairs, ts, strict=True):
        aval = typeof(array_output(o, name))
        if t is None or not is_inexact(aval.dtype):
            result.append(None)
            continue
        t = array_output(t, name)
        if typeof(t).shape != aval.shape:
            raise ShapeError(
                f"the jvp rule of {name} returned a tangent{keystr(path)} of shape "
                f"{typeof(t).shape} for an output of shape {aval.shape}"
            )
        result.append(convert_if_needed(t, aval.dtype))
    return result


# --- custom_vjp ---------------------------------------------------------------------------------


def _vjp_linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, jaxpr: Any, rule: Any, n_consts: int
) -> tuple[list[Any], Callable[..., Any]]:
    if any(nonzero[:n_consts]):
        raise MissingRuleError(
            f"{rule.name} has a custom_vjp rule and closes over a value that is being "
            "differentiated; pass it as an argument (see functorch_lite.closure_convert)"
        )
    args = primals[n_consts:]
    with reset_source():
        outs, residuals, bwd = rule.fwd(args)
    in_avals = tuple(typeof(a).strengthen() for a in args)
    out_avals = tuple(typeof(o).strengthen() for o in outs)
    backward = Backward(rule.name, bwd, in_avals, out_avals)

    def linear(tangents: Sequence[Any]) -> list[Any]:
        given = [
            instantiate(t, a)
            for t, a in zip(tangents[n_consts:], in_avals, strict=True)
            if is_inexact(a.dtype)
        ]
        ts = iter(
            bind(
                custom_lin_p, *residuals, *given, n_residuals=len(residuals), backward=backward
            )
        )
        return [next(ts) if is_inexact(a.dtype) else None for a in out_avals]

    return outs, linear


class Backward:
    """The linear map whose transpose the user wrote; compared by identity.

    ``bwd(residuals, cts)`` returns a cotangent (or None) for each argument.
    """

    def __init__(
        self,
        name: str,
        bwd: Callable[..., list[Any]],
        in_avals: tuple[ShapedArray, ...],
        out_avals: tuple[ShapedArray, ...],
    ) -> None:
        self.name = name
        self.bwd = bwd
        self.in_avals = in_avals
        self.out_avals = out_avals

    def __repr__(self) -> str:
        return self.name

    def pull(self, residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Return cotangents of the inexact arguments, zeros made explicit."""
        it = iter(cts)
        full = [
            instantiate(next(it), a) if is_inexact(a.dtype) else None for a in self.out_avals
        ]
        with reset_source():
            in_cts = self.bwd(residuals, full)
        return [
            instantiate(ct, a)
            for ct, a in zip(in_cts, self.in_avals, strict=True)
            if is_inexact(a.dtype)
        ]


def _inexact(avals: Sequence[ShapedArray]) -> list[ShapedArray]:
    return [a for a in avals if is_inexact(a.dtype)]


def _lin_impl(*args: Any, n_residuals: int, backward: Backward) -> list[Any]:
    """Apply the map forward by transposing the user's backward pass."""
    residuals, tangents = args[:n_residuals], args[n_residuals:]

    def f(*cts: Any) -> list[Any]:
        return backward.pull(residuals, cts)

    avals = _inexact(backward.out_avals)
    outs = transpose_flat(f, avals, list(tangents))
    return [instantiate(o, a) for o, a in zip(outs, avals, strict=True)]


def _lin_linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, n_residuals: int, backward: Backward
) -> tuple[list[Any], Callable[..., Any]]:
    """Differentiate the map: as itself in the tangents, as the transposed code otherwise."""
    from .dual import linearize_flat

    if not any(nonzero[:n_residuals]):
        outs = bind(custom_lin_p, *primals, n_residuals=n_residuals, backward=backward)
        residuals = primals[:n_residuals]

        def same(tangents: Sequence[Any]) -> list[Any]:
            given = [
                instantiate(t, typeof(p))
                for t, p in zip(tangents[n_residuals:], primals[n_residuals:], strict=True)
            ]
            return bind(
                custom_lin_p, *residuals, *given, n_residuals=n_residuals, backward=backward
            )

        return outs, same

    outs, jaxpr, consts, out_nonzero = linearize_flat(
        lambda *xs: _lin_impl(*xs, n_residuals=n_residuals, backward=backward), primals, nonzero
    )

    def linear(tangents: Sequence[Any]) -> list[Any]:
        given = [
            instantiate(t, typeof(p).strengthen())
            for t, p, nz in zip(tangents, primals, nonzero, strict=True)
            if nz
        ]
        ts = iter(eval_jaxpr(jaxpr, consts, *given))
        return [next(ts) if nz else None for nz in out_nonzero]

    return outs, linear


def _lin_transpose(
    cts: Sequence[Any], *args: Any, n_residuals: int, backward: Backward
) -> list[Any]:
    residuals = args[:n_residuals]
    in_cts = backward.pull(residuals, cts)
    return [None] * n_residuals + [
        ct if isinstance(a, Linear) else None
        for ct, a in zip(in_cts, args[n_residuals:], strict=True)
    ]


def _lin_batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, n_residuals: int, backward: Any
) -> tuple[list[Any], list[bool]]:
    axis = axis_name_at_work()
    outs, mask = batch_flat(
        lambda *xs: _lin_impl(*xs, n_residuals=n_residuals, backward=backward),
        size,
        args,
        batched,
        axis,
    )
    return outs, mask


custom_lin_p = Primitive(
    "custom_lin",
    impl=_lin_impl,
    abstract_eval=lambda *avals, n_residuals, backward: _inexact(backward.out_avals),
    linearize=_lin_linearize,
    transpose=_lin_transpose,
    batch=_lin_batch,
    lower=Inline("transposed"),
    multiple_results=True,
)


def _vjp_batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, jaxpr: Any, rule: Any, n_consts: int
) -> tuple[list[Any], list[bool]]:
    mapped, consts, _ = batch_jaxpr(jaxpr, size, tuple(batched), True)
    axis = axis_name_at_work()
    if any(batched[:n_consts]):
        raise MissingRuleError(
            f"{rule.name} has a custom_vjp rule and closes over a value that is mapped; pass it "
            "as an argument"
        )
    arg_batched = list(batched[n_consts:])

    def all_mapped(f: Callable[..., Any], xs: Sequence[Any], mask: Sequence[bool]) -> list[Any]:
        outs, out_mask = batch_flat(f, size, xs, mask, axis)
        return [o if b else materialize(o, size) for o, b in zip(outs, out_mask, strict=True)]

    def call(*xs: Any) -> list[Any]:
        return all_mapped(rule.call, xs, arg_batched)

    def fwd(xs: Sequence[Any]) -> tuple[list[Any], list[Any], Any]:
        found: dict[str, Any] = {}

        def f(*ys: Any) -> list[Any]:
            outs, residuals, found["bwd"] = rule.fwd(ys)
            found["n"] = len(outs)
            return [*outs, *residuals]

        results = all_mapped(f, xs, arg_batched)
        n = found["n"]

        def bwd(residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
            return _batched_bwd(
                found["bwd"], size, axis, residuals, cts, xs, arg_batched
            )

        return results[:n], results[n:], bwd

    new = FlatRule(rule.name, call, fwd=fwd)
    operands = [*consts, *args]
    outs = bind(
        custom_vjp_p, *operands, jaxpr=mapped, rule=new, n_consts=len(consts) + n_consts
    )
    return outs, [True] * len(outs)


def _batched_bwd(
    bwd: Callable[..., list[Any]],
    size: int,
    axis: Any,
    residuals: Sequence[Any],
    cts: Sequence[Any],
    xs: Sequence[Any],
    arg_batched: Sequence[bool],
) -> list[Any]:
    """Map a backward pass; cotangents of arguments that are not mapped are summed."""
    from ..prims.reduction import reduce_sum

    given = [ct for ct in cts if ct is not None]
    present: list[bool] = []

    def f(*ys: Any) -> list[Any]:
        it = iter(ys[len(residuals) :])
        out = bwd(ys[: len(residuals)], [None if ct is None else next(it) for ct in cts])
        present.extend(ct is not None for ct in out)
        return [ct for ct in out if ct is not None]

    outs, mask = batch_flat(f, size, [*residuals, *given], [True] * (len(residuals) + len(given)), axis)
    full = iter([o if b else materialize(o, size) for o, b in zip(outs, mask, strict=True)])
    result = []
    for is_present, is_mapped in zip(present, arg_batched, strict=True):
        ct = next(full) if is_present else None
        result.append(ct if ct is None or is_mapped else reduce_sum(ct, (0,)))
    return result


custom_vjp_p = Primitive(
    "custom_vjp_call",
    impl=_impl,
    abstract_eval=_abstract,
    linearize=_vjp_linearize,
    batch=_vjp_batch,
    lower=Inline("call"),
    multiple_results=True,
)


class custom_vjp(_CustomFunction):  # noqa: N801  (a decorator)
    """Give a function a reverse-mode rule of its own.

    Forward mode works too: the map from cotangents that `bwd` computes is transposed.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays; called as it is when nothing is differentiated.
    nondiff_argnums : tuple of int
        Positional arguments that are static Python values; they come first in `bwd`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> @fl.custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda _, ct: (np.clip(ct, -1.0, 1.0),))
    >>> float(fl.grad(lambda x: 10.0 * clip_gradient(x))(0.0))
    1.0
    """

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        super().__init__(fun, nondiff_argnums)
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set ``fwd(*args) -> (out, residuals)`` and ``bwd(*static, residuals, ct) -> cts``.

        `bwd` returns a tuple with an entry for each argument that is not static; None is zero.
        """
        self.fwd, self.bwd = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.fwd is None or self.bwd is None:
            raise MissingRuleError(
                f"{self.name} is a custom_vjp without rules; add them with {self.name}.defvjp(fwd, bwd)"
            )
        static, leaves, tree = self._split(self._arguments(args, kwargs))
        flat = self._flat_fun(static, tree)
        rule = FlatRule(self.name, flat, fwd=self._flat_fwd(static, tree, flat))
        outs = bind_custom(custom_vjp_p, rule, leaves)
        return flat.unflatten(outs)

    def _flat_fwd(
        self, static: list[Any], tree: PyTreeDef, flat: FlatFunction
    ) -> Callable[..., Any]:
        fwd, bwd = self.fwd, self.bwd
        assert fwd is not None and bwd is not None

        def flat_fwd(leaves: Sequence[Any]) -> tuple[list[Any], list[Any], Any]:
            args = self._merge(static, tree_unflatten(tree, list(leaves)))
            pair = fwd(*args)
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(
                    f"the fwd rule of {self.name} must return a pair (out, residuals), got "
                    f"{type(pair).__name__}"
                )
            outs, out_tree = tree_flatten(pair[0])
            if flat.out_tree is not None and out_tree != flat.out_tree:
                raise PytreeError(
                    f"the fwd rule of {self.name} returned an output of structure {out_tree}, "
                    f"{self.name} itself returns {flat.out_tree}"
                )
            flat.out_tree = out_tree
            residuals, res_tree = tree_flatten(pair[1])
            values = [check_array(r, f"a residual of {self.name}") for r in residuals]

            def flat_bwd(res: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
                full = [
                    np.zeros(a.shape) if ct is None else ct
                    for ct, a in zip(cts, out_avals, strict=True)
                ]
                in_cts = bwd(
                    *static, tree_unflatten(res_tree, list(res)), tree_unflatten(out_tree, full)
                )
                return _check_bwd(in_cts, tree, in_avals, self.name)

            outs = [array_output(o, self.name) for o in outs]
            out_avals = [typeof(o) for o in outs]
            in_avals = [typeof(x) for x in leaves]
            return outs, values, flat_bwd

        return flat_fwd


def _check_bwd(
    in_cts: Any, tree: PyTreeDef, avals: Sequence[ShapedArray], name: str
) -> list[Any]:
    """Flatten what bwd returned and check it against the arguments, leaf by leaf."""
    if isinstance(in_cts, list):
        in_cts = tuple(in_cts)
    dummies = tree_unflatten(tree, list(range(tree.num_leaves)))
    if not isinstance(in_cts, tuple) or len(in_cts) != len(dummies):
        got = f"{len(in_cts)} entries" if isinstance(in_cts, tuple) else type(in_cts).__name__
        raise PytreeError(
            f"the bwd rule of {name} must return a tuple with one entry for each of its "
            f"{len(dummies)} arguments, got {got}"
        )
    result: list[Any] = [None] * tree.num_leaves
    for i, (ct, dummy) in enumerate(zip(in_cts, dummies, strict=True)):
        if ct is None:
            continue
        pairs = tree_flatten_with_path(dummy)[0]
        leaves, ct_tree = tree_flatten(ct, is_leaf=lambda x: x is None)
        if len(leaves) != len(pairs):
            raise PytreeError(
                f"the bwd rule of {name} returned a cotangent of structure {ct_tree} for argument "
                f"{i}, which has {tree_flatten(dummy)[1]}"
            )
        for (path, k), leaf in zip(pairs, leaves, strict=True):
            aval = avals[k]
            if leaf is None or not is_inexact(aval.dtype):
                continue
            leaf = array_output(leaf, name)
            if typeof(leaf).shape != aval.shape:
                raise ShapeError(
                    f"the bwd rule of {name} returned a cotangent of shape {typeof(leaf).shape} "
                    f"for argument {i}{keystr(path)}, which has shape {aval.shape}"
                )
            result[k] = convert_if_needed(leaf, aval.dtype)
    return result


def closure_convert(fun: Callable[..., Any], *example_args: Any) -> tuple[Callable[..., Any], list[Any]]:
    """Turn what `fun` closes over into explicit arguments.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    *example_args
        Arguments of the types that it will be called with.

    Returns
    -------
    converted : callable
        Takes ``(*args, *consts)``.
    consts : list
        The arrays and tracers that `fun` closed over and that can be differentiated.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> def f(c):
    ...     g, consts = fl.closure_convert(lambda x: x * c, 1.0)
    ...     return g(2.0, *consts)
    >>> float(fl.grad(f)(5.0))
    2.0
    """
    leaves, tree = tree_flatten((example_args, {}))
    flat = FlatFunction(fun, tree)
    avals = [typeof(check_array(x, function_name(fun))) for x in leaves]
    jaxpr, consts = record(lambda *xs: flat(*xs), avals, "closure_convert", omnistaging=False)
    hoisted = [is_inexact(typeof(c).dtype) for c in consts]
    n_hoisted = sum(hoisted)

    def converted(*args: Any) -> Any:
        n = len(args) - n_hoisted
        given = iter(args[n:])
        full = [next(given) if h else c for h, c in zip(hoisted, consts, strict=True)]
        xs, got = tree_flatten((args[:n], {}))
        if got != tree:
            raise PytreeError(
                f"a closure-converted function was called with {got}, expected {tree}"
            )
        return flat.unflatten(eval_jaxpr(jaxpr, full, *xs))

    return converted, [c for c, h in zip(consts, hoisted, strict=True) if h]
