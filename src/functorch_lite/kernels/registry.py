"""From a kernel's name and static parameters to machine code.

A kernel is named by its generator (``"matmul:build_table_matmul"``) and static parameters; all
share one signature, ``void(int64 args, int64 lo, int64 hi, int64 scratch)``: the address of a
block of 8-byte arguments, a range of work items, and scratch memory of the calling thread.
Nothing here imports numba until a kernel really has to be compiled, and a provider that keeps
object code on disk may be installed with :func:`set_provider`.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

__all__ = ["Kernel", "NativeCode", "build", "get", "kernel_key", "set_provider"]

_SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)


class NativeCode(Protocol):
    """Machine code at an address; whatever owns the memory stays alive with the object."""

    @property
    def address(self) -> int:
        """Where the code starts."""


class Kernel:
    """A compiled kernel; calling it releases the GIL."""

    __slots__ = ("address", "call", "code", "name")

    def __init__(self, name: str, code: NativeCode) -> None:
        self.name, self.code, self.address = name, code, code.address
        self.call = _SIGNATURE(code.address)

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"


Provider = Callable[[str, Callable[[], tuple[Any, Any]]], NativeCode]
_provider: list[Provider] = []
_kernels: dict[str, Kernel] = {}
_lock = threading.RLock()


@functools.cache
def _generator_version() -> str:
    """Hash the sources of all generators."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "generate").glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def kernel_key(generator: str, **static: Any) -> str:
    """Return the name of a kernel, unique for generator source and static parameters.

    Examples
    --------
    >>> kernel_key("update:build_sgd", dtype="float32", lanes=8).split("-")[0]
    'build_sgd'
    """
    parts = [generator.split(":")[1], *(f"{k}_{v}" for k, v in sorted(static.items()))]
    return "-".join([*parts, _generator_version()])


def build(generator: str, **static: Any) -> tuple[Any, Any]:
    """Import the generator (and numba) and return ``(python function, signature)``."""
    module, name = generator.split(":")
    generate = importlib.import_module(f"{__package__}.generate.{module}")
    simd = importlib.import_module(f"{__package__}.generate.simd")
    return getattr(generate, name)(**static), simd.KERNEL_SIGNATURE


def _compile(key: str, make: Callable[[], tuple[Any, Any]]) -> NativeCode:
    """Compile in this process and keep nothing."""
    import numba

    function, signature = make()
    code: Any = numba.cfunc(signature, error_model="numpy")(function)
    return cast(NativeCode, code)


def set_provider(provider: Provider | None) -> None:
    """Install ``provider(key, make)``, which returns code for ``key``.

    ``make()`` gives ``(python function, signature)`` for numba; a provider that finds ``key`` on
    disk does not call it. None restores plain compilation.
    """
    _provider[:] = [] if provider is None else [provider]


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
    >>> get("update:build_sgd", dtype="float32", lanes=8).name.startswith("build_sgd")
    True
    """
    key = kernel_key(generator, **static)
    kernel = _kernels.get(key)
    if kernel is None:
        with _lock:
            kernel = _kernels.get(key)
            if kernel is None:
                provider = _provider[-1] if _provider else _compile
                kernel = Kernel(key, provider(key, lambda: build(generator, **static)))
                _kernels[key] = kernel
    return kernel
