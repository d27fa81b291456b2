"""checkpoint: recompute in the backward pass instead of keeping residuals.

Linearizing `checkpoint_p` keeps only its operands (and what the policy saves). The linear map it
hands out is a `checkpoint_linear_p` equation over (operands, saved, tangents), whose jaxpr
computes the residuals again; its transpose does so in the backward pass.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..ir import (
    Eqn,
    Jaxpr,
    Linear,
    Primitive,
    ShapedArray,
    Var,
    bind,
    dce_jaxpr,
    run_jaxpr,
    trace_to_jaxpr,
    typeof,
)
from ..prims.lowering import Inline
from ..pytree import tree_flatten
from .arguments import as_tuple, resolve_arguments
from .batch import batch_jaxpr
from .call import LinearizedJaxpr, linearize_jaxpr
from .flatten import FlatFunction, check_array, function_name
from .transformed import transformed
from .transpose import instantiate, transpose_jaxpr

__all__ = ["checkpoint", "checkpoint_name", "checkpoint_policies"]

Policy = Callable[..., bool]


def _impl(*args: Any, jaxpr: Jaxpr, policy: Policy | None) -> list[Any]:
    return run_jaxpr(jaxpr, args)


def _abstract(*avals: ShapedArray, jaxpr: Jaxpr, policy: Policy | None) -> list[ShapedArray]:
    return jaxpr.out_avals


def _linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, jaxpr: Jaxpr, policy: Policy | None
) -> tuple[list[Any], Callable[..., Any]]:
    parts = linearize_jaxpr(jaxpr, tuple(nonzero))
    plan = _plan(parts, policy)
    results = bind(checkpoint_p, *parts.consts, *primals, jaxpr=plan.forward, policy=policy)
    outs, saved = results[: parts.n_outs], results[parts.n_outs :]

    def linear(tangents: Sequence[Any]) -> list[Any]:
        given = [
            instantiate(t, typeof(p).strengthen())
            for t, p, nz in zip(tangents, primals, nonzero, strict=True)
            if nz
        ]
        if not any(parts.out_nonzero):
            return [None] * parts.n_outs
        operands = [*parts.consts, *primals, *saved]
        ts = iter(bind(checkpoint_p, *operands, *given, jaxpr=plan.linear, policy=policy))
        return [next(ts) if nz else None for nz in parts.out_nonzero]

    return outs, linear


class _Plan:
    """What runs forward, and what runs (again) with the tangents."""

    def __init__(self, forward: Jaxpr, linear: Jaxpr) -> None:
        self.forward = forward
        self.linear = linear


def _plan(parts: LinearizedJaxpr, policy: Policy | None) -> _Plan:
    """Split a linearized jaxpr so that only what the policy saves crosses over."""
    key = ("checkpoint", policy)
    if key in parts.forward.memo:
        return parts.forward.memo[key]
    fwd, lin, n_outs = parts.forward, parts.linear, parts.n_outs
    saved: list[Var] = []
    if policy is not None:
        for eqn in fwd.eqns:
            if _saves(policy, eqn):
                saved.extend(eqn.outvars)
    forward, _ = _keep_inputs(Jaxpr([], fwd.invars, fwd.eqns, [*fwd.outs[:n_outs], *saved]))
    n_res = len(fwd.outs) - n_outs
    rename = {v: Var(v.aval) for v in saved}
    stand_in = dict(rename)
    for eqn in fwd.eqns:
        # A named value is the value it names: rules may hold on to either.
        if eqn.primitive is name_p and eqn.outvars[0] in rename and isinstance(eqn.inputs[0], Var):
            stand_in[eqn.inputs[0]] = rename[eqn.outvars[0]]
    # Drawing the same random numbers again is not using a key twice.
    again = [e for e in fwd.eqns if e.primitive.name != "random_consume"]
    recompute = [_substitute(e, stand_in) for e in again]
    residuals = [stand_in.get(o, o) if isinstance(o, Var) else o for o in fwd.outs[n_outs:]]
    # The linear jaxpr's residual inputs become the recomputed values.
    bound = dict(zip(lin.invars[:n_res], residuals, strict=True))
    eqns = recompute + [_substitute(e, bound) for e in lin.eqns]
    outs = [bound.get(o, o) if isinstance(o, Var) else o for o in lin.outs]
    invars = [*fwd.invars, *(rename[v] for v in saved), *lin.invars[n_res:]]
    linear, _ = _keep_inputs(Jaxpr([], invars, eqns, outs))
    plan = _Plan(forward, linear)
    parts.forward.memo[key] = plan
    return plan


def _keep_inputs(jaxpr: Jaxpr) -> tuple[Jaxpr, list[bool]]:
    """Drop dead equations but keep all inputs."""
    pruned, used = dce_jaxpr(jaxpr)
    return Jaxpr([], jaxpr.invars, pruned.eqns, pruned.outs), used


def _substitute(eqn: Eqn, env: dict[Any, Any]) -> Eqn:
    """Replace operands."""
    if not any(isinstance(a, Var) and a in env for a in eqn.inputs):
        return eqn
    inputs = [env.get(a, a) if isinstance(a, Var) else a for a in eqn.inputs]
    return eqn.replace(inputs=inputs)


def _saves(policy: Policy, eqn: Eqn) -> bool:
    """Ask a policy about an equation, in JAX's convention: policy(prim, *avals, **params)."""
    return bool(policy(eqn.primitive, *[a.aval for a in eqn.inputs], **eqn.params))


def _transpose(cts: Sequence[Any], *args: Any, jaxpr: Jaxpr, policy: Policy | None) -> list[Any]:
    linear = tuple(isinstance(a, Linear) for a in args)
    nonzero = tuple(ct is not None for ct in cts)
    transposed, consts, in_nonzero = transpose_jaxpr(jaxpr, linear, nonzero)
    known = [a for a, lin in zip(args, linear, strict=True) if not lin]
    given = [ct for ct in cts if ct is not None]
    outs = iter(bind(checkpoint_p, *consts, *known, *given, jaxpr=transposed, policy=policy))
    present = iter(in_nonzero)
    return [(next(outs) if next(present) else None) if lin else None for lin in linear]


def _batch(
    size: int,
    args: Sequence[Any],
    batched: Sequence[bool],
    *,
    jaxpr: Jaxpr,
    policy: Policy | None,
) -> tuple[list[Any], list[bool]]:
    mapped, consts, out_batched = batch_jaxpr(jaxpr, size, tuple(batched))
    return bind(checkpoint_p, *consts, *args, jaxpr=mapped, policy=policy), out_batched


checkpoint_p = Primitive(
    "checkpoint",
    impl=_impl,
    abstract_eval=_abstract,
    linearize=_linearize,
    transpose=_transpose,
    batch=_batch,
    lower=Inline("barrier"),
    multiple_results=True,
)

# --- naming values, for policies ------------------------------------------------------------------

name_p: Primitive = Primitive(
    "name",
    impl=lambda x, *, name: x,
    abstract_eval=lambda x, *, name: x.strengthen(),
    jvp=lambda ts, xs, o, *, name: bind(name_p, ts[0], name=name),
    transpose=lambda ct, x, *, name: [bind(name_p, ct, name=name)],
    batch=lambda size, args, batched, *, name: bind(name_p, args[0], name=name),
    lower=Inline("identity"),
)


def checkpoint_name(x: Any, name: str) -> Any:
    """Name a value, so that a checkpoint policy can refer to it.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> float(fl.grad(lambda x: fl.checkpoint_name(x * x, "square"))(3.0))
    6.0
    """
    return bind(name_p, x, name=name)


@dataclass(frozen=True)
class _Named:
    """The policy that keeps values with certain names, or named values with others."""

    names: frozenset[str]
    keep: bool

    def __call__(self, prim: Primitive, *avals: Any, **params: Any) -> bool:
        return prim.name == "name" and (params["name"] in self.names) == self.keep


class checkpoint_policies:
    """Which intermediate values a checkpointed function may keep."""

    @staticmethod
    def everything_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
        """Keep everything: as without checkpoint."""
        return True

    @staticmethod
    def nothing_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
        """Recompute everything: the default."""
        return False

    @staticmethod
    def dots_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
        """Keep results of matrix products and convolutions."""
        return prim.name in ("dot_general", "conv_general_dilated")

    checkpoint_dots = dots_saveable

    @staticmethod
    def dots_with_no_batch_dims_saveable(prim: Primitive, *avals: Any, **params: Any) -> bool:
        """Keep results of matrix products without batch axes."""
        if prim.name != "dot_general":
            return False
        (_, (lhs_batch, rhs_batch)) = params["dimension_numbers"]
        return not lhs_batch and not rhs_batch

    @staticmethod
    def save_only_these_names(*names: str) -> Policy:
        """Keep values named with `checkpoint_name`."""
        return _Named(frozenset(names), True)

    @staticmethod
    def save_any_names_but_these(*names: str) -> Policy:
        """Keep all named values but these."""
        return _Named(frozenset(names), False)


def checkpoint(
    fun: Callable[..., Any] | None = None,
    *,
    prevent_cse: bool = True,
    policy: Policy | None = None,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Iterable[str] = (),
) -> Any:
    """Make `fun` recompute its intermediate values in the backward pass.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays; must be pure.
    prevent_cse : bool
        Accepted for compatibility: the compiler never merges a recomputation with the original.
    policy : callable, optional
        ``policy(primitive, *avals, **params)`` says which results may be kept; see
        `checkpoint_policies`. By default none are.
    static_argnums, static_argnames : int, str or sequences
        Arguments that are Python values.

    Notes
    -----
    Memory against time: Chen et al. 2016, "Training deep nets with sublinear memory cost".

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> f = fl.checkpoint(lambda x: np.sin(np.sin(x)))
    >>> g, plain = fl.grad(f)(1.0), fl.grad(lambda x: np.sin(np.sin(x)))(1.0)
    >>> bool(g == plain)
    True
    """
    options: dict[str, Any] = {
        "prevent_cse": prevent_cse,
        "policy": policy,
        "static_argnums": static_argnums,
        "static_argnames": static_argnames,
    }
    if fun is None:
        return functools.partial(checkpoint, **options)
    nums, names = resolve_arguments(fun, as_tuple(static_argnums), as_tuple(static_argnames))
    name = function_name(fun)

    @transformed(checkpoint, fun, **options)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        n = len(args)
        static = {i % n: args[i] for i in nums if -n <= i < n}
        named = {k: kwargs.pop(k) for k in names if k in kwargs}
        dynamic = tuple(a for i, a in enumerate(args) if i not in static)
        leaves, treedef = tree_flatten((dynamic, kwargs))
        leaves = [check_array(x, f"an argument of {name}") for x in leaves]

        def f(*rest: Any, **kw: Any) -> Any:
            it = iter(rest)
            full = [static[i] if i in static else next(it) for i in range(n)]
            return fun(*full, **kw, **named)

        flat = FlatFunction(f, treedef)
        flat.name = name
        jaxpr, consts = trace_to_jaxpr(flat, [typeof(x) for x in leaves], f"checkpoint of {name}")
        outs = bind(checkpoint_p, *consts, *leaves, jaxpr=jaxpr, policy=policy)
        return flat.unflatten(outs)

    return checkpointed
