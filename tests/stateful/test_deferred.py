"""Deferred execution: what is recorded, when it runs, and that nobody can tell the difference."""

import gc
import multiprocessing
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import nn, optim
from functorch_lite.compile import compile_mode, precision
from functorch_lite.compile.executor import compiled_program, execute
from functorch_lite.stateful import lazy, programs

F = nn.functional


@pytest.fixture(autouse=True)
def nothing_pending():
    fl.synchronize()
    yield
    fl.synchronize()


@pytest.fixture
def execution():
    """Each test chooses for itself."""


def make_model(seed=0, dtype=fl.float32):
    fl.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 64, 10),
    )
    return model.to(dtype)


def batch(seed=1, n=4, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return (
        fl.tensor(rng.standard_normal((n, 3, 16, 16)).astype(dtype)),
        fl.tensor(rng.integers(0, 10, n)),
    )


def train(model, optimizer, steps, look=True):
    x, y = batch(dtype=next(iter(model.parameters())).dtype)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item() if look else loss.detach())
    return losses


def arrays(module):
    return {k: v.numpy(force=True).copy() for k, v in module.state_dict().items()}


def runs():
    return dict(fl.execution_info())


def since(before):
    return {k: v - before[k] for k, v in fl.execution_info().items()}


OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "amsgrad": lambda p: optim.Adam(p, lr=0.01, amsgrad=True, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.01, maximize=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_agrees_with_eager_training(name):
    results = []
    for mode in (fl.eager, fl.deferred):
        with mode():
            model = make_model(dtype=fl.float64)
            optimizer = OPTIMIZERS[name](model.parameters())
            losses = train(model, optimizer, 4)
            state = optimizer.state_dict()["state"]
            results.append((losses, arrays(model), state))
    (a, pa, sa), (b, pb, sb) = results
    np.testing.assert_allclose(a, b, rtol=1e-9)
    for k in pa:
        np.testing.assert_allclose(pa[k], pb[k], rtol=1e-9, atol=1e-12, err_msg=k)
    for k in sa:
        for name in sa[k]:
            np.testing.assert_allclose(sa[k][name], sb[k][name], rtol=1e-9, atol=1e-12)


def test_a_step_is_one_program_from_the_second_identical_one_on():
    with fl.deferred():
        model = make_model()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        train(model, optimizer, 2)  # (the first has no momentum yet)
        before = runs()
        train(model, optimizer, 3)
        assert since(before) == {"programs": 0, "runs": 3, "compiled_runs": 3}


def test_steps_that_nobody_looks_at_are_programs_too():
    with fl.deferred():
        model = make_model()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        train(model, optimizer, 3, look=False)
        before = runs()
        train(model, optimizer, 4, look=False)
        assert since(before)["programs"] == 0
        assert since(before)["runs"] == 4
        assert model[0].weight.is_pending


def test_a_learning_rate_is_an_input_of_the_program():
    with fl.deferred():
        model = make_model()
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        train(model, optimizer, 4)
        before = runs()
        for lr in (0.05, 0.01):
            optimizer.param_groups[0]["lr"] = lr
            w = model[0].weight.numpy(force=True).copy()
            train(model, optimizer, 1)
            moved = np.abs(model[0].weight.numpy(force=True) - w).max()
            buffer = optimizer.state[model[0].weight]["momentum_buffer"].numpy()
            np.testing.assert_allclose(moved, lr * np.abs(buffer).max(), rtol=1e-3)
        assert since(before) == {"programs": 0, "runs": 2, "compiled_runs": 2}


def test_a_number_that_changes_becomes_an_input():
    x = fl.tensor(np.linspace(0, 1, 8, dtype=np.float32))
    with fl.deferred():
        for scale in (2.0, 2.0, 3.0):
            (x * scale).numpy()
        before = runs()
        for scale in (4.0, 5.0, 0.0, -0.0):
            y = (x * scale).numpy()
            np.testing.assert_array_equal(y, x.numpy() * np.float32(scale))
            assert (np.signbit(y) == np.signbit(x.numpy() * np.float32(scale))).all()
        done = since(before)
    assert done["programs"] == 0 and done["runs"] == 4 and done["compiled_runs"] >= 3


def test_equal_numbers_in_two_places_do_not_stick_together():
    x = fl.tensor(np.arange(4.0))
    with fl.deferred():
        for a, b in ((2.0, 2.0), (2.0, 2.0), (2.0, 3.0), (5.0, 2.0)):
            np.testing.assert_array_equal((x * a + b).numpy(), x.numpy() * a + b)


def test_only_what_is_held_is_computed():
    with fl.deferred(), compile_mode("always"):
        x = fl.rand(100, 100)
        y = x.exp()
        z = y.sum()
        del y
        ref = weakref.ref(x.value)
        del x
        assert z.item() > 0
        gc.collect()
        assert ref() is None  # the operand is let go of
        program = next(reversed(programs._programs.values()))
        (variant,) = program.variants.values()
        assert len(variant.slots) == 1


def test_a_chain_that_nobody_holds_never_runs():
    with fl.deferred():
        fl.rand(10).exp()
        before = runs()
        fl.synchronize()
        assert since(before)["runs"] == 0


def test_looking_early_splits_the_step_and_changes_nothing():
    results = []
    for early in (False, True):
        with fl.deferred():
            model = make_model()
            optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
            x, y = batch()
            for _ in range(3):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                if early:
                    assert loss.item() > 0
                loss.backward()
                if early:
                    assert model[0].weight.grad.abs().max().item() > 0
                optimizer.step()
            results.append(arrays(model))
    for k in results[0]:
        np.testing.assert_allclose(results[0][k], results[1][k], rtol=1e-4, atol=1e-5)


def test_gradients_stay_readable_after_the_step():
    with fl.deferred():
        model = make_model()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            train(model, optimizer, 1)
        w = model[0].weight
        before = w.numpy(force=True).copy()
        train(model, optimizer, 1)
        np.testing.assert_allclose(
            w.numpy(force=True), before - np.float32(0.1) * w.grad.numpy(), rtol=1e-5, atol=1e-6
        )


def test_gradients_accumulate_over_backward_passes():
    totals = []
    for mode in (fl.eager, fl.deferred):
        with mode():
            model = make_model()
            for seed in (1, 2, 3):
                x, y = batch(seed)
                F.cross_entropy(model(x), y).backward()
            totals.append(model[0].weight.grad.numpy().copy())
    np.testing.assert_allclose(*totals, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x.sin() * x).sum(),
        lambda x: (x**3).sum(),
        lambda x: (fl.tanh(x) * (fl.ones(5) + 1)).sum(),  # by a pending value without a graph
        lambda x: F.softplus(x * (fl.ones(5) + 1)).sum(),
        lambda x: fl.hypot(x, fl.ones(5) + 1).sum(),
        lambda x: fl.linalg.norm(x * 2),
        lambda x: fl.logsumexp(x, 0),
    ],
)
def test_derivatives_of_the_gradient(f):
    grads = []
    for mode in (fl.eager, fl.deferred):
        with mode():
            x = fl.tensor(np.linspace(0.1, 1, 5), requires_grad=True)
            (g,) = fl.autograd.grad(f(x), x, create_graph=True)
            assert g.requires_grad
            (h,) = fl.autograd.grad((g * g).sum() + g.sum(), x, create_graph=True)
            h.pow(2).sum().backward()
            grads.append([g.detach().numpy(), h.detach().numpy(), x.grad.numpy()])
    np.testing.assert_allclose(*grads, rtol=1e-7)


def test_hooks_see_values_and_may_replace_them():
    with fl.deferred():
        x = fl.tensor([1.0, 2.0], requires_grad=True)
        seen = []
        y = x * 3
        y.register_hook(lambda g: seen.append(g.tolist()))
        y.register_hook(lambda g: g * 2)
        y.sum().backward()
        assert seen == [[1.0, 1.0]]
        assert x.grad.tolist() == [6.0, 6.0]


# --- memory --------------------------------------------------------------------------------------


def test_an_array_that_the_user_holds_is_never_overwritten():
    with fl.deferred(), compile_mode("always"):
        fl.manual_seed(0)
        model = nn.Linear(128, 128)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = fl.rand(16, 128)
        held = []
        for _ in range(5):
            optimizer.zero_grad()
            model(x).pow(2).mean().backward()
            optimizer.step()
            view = model.weight.numpy(force=True)
            held.append((view, view.copy()))
        for view, copy in held:
            np.testing.assert_array_equal(view, copy)
        assert not np.array_equal(held[0][0], held[-1][0])


def test_what_a_program_overwrites_is_not_asked_of_one_for_another_precision():
    """Another precision compiles again, and that program may overwrite other inputs."""
    with fl.deferred(), compile_mode("always"):
        fl.manual_seed(0)
        model = nn.Conv2d(16, 16, 3, padding=1)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = fl.rand(4, 16, 16, 16)
        held = []
        for level in ("default", "default", "highest", "highest"):
            with precision(level):
                optimizer.zero_grad()
                model(x).pow(2).mean().backward()
                optimizer.step()
                view = model.weight.numpy(force=True)
                held.append((view, view.copy()))
        for view, copy in held:
            np.testing.assert_array_equal(view, copy)
    weight = model.weight.numpy(force=True)
    jaxpr = fl.make_jaxpr(F.conv2d)(x.numpy(), weight).jaxpr
    with compile_mode("always"):
        execute(jaxpr, [x.numpy(), weight])
    assert compiled_program(jaxpr, ()) is not None
    with precision("highest"):
        assert compiled_program(jaxpr, ()) is None


def test_parameters_are_updated_in_their_own_memory():
    with fl.deferred(), compile_mode("always"):
        model = nn.Linear(128, 128)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = fl.rand(16, 128)

        def step():
            optimizer.zero_grad()
            model(x).pow(2).mean().backward()
            optimizer.step()
            fl.synchronize()
            return model.weight.value.ctypes.data

        for _ in range(3):
            step()
        assert len({step() for _ in range(4)}) == 1


def test_a_detached_tensor_keeps_up_and_a_clone_does_not():
    with fl.deferred(), compile_mode("always"):
        model = nn.Linear(128, 128)
        alias, clone = model.weight.detach(), model.weight.detach().clone()
        first = clone.numpy().copy()
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            model(fl.ones(8, 128)).pow(2).mean().backward()
            optimizer.step()
        np.testing.assert_array_equal(alias.numpy(), model.weight.numpy(force=True))
        np.testing.assert_array_equal(clone.numpy(), first)


def test_memory_that_others_may_write_to_is_copied():
    a = np.ones(10)
    with fl.deferred():
        t = fl.from_numpy(a)
        y, z, w = t * 2, t.reshape(2, 5) * 2, fl.ones(10, dtype=fl.float64) * a
        a[:] = 7
        assert y.tolist() == [2.0] * 10
        assert z.sum().item() == 20.0
        assert w.tolist() == [1.0] * 10
        assert (t * 2).tolist() == [14.0] * 10


def test_many_operations_run_in_portions():
    with fl.deferred():
        x = fl.zeros(3)
        before = runs()
        for _ in range(2 * lazy.MAX_EQNS + 10):
            x = x + 1
        assert since(before)["runs"] == 2
        assert x.tolist() == [2.0 * lazy.MAX_EQNS + 10] * 3


def test_inference_runs_when_the_module_returns():
    with fl.deferred():
        model = make_model().eval()
        x, _ = batch()
        with fl.no_grad():
            out = model(x)
            assert not out.is_pending
        assert model(x).is_pending


# --- choosing ------------------------------------------------------------------------------------


def test_small_operands_are_computed_at_once_and_large_ones_later():
    assert not (fl.ones(10) + 1).is_pending
    big = fl.ones(lazy.SMALLEST) + 1
    assert big.is_pending
    assert big.sum().is_pending
    with fl.eager():
        assert not (big + 1).is_pending


def test_modes():
    with pytest.raises(ValueError, match="'auto', 'eager', 'deferred'"):
        fl.set_execution_mode("lazy")
    assert fl.execution_mode() == "auto"
    with fl.eager():
        assert fl.execution_mode() == "eager"
        fl.set_execution_mode("deferred")
    assert fl.execution_mode() == "auto"


def test_the_environment_chooses():
    code = "import functorch_lite as fl; print((fl.ones(9000) + 1).is_pending)"
    for mode, expected in (("eager", "False"), ("auto", "True")):
        env = {"FUNCTORCH_LITE_TENSORS": mode}
        done = subprocess.run(
            [sys.executable, "-c", code], env={**env}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


# --- errors --------------------------------------------------------------------------------------


def test_types_are_checked_at_once():
    with fl.deferred(), pytest.raises(fl.errors.ShapeError, match=r"test_deferred.py"):
        fl.ones(3) + fl.ones(4)


def refuse(x):
    raise ZeroDivisionError("no")


def test_an_error_in_a_run_that_has_given_up_its_operands_names_the_line():
    with fl.deferred():
        x = fl.ones(200, 200)
        bad = fl.pure_callback(refuse, fl.ShapeDtypeStruct((200, 200), "float32"), x * 3) * 2
        del x
        with pytest.raises(ZeroDivisionError, match="no") as caught:
            bad.numpy()
        notes = "".join(caught.value.__notes__)
        assert "pure_callback" in notes and "test_deferred.py" in notes
        assert (fl.ones(2) + 1).tolist() == [2.0, 2.0]


def test_an_error_while_running_names_the_line():
    with fl.deferred():
        x = fl.ones(3)
        bad = fl.pure_callback(refuse, fl.ShapeDtypeStruct((3,), "float32"), x) * 2
        with pytest.raises(ZeroDivisionError, match="no") as caught:
            bad.numpy()
        notes = "".join(caught.value.__notes__)
        assert "pure_callback" in notes and "test_deferred.py" in notes
        with pytest.raises(ZeroDivisionError, match="no"):
            bad.numpy()
        assert (fl.ones(2) + 1).tolist() == [2.0, 2.0]


# --- threads and processes -----------------------------------------------------------------------


def test_threads_train_side_by_side():
    expected = {}
    with fl.eager():
        for seed in range(3):
            model = make_model(seed)
            train(model, optim.SGD(model.parameters(), lr=0.1), 3)
            expected[seed] = arrays(model)
    models = {seed: make_model(seed) for seed in range(3)}
    found = {}

    def work(seed):
        with fl.deferred():
            train(models[seed], optim.SGD(models[seed].parameters(), lr=0.1), 3)
            found[seed] = arrays(models[seed])

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for seed, state in expected.items():
        for k in state:
            np.testing.assert_allclose(found[seed][k], state[k], rtol=1e-3, atol=1e-4)


def test_another_thread_may_look():
    with fl.deferred():
        x = fl.ones(3) + 1
        out = []
        t = threading.Thread(target=lambda: out.append((x.tolist(), (x * 2).tolist())))
        t.start()
        t.join()
        assert out == [([2.0, 2.0, 2.0], [4.0, 4.0, 4.0])]
        assert (x + 1).tolist() == [3.0, 3.0, 3.0]


def test_a_pending_value_in_another_threads_operation():
    with fl.deferred():
        x = fl.ones(3) + 1
        out = []

        def work():
            with fl.deferred():
                out.append(x * 2)

        t = threading.Thread(target=work)
        t.start()
        t.join()
        assert (out[0] + x).tolist() == [6.0, 6.0, 6.0]


def _child(x, queue):
    queue.put(x.tolist())


@pytest.mark.skipif(not hasattr(multiprocessing, "get_context"), reason="needs fork")
def test_a_child_process_computes_what_was_pending():
    context = multiprocessing.get_context("fork")
    with fl.deferred():
        x = fl.ones(3) + 1
        queue = context.SimpleQueue()
        child = context.Process(target=_child, args=(x, queue))
        child.start()
        assert queue.get() == [2.0, 2.0, 2.0]
        child.join()
        assert x.tolist() == [2.0, 2.0, 2.0]


# --- layers --------------------------------------------------------------------------------------

LAYERS = {
    "dropout": (lambda: nn.Dropout(0.5), (4, 6)),
    "dropout2d": (lambda: nn.Dropout2d(0.5), (2, 3, 4, 4)),
    "batch_norm": (lambda: nn.BatchNorm1d(6), (4, 6)),
    "batch_norm cumulative": (lambda: nn.BatchNorm1d(6, momentum=None), (4, 6)),
    "layer_norm": (lambda: nn.LayerNorm(6), (4, 6)),
    "group_norm": (lambda: nn.GroupNorm(2, 6), (4, 6, 3)),
    "instance_norm": (lambda: nn.InstanceNorm1d(6, track_running_stats=True), (4, 6, 3)),
    "attention": (lambda: Attend(), (2, 5, 8)),
    "conv": (lambda: nn.Conv2d(3, 4, 3), (2, 3, 6, 6)),
    "pools": (lambda: nn.Sequential(nn.MaxPool2d(2), nn.AvgPool2d(2)), (2, 3, 8, 8)),
    "adaptive pool": (lambda: nn.AdaptiveAvgPool2d((1, 2)), (2, 3, 5, 5)),
    "activations": (lambda: nn.Sequential(nn.GELU(), nn.SiLU(), nn.ReLU(inplace=True)), (4, 6)),
    "softmax": (lambda: nn.Softmax(dim=-1), (4, 6)),
}


class Attend(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x)[0]


@pytest.mark.parametrize("name", LAYERS)
def test_layers_do_not_look_at_values(name):
    make, shape = LAYERS[name]
    fl.manual_seed(0)
    layer = make()
    x = fl.rand(*shape, requires_grad=True)
    with fl.deferred():
        before = runs()
        out = layer(x)
        (out * out).sum().backward()
        assert since(before)["runs"] == 0
        assert x.grad.isfinite().all()


def test_a_parameter_of_an_array_has_memory_of_its_own():
    a = np.ones(3, np.float32)
    p = nn.Parameter(a)
    a[:] = 2
    assert p.tolist() == [1.0, 1.0, 1.0]
