"""Where layers get random numbers from.

Outside transforms: the default generator. Under vmap and jit a generator would silently give
every example, or every call of the program, the same numbers; there a key must be given, with
``functional_call(..., rng=key)``, from which each layer derives its own.
"""

from contextvars import ContextVar
from typing import Any

import numpy as np

from ..ir import Tracer, current_source, current_state, dtype_of, summarize
from ..stateful.creation import draw_uniform
from ..stateful.generator import Generator
from ..stateful.tensor import Tensor

__all__ = ["Keys", "keep_mask", "keys"]


class Keys:
    """Derives one key after the other."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.used = 0

    def next(self) -> Any:
        """Return a new key."""
        from .. import random

        self.used += 1
        return random.fold_in(self.key, self.used)


keys: ContextVar[Keys | None] = ContextVar("functorch_lite_keys", default=None)


def keep_mask(x: Any, p: float, shape: tuple[int, ...], generator: Generator | None) -> Any:
    """Return 1 with probability p, else 0, in the dtype of `x`."""
    dtype = dtype_of(x)
    source = keys.get()
    if source is not None:
        from .. import numpy as fnp
        from .. import random

        return fnp.astype(random.bernoulli(source.next(), p, shape), dtype)
    if _mapped_or_recorded(x):
        raise RuntimeError(
            f"random numbers inside vmap or jit {summarize(current_source())}: a generator would give "
            "all examples (or all calls) the same numbers. Call the module with "
            "functional_call(module, params, x, rng=key), one key for each example under vmap."
        )
    return (draw_uniform(shape, np.dtype(np.float64), generator) < p).astype(dtype)


def _mapped_or_recorded(x: Any) -> bool:
    """Tell whether `x` is mapped by a vmap, or anything is being recorded."""
    from ..transforms.batch import BatchTracer

    if current_state().omni is not None:
        return True
    while isinstance(x, Tracer):
        bare = x.bare()
        if isinstance(bare, BatchTracer):
            return True
        # (A Tensor's value is not to be asked for: it may be pending.)
        inner = bare.raw if isinstance(bare, Tensor) else getattr(bare, "value", None)
        x = getattr(bare, "primal", None) if inner is None else inner
    return False
