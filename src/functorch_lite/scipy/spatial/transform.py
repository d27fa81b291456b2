"""Rotations in three dimensions: `scipy.spatial.transform`, differentiable.

Quaternions are (x, y, z, w). Rotations are pytrees: they pass through transforms. Formulas:
Diebel 2006, "Representing attitude"; Euler angles: Bernardes & Viollet 2022.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import ShapeError
from ...ir import current_source, dtype_of, shape_of, summarize
from ...numpy import _elementwise as el
from ...numpy import linalg as nla
from ...numpy._cumulative import diff
from ...numpy._index_update import at
from ...numpy._joining import concatenate, stack
from ...numpy._manipulation import expand_dims, roll, swapaxes
from ...numpy._products import cross, matmul
from ...numpy._promotion import as_array, promote_inexact
from ...numpy._reductions import argmax
from ...numpy._reductions import sum as _sum
from ...numpy._search import searchsorted

__all__ = ["Rotation", "Slerp"]

_AXES = {"x": 0, "y": 1, "z": 2}


def _floats(x: Any, name: str) -> Any:
    x = as_array(x, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    return promote_inexact(x, small_ints=False)[0]


def _where() -> str:
    return summarize(current_source())


def _normalized(q: Any) -> Any:
    return q / nla.norm(q, axis=-1, keepdims=True)


def _parts(q: Any) -> tuple[Any, Any, Any, Any]:
    return q[..., 0], q[..., 1], q[..., 2], q[..., 3]


def _product(p: Any, q: Any) -> Any:
    """Hamilton product: first rotate by q, then by p."""
    pv, qv, pw, qw = p[..., :3], q[..., :3], p[..., 3:], q[..., 3:]
    vector = pw * qv + qw * pv + cross(pv, qv)
    return concatenate([vector, pw * qw - _sum(pv * qv, -1, keepdims=True)], -1)


def _checked_seq(seq: str, longest: int) -> tuple[list[int], bool]:
    """Return the axes of an Euler sequence, and whether they move along (upper case)."""
    intrinsic, extrinsic = re.fullmatch("[XYZ]+", seq), re.fullmatch("[xyz]+", seq)
    if not (intrinsic or extrinsic) or len(seq) > longest:
        raise ValueError(
            f"Rotation: {seq!r} is no sequence of axes; write up to {longest} of 'xyz', or of "
            f"'XYZ' for axes that move along {_where()}"
        )
    if any(a == b for a, b in itertools.pairwise(seq)):
        raise ValueError(f"Rotation: consecutive axes of {seq!r} must differ {_where()}")
    return [_AXES[c] for c in seq.lower()], bool(intrinsic)


class Rotation(NamedTuple):
    """One rotation, or a stack of them along the first axis. See `scipy.spatial.transform.Rotation`.

    Examples
    --------
    >>> r = Rotation.from_euler("z", 90, degrees=True)
    >>> r.apply(np.array([1.0, 0.0, 0.0])).round(12) + 0.0
    array([0., 1., 0.])
    >>> (r * r.inv()).magnitude()
    array(0.)
    """

    quat: Any

    @classmethod
    def concatenate(cls, rotations: Sequence["Rotation"]) -> "Rotation":
        """Join stacks of rotations."""
        return cls(concatenate([r.quat for r in rotations]))

    @classmethod
    def identity(cls, num: int | None = None, dtype: Any = float) -> "Rotation":
        """Return the rotation that changes nothing, `num` times."""
        one = np.array([0.0, 0.0, 0.0, 1.0], dtype)
        return cls(one if num is None else np.tile(one, (num, 1)))

    @classmethod
    def random(cls, random_key: Any, num: int | None = None) -> "Rotation":
        """Draw rotations uniformly."""
        from ... import random

        return cls(_normalized(random.normal(random_key, (4,) if num is None else (num, 4))))

    @classmethod
    def from_quat(cls, quat: Any) -> "Rotation":
        """Make rotations of quaternions, which are normalised."""
        q = _floats(quat, "from_quat")
        if not shape_of(q) or shape_of(q)[-1] != 4:
            raise ShapeError(f"Rotation.from_quat takes (..., 4), got {shape_of(q)} {_where()}")
        return cls(_normalized(q))

    @classmethod
    def from_rotvec(cls, rotvec: Any, degrees: bool = False) -> "Rotation":
        """Make rotations of vectors: axis times angle."""
        v = _floats(rotvec, "from_rotvec")
        v = el.deg2rad(v) if degrees else v
        angle = nla.norm(v, axis=-1, keepdims=True)
        small = angle <= 1e-3
        safe = el.where(small, dtype_of(v).type(1), angle)
        square = _sum(v * v, -1, keepdims=True)
        # sin(a/2)/a and its derivatives at 0 come from the series.
        series = 0.5 - square / 48 + square * square / 3840
        scale = el.where(small, series, el.sin(safe / 2) / safe)
        cosine = el.where(small, 1 - square / 8 + square * square / 384, el.cos(safe / 2))
        return cls(concatenate([scale * v, cosine], -1))

    @classmethod
    def from_mrp(cls, mrp: Any) -> "Rotation":
        """Make rotations of modified Rodrigues parameters: axis times tan(angle / 4)."""
        m = _floats(mrp, "from_mrp")
        square = _sum(m * m, -1, keepdims=True)
        return cls(concatenate([2 * m, 1 - square], -1) / (1 + square))

    @classmethod
    def from_matrix(cls, matrix: Any) -> "Rotation":
        """Make rotations of orthogonal matrices with determinant 1 (Shepperd 1978)."""
        m = _floats(matrix, "from_matrix")
        if shape_of(m)[-2:] != (3, 3):
            raise ShapeError(
                f"Rotation.from_matrix takes (..., 3, 3), got {shape_of(m)} {_where()}"
            )
        xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
        total = xx + yy + zz
        rx, ry, rz = (m[..., j, i] - m[..., i, j] for i, j in ((1, 2), (2, 0), (0, 1)))
        xy, yz, zx = (m[..., j, i] + m[..., i, j] for i, j in ((0, 1), (1, 2), (0, 2)))
        rows = [
            stack([1 - total + 2 * xx, xy, zx, rx], -1),
            stack([xy, 1 - total + 2 * yy, yz, ry], -1),
            stack([zx, yz, 1 - total + 2 * zz, rz], -1),
            stack([rx, ry, rz, 1 + total], -1),
        ]
        best = expand_dims(argmax(stack([xx, yy, zz, total], -1), -1), -1)
        out = rows[3]
        for i in range(3):
            out = el.where(el.equal(best, i), rows[i], out)
        return cls(_normalized(out))

    @classmethod
    def from_euler(cls, seq: str, angles: Any, degrees: bool = False) -> "Rotation":
        """Make rotations of angles about axes: fixed ones (``"xyz"``), or moving along (``"XYZ"``)."""
        axes, intrinsic = _checked_seq(seq, 3)
        a = _floats(angles, "from_euler")
        a = el.deg2rad(a) if degrees else a
        single = not shape_of(a)
        if len(axes) == 1 and (single or shape_of(a)[-1] != 1):
            a = expand_dims(a, -1)
        if shape_of(a)[-1] != len(axes):
            raise ShapeError(
                f"Rotation.from_euler: {seq!r} needs angles (..., {len(axes)}), got {shape_of(a)} "
                f"{_where()}"
            )
        out = None
        for n, axis in enumerate(axes):
            half = a[..., n] / 2
            parts = [half * 0] * 3
            parts[axis] = el.sin(half)
            q = stack([*parts, el.cos(half)], -1)
            out = q if out is None else _product(out, q) if intrinsic else _product(q, out)
        return cls(out)

    @property
    def single(self) -> bool:
        """Whether this is one rotation, not a stack."""
        return len(shape_of(self.quat)) == 1

    def __getitem__(self, indexer: Any) -> "Rotation":
        if self.single:
            raise TypeError(f"a single Rotation cannot be indexed {_where()}")
        return Rotation(at(self.quat)[indexer].get())

    def __len__(self) -> int:
        if self.single:
            raise TypeError(f"a single Rotation has no length {_where()}")
        return int(shape_of(self.quat)[0])

    def __mul__(self, other: "Rotation") -> "Rotation":  # type: ignore[override]
        return Rotation(_normalized(_product(self.quat, other.quat)))

    def apply(self, vectors: Any, inverse: bool = False) -> Any:
        """Rotate vectors."""
        m = self.as_matrix()
        m = swapaxes(m, -1, -2) if inverse else m
        return matmul(m, _floats(vectors, "apply")[..., None])[..., 0]

    def as_matrix(self) -> Any:
        """Return orthogonal matrices."""
        x, y, z, w = _parts(self.quat)
        rows = [
            [x * x - y * y - z * z + w * w, 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), y * y - x * x - z * z + w * w, 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), z * z - x * x - y * y + w * w],
        ]
        return stack([stack(row, -1) for row in rows], -2)

    def as_quat(self, canonical: bool = False, scalar_first: bool = False) -> Any:
        """Return quaternions; canonical ones have a first nonzero part (from w) that is positive."""
        q = self._canonical() if canonical else self.quat
        return roll(q, 1, -1) if scalar_first else q

    def _canonical(self) -> Any:
        x, y, z, w = _parts(self.quat)
        negative = w < 0
        for earlier, part in (((w,), x), ((w, x), y), ((w, x, y), z)):
            zero = el.equal(earlier[0], 0)
            for e in earlier[1:]:
                zero = el.logical_and(zero, el.equal(e, 0))
            negative = el.logical_or(negative, el.logical_and(zero, part < 0))
        return el.where(negative[..., None], -self.quat, self.quat)

    def as_rotvec(self, degrees: bool = False) -> Any:
        """Return vectors: axis times angle, the angle between 0 and pi."""
        q = el.where(self.quat[..., 3:] < 0, -self.quat, self.quat)
        v, w = q[..., :3], q[..., 3:]
        size = nla.norm(v, axis=-1, keepdims=True)
        small = size <= 5e-4
        safe = el.where(small, dtype_of(q).type(1), size)
        # angle / sin(angle / 2) = 2 arctan(s / w) / s, by its series near 0.
        t = _sum(v * v, -1, keepdims=True) / (w * w)
        series = 2 / w * (1 - t / 3 + t * t / 5)
        scale = el.where(small, series, 2 * el.arctan2(safe, w) / safe)
        out = scale * v
        return el.rad2deg(out) if degrees else out

    def as_mrp(self) -> Any:
        """Return modified Rodrigues parameters: axis times tan(angle / 4)."""
        q = el.where(self.quat[..., 3:] < 0, -self.quat, self.quat)
        return q[..., :3] / (1 + q[..., 3:])

    def as_euler(self, seq: str, degrees: bool = False) -> Any:
        """Return angles about three axes; at gimbal lock the first (or last) is 0."""
        axes, intrinsic = _checked_seq(seq, 3)
        if len(axes) != 3:
            raise ValueError(f"Rotation.as_euler needs three axes, got {seq!r} {_where()}")
        angles = _euler(self.quat, axes[::-1] if intrinsic else axes, intrinsic)
        return el.rad2deg(angles) if degrees else angles

    def inv(self) -> "Rotation":
        """Return the rotation that undoes this one."""
        return Rotation(self.quat * np.array([-1, -1, -1, 1], dtype_of(self.quat)))

    def magnitude(self) -> Any:
        """Return the angle, between 0 and pi."""
        sine, cosine = nla.norm(self.quat[..., :3], axis=-1), el.absolute(self.quat[..., 3])
        return el.multiply(2, el.arctan2(sine, cosine))

    def mean(self, weights: Any = None) -> "Rotation":
        """Return the mean of a stack (Markley et al. 2007)."""
        n = len(self)
        w = np.ones(n, dtype_of(self.quat)) if weights is None else _floats(weights, "mean")
        if shape_of(w) != (n,):
            raise ShapeError(f"Rotation.mean: {n} rotations, weights {shape_of(w)} {_where()}")
        return Rotation(nla.eigh(matmul(swapaxes(self.quat, 0, 1) * w, self.quat))[1][:, -1])


def _euler(quat: Any, axes: list[int], intrinsic: bool) -> Any:
    """Return angles of extrinsic axes; for intrinsic ones the axes come reversed."""
    i, j, k = axes
    symmetric = i == k
    k = 3 - i - j if symmetric else k
    sign = (i - j) * (j - k) * (k - i) // 2
    q = [quat[..., n] for n in range(4)]
    if symmetric:
        a, b, c, d = q[3], q[i], q[j], q[k] * sign
    else:
        a, b, c, d = q[3] - q[j], q[i] + q[k] * sign, q[j] + q[3], q[k] * sign - q[i]
    middle = 2 * el.arctan2(el.hypot(c, d), el.hypot(a, b))
    half_sum, half_diff = el.arctan2(b, a), el.arctan2(d, c)
    at_zero = el.absolute(middle) <= 1e-7
    degenerate = el.logical_or(at_zero, el.absolute(middle - np.pi) <= 1e-7)
    lock = el.where(at_zero, 2 * half_sum, 2 * half_diff * (1 if intrinsic else -1))
    first, third = half_sum - half_diff, half_sum + half_diff
    if intrinsic:
        out = [el.where(degenerate, 0, third), middle, el.where(degenerate, lock, first)]
    else:
        out = [el.where(degenerate, lock, first), middle, el.where(degenerate, 0, third)]
    if not symmetric:
        end = 0 if intrinsic else 2
        out[end] = out[end] * sign
        out[1] = out[1] - np.pi / 2
    return el.remainder(stack(out, -1) + np.pi, 2 * np.pi) - np.pi


class Slerp(NamedTuple):
    """Interpolation between rotations at constant angular velocity.

    Made by `init`. See `scipy.spatial.transform.Slerp`.

    Examples
    --------
    >>> keys = Rotation.from_euler("z", np.array([0.0, 90.0]), degrees=True)
    >>> Slerp.init(np.array([0.0, 1.0]), keys)(0.5).as_euler("xyz", degrees=True).round(9) + 0.0
    array([ 0.,  0., 45.])
    """

    times: Any
    timedelta: Any
    rotations: Rotation
    rotvecs: Any

    @classmethod
    def init(cls, times: Any, rotations: Rotation) -> "Slerp":
        """Interpolate between a stack of rotations at ascending times."""
        if not isinstance(rotations, Rotation):
            raise TypeError(
                f"Slerp interpolates Rotations, got {type(rotations).__name__} {_where()}"
            )
        t = _floats(times, "Slerp")
        if rotations.single or len(rotations) < 2 or shape_of(t) != (len(rotations),):
            raise ShapeError(
                f"Slerp needs two rotations or more and a time for each, got quaternions "
                f"{shape_of(rotations.quat)} and times {shape_of(t)} {_where()}"
            )
        before, after = Rotation(rotations.quat[:-1]), Rotation(rotations.quat[1:])
        return cls(t, diff(t), before, (before.inv() * after).as_rotvec())

    def __call__(self, times: Any) -> Rotation:
        """Return the rotations at times; beyond the ends the last pieces go on."""
        t = _floats(times, "Slerp")
        n = shape_of(self.timedelta)[0]
        piece = el.clip(searchsorted(self.times, t) - 1, 0, n - 1)

        def of_piece(x: Any) -> Any:
            return at(x)[piece].get(mode="clip")

        along = (t - of_piece(self.times)) / of_piece(self.timedelta)
        turn = Rotation.from_rotvec(of_piece(self.rotvecs) * along[..., None])
        return Rotation(of_piece(self.rotations.quat)) * turn
