"""Control flow as primitives: loops, branches, and implicit functions."""

from .branch import cond_p as cond_p
from .counted import counted_p as counted_p
from .scan import scan_p as scan_p
from .while_ import while_p as while_p
