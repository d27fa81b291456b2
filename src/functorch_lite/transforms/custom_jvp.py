"""custom_jvp: a forward-mode rule given by the user."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import MissingRuleError, PytreeError, ShapeError
from ..ir import (
    Primitive,
    as_argument,
    bind,
    convert_if_needed,
    is_inexact,
    typeof,
)
from ..ir.source import reset_source
from ..prims.lowering import Inline
from ..pytree import PyTreeDef, keystr, tree_flatten, tree_flatten_with_path, tree_unflatten
from .batch import axis_name_at_work, batch_flat, batch_jaxpr, materialize
from .custom import CustomFunction, FlatRule, bind_custom, custom_abstract, custom_impl
from .flatten import FlatFunction, array_output
from .transpose import instantiate

__all__ = ["custom_jvp"]

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
    mapped, consts, _out_batched = batch_jaxpr(jaxpr, size, tuple(batched), True)
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
        full = iter(o if b else materialize(o, size) for o, b in zip(outs, mask, strict=True))
        return [next(full) if p else None for p in present]

    new = FlatRule(rule.name, call, jvp=jvp, unmapped=rule, mapped=arg_batched)
    operands = [*consts, *closed, *args[n_consts:]]
    n = len(consts) + n_consts
    outs = bind(custom_jvp_p, *operands, jaxpr=mapped, rule=new, n_consts=n)
    return outs, [True] * len(outs)


custom_jvp_p = Primitive(
    "custom_jvp_call",
    impl=custom_impl,
    abstract_eval=custom_abstract,
    linearize=_jvp_linearize,
    batch=_jvp_batch,
    lower=Inline("call"),
    multiple_results=True,
)


class custom_jvp(CustomFunction):
    """Give a function a forward-mode rule of its own.

    Reverse mode follows from it by transposition, so the rule must be linear in the tangents.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    nondiff_argnums, nondiff_argnames : int, str or sequences
        Arguments that are static Python values; they come first, in order, in the rule.

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

    def __init__(
        self,
        fun: Callable[..., Any],
        nondiff_argnums: int | Sequence[int] = (),
        nondiff_argnames: str | Sequence[str] = (),
    ) -> None:
        super().__init__(fun, nondiff_argnums, nondiff_argnames)
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
        self.defjvp(functools.partial(self._add_up, jvps))

    def _add_up(
        self, jvps: Sequence[Callable[..., Any] | None], primals: Any, tangents: Any
    ) -> Any:
        """Be the rule that adds the contributions of all arguments."""
        out = self(*primals)
        terms = [f(t, out, *primals) for f, t in zip(jvps, tangents, strict=True) if f]
        if not terms:
            return out, np.zeros(typeof(out).shape, typeof(out).dtype)
        total = terms[0]
        for t in terms[1:]:
            total = total + t
        return out, total

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.jvp is None:
            raise MissingRuleError(
                f"{self.name} is a custom_jvp without a rule; add one with @{self.name}.defjvp"
            )
        static, leaves, tree = self._split(self._arguments(args, kwargs))
        flat = self._flat_fun(static, tree)
        jvp = self._flat_jvp(static, tree, flat)
        rule = FlatRule(self.name, flat, jvp=jvp, owner=self, static=static, tree=tree)
        outs = bind_custom(custom_jvp_p, rule, leaves)
        return flat.unflatten(outs)

    def _flat_jvp(
        self, static: list[Any], tree: PyTreeDef, flat: FlatFunction
    ) -> Callable[..., list[Any]]:
        assert self.jvp is not None
        jvp = self.jvp

        def rule(primals: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
            xs = tree_unflatten(tree, [as_argument(p) for p in primals])
            full = [
                _zero_tangent(p) if t is None and not self.symbolic_zeros else t
                for t, p in zip(tangents, primals, strict=True)
            ]
            pair = jvp(*static, xs, tree_unflatten(tree, [as_argument(t) for t in full]))
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
    result: list[Any] = []
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
