"""`jax.experimental.ode`: see `functorch_lite.ode`."""

from ..ode import odeint

__all__ = ["odeint"]
