"""Machine code from Python functions over raw pointers, compiled once and kept.

A kernel is source text (or a function), the name of its entry, and a C signature.  It is compiled
once per machine; its object code is kept in the disk cache, from which a later process loads it in
a fraction of a millisecond and **without importing numba**.

Rules for kernels: arguments are pointers, integers and floats; no Python objects, no exceptions, no
memory allocation; of outside functions only libm's.  Division follows NumPy (``x // 0 == 0``).
Pointers are taken not to overlap unless told otherwise, so an array that is updated in place must
be *one* argument.
"""

import ctypes
import json
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from . import fastcall
from .cache import disk_cache
from .keys import digest, environment, source_changed, source_digest
from .objfile import undefined_symbols
from .signature import Signature, parse_signature
from .target import (
    NativeError,
    check_symbols,
    host_target,
    load_object,
    machine,
)

__all__ = [
    "KernelSpec",
    "NativeError",
    "NativeFunction",
    "compile_cfunc",
    "compile_llvm",
    "compile_many",
    "compile_source",
    "loaded_kernels",
]


# `contract` allows fused multiply-add.  Nothing else, so that NaN, infinities, the sign of zero and
# the order of sums are what the source says.
PRECISE = frozenset({"contract"})
_FASTMATH = frozenset({"contract", "arcp", "nsz", "reassoc", "afn"})


@dataclass(frozen=True)
class KernelSpec:
    """One kernel to compile.

    Attributes
    ----------
    source : str
        Python text that defines the function ``entry``.
    entry : str
        Its name.
    signature : str
        See `functorch_lite.compile.signature`.
    modules : tuple of str
        Names of modules whose ``__all__`` the source may use.  They are imported only when
        something is compiled; their files, and those beside them whose names begin alike, are part
        of the cache key.
    alias : tuple of int
        Positions of pointers that may overlap others.
    fastmath : frozenset of str
        LLVM's flags, of ``contract``, ``arcp``, ``nsz``, ``reassoc`` and ``afn``.  (``nnan`` and
        ``ninf`` would break NaN and infinity.)
    range_at : int or None
        Position of two successive ``i64`` arguments, the range ``[lo, hi)`` that a kernel without
        result works on.  `parallel_for` runs such a kernel at full speed.
    """

    source: str
    entry: str
    signature: str
    modules: tuple[str, ...] = ()
    alias: tuple[int, ...] = ()
    fastmath: frozenset[str] = PRECISE
    range_at: int | None = None

    def __post_init__(self) -> None:
        at, signature = self.range_at, parse_signature(self.signature)
        if at is not None and (signature.args[at : at + 2] != ("i64", "i64") or at < 0):
            raise ValueError(f"no range at position {at} of {signature}; it takes two i64")
        if at is not None and signature.result != "void":
            raise ValueError(f"a kernel that works on a range has no result: {signature}")
        unknown = self.fastmath - _FASTMATH
        if unknown:
            raise ValueError(f"fastmath flags {sorted(unknown)} are not among {sorted(_FASTMATH)}")

    @cached_property
    def key(self) -> str:
        """The hash of everything that decides the machine code, target included."""
        parts = [
            self.source,
            self.entry,
            str(parse_signature(self.signature)),
            ",".join(map(str, sorted(self.alias))),
            ",".join(sorted(self.fastmath)),
            str(self.range_at),
            *(f"{m}:{source_digest(m)}" for m in self.modules),
            environment(host_target()),
        ]
        return digest(parts)


@dataclass(frozen=True, eq=False)
class NativeFunction:
    """A kernel in machine code.  Calling it releases the GIL.

    Attributes
    ----------
    name : str
        The entry's name in its source.
    signature : Signature
        Its C signature.
    address : int
        The address of the C function, for other machine code and for `parallel_for`.
    key : str
        Its cache key.
    from_cache : bool
        Whether it came from the disk.
    range_address : int
        Address of ``void(i64 *args, i64 lo, i64 hi, i64 scratch)``, see `KernelSpec.range_at`; else 0.
    range_types : tuple of str
        The types of what ``args`` holds.
    fast_entry : callable
        A faster way to call it, which keeps the GIL: for kernels of a few microseconds.  Where
        Python offers no such way it is the same as calling the object.
    """

    name: str
    signature: Signature
    address: int
    key: str
    from_cache: bool
    range_address: int
    range_types: tuple[str, ...]
    fast_entry: Callable[..., Any] = field(repr=False)
    _foreign: Callable[..., Any] = field(repr=False)

    def __call__(self, *args: int | float) -> Any:
        """Call the kernel; pointers are integers."""
        return self._foreign(*args)


_loaded: dict[str, NativeFunction] = {}
_lock = threading.RLock()


def compile_source(
    source: str,
    entry: str,
    signature: str,
    *,
    modules: Sequence[str] = (),
    alias: Sequence[int] = (),
    fastmath: Iterable[str] = PRECISE,
    range_at: int | None = None,
) -> NativeFunction:
    """Compile one kernel, or load it from the cache.

    Parameters
    ----------
    source, entry, signature, modules, alias, fastmath, range_at
        See `KernelSpec`.

    Returns
    -------
    NativeFunction

    Raises
    ------
    NativeError
        If the kernel may raise or calls something it must not.
    numba.core.errors.NumbaError
        If numba cannot translate the source.

    Examples
    --------
    >>> import numpy as np
    >>> scale = compile_source(
    ...     "def scale(x, n, a):\\n    for i in range(n):\\n        x[i] *= a\\n",
    ...     "scale", "void(f64*, i64, f64)")
    >>> x = np.arange(3.0)
    >>> scale(x.ctypes.data, x.size, 10.0)
    >>> x
    array([ 0., 10., 20.])
    """
    spec = KernelSpec(
        source, entry, signature, tuple(modules), tuple(alias), frozenset(fastmath), range_at
    )
    return compile_many([spec])[0]


def compile_many(specs: Sequence[KernelSpec]) -> list[NativeFunction]:
    """Compile or load several kernels; those that are new share one object file.

    Parameters
    ----------
    specs : sequence of KernelSpec
        Repeated ones are compiled once.

    Returns
    -------
    list of NativeFunction
        In the order of ``specs``.

    Raises
    ------
    NativeError, numba.core.errors.NumbaError
        As `compile_source`.
    """
    wanted = {spec.key: spec for spec in specs}
    if not wanted.keys() <= _loaded.keys():
        with _lock:
            _load_batch(wanted)
            for key in wanted:  # batches made by others may hold single ones
                if key not in _loaded and len(wanted) > 1:
                    _load_batch({key: wanted[key]})
            _load_batch(wanted)
            missing = {key: spec for key, spec in wanted.items() if key not in _loaded}
            if missing:
                _compile_batch(missing)
    return [_loaded[spec.key] for spec in specs]


def compile_cfunc(
    pyfunc: Callable[..., Any],
    signature: str,
    key: str,
    *,
    alias: Sequence[int] = (),
    fastmath: Iterable[str] = PRECISE,
) -> NativeFunction:
    """Compile a Python function that exists already.

    Its globals may be anything that numba understands.  The caller says with ``key`` what decides
    its meaning, since that cannot be read from a function object.

    Parameters
    ----------
    pyfunc : callable
        The function.
    signature : str
        Its C signature.
    key : str
        Text that changes whenever the machine code should.
    alias, fastmath
        See `KernelSpec`.

    Returns
    -------
    NativeFunction
    """
    spec = KernelSpec(key, pyfunc.__name__, signature, (), tuple(alias), frozenset(fastmath))
    if spec.key not in _loaded:
        with _lock:
            _load_batch({spec.key: spec})
            if spec.key not in _loaded:
                _compile_batch({spec.key: spec}, pyfunc)
    return _loaded[spec.key]


def compile_llvm(text: str, symbols: Sequence[str]) -> dict[str, int]:
    """Compile text in LLVM's language, which needs no numba, or load it from the cache.

    Parameters
    ----------
    text : str
        A module without triple and data layout.
    symbols : sequence of str
        Functions to look up.

    Returns
    -------
    dict of str to int
        Their addresses.

    Raises
    ------
    NativeError
        If the text calls something it must not.
    """
    key = digest(["llvm", text, environment(host_target())])
    with _lock:
        object_code = disk_cache().get(key)
        if object_code is None:
            import llvmlite.binding as ll

            module = ll.parse_assembly(text)
            module.triple = host_target().triple
            module.verify()
            object_code = machine(host_target()).emit_object(module)
            check_symbols(undefined_symbols(object_code))
            disk_cache().put(key, object_code)
        return load_object(object_code, symbols)


def loaded_kernels() -> dict[str, NativeFunction]:
    """Return the kernels that this process has loaded, by key."""
    return dict(_loaded)


def _load_batch(specs: dict[str, KernelSpec]) -> None:
    """Load from disk the object file that holds exactly those specs that are not loaded yet."""
    missing = {key: spec for key, spec in specs.items() if key not in _loaded}
    data = disk_cache().get(_batch_key(missing)) if missing else None
    if data is not None:
        fast, object_code = _unpack(data)
        _publish(missing, object_code, fast, from_cache=True)


def _compile_batch(specs: dict[str, KernelSpec], pyfunc: Callable[..., Any] | None = None) -> None:
    """Compile specs into one object file, store it, and load it."""
    from .build import build  # a process that finds its kernels on disk needs none of it

    fast = fastcall.supported
    named = {_symbol(key): spec for key, spec in specs.items()}
    object_code = build(named, pyfunc, fast_entries=fast)
    changed = sorted({m for spec in specs.values() for m in spec.modules if source_changed(m)})
    if changed:
        raise NativeError(
            f"the source of {changed[0]} has changed since this process read it, so what has been "
            "compiled may not fit what calls it; start the process again"
        )
    disk_cache().put(_batch_key(specs), _pack(fast, object_code))
    _publish(specs, object_code, fast, from_cache=False)


def _publish(
    specs: dict[str, KernelSpec], object_code: bytes, fast: bool, *, from_cache: bool
) -> None:
    """Load an object file and make its kernels known."""
    symbols = [_symbol(key) for key in specs]
    ranges = [_symbol(key) + "_range" for key, s in specs.items() if s.range_at is not None]
    addresses = load_object(object_code, symbols + [s + "_py" for s in symbols if fast] + ranges)
    for key, spec in specs.items():
        symbol, signature = _symbol(key), parse_signature(spec.signature)
        foreign = _prototype(signature)(addresses[symbol])
        entry: Callable[..., Any] = foreign
        if fast and fastcall.supported:
            entry = fastcall.builtin_function(addresses[symbol + "_py"], spec.entry)
        _loaded[key] = NativeFunction(
            spec.entry,
            signature,
            addresses[symbol],
            key,
            from_cache,
            addresses.get(symbol + "_range", 0),
            _without_range(signature, spec.range_at),
            entry,
            foreign,
        )


def _without_range(signature: Signature, at: int | None) -> tuple[str, ...]:
    """List the types of the arguments but the range."""
    return () if at is None else signature.args[:at] + signature.args[at + 2 :]


@lru_cache(maxsize=1024)
def _prototype(signature: Signature) -> Any:
    """Make the ctypes function type of a signature."""
    return ctypes.CFUNCTYPE(signature.ctypes_result, *signature.ctypes_args)


def _symbol(key: str) -> str:
    """Name a kernel's symbol."""
    return "fl_" + key


def _batch_key(keys: Iterable[str]) -> str:
    """Name the disk entry of a set of kernels."""
    return digest(["batch", *sorted(keys)])


def _pack(fast: bool, object_code: bytes) -> bytes:
    """Join an object file with what one must know to load it."""
    meta = json.dumps({"fast": fast}).encode()
    return struct.pack("<I", len(meta)) + meta + object_code


def _unpack(data: bytes) -> tuple[bool, bytes]:
    """Undo `_pack`."""
    end = 4 + struct.unpack_from("<I", data)[0]
    return bool(json.loads(data[4:end])["fast"]), data[end:]
