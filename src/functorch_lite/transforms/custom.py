"""What custom_jvp and custom_vjp share: calling, recording, argument handling."""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, cast

from ..ir import (
    Jaxpr,
    Primitive,
    ShapedArray,
    Tracer,
    bind,
    current_state,
    run_jaxpr,
    trace_to_jaxpr,
    typeof,
)
from ..ir.source import reset_source
from ..ir.trace import keep_class
from ..pytree import PyTreeDef, tree_flatten
from .arguments import as_tuple
from .flatten import FlatFunction, array_output, check_array, function_name
from .transformed import global_name

__all__ = ["CustomFunction", "FlatRule", "bind_custom"]


class FlatRule:
    """A function and its rule, flat; compared by identity (a parameter of an equation).

    `call` is the function itself; it is recorded to a jaxpr only when an abstract recorder
    needs one, so that Python control flow works wherever values are known. `rules` holds the
    flat rules and, for reports, the user's function (owner) with its static arguments; of a
    function that vmap made, the one for a single example and which arguments are mapped.
    """

    def __init__(self, name: str, call: Callable[..., Any], **rules: Any) -> None:
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


def custom_abstract(
    *avals: ShapedArray, jaxpr: Jaxpr, rule: FlatRule, n_consts: int
) -> list[ShapedArray]:
    return jaxpr.out_avals


def custom_impl(*args: Any, jaxpr: Jaxpr, rule: FlatRule, n_consts: int) -> list[Any]:
    return run_jaxpr(jaxpr, args)


def bind_custom(prim: Primitive, rule: FlatRule, args: Sequence[Any]) -> list[Any]:
    """Apply a custom-rule primitive.

    With no trace about, the function is simply called. Otherwise it is recorded, so that the
    equation can be differentiated, batched and compiled by whoever meets it.
    """
    if current_state().omni is None and not any(isinstance(a, Tracer) for a in args):
        return [keep_class(array_output(o, rule.name), args) for o in _call_values(rule, args)]
    top = max(
        (a._trace for a in args if isinstance(a, Tracer)), key=lambda t: t.level, default=None
    )
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


class CustomFunction:
    """What custom_jvp and custom_vjp share: argument handling."""

    def __init__(
        self,
        fun: Callable[..., Any],
        nondiff_argnums: int | Sequence[int] = (),
        nondiff_argnames: str | Sequence[str] = (),
    ) -> None:
        functools.update_wrapper(cast("Callable[..., Any]", self), fun, updated=())
        self.fun = fun
        self.name = function_name(fun)
        self.nondiff_argnums = as_tuple(nondiff_argnums)
        if nondiff_argnames:
            positions = list(inspect.signature(fun).parameters)
            for name in as_tuple(nondiff_argnames):
                if name not in positions:
                    raise ValueError(
                        f"nondiff_argnames names {name!r}, which is not an argument of "
                        f"{self.name}; its arguments are {positions}"
                    )
                self.nondiff_argnums += (positions.index(name),)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; the subclasses know how."""
        raise NotImplementedError

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Bind as a method."""
        return self if instance is None else functools.partial(self, instance)

    def __reduce__(self) -> Any:
        """Pickle by name if it is a module's, else the function and its rules."""
        return global_name(self) or (object.__new__, (type(self),), vars(self))

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
