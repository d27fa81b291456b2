"""Looking at what the compiler does: ``jit(f).lower(*args)``."""

from typing import Any

from ..errors import ShapeError
from ..ir import Tracer, bind, typeof
from ..pytree import tree_flatten
from ..transforms.call import jit_p
from ..transforms.donate import run_donated
from ..transforms.flatten import check_array
from ..transforms.traced import TracedCall
from .cost import program_cost
from .executor import program_name
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

    def __init__(self, call: TracedCall) -> None:
        from .drive import CompiledProgram

        self._call = call
        self._program = CompiledProgram(call.jaxpr, get_precision(), call.donated)
        self.jaxpr = str(call.jaxpr)
        self.simplified = str(self._program.program.to_jaxpr())
        self.fused = str(self._program.fused)
        self.source = "\n".join(k.spec.source for k in self._program.kernels.values())
        self.driver = self._program.source

    def as_text(self) -> str:
        """Return all stages."""
        stages = ("jaxpr", "simplified", "fused", "source", "driver")
        return "\n\n".join(f"=== {s} ===\n{getattr(self, s)}" for s in stages)

    def cost(self) -> dict[str, Any]:
        """Return what one run of the program costs.

        Returns
        -------
        dict
            ``flops``: one for each elementwise operation, two for a multiply-add; a scan's body
            times its length, a branch's most expensive side.
            ``bytes``: read and written by the steps, each step's operands once; values inside a
            fused kernel do not count.
            ``peak_memory``: bytes at the worst moment, the sum of ``arguments`` (closed-over
            arrays included), ``outputs`` (those in the memory of donated arguments left out) and
            ``temporaries``.
            ``kernels`` and ``calls``: the number of steps of either kind.
            ``uncounted``: primitives whose flops depend on values or are not known.

        Examples
        --------
        >>> import functorch_lite as fl
        >>> import numpy as np
        >>> cost = fl.jit(lambda x, y: x @ y).lower(np.ones((2, 3)), np.ones((3, 4))).cost()
        >>> cost["flops"], cost["bytes"], cost["peak_memory"]
        (48, 208, 208)
        """
        program = self._program
        return program_cost(program.fused, program.plan, program.program.eqns)

    def compile(self) -> "Compiled":
        """Compile ahead of time; calls of the function itself use the result too.

        Returns
        -------
        Compiled
            Callable with arguments of exactly these types.
        """
        if self._program.has_work:
            self._program.load()
            self._call.jaxpr.memo[program_name(self._call.donated)] = self._program
        return Compiled(self)


class Compiled:
    """A program compiled ahead of time, for arguments of exactly the types it was lowered for."""

    def __init__(self, lowered: Lowered) -> None:
        self._lowered = lowered

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program.

        Raises
        ------
        ShapeError
            If structure, shapes or dtypes are others than it was compiled for.
        """
        low, call = self._lowered, self._lowered._call
        leaves, tree = tree_flatten((args, kwargs))
        leaves = [check_array(x, call.flat.name) for x in leaves]
        got = [typeof(x) for x in leaves]
        if tree != call.flat.treedef or [(a.shape, a.dtype) for a in got] != [
            (a.shape, a.dtype) for a in call.avals
        ]:
            raise ShapeError(
                f"{call.flat.name} was compiled for {call.avals} and called with {got}; "
                "lower it again"
            )
        operands = call.operands(leaves)
        if any(isinstance(x, Tracer) for x in operands):
            return call.flat.unflatten(
                bind(jit_p, *operands, jaxpr=call.jaxpr, name=call.flat.name)
            )
        if call.donated:
            del leaves
            return call.flat.unflatten(run_donated(call.jaxpr, call.donated, operands))
        return call.flat.unflatten(low._program(operands))

    def cost(self) -> dict[str, Any]:
        """Return what the program costs; see `Lowered.cost`."""
        return self._lowered.cost()
