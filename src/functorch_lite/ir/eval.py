"""Two ways to run a jaxpr without a compiler.

`eval_jaxpr` binds every equation again, so any transform applies to any program once more.
`to_python` writes straight-line Python over the primitives' NumPy implementations; it is the
reference interpreter, used whenever all inputs are plain arrays::

    def program(a, b):
        c = mul(a, b)
        d = reduce_sum(c, axes=(0,))
        del c
        return [d]
"""

import functools
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .jaxpr import Eqn, Jaxpr, Literal, Var, subjaxprs
from .source import override_source
from .trace import Tracer, bind, current_state

__all__ = [
    "Evaluation",
    "Handover",
    "eval_jaxpr",
    "failed_eqn",
    "names_axis",
    "python_source",
    "run_jaxpr",
    "to_python",
]


def eval_jaxpr(jaxpr: Jaxpr, consts: Sequence[Any], *args: Any) -> list[Any]:
    """Evaluate `jaxpr` by binding each equation.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> closed = fl.make_jaxpr(lambda x: x * 2.0)(1.5)
    >>> [float(v) for v in eval_jaxpr(closed.jaxpr, closed.consts, 4.0)]
    [8.0]
    """
    env: dict[Var, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))
    return Evaluation(jaxpr, env).run()


class Evaluation:
    """Binds one equation after another; after an exception, `run` goes on where it stopped.

    Parameters
    ----------
    jaxpr : Jaxpr
    env : dict of Var to value
        Holds the inputs; loses each value after its last use.
    homes : dict of Var to ndarray
        Where results are moved as soon as they are made, see `_homes`.
    """

    __slots__ = ("env", "homes", "jaxpr", "position")

    def __init__(
        self,
        jaxpr: Jaxpr,
        env: dict[Var, Any],
        homes: dict[Var, np.ndarray[Any, Any]] | None = None,
    ) -> None:
        self.jaxpr, self.env, self.position = jaxpr, env, 0
        self.homes = homes or {}

    def run(self) -> list[Any]:
        """Return the outputs."""
        jaxpr, env = self.jaxpr, self.env
        last_use = _last_uses(jaxpr)
        for i in range(self.position, len(jaxpr.eqns)):
            eqn = jaxpr.eqns[i]
            vals = [a.value if isinstance(a, Literal) else env[a] for a in eqn.inputs]
            if eqn.source is None:  # an equation of a shared program: the caller knows the line
                out = bind(eqn.primitive, *vals, **eqn.params)
            else:
                with override_source(eqn.source):
                    out = bind(eqn.primitive, *vals, **eqn.params)
            if eqn.primitive.multiple_results:
                env.update(zip(eqn.outvars, out, strict=True))
            else:
                env[eqn.outvars[0]] = out
            self.position = i + 1  # (what is dead is let go of after that: it may be needed again)
            for v in last_use.get(i, ()):
                del env[v]
            for v in self.homes.keys() & eqn.outvars if self.homes else ():
                env[v] = _moved(env[v], self.homes[v], env)
        return [o.value if isinstance(o, Literal) else env[o] for o in jaxpr.outs]


class Handover(list[Any]):
    """Arguments that are handed over: who runs the program need not keep them.

    Attributes
    ----------
    evaluation : Evaluation or None
        Set when an interpreter has taken them; after an exception, what can still go on.
    """

    __slots__ = ("evaluation",)

    def __init__(self, values: Sequence[Any]) -> None:
        super().__init__(values)
        self.evaluation: Evaluation | None = None


def failed_eqn(error: Exception) -> Eqn | None:
    """Return the equation that `eval_jaxpr` was at when it raised, None if it was not running."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code is Evaluation.run.__code__:
            eqn: Eqn = frame.f_locals["eqn"]
            return eqn
    return None


def _last_uses(jaxpr: Jaxpr) -> dict[int, list[Var]]:
    """Return, for each equation's index, the vars that are dead after it."""
    table = jaxpr.memo.get("last_uses")
    if table is not None:
        return table
    last: dict[Var, int] = {}
    for i, eqn in enumerate(jaxpr.eqns):
        for a in eqn.inputs:
            if isinstance(a, Var):
                last[a] = i
        for v in eqn.outvars:
            last[v] = i
    for o in jaxpr.outs:
        if isinstance(o, Var):
            last.pop(o, None)
    table = {}
    for v, i in last.items():
        table.setdefault(i, []).append(v)
    jaxpr.memo["last_uses"] = table
    return table


def _homes(jaxpr: Jaxpr, donated: Sequence[int]) -> dict[Var, Var]:
    """Return, for results, the donated arguments of the same type that are not read any more.

    Only what an equation makes counts, and an argument only if it is read for the last time
    before, or by that equation.
    """
    table: dict[Any, list[tuple[int, Var]]] = {}
    at = {v: i for i, dead in _last_uses(jaxpr).items() for v in dead}
    results = {o for o in jaxpr.outs if isinstance(o, Var)}
    for d in (jaxpr.invars[i] for i in donated):
        if d not in results:
            table.setdefault((d.aval.shape, d.aval.dtype), []).append((at.get(d, -1), d))
    homes: dict[Var, Var] = {}
    for i, eqn in enumerate(jaxpr.eqns):
        for v in eqn.outvars:
            free = table.get((v.aval.shape, v.aval.dtype), [])
            found = max((f for f in free if f[0] <= i), default=None, key=lambda f: f[0])
            if v in results and found is not None:
                free.remove(found)
                homes[v] = found[1]
    return homes


def _holders(env: dict[Any, Any], v: Any) -> int:
    """Count the references to a value, those of this call included."""
    return sys.getrefcount(env[v])


_ALONE = _holders({0: np.empty(0)}, 0)


def _moved(value: Any, home: np.ndarray[Any, Any], env: dict[Var, Any]) -> Any:
    """Move a value into an array that nothing reads any more, if no other value is a view of it."""
    if not isinstance(value, np.ndarray) or (value.shape, value.dtype) != (home.shape, home.dtype):
        return value
    arrays = [x for x in env.values() if x is not value and isinstance(x, np.ndarray)]
    if any(x is home or (x.base is not None and np.may_share_memory(x, home)) for x in arrays):
        return value
    np.copyto(home, value)
    return home


def python_source(jaxpr: Jaxpr) -> tuple[str, dict[str, Any]]:
    """Return the Python text of a jaxpr and the globals that it needs."""
    names: dict[Var, str] = {}
    space: dict[str, Any] = {"asarray": np.asarray, "ndarray": np.ndarray}
    functions: dict[int, str] = {}

    def name(v: Var) -> str:
        return names.setdefault(v, f"v{len(names)}")

    def atom(a: Any, among_arrays: bool = False) -> str:
        if isinstance(a, Var):
            return name(a)
        key = f"lit{len(space)}"
        space[key] = _quick_scalar(a.value) if among_arrays else a.value
        return key

    def call(eqn: Eqn) -> str:
        impl = eqn.primitive.impl
        fn = functions.get(id(impl))
        if fn is None:
            fn = functions[id(impl)] = f"{eqn.primitive.name.replace('-', '_')}_{len(space)}"
            space[fn] = impl
        among_arrays = any(a.aval.shape for a in eqn.inputs)
        args = [atom(a, among_arrays) for a in eqn.inputs]
        for k, value in eqn.params.items():
            key = f"par{len(space)}"
            space[key] = value
            args.append(f"{k}={key}")
        return f"{fn}({', '.join(args)})"

    head = ", ".join(name(v) for v in (*jaxpr.constvars, *jaxpr.invars))
    last_use = _last_uses(jaxpr)
    lines = [f"def program({head}):"]
    for i, eqn in enumerate(jaxpr.eqns):
        outs = ", ".join(name(v) for v in eqn.outvars)
        target = f"[{outs}] = " if eqn.primitive.multiple_results else f"{outs} = "
        if eqn.primitive.multiple_results and not outs:
            target = ""
        lines.append(f"    {target}{call(eqn)}")
        dead = [name(v) for v in last_use.get(i, ())]
        if dead:
            lines.append(f"    del {', '.join(dead)}")
    lines.append(f"    return [{', '.join(atom(o) for o in jaxpr.outs)}]")
    return "\n".join(lines), space


def _quick_scalar(value: Any) -> Any:
    """Return a NumPy scalar as an array without axes: ufuncs take it in half the time."""
    if not isinstance(value, np.generic):
        return value
    array = np.asarray(value)
    array.flags.writeable = False
    return array


def to_python(jaxpr: Jaxpr) -> Callable[..., list[Any]]:
    """Return the jaxpr as a Python function over NumPy arrays; remembered on the jaxpr."""
    omni = current_state().omni
    if omni is not None and omni.watching:
        return functools.partial(eval_jaxpr, jaxpr, ())
    fn = jaxpr.memo.get("python")
    if fn is None and names_axis(jaxpr):
        # A collective is applied by the trace of its axis, whatever its operands are.
        fn = jaxpr.memo["python"] = functools.partial(eval_jaxpr, jaxpr, ())
    if fn is None:
        text, space = python_source(jaxpr)
        exec(compile(text, "<functorch_lite program>", "exec"), space)
        fn = jaxpr.memo["python"] = space["program"]
    return fn


def names_axis(jaxpr: Jaxpr) -> bool:
    """Tell whether some equation, at any depth, is a collective."""
    return any(
        e.primitive.names_axis or any(names_axis(j) for j in subjaxprs(e)) for e in jaxpr.eqns
    )


def run_jaxpr(
    jaxpr: Jaxpr, args: Sequence[Any], donated: tuple[int, ...] = (), once: bool = False
) -> list[Any]:
    """Run a closed jaxpr: straight Python on arrays, `eval_jaxpr` when a tracer is about.

    Writing and compiling Python pays off in the second run, so a program that is to be run `once`
    is evaluated equation by equation.

    A `Handover` loses the arguments at positions in `donated`, so that the memory of each is free
    after its last use. Where somebody else still refers to the array, it is not; then results of
    the same type are written into it.
    """
    if donated and isinstance(args, Handover):
        pairs = _homes(jaxpr, donated)
        env = dict(zip(jaxpr.invars, args, strict=True))
        for i in donated:
            args[i] = None
        homes = {v: env[d] for v, d in pairs.items() if _holders(env, d) > _ALONE}
        read = {a for e in jaxpr.eqns for a in e.inputs if isinstance(a, Var)}
        for d in {*pairs.values()} - read:
            del env[d]
        args.evaluation = evaluation = Evaluation(jaxpr, env, homes)
        return evaluation.run()
    if current_state().omni is None and not once:
        for a in args:
            if isinstance(a, Tracer):
                break
        else:
            return to_python(jaxpr)(*args)
    return eval_jaxpr(jaxpr, (), *args)
