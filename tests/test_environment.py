"""Names that JAX programs ask their surroundings for."""

import importlib

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp


def test_one_device():
    assert fl.devices() == fl.local_devices() == [fl.Device()]
    assert fl.device_count() == fl.local_device_count() == fl.process_count() == 1
    assert fl.process_index() == 0 and fl.default_backend() == "cpu"
    with pytest.raises(RuntimeError, match="gpu"):
        fl.devices("gpu")


def test_arrays_to_and_from_the_device():
    x = np.ones(3)
    y = fl.device_put({"x": x, "n": 2}, fl.devices()[0])
    x[0] = 5.0
    assert y["x"].at[1].set(7.0).tolist() == [1.0, 7.0, 1.0]
    assert type(fl.device_get(y)["x"]) is np.ndarray and fl.device_get(y)["n"].dtype == int
    assert fl.block_until_ready(y) is y and fl.effects_barrier() is None
    assert fl.jit(fl.device_put)(np.arange(2)).tolist() == [0, 1]


def test_configuration():
    assert fl.config.jax_enable_x64 and fl.config.x64_enabled
    with fl.enable_x64(True), fl.checking_leaks():
        pass
    with pytest.raises(ValueError, match="float32"), fl.enable_x64(False):
        pass
    for name in ("jax_debug_nans", "jax_no_such_option"):
        with pytest.raises(AttributeError, match=name):
            fl.config.update(name, True)
    with pytest.raises(AttributeError, match="unrecognized"):
        fl.config.jax_no_such_option
    with pytest.raises(ValueError, match="cpu"):
        fl.config.update("jax_platforms", "tpu")


def test_disable_jit_by_name():
    f = fl.jit(lambda x: x if x > 0 else -x)
    fl.config.update("jax_disable_jit", True)
    try:
        assert fl.config.jax_disable_jit and float(f(-2.0)) == 2.0
    finally:
        fl.config.update("jax_disable_jit", False)
    with pytest.raises(fl.ConcretizationError):
        f(-2.0)


def test_precision_by_name():
    with fl.default_matmul_precision("highest"):
        assert fl.config.jax_default_matmul_precision == "highest"
    assert fl.config.jax_default_matmul_precision == "default"
    with pytest.raises(ValueError, match="wrong"):
        fl.config.update("jax_default_matmul_precision", "wrong")


def test_scopes():
    @fl.jit
    def f(x):
        with fl.named_scope("inner"):
            return fl.named_call(lambda v: 2 * v, name="double")(x)

    assert float(f(3.0)) == 6.0
    with pytest.raises(TypeError, match="string"), fl.named_scope(3):
        pass


@pytest.mark.parametrize("transform", [fl.jit, fl.make_jaxpr, lambda f: fl.jit(fl.grad(f))])
def test_values_known_while_tracing(transform):
    seen = []

    def f(x):
        with fl.ensure_compile_time_eval():
            seen.append(int(fnp.sum(fnp.arange(4))))
        return x * seen[-1]

    transform(f)(2.0)
    assert seen == [6]


def test_arrays_are_instances():
    assert isinstance(np.ones(2), fl.Array) and isinstance(np.float32(1), fl.Array)
    assert isinstance(fl.tensor([1.0]), fl.Array) and not isinstance(1.0, fl.Array)
    fl.jit(lambda x: pytest.fail("not an Array") if not isinstance(x, fl.Array) else x)(1.0)
    with pytest.raises(TypeError, match="make arrays by"):
        fl.Array()


@pytest.mark.parametrize("name", ["pmap", "sharding", "export", "profiler"])
def test_absent_names_say_why(name):
    assert not hasattr(fl, name)
    with pytest.raises(AttributeError, match=rf"no '{name}': "):
        getattr(fl, name)


def test_custom_gradient():
    @fl.custom_gradient
    def scaled(x, y):
        z = fnp.sin(x) * y
        return z, lambda ct: (ct * 10.0 * x, ct * z)

    assert float(scaled(0.5, 2.0)) == pytest.approx(2 * np.sin(0.5))
    for wrap in (lambda f: f, fl.jit):
        gx, gy = wrap(fl.grad(scaled, (0, 1)))(0.5, 2.0)
        assert float(gx) == 5.0 and float(gy) == pytest.approx(2 * np.sin(0.5))
    xs = np.array([0.5, 1.0])
    np.testing.assert_allclose(fl.vmap(fl.grad(scaled), (0, None))(xs, 2.0), 10 * xs)
    assert float(fl.grad(fl.grad(scaled))(0.5, 2.0)) == 10.0


@pytest.mark.peer
def test_custom_gradient_agrees_with_jax():
    jax = pytest.importorskip("jax")

    def both(m, np_):
        @m.custom_gradient
        def f(x):
            y = np_.exp(x)
            return {"y": y}, lambda ct: ct["y"] * y * 3.0

        return float(m.grad(lambda x: f(x)["y"] ** 2)(0.3)), float(f(0.3)["y"])

    np.testing.assert_allclose(both(fl, fnp), both(jax, jax.numpy), rtol=1e-6)


# --- import statements of JAX programs ------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("ad_checkpoint", "checkpoint_name"),
        ("experimental", "io_callback"),
        ("experimental.ode", "odeint"),
        ("nn.initializers", "glorot_normal"),
        ("numpy.linalg", "norm"),
        ("scipy.sparse.linalg", "cg"),
        ("scipy.stats.norm", "logpdf"),
    ],
)
def test_names_are_imported_from_where_jax_has_them(module, name):
    assert callable(getattr(importlib.import_module(f"functorch_lite.{module}"), name))


def test_initializers_are_one_module():
    initializers = importlib.import_module("functorch_lite.nn.initializers")
    assert fl.nn.initializers is initializers
    assert initializers.__all__ == fl.functions.initializers.__all__


def test_absent_modules_say_what_to_use():
    with pytest.raises(AttributeError, match="issubdtype"):
        fl.dtypes
