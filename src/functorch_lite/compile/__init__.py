"""The compiler: from jaxprs through fused kernels to machine code that is kept on disk.

Importing this package imports neither numba nor llvmlite; they come with the first compilation.
"""

from typing import Any

from ..prims.threefry import set_filler
from ..transforms.call import set_executor
from ..transforms.jit import set_lowering
from .executor import compile_mode as compile_mode
from .executor import execute
from .executor import set_compile_mode as set_compile_mode
from .precision import get_precision as get_precision
from .precision import precision as precision
from .precision import set_precision as set_precision


def _lower(call: Any) -> object:
    from .lowered import Lowered

    return Lowered(call)


def _fill_stream(out: Any, key: tuple[int, int]) -> int:
    from .streams import fill_stream

    return fill_stream(out, key)


set_executor(execute)
set_filler(_fill_stream)
set_lowering(_lower)
