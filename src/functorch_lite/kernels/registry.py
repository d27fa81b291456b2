"""From a kernel's name and static parameters to machine code.

A kernel is named by its generator (``"matmul:build_table_matmul"``) and static parameters; all
share one signature, ``void(int64 args, int64 lo, int64 hi, int64 scratch)``: the address of a
block of 8-byte arguments, a range of work items, and scratch memory of the calling thread.
Nothing here imports numba until a kernel really has to be compiled, and a provider that keeps
object code on disk may be installed with :func:`set_provider`.
"""

from __future__ import annotations

import ctypes
import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

__all__ = ["Kernel", "KernelSource", "NativeCode", "get", "kernel_source", "set_provider"]

_SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)


class NativeCode(Protocol):
    """Machine code at an address; whatever owns the memory stays alive with the object."""

    @property
    def address(self) -> int:
        """Where the code starts."""


@dataclass(frozen=True)
class KernelSource:
    """What to compile, as text that a cache can hash.

    Attributes
    ----------
    source : str
        One assignment that makes the Python function for numba.
    entry : str
        The name it assigns to.
    module : str
        Full name of the module whose public names the source uses. The kernel changes with the
        files of that module's package, and importing it imports numba.
    signature : str
        C types of result and arguments.
    """

    source: str
    entry: str
    module: str
    signature: str = "void(i64, i64, i64, i64)"


class Kernel:
    """A compiled kernel; calling it releases the GIL."""

    __slots__ = ("address", "call", "code", "name")

    def __init__(self, name: str, code: NativeCode) -> None:
        self.name, self.code, self.address = name, code, code.address
        self.call = _SIGNATURE(code.address)

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"


Provider = Callable[[KernelSource], NativeCode]
_by_name: dict[str, Kernel] = {}
_kernels: dict[tuple[object, ...], Kernel] = {}  # by generator and parameters in call order
_lock = threading.RLock()


def kernel_source(generator: str, **static: Any) -> KernelSource:
    """Return the source of a kernel; two kernels with equal source are the same.

    Examples
    --------
    >>> kernel_source("update:build_sgd", dtype="float32", lanes=8).source
    "build_sgd_float32_8 = build_sgd(dtype='float32', lanes=8)"
    """
    module, builder = generator.split(":")
    ordered = sorted(static.items())
    entry = "_".join([builder, *(str(value) for _, value in ordered)])
    arguments = ", ".join(f"{name}={value!r}" for name, value in ordered)
    return KernelSource(
        f"{entry} = {builder}({arguments})", entry, f"{__package__}.generate.{module}"
    )


def compile_in_process(source: KernelSource) -> NativeCode:
    """Compile with numba and keep nothing beyond this process: the provider by default."""
    import numba

    module = importlib.import_module(source.module)
    names = {name: getattr(module, name) for name in module.__all__}
    exec(source.source, names)
    signature = numba.void(*[numba.int64] * 4)
    code: Any = numba.cfunc(signature, error_model="numpy")(names[source.entry])
    return cast(NativeCode, code)


_provider: Provider = compile_in_process


def set_provider(provider: Provider | None) -> None:
    """Install the function that turns a :class:`KernelSource` into machine code.

    A provider that finds the source in its cache imports nothing. None restores
    compilation within the process. Kernels made before stay as they are.
    """
    global _provider
    _provider = provider or compile_in_process


def get(generator: str, **static: Any) -> Kernel:
    """Return the compiled kernel, compiling it on first use.

    Parameters
    ----------
    generator : str
        ``"module:build_function"`` within ``kernels.generate``.
    **static
        The generator's parameters: dtype, lanes, register tile.

    Examples
    --------
    >>> get("update:build_sgd", dtype="float32", lanes=8).name
    'build_sgd_float32_8'
    """
    wanted = (generator, *static.items())
    kernel = _kernels.get(wanted)
    if kernel is None:
        source = kernel_source(generator, **static)
        with _lock:
            kernel = _by_name.get(source.entry)
            if kernel is None:
                kernel = _by_name[source.entry] = Kernel(source.entry, _provider(source))
            _kernels[wanted] = kernel
    return kernel
