"""What portable PyTorch scripts ask for before they begin: devices, print options, constructors."""

import pytest

import functorch_lite as fl

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")


def test_the_only_device_is_the_cpu():
    device = fl.device("cuda" if fl.cuda.is_available() else "cpu")
    x = fl.ones(2, device=device).to(device)
    assert x.device == device == "cpu" and x.device.type == "cpu"
    assert repr(x.device) == repr(torch.ones(2).device)
    assert fl.nn.Linear(2, 2).to(device).weight.device == "cpu"
    other = fl.device("cuda", 1)
    assert repr(other) == repr(torch.device("cuda", 1)) and other.index == 1
    assert fl.cuda.device_count() == 0
    with pytest.raises(RuntimeError, match="not available"):
        x.to(other)


OPTIONS = [
    {"precision": 2},
    {"precision": 6, "linewidth": 40},
    {"threshold": 10, "edgeitems": 1},
    {"sci_mode": True},
    {"sci_mode": False},
    {"profile": "short"},
    {"profile": "full"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_print_options(options):
    try:
        for lib in (fl, torch):
            lib.set_printoptions(**options)
        for data in ([1.23456, 1e-6], [[float(i * j) for i in range(9)] for j in range(9)], [1e9]):
            assert repr(fl.tensor(data)) == repr(torch.tensor(data))
    finally:
        for lib in (fl, torch):
            lib.set_printoptions(profile="default")


def test_the_class_makes_tensors():
    assert fl.Tensor(2, 3).shape == torch.Tensor(2, 3).shape
    assert fl.Tensor([2, 3]).tolist() == torch.Tensor([2, 3]).tolist() == [2.0, 3.0]
    assert fl.Tensor().shape == torch.Tensor().shape


def test_prefixes_of_states():
    ours, theirs = (
        lib.nn.Sequential(lib.nn.BatchNorm1d(2)).state_dict(prefix="a.") for lib in (fl, torch)
    )
    assert list(ours) == list(theirs) and ours._metadata == theirs._metadata


MISUSE = {
    "shapes": lambda L: L.ones(2, 3) + L.ones(2),
    "cat": lambda L: L.cat([L.ones(2, 3), L.ones(2, 2)]),
    "matmul": lambda L: L.ones(2, 3) @ L.ones(2, 3),
    "linear": lambda L: L.nn.Linear(3, 2)(L.ones(4)),
    "channels": lambda L: L.nn.Conv2d(3, 2, 3)(L.ones(1, 4, 8, 8)),
    "kernel too large": lambda L: L.nn.Conv2d(3, 2, 9)(L.ones(1, 3, 8, 8)),
    "padding of pools": lambda L: L.nn.functional.max_pool2d(L.ones(1, 1, 4, 4), 2, padding=2),
    "window too large": lambda L: L.nn.MaxPool2d(5)(L.ones(1, 1, 4, 4)),
    "channels of BatchNorm": lambda L: L.nn.BatchNorm2d(3)(L.ones(2, 4, 2, 2)),
    "targets": lambda L: L.nn.functional.cross_entropy(L.ones(2, 3), L.tensor([1.0, 2.0])),
    "view": lambda L: L.ones(2, 3).view(4),
}


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_is_a_runtime_error(name):
    for lib in (fl, torch):
        with pytest.raises(RuntimeError):
            MISUSE[name](lib)
