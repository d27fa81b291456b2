"""custom_vjp: a reverse-mode rule given by the user."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingRuleError, PytreeError, ShapeError
from ..ir import (
    Primitive,
    ShapedArray,
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
from .custom_linear import Backward, custom_lin_p
from .flatten import FlatFunction, array_output, check_array
from .transpose import instantiate

__all__ = ["custom_vjp"]

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
        outs, residuals, bwd = rule.fwd(args, nonzero[n_consts:])
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
            bind(custom_lin_p, *residuals, *given, n_residuals=len(residuals), backward=backward)
        )
        return [next(ts) if is_inexact(a.dtype) else None for a in out_avals]

    return outs, linear


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

    def fwd(xs: Sequence[Any], perturbed: Sequence[bool]) -> tuple[list[Any], list[Any], Any]:
        found: dict[str, Any] = {}

        def f(*ys: Any) -> list[Any]:
            outs, residuals, found["bwd"] = rule.fwd(ys, perturbed)
            found["n"] = len(outs)
            return [*outs, *residuals]

        results = all_mapped(f, xs, arg_batched)
        n = found["n"]

        def bwd(residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
            return _batched_bwd(found["bwd"], size, axis, residuals, cts, xs, arg_batched)

        return results[:n], results[n:], bwd

    new = FlatRule(rule.name, call, fwd=fwd, unmapped=rule, mapped=arg_batched)
    operands = [*consts, *args]
    outs = bind(custom_vjp_p, *operands, jaxpr=mapped, rule=new, n_consts=len(consts) + n_consts)
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

    outs, mask = batch_flat(
        f, size, [*residuals, *given], [True] * (len(residuals) + len(given)), axis
    )
    full = iter([o if b else materialize(o, size) for o, b in zip(outs, mask, strict=True)])
    result = []
    for is_present, is_mapped in zip(present, arg_batched, strict=True):
        ct = next(full) if is_present else None
        result.append(ct if ct is None or is_mapped else reduce_sum(ct, (0,)))
    return result


custom_vjp_p = Primitive(
    "custom_vjp_call",
    impl=custom_impl,
    abstract_eval=custom_abstract,
    linearize=_vjp_linearize,
    batch=_vjp_batch,
    lower=Inline("call"),
    multiple_results=True,
)


class CustomVJPPrimal(NamedTuple):
    """An argument of a fwd rule with ``symbolic_zeros=True``."""

    value: Any
    perturbed: bool


class custom_vjp(CustomFunction):
    """Give a function a reverse-mode rule of its own.

    Forward mode works too: the map from cotangents that `bwd` computes is transposed.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays; called as it is when nothing is differentiated.
    nondiff_argnums, nondiff_argnames : int, str or sequences
        Arguments that are static Python values; they come first, in order, in `bwd`.

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

    def __init__(
        self,
        fun: Callable[..., Any],
        nondiff_argnums: int | Sequence[int] = (),
        nondiff_argnames: str | Sequence[str] = (),
    ) -> None:
        super().__init__(fun, nondiff_argnums, nondiff_argnames)
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None
        self.symbolic_zeros = False

    def defvjp(
        self,
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
        symbolic_zeros: bool = False,
        optimize_remat: bool = False,
    ) -> None:
        """Set ``fwd(*args) -> (out, residuals)`` and ``bwd(*static, residuals, ct) -> cts``.

        Parameters
        ----------
        fwd : callable
            Runs in place of the function when it is differentiated.
        bwd : callable
            Returns a tuple with an entry for each argument that is not static; None is zero.
        symbolic_zeros : bool
            Give `fwd` each array as an object with the fields ``value`` and ``perturbed``;
            `perturbed` is False where nothing is differentiated. The cotangents that `bwd`
            gets are arrays all the same.
        optimize_remat : bool
            Accepted for compatibility: dead equations of `fwd` are dropped in any case.
        """
        self.fwd, self.bwd, self.symbolic_zeros = fwd, bwd, symbolic_zeros

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.fwd is None or self.bwd is None:
            raise MissingRuleError(
                f"{self.name} is a custom_vjp without rules; add them with {self.name}.defvjp(fwd, bwd)"
            )
        static, leaves, tree = self._split(self._arguments(args, kwargs))
        flat = self._flat_fun(static, tree)
        fwd = self._flat_fwd(static, tree, flat)
        rule = FlatRule(self.name, flat, fwd=fwd, owner=self, static=static, tree=tree)
        outs = bind_custom(custom_vjp_p, rule, leaves)
        return flat.unflatten(outs)

    def _flat_fwd(
        self, static: list[Any], tree: PyTreeDef, flat: FlatFunction
    ) -> Callable[..., Any]:
        fwd, bwd, symbolic_zeros = self.fwd, self.bwd, self.symbolic_zeros
        assert fwd is not None and bwd is not None

        def flat_fwd(
            leaves: Sequence[Any], perturbed: Sequence[bool]
        ) -> tuple[list[Any], list[Any], Any]:
            values = [as_argument(x) for x in leaves]
            if symbolic_zeros:
                values = [CustomVJPPrimal(*pair) for pair in zip(values, perturbed, strict=True)]
            args = self._merge(static, tree_unflatten(tree, values))
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
            kept = [check_array(r, f"a residual of {self.name}") for r in residuals]

            def flat_bwd(res: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
                full = [
                    np.zeros(a.shape, a.dtype if is_inexact(a.dtype) else float)
                    if ct is None
                    else ct
                    for ct, a in zip(cts, out_avals, strict=True)
                ]
                in_cts = bwd(
                    *static,
                    tree_unflatten(res_tree, [as_argument(r) for r in res]),
                    tree_unflatten(out_tree, [as_argument(ct) for ct in full]),
                )
                return _check_bwd(in_cts, tree, in_avals, self.name)

            outs = [array_output(o, self.name) for o in outs]
            out_avals = [typeof(o) for o in outs]
            in_avals = [typeof(x) for x in leaves]
            return outs, kept, flat_bwd

        return flat_fwd


def _check_bwd(in_cts: Any, tree: PyTreeDef, avals: Sequence[ShapedArray], name: str) -> list[Any]:
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
