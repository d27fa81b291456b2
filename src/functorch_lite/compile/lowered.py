"""Looking at what the compiler does: ``jit(f).lower(*args)``."""

from typing import Any

from ..ir import Jaxpr
from ..transforms.flatten import FlatFunction
from .cluster import Call, Dense
from .precision import get_precision

__all__ = ["Compiled", "Lowered"]


class Lowered:
    """A recorded program, stage by stage.

    Attributes
    ----------
    jaxpr : str
        As it was recorded.
    simplified : str
        After inlining and simplification.
    fused : str
        The steps: kernels and calls.
    source : str
        The kernels' Python source.
    driver : str
        The text of the driver that runs the steps.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> lowered = fl.jit(lambda x: np.sum(np.tanh(x))).lower(np.zeros(8))
    >>> print(lowered.fused)
    kernel   (8,) reduce over (0,)
             b:f64[8] = tanh a
             c:f64[] = reduce_sum[axes=(0,)] b
    """

    def __init__(self, jaxpr: Jaxpr, consts: list[Any], flat: FlatFunction) -> None:
        from .drive import CompiledProgram

        self._jaxpr, self._consts, self._flat = jaxpr, consts, flat
        self._program = CompiledProgram(jaxpr, get_precision())
        self.jaxpr = str(jaxpr)
        self.simplified = str(self._program.program.to_jaxpr())
        self.fused = str(self._program.fused)
        self.source = "\n".join(k.spec.source for k in self._program.kernels.values())
        self.driver = self._program.source

    def as_text(self) -> str:
        """Return all stages."""
        stages = ("jaxpr", "simplified", "fused", "source", "driver")
        return "\n\n".join(f"=== {s} ===\n{getattr(self, s)}" for s in stages)

    def cost(self) -> dict[str, int]:
        """Return what the program costs.

        Returns
        -------
        dict
            ``flops`` (one for each elementwise operation and two for each multiply-add of a
            product), ``bytes`` (read and written by kernels), ``peak_memory`` (bytes of arena
            and outputs), ``kernels`` and ``calls``.
        """
        program = self._program
        flops = sum(_flops(e) for e in program.program.eqns)
        moved = 0
        for k in program.kernels.values():
            moved += sum(_bytes(v.base.aval) for v in k.reads) + sum(
                _bytes(v.aval) for v in k.writes
            )
        dense = [s.eqn for s in program.fused.steps if isinstance(s, Dense)]
        moved += sum(_bytes(a.aval) for e in dense for a in [*e.inputs, *e.outvars])
        outputs = sum(_bytes(o.aval) for o in program.program.outs)
        calls = sum(type(s) is Call for s in program.fused.steps)
        return {
            "flops": flops,
            "bytes": moved,
            "peak_memory": program.plan.arena_bytes + outputs,
            "kernels": len(program.kernels) + len(dense),
            "calls": calls,
        }

    def compile(self) -> "Compiled":
        """Compile ahead of time."""
        self._program.load()
        self._jaxpr.memo["program"] = self._program
        return Compiled(self)


class Compiled:
    """A program compiled ahead of time, for arguments of exactly the types it was lowered for."""

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program."""
        from ..errors import ShapeError
        from ..ir import typeof
        from ..pytree import tree_flatten
        from ..transforms.flatten import check_array

        low = self._lowered
        leaves, tree = tree_flatten((args, kwargs))
        leaves = [check_array(x, low._flat.name) for x in leaves]
        want = low._jaxpr.in_avals[len(low._consts) :]
        got = [typeof(x) for x in leaves]
        if tree != low._flat.treedef or [(a.shape, a.dtype) for a in got] != [
            (a.shape, a.dtype) for a in want
        ]:
            raise ShapeError(
                f"{low._flat.name} was compiled for {want} and called with {got}; lower it again"
            )
        return low._flat.unflatten(low._program([*low._consts, *leaves]))

    def cost(self) -> dict[str, int]:
        """Return what the program costs; see `Lowered.cost`."""
        return self._lowered.cost()


def _bytes(aval: Any) -> int:
    return int(aval.size) * int(aval.dtype.itemsize)


def _flops(eqn: Any) -> int:
    """Count the operations of one equation."""
    out = eqn.outvars[0].aval if eqn.outvars else None
    if out is None:
        return 0
    name = eqn.primitive.name
    if name == "dot_general":
        (contracted, _), _ = eqn.params["dimension_numbers"]
        k = 1
        for d in contracted:
            k *= eqn.inputs[0].aval.shape[d]
        return 2 * int(out.size) * k
    if name == "conv_general_dilated":
        weights = eqn.inputs[1].aval
        return 2 * int(out.size) * int(weights.size) // int(weights.shape[0])
    if name.startswith("reduce_"):
        return int(eqn.inputs[0].aval.size)
    from .expression import can_express

    return int(out.size) if can_express(eqn) else 0
