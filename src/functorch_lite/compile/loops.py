"""Loops and branches as native functions, in place of the interpreter's Python loops."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ir import Eqn, Jaxpr, Literal, Var
from .expression import C_NAMES
from .native import KernelSpec, NativeFunction, compile_source
from .outputs import BufferPool, OutputSlot
from .pointers import DATA_OFFSET, address, layout_is_known, peek
from .static import LENGTH, Place, StaticWriter, Unsupported

__all__ = ["LoopKernel", "NativeLoop", "native_loop"]

CONTROL = ("scan", "while", "cond")
MODULES = ("functorch_lite.kernels.scalar", "functorch_lite.kernels.names")
_NUMPY = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8}


class LoopKernel:
    """The machine code of a control-flow equation; a scan's length is an argument.

    Attributes
    ----------
    source : str
    spec : KernelSpec
    pools : list of BufferPool
        Memory for each result, whatever the length.
    """

    def __init__(self, eqn: Eqn) -> None:
        self._in_avals = [a.aval for a in eqn.inputs]
        self._out_avals = [v.aval for v in eqn.outvars]
        writer = StaticWriter()
        body = self._write(writer, eqn)
        scratch = sorted(writer.scratch)
        arguments = [f"x{i}" for i in range(len(self._in_avals))]
        arguments += [f"y{i}" for i in range(len(self._out_avals))]
        arguments += [f"w_{k}" for k in scratch] + [LENGTH]
        types = [C_NAMES[a.dtype.name] + "*" for a in self._in_avals + self._out_avals]
        types += [f"{k}*" for k in scratch] + ["i64"]
        self.source = "\n".join([f"def kernel({', '.join(arguments)}):", *body, ""])
        self.spec = KernelSpec(self.source, "kernel", f"void({', '.join(types)})", MODULES)
        self._scratch_types = [(_NUMPY[k], writer.scratch[k]) for k in scratch]
        self.pools = [BufferPool() for _ in self._out_avals]
        self._pool: deque[list[np.ndarray[Any, Any]]] = deque(maxlen=4)
        self._function: NativeFunction | None = None

    def _write(self, writer: StaticWriter, eqn: Eqn) -> list[str]:
        """Write the statements: load scalars, run the equation, store the results."""
        if any(a.dtype.name not in C_NAMES for a in self._in_avals + self._out_avals):
            raise Unsupported("a dtype without native form")
        places = []
        for i, aval in enumerate(self._in_avals):
            place = Place(f"x{i}", aval, "0")
            if aval.ndim == 0:
                name = writer.fresh("z")
                text = f"x{i}[0] != 0" if aval.dtype.kind == "b" else f"x{i}[0]"
                writer.put(f"{name} = {text}")
                place = Place(name, aval)
            places.append(place)
        invars = [Var(a) for a in self._in_avals]
        outvars = [Var(a) for a in self._out_avals]
        jaxpr = Jaxpr([], invars, [eqn.replace(inputs=invars, outvars=outvars)], outvars)
        targets = [Place(f"y{i}", aval, "0") for i, aval in enumerate(self._out_avals)]
        outs = writer.program(jaxpr, places, targets=targets)
        for out, target in zip(outs, targets, strict=True):
            if out.name != target.name:
                writer.copy(out, target)
        return writer.lines

    def load(self) -> None:
        """Compile, or load from the cache."""
        s = self.spec
        self._function = compile_source(s.source, s.entry, s.signature, modules=s.modules)

    def run(self, arrays: Sequence[Any], length: int) -> None:
        """Run on operands and results."""
        if self._function is None:
            self.load()
            assert self._function is not None
        try:
            scratch = self._pool.pop()
        except IndexError:
            scratch = [np.empty(n, t) for t, n in self._scratch_types]
        try:
            if layout_is_known():
                read = peek()
                pointers = [read(id(x) + DATA_OFFSET) for x in (*arrays, *scratch)]
            else:
                pointers = [address(x) for x in (*arrays, *scratch)]
            self._function(*pointers, length)
        finally:
            self._pool.append(scratch)


class NativeLoop:
    """A control-flow equation compiled whole; call it with arrays, get a list of arrays.

    Attributes
    ----------
    kernel : LoopKernel
        Shared by scans that differ in their length alone.
    """

    def __init__(self, kernel: LoopKernel, eqn: Eqn) -> None:
        self.kernel = kernel
        self._dtypes = [a.aval.dtype for a in eqn.inputs]
        self._length = eqn.params.get("length", 0)
        self._slots = [
            OutputSlot(v.aval.shape, v.aval.dtype, pool)
            for v, pool in zip(eqn.outvars, kernel.pools, strict=True)
        ]

    def __call__(self, *args: Any, **params: Any) -> list[Any]:
        """Run the loop; `params` are those of the equation, known already."""
        # (0-d arrays become 1-d here, which is all the same to a pointer.)
        xs = [np.ascontiguousarray(x, t) for x, t in zip(args, self._dtypes, strict=True)]
        outs = [slot() for slot in self._slots]
        self.kernel.run([*xs, *outs], self._length)
        return outs


def native_loop(eqn: Eqn) -> NativeLoop | None:
    """Return a control-flow equation as a native function, or None if it has no such form.

    Its machine code is remembered on the body's jaxpr.
    """
    if eqn.primitive.name not in CONTROL:
        return None
    bodies = [v for v in eqn.params.values() if isinstance(v, Jaxpr)]
    bodies += [
        j for v in eqn.params.values() if isinstance(v, tuple) for j in v if isinstance(j, Jaxpr)
    ]
    memo = bodies[-1].memo
    plain = [(k, v) for k, v in sorted(eqn.params.items()) if not isinstance(v, Jaxpr)]
    avals = [a.aval for a in eqn.inputs]
    if eqn.primitive.name == "scan":  # all lengths are one
        plain = [(k, v) for k, v in plain if k != "length"]
        first_x = eqn.params["n_consts"] + eqn.params["n_carry"]
        avals[first_x:] = [a.update(shape=a.shape[1:]) for a in avals[first_x:]]
    key = (
        "native",
        tuple(avals),
        tuple(plain),
        tuple(isinstance(a, Literal) for a in eqn.inputs),
        tuple(map(id, bodies)),
    )
    if key not in memo:
        try:
            memo[key] = LoopKernel(eqn)
        except Unsupported:
            memo[key] = None
    return None if memo[key] is None else NativeLoop(memo[key], eqn)
