"""Rotations, laid out as in `jax.scipy.spatial`."""

from . import transform as transform

__all__ = ["transform"]
