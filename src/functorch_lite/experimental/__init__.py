"""Where `jax.experimental` has names of ours: `ode`, `io_callback`."""

from ..debug import io_callback as io_callback
from . import ode as ode

__all__ = ["io_callback", "ode"]
