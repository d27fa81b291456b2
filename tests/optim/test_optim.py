"""Optimisers and schedules agree with PyTorch's, and with numbers worked out by hand."""

import copy
import warnings

import numpy as np
import pytest

import functorch_lite as fl


def _steps(opt, p, grads):
    for g in grads:
        p.grad = fl.tensor(g, dtype=p.dtype)
        opt.step()
    return p.detach().numpy()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"momentum": 0.9, "dampening": 0.5}, [0.9, 0.76]),
        ({"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, [0.7910, 0.49687]),
        ({}, [0.9, 0.8]),
        ({"maximize": True}, [1.1, 1.2]),
    ],
)
def test_sgd_by_hand(options, expected):
    p = fl.tensor([1.0], dtype=fl.float64, requires_grad=True)
    opt = fl.optim.SGD([p], lr=0.1, **options)
    for value in expected:
        np.testing.assert_allclose(_steps(opt, p, [[1.0]]), [value], rtol=1e-5)


def test_a_changed_rate_does_not_rescale_the_buffer():
    p = fl.tensor([0.0], dtype=fl.float64, requires_grad=True)
    opt = fl.optim.SGD([p], lr=1.0, momentum=0.5)
    _steps(opt, p, [[1.0]])
    opt.param_groups[0]["lr"] = 0.1
    np.testing.assert_allclose(_steps(opt, p, [[1.0]]), [-1.0 - 0.1 * 1.5])


OPTIMISERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("Adam", {"lr": 0.02}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.1, "betas": (0.8, 0.95), "eps": 1e-3}),
    ("Adam", {"lr": 0.02, "amsgrad": True, "maximize": True}),
    ("AdamW", {"lr": 0.02}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.3, "amsgrad": True}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.3}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"betas": (0.8, 0.9), "weight_decay": 0.1}),
    ("NAdam", {}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True, "momentum_decay": 0.01}),
    ("RAdam", {}),
    ("RAdam", {"weight_decay": 0.1, "betas": (0.8, 0.9), "decoupled_weight_decay": True}),
]


def _problem(lib, dtype="float64"):
    r = np.random.default_rng(0)
    ps = [
        lib.tensor(r.standard_normal(s), dtype=getattr(lib, dtype)).requires_grad_()
        for s in ((3, 2), (4,))
    ]
    return ps, r.standard_normal((2, 3))


def _loss(ps, a):
    return ((ps[0] * ps[0]).sum() * (ps[1] ** 2).mean() + (ps[1].sin() * a).sum()).sum()


@pytest.mark.parametrize(("name", "options"), OPTIMISERS, ids=lambda v: str(v))
def test_ten_steps_agree_with_torch(name, options):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    results, states = [], []
    for lib in (fl, torch):
        ps, _ = _problem(lib)
        opt = getattr(lib.optim, name)(ps, **options)
        for k in range(10):
            opt.zero_grad()
            _loss(ps, 0.3 + k).backward()
            opt.step()
        results.append([p.detach().numpy() for p in ps])
        states.append(opt.state_dict())
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    ours, theirs = states
    assert ours["state"].keys() == theirs["state"].keys()
    for i, entries in theirs["state"].items():
        kept = {k: v for k, v in entries.items() if v is not None}
        assert ours["state"][i].keys() == kept.keys()
        for k, v in kept.items():
            np.testing.assert_allclose(
                ours["state"][i][k].numpy(), v.numpy(), rtol=1e-12, atol=1e-14
            )
    assert ours["param_groups"][0]["params"] == theirs["param_groups"][0]["params"]
    mine, other = (sorted(s["param_groups"][0].items()) for s in states)
    assert repr(mine) == repr(other)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_states_travel_between_us_and_torch(name):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    options = {"lr": 0.05, "momentum": 0.9} if name == "SGD" else {"lr": 0.05}
    theirs, _ = _problem(torch)
    opt = getattr(torch.optim, name)(theirs, **options)
    for k in range(3):
        opt.zero_grad()
        _loss(theirs, float(k)).backward()
        opt.step()
    ours = [fl.tensor(p.detach().numpy(), requires_grad=True) for p in theirs]
    mine = getattr(fl.optim, name)(ours, lr=1.0)
    mine.load_state_dict(opt.state_dict())
    assert mine.param_groups[0]["lr"] == 0.05
    back = getattr(torch.optim, name)(
        [p.detach().clone().requires_grad_() for p in theirs], **options
    )
    state = copy.deepcopy(mine.state_dict())
    for entries in state["state"].values():
        for k, v in entries.items():
            entries[k] = torch.tensor(np.array(v.numpy()))
    back.load_state_dict(state)
    for k in range(3):
        for o, ps in ((opt, theirs), (mine, ours), (back, back.param_groups[0]["params"])):
            o.zero_grad()
            _loss(ps, float(k)).backward()
            o.step()
    for a, b, c in zip(ours, theirs, back.param_groups[0]["params"], strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(c.detach().numpy(), b.detach().numpy(), rtol=1e-12)


def test_parameters_without_gradient_are_skipped():
    p, q = fl.ones(1, requires_grad=True), fl.ones(1, requires_grad=True)
    opt = fl.optim.SGD([p, q], lr=0.1, weight_decay=1.0, momentum=0.9)
    p.grad = fl.zeros(1)
    opt.step()
    assert q.item() == 1.0
    np.testing.assert_allclose(p.item(), 0.9, rtol=1e-6)
    assert list(opt.state_dict()["state"]) == [0]


def test_zero_grad():
    p = fl.ones(1, requires_grad=True)
    opt = fl.optim.SGD([p], lr=0.1)
    p.grad = fl.ones(1)
    opt.zero_grad(set_to_none=False)
    assert p.grad.item() == 0.0
    opt.zero_grad()
    assert p.grad is None


def test_closure():
    p = fl.tensor([2.0], requires_grad=True)
    opt = fl.optim.SGD([p], lr=0.25)

    def closure():
        opt.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert opt.step(closure).item() == 4.0
    assert p.item() == 1.0


def test_groups():
    a, b = fl.ones(1, requires_grad=True), fl.ones(1, requires_grad=True)
    opt = fl.optim.SGD([{"params": [a]}, {"params": b, "lr": 1.0}], lr=0.1)
    a.grad = b.grad = fl.ones(1)
    opt.step()
    np.testing.assert_allclose([a.item(), b.item()], [0.9, 0.0], atol=1e-6)
    assert [g["params"] for g in opt.state_dict()["param_groups"]] == [[0], [1]]
    with pytest.raises(ValueError, match="more than one parameter group"):
        opt.add_param_group({"params": a})
    with pytest.raises(ValueError, match="non-leaf"):
        opt.add_param_group({"params": a * 2})
    with pytest.raises(TypeError, match="should be an iterable"):
        fl.optim.SGD(a, lr=0.1)
    with pytest.raises(ValueError, match="empty parameter list"):
        fl.optim.SGD([], lr=0.1)
    with pytest.raises(ValueError, match="Nesterov"):
        fl.optim.SGD([a], nesterov=True)
    with pytest.raises(ValueError, match="Invalid learning rate: -1"):
        fl.optim.Adam([a], lr=-1)
    with pytest.raises(ValueError, match="different number"):
        opt.load_state_dict(fl.optim.SGD([a]).state_dict())
    assert "lr: 0.1" in repr(opt)


SCHEDULES = [
    ("StepLR", (3,), {"gamma": 0.5}),
    ("MultiStepLR", ([2, 5, 5],), {}),
    ("ExponentialLR", (0.9,), {}),
    ("ConstantLR", (), {"factor": 0.5, "total_iters": 4}),
    ("LinearLR", (), {"start_factor": 0.25, "total_iters": 6}),
    ("PolynomialLR", (), {"total_iters": 8, "power": 2.0}),
    ("CosineAnnealingLR", (5,), {"eta_min": 0.01}),
    ("LambdaLR", (lambda k: 1.0 / (1 + k),), {}),
    ("MultiplicativeLR", (lambda e: 0.9 + 0.01 * e,), {}),
    ("CosineAnnealingWarmRestarts", (3,), {"T_mult": 2, "eta_min": 0.01}),
    ("CyclicLR", (0.01, 0.5), {"step_size_up": 3, "step_size_down": 2}),
    ("CyclicLR", (0.01, 0.5), {"step_size_up": 2, "mode": "triangular2"}),
    ("CyclicLR", (0.01, 0.5), {"step_size_up": 2, "mode": "exp_range", "gamma": 0.9}),
    ("CyclicLR", (0.01, 0.5), {"step_size_up": 2, "scale_fn": lambda c: 0.5**c}),
    ("OneCycleLR", (0.5,), {"total_steps": 14}),
    ("OneCycleLR", (0.5,), {"epochs": 2, "steps_per_epoch": 7, "three_phase": True}),
    ("OneCycleLR", (0.5,), {"total_steps": 14, "anneal_strategy": "linear", "pct_start": 0.4}),
]


def _rates(lib, name, args, options, optimiser="SGD"):
    p = lib.ones(1, requires_grad=True)
    extra = {"momentum": 0.9} if optimiser == "SGD" else {}
    opt = getattr(lib.optim, optimiser)([p], lr=0.2, **extra)
    schedule = getattr(lib.optim.lr_scheduler, name)(opt, *args, **options)
    seen = []
    for _ in range(12):
        group = opt.param_groups[0]
        seen.append((group["lr"], group["momentum"] if extra else group["betas"][0]))
        opt.step()
        schedule.step()
    return np.array(seen), schedule


@pytest.mark.parametrize(
    ("name", "args", "options"), SCHEDULES, ids=[f"{i}-{s[0]}" for i, s in enumerate(SCHEDULES)]
)
@pytest.mark.parametrize("optimiser", ["SGD", "Adam"])
def test_schedules_agree_with_torch(name, args, options, optimiser):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    ours, schedule = _rates(fl, name, args, options, optimiser)
    theirs, _ = _rates(torch, name, args, options, optimiser)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    state = schedule.state_dict()
    assert "optimizer" not in state
    schedule.load_state_dict(state)


def test_sequential_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")

    def run(lib):
        opt = lib.optim.SGD([lib.ones(1, requires_grad=True)], lr=0.2)
        s = lib.optim.lr_scheduler
        parts = [s.LinearLR(opt, 0.1, total_iters=3), s.ExponentialLR(opt, 0.9), s.StepLR(opt, 2)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            both = s.SequentialLR(opt, parts, [4, 7])
            seen = []
            for _ in range(12):
                seen.append(opt.param_groups[0]["lr"])
                opt.step()
                both.step()
        return seen

    np.testing.assert_allclose(run(fl), run(torch), rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"mode": "max", "threshold_mode": "abs"}, {"cooldown": 2}])
def test_plateau_agrees_with_torch(options):
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    metrics = [1.0, 0.9, 0.95, 0.9, 0.91, 0.92, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]

    def run(lib):
        opt = lib.optim.SGD([lib.ones(1, requires_grad=True)], lr=0.2)
        plateau = lib.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=1, **options)
        seen = []
        for m in metrics:
            plateau.step(m)
            seen.append(opt.param_groups[0]["lr"])
        return seen

    np.testing.assert_allclose(run(fl), run(torch), rtol=1e-12)


def test_scheduler_before_optimizer_warns():
    opt = fl.optim.SGD([fl.ones(1, requires_grad=True)], lr=0.2)
    schedule = fl.optim.lr_scheduler.StepLR(opt, 2)
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        schedule.step()


def test_a_network_learns():
    fl.manual_seed(0)
    net = fl.nn.Sequential(fl.nn.Linear(2, 16), fl.nn.Tanh(), fl.nn.Linear(16, 1))
    x = fl.rand(64, 2) * 2 - 1
    y = (x[:, :1] * x[:, 1:]).detach()
    for make, rate in ((fl.optim.SGD, 0.1), (fl.optim.AdamW, 0.02)):
        opt = make(net.parameters(), lr=rate)
        for _ in range(300):
            opt.zero_grad()
            loss = fl.nn.functional.mse_loss(net(x), y)
            loss.backward()
            opt.step()
    assert loss.item() < 1e-3


def test_chained_schedulers_agree_with_torch():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    rates = []
    for lib in (fl, torch):
        opt = lib.optim.SGD([lib.ones(1, requires_grad=True)], lr=1.0)
        s = lib.optim.lr_scheduler
        chained = s.ChainedScheduler([s.ConstantLR(opt, 0.5, 2), s.ExponentialLR(opt, 0.9)])
        rates.append([])
        for _ in range(5):
            opt.step()
            chained.step()
            rates[-1] += chained.get_last_lr()
    np.testing.assert_allclose(*rates)


def test_warm_restarts_at_fractions_of_an_epoch():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    rates = []
    for lib in (fl, torch):
        opt = lib.optim.SGD([lib.ones(1, requires_grad=True)], lr=1.0)
        s = lib.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, 2, 2)
        opt.step()
        rates.append([])
        for epoch in (0.25, 1.9, 2.0, 3.5, 6.0, 13.75):
            s.step(epoch)
            rates[-1] += s.get_last_lr()
    np.testing.assert_allclose(*rates)


def test_hooks_of_steps():
    p, seen = fl.ones(1, requires_grad=True), []
    opt = fl.optim.SGD([p], lr=0.5)
    handle = opt.register_step_pre_hook(lambda o, args, kwargs: seen.append(("pre", p.item())))
    opt.register_step_post_hook(lambda o, args, kwargs: seen.append(("post", p.item())))
    p.sum().backward()
    opt.step()
    handle.remove()
    opt.step()
    assert seen == [("pre", 1.0), ("post", 0.5), ("post", 0.0)]


def test_options_without_a_meaning_here():
    p = fl.ones(1, requires_grad=True)
    fl.optim.Adam([p], foreach=True, fused=False, capturable=True)
    with pytest.raises(NotImplementedError, match="differentiate"):
        fl.optim.SGD([p], differentiable=True)


def test_states_of_schedulers_have_pytorchs_names():
    torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
    keys = []
    for lib in (fl, torch):
        opt = lib.optim.SGD([lib.ones(1, requires_grad=True)], lr=1.0, momentum=0.9)
        s = lib.optim.lr_scheduler
        made = [s.OneCycleLR(opt, 1.0, 9), s.LambdaLR(opt, lambda e: 0.5), s.StepLR(opt, 2)]
        keys.append([{k for k in m.state_dict() if not k.startswith("_")} for m in made])
    assert keys[0] == keys[1]
