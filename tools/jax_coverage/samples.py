"""Random arrays for the calls."""

import numpy as np

RNG = np.random.default_rng(0)
# Numbers in (0, 1), of both signs, and complex.
X, Y = RNG.uniform(0.1, 0.9, (2, 3, 4))
Z, W = RNG.standard_normal((2, 3, 4))
C = Z + 1j * W
U, V = RNG.standard_normal((2, 12))
POSITIVE = RNG.uniform(0.2, 3.0, 7)
I = RNG.integers(-50, 50, (3, 4)).astype(np.int32)
J = RNG.integers(1, 7, (3, 4)).astype(np.int32)
NAT = np.array([3, 1, 4, 1, 5, 9, 2, 6])
B = RNG.random((3, 4)) > 0.4
B2 = RNG.random((3, 4)) > 0.4
HOLES = np.where(B, Z, np.nan)
A3 = RNG.standard_normal((2, 5, 6))
# Square matrices: general, symmetric positive definite, triangular; right-hand sides.
M = RNG.standard_normal((4, 4)) + 2 * np.eye(4)
M2 = RNG.standard_normal((4, 4)) + 2 * np.eye(4)
STACK = RNG.standard_normal((2, 4, 4)) + 2 * np.eye(4)
SPD = M @ M.T + np.eye(4)
RHS = RNG.standard_normal((4, 2))
TALL = RNG.standard_normal((5, 3))
SORTED = np.sort(U)
