"""Loops and branches as native functions, in place of the interpreter's Python loops."""

from collections import deque
from typing import Any

import numpy as np

from ..ir import Eqn, Jaxpr, Literal, Var
from .expression import C_NAMES
from .native import KernelSpec, NativeFunction, compile_source
from .outputs import OutputSlot
from .pointers import DATA_OFFSET, address, layout_is_known, peek
from .static import Place, StaticWriter, Unsupported

__all__ = ["NativeLoop", "native_loop"]

CONTROL = ("scan", "while", "cond")
MODULES = ("functorch_lite.kernels.scalar", "functorch_lite.kernels.names")
_NUMPY = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8}


class NativeLoop:
    """A control-flow equation compiled whole; call it with arrays, get a list of arrays."""

    def __init__(self, eqn: Eqn) -> None:
        self.in_avals = [a.aval for a in eqn.inputs]
        self.out_avals = [v.aval for v in eqn.outvars]
        writer = StaticWriter()
        body = self._write(writer, eqn)
        scratch = sorted(writer.scratch)
        arguments = [f"x{i}" for i in range(len(self.in_avals))]
        arguments += [f"y{i}" for i in range(len(self.out_avals))]
        arguments += [f"w_{k}" for k in scratch]
        types = [C_NAMES[a.dtype.name] + "*" for a in self.in_avals + self.out_avals]
        types += [f"{k}*" for k in scratch]
        self.source = "\n".join([f"def kernel({', '.join(arguments)}):", *body, ""])
        self.spec = KernelSpec(self.source, "kernel", f"void({', '.join(types)})", MODULES)
        self._scratch_types = [(_NUMPY[k], writer.scratch[k]) for k in scratch]
        self._slots = [OutputSlot(a.shape, a.dtype) for a in self.out_avals]
        self._pool: deque[list[np.ndarray[Any, Any]]] = deque(maxlen=4)
        self._function: NativeFunction | None = None

    def _write(self, writer: StaticWriter, eqn: Eqn) -> list[str]:
        """Write the statements: load scalars, run the equation, store the results."""
        if any(a.dtype.name not in C_NAMES for a in self.in_avals + self.out_avals):
            raise Unsupported("a dtype without native form")
        places = []
        for i, aval in enumerate(self.in_avals):
            place = Place(f"x{i}", aval, "0")
            if aval.ndim == 0:
                name = writer.fresh("z")
                text = f"x{i}[0] != 0" if aval.dtype.kind == "b" else f"x{i}[0]"
                writer.put(f"{name} = {text}")
                place = Place(name, aval)
            places.append(place)
        invars = [Var(a) for a in self.in_avals]
        outvars = [Var(a) for a in self.out_avals]
        jaxpr = Jaxpr([], invars, [eqn.replace(inputs=invars, outvars=outvars)], outvars)
        targets = [Place(f"y{i}", aval, "0") for i, aval in enumerate(self.out_avals)]
        outs = writer.program(jaxpr, places, targets=targets)
        for out, target in zip(outs, targets, strict=True):
            if out.name != target.name:
                writer.copy(out, target)
        return writer.lines

    def load(self) -> None:
        """Compile, or load from the cache."""
        s = self.spec
        self._function = compile_source(s.source, s.entry, s.signature, modules=s.modules)

    def __call__(self, *args: Any, **params: Any) -> list[Any]:
        """Run the loop; `params` are those of the equation, known already."""
        if self._function is None:
            self.load()
            assert self._function is not None
        # (0-d arrays become 1-d here, which is all the same to a pointer.)
        xs = [np.ascontiguousarray(x, a.dtype) for x, a in zip(args, self.in_avals, strict=True)]
        outs = [slot() for slot in self._slots]
        try:
            scratch = self._pool.pop()
        except IndexError:
            scratch = [np.empty(n, t) for t, n in self._scratch_types]
        try:
            if layout_is_known():
                read = peek()
                self._function(*[read(id(x) + DATA_OFFSET) for x in (*xs, *outs, *scratch)])
            else:
                self._function(*[address(x) for x in (*xs, *outs, *scratch)])
        finally:
            self._pool.append(scratch)
        return outs


def native_loop(eqn: Eqn) -> NativeLoop | None:
    """Return a control-flow equation as a native function, or None if it has no such form.

    Remembered on the body's jaxpr.
    """
    if eqn.primitive.name not in CONTROL:
        return None
    bodies = [v for v in eqn.params.values() if isinstance(v, Jaxpr)]
    bodies += [
        j for v in eqn.params.values() if isinstance(v, tuple) for j in v if isinstance(j, Jaxpr)
    ]
    memo = bodies[-1].memo
    avals = tuple(a.aval for a in eqn.inputs)
    plain = tuple((k, v) for k, v in sorted(eqn.params.items()) if not isinstance(v, Jaxpr))
    key = (
        "native",
        avals,
        plain,
        tuple(isinstance(a, Literal) for a in eqn.inputs),
        tuple(map(id, bodies)),
    )
    if key not in memo:
        try:
            memo[key] = NativeLoop(eqn)
        except Unsupported:
            memo[key] = None
    return memo[key]
