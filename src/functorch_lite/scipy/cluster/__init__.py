"""Vector quantisation, laid out as in `jax.scipy.cluster`."""

from . import vq as vq

__all__ = ["vq"]
