"""Un-jitted grad of a ten-op function on 10 floats, against HIPS autograd, JAX and PyTorch.

Run: ``python benchmarks/eager_grad.py``
"""

import importlib

import numpy as np
from harness import measure, report

import functorch_lite as fl
from functorch_lite import numpy as fnp


def ten_ops(np_):
    """Ten elementwise operations and a sum, over a namespace."""

    def f(x):
        y = np_.sin(x) * x
        z = np_.exp(-y) + np_.tanh(x)
        w = z * y - x
        return np_.sum(w * w / (1.0 + z * z))

    return f


def contenders():
    """Yield (name, callable) for what is installed."""
    x = np.linspace(0.1, 1.0, 10)
    g = fl.grad(ten_ops(fnp))
    yield "functorch_lite", lambda: g(x)
    for name in ("autograd", "jax", "torch"):
        try:
            importlib.import_module(name)
        except ImportError:
            print(f"{name} is not installed; left out")
            continue
        yield name, peer(name, x)


def peer(name, x):
    """Return a peer's un-jitted gradient."""
    if name == "autograd":
        import autograd
        import autograd.numpy as anp

        g = autograd.grad(ten_ops(anp))
        return lambda: g(x)
    if name == "jax":
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        gj, xj = jax.grad(ten_ops(jnp)), jnp.array(x)
        return lambda: jax.block_until_ready(gj(xj))
    import torch

    gt, xt = torch.func.grad(ten_ops(torch)), torch.from_numpy(x)
    return lambda: gt(xt)


if __name__ == "__main__":
    row = measure(
        "un-jitted grad of ten ops, 10 floats",
        dict(contenders()),
        bars={"autograd": 1.0, "jax": 0.1},
        rounds=31,
    )
    print(report([row]))
