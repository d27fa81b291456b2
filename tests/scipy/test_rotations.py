"""Rotations against SciPy."""

import numpy as np
import pytest
import scipy.spatial.transform as theirs

import functorch_lite as fl
from functorch_lite.scipy.spatial import transform as ours
from tests.scipy.agree import check_agrees

RNG = np.random.default_rng(0)
Q = RNG.standard_normal((5, 4))
V = RNG.standard_normal((5, 3))
CALLS = {
    "matrix": lambda r, q, v: r.from_quat(q).as_matrix(),
    "apply": lambda r, q, v: r.from_quat(q).apply(v),
    "apply inverse": lambda r, q, v: r.from_quat(q).apply(v, inverse=True),
    "rotation vector": lambda r, q, v: r.from_quat(q).as_rotvec(degrees=True),
    "from rotation vector": lambda r, q, v: r.from_rotvec(v).as_matrix(),
    "parameters": lambda r, q, v: r.from_mrp(r.from_quat(q).as_mrp()).as_matrix(),
    "from matrix": lambda r, q, v: r.from_matrix(r.from_quat(q).as_matrix()).as_matrix(),
    "canonical": lambda r, q, v: r.from_quat(q).as_quat(canonical=True),
    "scalar first": lambda r, q, v: r.from_quat(q).as_quat(scalar_first=True),
    "magnitude": lambda r, q, v: r.from_quat(q).magnitude(),
    "product": lambda r, q, v: (r.from_quat(q) * r.from_rotvec(v).inv()).as_matrix(),
    "item": lambda r, q, v: r.from_quat(q)[2].as_matrix(),
}


@pytest.mark.parametrize("name", CALLS)
def test_agrees_with_scipy(name):
    check_agrees(ours.Rotation, theirs.Rotation, CALLS[name], [Q, V])


@pytest.mark.parametrize("seq", ["xyz", "XYZ", "zxz", "ZYX", "ZXZ", "yxz"])
def test_euler_angles(seq):
    check_agrees(ours.Rotation, theirs.Rotation, lambda r, q: r.from_quat(q).as_euler(seq), [Q])
    check_agrees(ours.Rotation, theirs.Rotation, lambda r, v: r.from_euler(seq, v).as_matrix(), [V])
    single = ours.Rotation.from_euler(seq[0], 30.0, degrees=True).as_matrix()
    np.testing.assert_allclose(
        single, theirs.Rotation.from_euler(seq[0], 30, degrees=True).as_matrix()
    )


def test_small_angles_have_derivatives():
    def there_and_back(v):
        return ours.Rotation.from_rotvec(v).as_rotvec()

    np.testing.assert_allclose(fl.jacobian(there_and_back)(np.zeros(3)), np.eye(3), atol=1e-12)
    near = np.array([4e-4, 2e-4, -1e-4])
    np.testing.assert_allclose(fl.jacobian(there_and_back)(near), np.eye(3), atol=1e-9)


def test_stacks():
    r = ours.Rotation.from_quat(Q)
    assert len(r) == 5 and not r.single
    np.testing.assert_allclose(
        r.mean().as_matrix(), theirs.Rotation.from_quat(Q).mean().as_matrix()
    )
    assert len(ours.Rotation.concatenate([r, r])) == 10
    assert ours.Rotation.identity(3).quat.shape == (3, 4)
    assert ours.Rotation.random(fl.random.key(0), 6).quat.shape == (6, 4)
    with pytest.raises(TypeError, match="no length"):
        len(r[0])
    with pytest.raises(TypeError, match="indexed"):
        r[0][0]
    with pytest.raises(ValueError, match="sequence of axes"):
        ours.Rotation.from_euler("xY", V[:, :2])
    with pytest.raises(fl.ShapeError, match="from_quat"):
        ours.Rotation.from_quat(V)


def test_slerp():
    times, at = np.array([0.0, 1.0, 2.0, 4.0, 5.0]), np.array([0.0, 0.3, 1.0, 3.5, 5.0])

    def call(m, q, t):
        keys = m.Rotation.from_quat(q)
        make = m.Slerp.init if m is ours else m.Slerp
        return make(times, keys)(t).as_matrix()

    got, want = (call(m, Q, at) for m in (ours, theirs))
    np.testing.assert_allclose(got, want, atol=1e-12)
    check_agrees(ours, ours, call, [Q, np.array([0.3, 1.5, 3.5])])
    with pytest.raises(fl.ShapeError, match="a time for each"):
        ours.Slerp.init(times[:2], ours.Rotation.from_quat(Q))
