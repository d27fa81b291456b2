"""The compiler: from jaxprs through fused kernels to machine code that is kept on disk.

Importing this package imports neither numba nor llvmlite; they come with the first compilation.
"""

import importlib
from typing import TYPE_CHECKING, Any

from ..prims.threefry import set_filler
from ..transforms.call import set_executor
from ..transforms.jit import set_lowering
from .executor import compile_mode as compile_mode
from .executor import execute
from .executor import set_compile_mode as set_compile_mode
from .precision import get_precision as get_precision
from .precision import precision as precision
from .precision import set_precision as set_precision

if TYPE_CHECKING:
    from .cache import CacheInfo as CacheInfo
    from .cache import cache_clear as cache_clear
    from .cache import cache_info as cache_info
    from .check import PassError as PassError
    from .check import check_passes as check_passes
    from .lowered import Compiled as Compiled
    from .lowered import Lowered as Lowered
    from .thread_count import get_num_threads as get_num_threads
    from .thread_count import set_num_threads as set_num_threads

# Imported when first used.
_HOME = {
    "CacheInfo": "cache",
    "Compiled": "lowered",
    "Lowered": "lowered",
    "PassError": "check",
    "cache_clear": "cache",
    "cache_info": "cache",
    "check_passes": "check",
    "get_num_threads": "thread_count",
    "set_num_threads": "thread_count",
}
__all__ = [
    *_HOME,
    "compile_mode",
    "get_precision",
    "precision",
    "set_compile_mode",
    "set_precision",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _lower(call: Any) -> object:
    from .lowered import Lowered

    return Lowered(call)


def _fill_stream(out: Any, key: tuple[int, int]) -> int:
    from .streams import fill_stream

    return fill_stream(out, key)


set_executor(execute)
set_filler(_fill_stream)
set_lowering(_lower)
