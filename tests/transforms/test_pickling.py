"""Transformed functions are pickled and copied as what they were made from."""

import copy
import functools
import pickle
import subprocess
import sys

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import nn
from functorch_lite import numpy as fnp
from functorch_lite.transforms.transformed import Transformed

X = np.array([0.5, 1.5, 2.5])


def cube_sum(x, scale=1.0):
    return scale * fnp.sum(x**3)


def cube_sum_aux(x):
    return fnp.sum(x**3), x + 1


def elementwise(x):
    return fnp.sin(x) * x


@fl.grad
def decorated(x):
    return fnp.sum(x**2)


@fl.custom_jvp
def tripled(x):
    return 3 * x


tripled.defjvps(lambda t, out, x: 30 * t)


@fl.custom_vjp
def halved(x):
    return x / 2


def halved_forward(x):
    return halved(x), None


def halved_backward(_, ct):
    return (50 * ct,)


halved.defvjp(halved_forward, halved_backward)


def tangent_of_double(primals, tangents):
    return 2 * primals[0], 20 * tangents[0]


def double(x):
    return 2 * x


def custom_double():
    f = fl.custom_jvp(double)
    f.defjvp(tangent_of_double)
    return f


MADE = {
    "grad": fl.grad(cube_sum),
    "grad of a partial": fl.grad(functools.partial(cube_sum, scale=2.0)),
    "grad with aux": fl.grad(cube_sum_aux, has_aux=True),
    "value_and_grad": fl.value_and_grad(cube_sum, argnums=(0,)),
    "vmap": fl.vmap(cube_sum, in_axes=0, out_axes=0),
    "vmap in chunks": fl.vmap(elementwise, chunk_size=2),
    "jacfwd": fl.jacfwd(elementwise),
    "jacrev": fl.jacrev(elementwise, argnums=(0,), chunk_size=2),
    "hessian": fl.hessian(cube_sum),
    "checkpoint": fl.checkpoint(elementwise),
    "grad of checkpoint": fl.grad(
        fl.checkpoint(cube_sum, policy=fl.checkpoint_policies.save_only_these_names("a"))
    ),
    "jit of grad": fl.jit(fl.grad(cube_sum)),
    "vmap of jit of grad": fl.vmap(fl.jit(fl.grad(elementwise))),
    "make_jaxpr": fl.make_jaxpr(elementwise),
    "jvp": functools.partial(fl.jvp, elementwise),
    "vectorize": fnp.vectorize(elementwise),
    "custom_jvp": fl.grad(custom_double()),
}


@pytest.mark.parametrize(
    "duplicate", [lambda f: pickle.loads(pickle.dumps(f)), copy.deepcopy, copy.copy]
)
@pytest.mark.parametrize("name", MADE)
def test_duplicates_compute_the_same(name, duplicate):
    f = MADE[name]
    args = {"jvp": ((X,), (X,)), "custom_jvp": (1.5,)}.get(name, (X,))
    expected, found = f(*args), duplicate(f)(*args)
    if name == "make_jaxpr":
        assert str(expected) == str(found)
    else:
        fl.tree_util.tree_map(np.testing.assert_array_equal, expected, found)


@pytest.mark.parametrize("f", [decorated, tripled, halved])
def test_what_a_module_knows_is_pickled_by_name(f):
    assert pickle.loads(pickle.dumps(f)) is f
    assert copy.deepcopy(f) is f


def test_custom_rules_survive_in_transforms_of_them():
    g, h = pickle.loads(pickle.dumps((fl.grad(tripled), fl.grad(halved))))
    assert (float(g(1.0)), float(h(1.0))) == (30.0, 50.0)


def test_what_cannot_be_pickled_says_which_function():
    with pytest.raises(Exception, match="lambda"):
        pickle.dumps(fl.grad(lambda x: x))


def test_policies_by_names_are_equal_when_they_say_the_same():
    policies = fl.checkpoint_policies
    assert policies.save_only_these_names("a", "b") == policies.save_only_these_names("b", "a")
    assert policies.save_only_these_names("a") != policies.save_any_names_but_these("a")


def test_a_transformed_function_looks_like_the_function():
    g = fl.grad(cube_sum)
    assert isinstance(g, Transformed) and repr(g) == "<grad of cube_sum>"
    assert (g.__name__, g.__module__, g.__wrapped__) == ("cube_sum", __name__, cube_sum)


class Bowl:
    def __init__(self, depth):
        self.depth = depth

    @functools.partial(fl.grad, argnums=1)
    def slope(self, x):
        return self.depth * x**2

    @functools.partial(fl.checkpoint, static_argnums=0)
    def height(self, x):
        return self.depth * x**2


def test_transformed_methods_bind():
    bowl = Bowl(3.0)
    assert float(bowl.slope(2.0)) == 12.0
    assert float(fl.grad(bowl.height)(2.0)) == 12.0
    assert float(pickle.loads(pickle.dumps(bowl.slope))(2.0)) == 12.0


class Net(nn.Module):
    """A module with transformed functions among its attributes."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)
        self.scale = 2.0
        self.fast = fl.jit(self.scaled)
        self.slope = fl.grad(self.scaled)
        self.activation = fl.jit(elementwise)

    def scaled(self, x):
        return self.scale * fnp.sum(x**2)

    def forward(self, x):
        return self.layer(self.activation(x))


@pytest.mark.parametrize("duplicate", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy])
def test_modules_with_jitted_attributes(duplicate):
    net = Net()
    x = fl.tensor(X.astype("float32"))
    before = net(x).detach(), net.fast(X), net.slope(X)
    twin = duplicate(net)
    after = twin(x).detach(), twin.fast(X), twin.slope(X)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    twin.scale = 4.0  # its functions are its own
    np.testing.assert_array_equal(twin.slope(X), 2 * before[2])
    np.testing.assert_array_equal(net.slope(X), before[2])


SPAWNING = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import functorch_lite as fl


def cube(x):
    return x**3


if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print([float(g) for g in pool.map(fl.grad(cube), [1.0, 2.0])])
        print([float(v) for v in pool.submit(fl.jit(fl.value_and_grad(cube)), 2.0).result()])
"""


def test_spawned_workers_take_transformed_functions(tmp_path):
    script = tmp_path / "spawning.py"
    script.write_text(SPAWNING)
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert run.stdout == "[3.0, 12.0]\n[8.0, 12.0]\n", run.stderr
