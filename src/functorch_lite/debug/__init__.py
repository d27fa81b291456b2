"""Looking inside transformed functions: prints, callbacks, breakpoints, the birth of NaNs."""

from ._callbacks import breakpoint as breakpoint
from ._callbacks import callback as callback
from ._callbacks import io_callback as io_callback
from ._callbacks import print as print
from ._callbacks import pure_callback as pure_callback
from ._nans import debug_nans as debug_nans
from ._nans import find_nan as find_nan
from ._nans import safe_where as safe_where
from ._report import NaNReport as NaNReport

__all__ = ["NaNReport", "breakpoint", "callback", "debug_nans", "find_nan", "io_callback", "print"]
__all__ += ["pure_callback", "safe_where"]
