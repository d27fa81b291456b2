"""`jax.scipy.sparse`: iterative solvers for linear systems given as functions."""

from . import linalg as linalg

__all__ = ["linalg"]
