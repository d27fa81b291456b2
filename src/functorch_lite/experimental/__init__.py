"""Where `jax.experimental` has names of ours: `ode`."""

from . import ode as ode

__all__ = ["ode"]
