"""What JAX programs ask of their surroundings: devices, configuration, scopes.

There is one device, arrays are always ready, and dtypes are never narrowed; so most of this has
little to do, but programs that call it run unchanged.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from . import numpy as fnp
from .compile.precision import set_precision
from .ir.trace import without_recorder
from .pytree import tree_map
from .transforms.jit import enable_jit, jit_is_enabled

__all__ = [
    "Config",
    "Device",
    "block_until_ready",
    "checking_leaks",
    "config",
    "default_backend",
    "default_matmul_precision",
    "device_count",
    "device_get",
    "device_put",
    "devices",
    "effects_barrier",
    "enable_x64",
    "ensure_compile_time_eval",
    "local_device_count",
    "local_devices",
    "named_call",
    "named_scope",
    "process_count",
    "process_index",
]

F = TypeVar("F", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Device:
    """The CPU.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.devices()
    [CpuDevice(id=0)]
    """

    id: int = 0
    platform: str = "cpu"
    device_kind: str = "cpu"
    process_index: int = 0

    def __repr__(self) -> str:
        return f"CpuDevice(id={self.id})"


_CPU = Device()


def _must_be_cpu(backend: Any) -> None:
    name: Any = getattr(backend, "platform", backend)
    if name not in (None, "cpu"):
        raise RuntimeError(f"functorch_lite runs on the CPU only, there is no backend {name!r}")


def devices(backend: str | None = None) -> list[Device]:
    """Return the one device, the CPU.

    Raises
    ------
    RuntimeError
        If another backend than "cpu" is asked for.

    Examples
    --------
    >>> devices()[0].platform
    'cpu'
    """
    _must_be_cpu(backend)
    return [_CPU]


def local_devices(
    process_index: int | None = None, backend: str | None = None, host_id: int | None = None
) -> list[Device]:
    """Return the one device; see `devices`."""
    return devices(backend)


def device_count(backend: str | None = None) -> int:
    """Return 1."""
    return len(devices(backend))


def local_device_count(backend: str | None = None) -> int:
    """Return 1."""
    return len(devices(backend))


def process_count(backend: str | None = None) -> int:
    """Return 1."""
    return len(devices(backend))


def process_index(backend: str | None = None) -> int:
    """Return 0."""
    return devices(backend)[0].process_index


def default_backend() -> str:
    """Return "cpu"."""
    return _CPU.platform


def device_put(x: Any, device: Any = None, *, src: Any = None, donate: Any = False) -> Any:
    """Return a pytree with its leaves as arrays of `functorch_lite.numpy`, copied.

    Parameters
    ----------
    x : pytree
    device : Device, optional
        The CPU.
    src, donate
        Accepted for compatibility.

    Raises
    ------
    RuntimeError
        If `device` is another one.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.device_put({"w": [1.0, 2.0]})["w"][0]
    array(1.)
    """
    _must_be_cpu(device)
    return tree_map(fnp.array, x)


def device_get(x: Any) -> Any:
    """Return a pytree with its arrays as plain NumPy arrays.

    Examples
    --------
    >>> type(device_get(fnp.ones(2))).__name__
    'ndarray'
    """
    return tree_map(np.asarray, x)


def block_until_ready(x: Any) -> Any:
    """Return `x`: results are there when a function returns.

    Examples
    --------
    >>> block_until_ready({"a": 1.0})
    {'a': 1.0}
    """
    return x


def effects_barrier() -> None:
    """Do nothing: callbacks have run when a function returns."""


@contextlib.contextmanager
def named_scope(name: str) -> Iterator[None]:
    """Give a part of a program a name; it has no effect, lines serve as names.

    Examples
    --------
    >>> with named_scope("attention"):
    ...     y = fnp.exp(0.0)
    """
    if not isinstance(name, str):
        raise TypeError(f"named_scope needs a string, got {name!r}")
    yield


def named_call(fun: F, *, name: str | None = None) -> F:
    """Return a function under another name, which error messages use.

    Examples
    --------
    >>> named_call(lambda x: x, name="identity").__name__
    'identity'
    """

    @functools.wraps(fun)
    def named(*args: Any, **kwargs: Any) -> Any:
        return fun(*args, **kwargs)

    named.__name__ = str(name or getattr(fun, "__name__", type(fun).__name__))
    return named  # type: ignore[return-value]


@contextlib.contextmanager
def ensure_compile_time_eval() -> Iterator[None]:
    """Compute with known values at once, inside functions that are being traced too.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> @fl.jit
    ... def f(x):
    ...     with ensure_compile_time_eval():
    ...         n = int(fnp.sum(fnp.arange(3)))  # a number, not a tracer
    ...     return x * n
    >>> float(f(2.0))
    6.0
    """
    with without_recorder():
        yield


@contextlib.contextmanager
def checking_leaks() -> Iterator[None]:
    """Do nothing: tracers that leak are always found, when they are used."""
    yield


@contextlib.contextmanager
def enable_x64(new_val: bool = True) -> Iterator[None]:
    """Allow 64 bits, as is always the case here.

    Raises
    ------
    ValueError
        If `new_val` is false.
    """
    config.update("jax_enable_x64", new_val)
    yield


@contextlib.contextmanager
def default_matmul_precision(precision: str) -> Iterator[None]:
    """Choose how exact compiled convolutions are inside: see `compile.set_precision`.

    Examples
    --------
    >>> with default_matmul_precision("highest"):
    ...     config.jax_default_matmul_precision
    'highest'
    """
    before = config.jax_default_matmul_precision
    config.update("jax_default_matmul_precision", precision)
    try:
        yield
    finally:
        config.update("jax_default_matmul_precision", before)


class Config:
    """Options by JAX's names: ``config.update("jax_enable_x64", True)``.

    Attributes
    ----------
    jax_enable_x64 : bool
        True, and cannot be changed: dtypes are never narrowed.
    jax_disable_jit : bool
        Run jitted functions as plain Python.
    jax_default_matmul_precision : str
        As in `compile.set_precision`.
    jax_platforms, jax_platform_name : str
        "cpu", and cannot be changed.
    jax_check_tracer_leaks : bool
        True, and cannot be changed.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.config.update("jax_enable_x64", True)
    >>> fl.config.jax_enable_x64
    True
    >>> fl.config.update("jax_enable_x64", False)
    Traceback (most recent call last):
        ...
    ValueError: jax_enable_x64 is True and cannot be changed: dtypes are never narrowed...
    """

    _FIXED: dict[str, tuple[Any, str]] = {
        "jax_enable_x64": (
            True,
            "dtypes are never narrowed. For single precision make the arrays float32: with Python "
            "numbers they stay so",
        ),
        "jax_platforms": ("cpu", "there is no other"),
        "jax_platform_name": ("cpu", "there is no other"),
        "jax_check_tracer_leaks": (True, "leaks are always found, at no cost"),
    }

    def __init__(self) -> None:
        self._precision = "default"

    def update(self, name: str, value: Any) -> None:
        """Set an option.

        Raises
        ------
        ValueError
            If the option has one possible value, and this is another.
        AttributeError
            If there is no such option.
        """
        if name in self._FIXED:
            only, reason = self._FIXED[name]
            if value != only:
                raise ValueError(f"{name} is {only} and cannot be changed: {reason}")
        elif name == "jax_disable_jit":
            enable_jit(not value)
        elif name == "jax_default_matmul_precision":
            set_precision("default" if value is None else value)
            self._precision = "default" if value is None else value
        elif name in ("jax_debug_nans", "jax_debug_infs"):
            raise AttributeError(
                f"{name} is not a global option here: write `with functorch_lite.debug."
                "debug_nans():` around what should be watched"
            )
        else:
            raise AttributeError(f"unrecognized option {name!r}; there are {sorted(self._names())}")

    def _names(self) -> list[str]:
        return [*self._FIXED, "jax_disable_jit", "jax_default_matmul_precision"]

    @property
    def x64_enabled(self) -> bool:
        """True."""
        return True

    @property
    def jax_disable_jit(self) -> bool:
        """Whether jitted functions run as plain Python."""
        return not jit_is_enabled()

    @property
    def jax_default_matmul_precision(self) -> str:
        """How exact compiled convolutions are."""
        return self._precision

    def __getattr__(self, name: str) -> Any:
        if name in self._FIXED:
            return self._FIXED[name][0]
        raise AttributeError(f"unrecognized option {name!r}; there are {sorted(self._names())}")


config = Config()
