"""Functions and methods of Tensors agree with PyTorch: values, dtypes, shapes and gradients."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import stateful

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
from tests.stateful.torch_rows import agree  # noqa: E402

R = np.random.default_rng(0)
M = R.standard_normal((3, 4))
N = R.standard_normal((3, 4))
V = R.standard_normal(4)
P = np.abs(M) + 0.5
U = np.tanh(M) * 0.9
C = R.standard_normal((2, 3, 4, 5))
INT = R.integers(-4, 5, (3, 4))
MASK = M > 0
IDX = np.array([[0, 2, 1, 1], [2, 0, 0, 1], [1, 1, 2, 0]])
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 1.0]])
SQ = R.standard_normal((3, 3)) + 3 * np.eye(3)

# name, arrays (floats are differentiated), function of (library, tensors...)
ROWS = [
    *[
        (name, (P if name in POSITIVE else U,), lambda L, x, name=name: getattr(x, name)())
        for POSITIVE in [("log", "log2", "log10", "sqrt", "rsqrt", "reciprocal", "lgamma", "log1p")]
        for name in [
            "abs",
            "acos",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "ceil",
            "cos",
            "cosh",
            "erf",
            "erfc",
            "exp",
            "exp2",
            "expm1",
            "floor",
            "frac",
            "lgamma",
            "log",
            "log10",
            "log1p",
            "log2",
            "neg",
            "reciprocal",
            "relu",
            "round",
            "rsqrt",
            "sigmoid",
            "sign",
            "sin",
            "sinh",
            "sqrt",
            "square",
            "tan",
            "tanh",
            "trunc",
            "isnan",
            "isfinite",
            "isinf",
            "logical_not",
        ]
    ],
    ("acosh", (P + 1,), lambda L, x: x.acosh()),
    ("add", (M, V), lambda L, x, y: x + y),
    ("add alpha", (M, V), lambda L, x, y: L.add(x, y, alpha=3)),
    ("sub", (M, V), lambda L, x, y: L.sub(x, y, alpha=2)),
    ("rsub", (M,), lambda L, x: 1 - x),
    ("mul", (M, V), lambda L, x, y: x * y),
    ("div", (M, P), lambda L, x, y: x / y),
    ("rdiv", (P,), lambda L, x: 2 / x),
    ("div floor", (M, P), lambda L, x, y: L.div(x, y, rounding_mode="floor")),
    ("div trunc", (M, P), lambda L, x, y: L.div(x, y, rounding_mode="trunc")),
    ("floordiv", (M, P), lambda L, x, y: x.detach() // y.detach()),
    ("mod", (M, P), lambda L, x, y: x % y.detach()),
    ("fmod", (M, P), lambda L, x, y: L.fmod(x, y.detach())),
    ("pow", (P, M), lambda L, x, y: x**y),
    ("pow 2", (M,), lambda L, x: x**2),
    ("pow .5", (P,), lambda L, x: x**0.5),
    ("pow -3.0", (P,), lambda L, x: x**-3.0),
    ("rpow", (M,), lambda L, x: 2**x),
    ("maximum", (M, N), lambda L, x, y: L.maximum(x, y)),
    ("minimum ties", (TIES, TIES), lambda L, x, y: L.minimum(x, y)),
    ("atan2", (M, N), lambda L, x, y: L.atan2(x, y)),
    ("hypot", (M, N), lambda L, x, y: L.hypot(x, y)),
    ("logaddexp", (M, N), lambda L, x, y: L.logaddexp(x, y)),
    ("clamp", (M,), lambda L, x: x.clamp(-0.3, 0.4)),
    ("clamp min", (M,), lambda L, x: x.clamp(min=0.1)),
    ("clamp at bound", (np.array([0.0, 0.5, 1.0]),), lambda L, x: x.clamp(0.0, 1.0)),
    ("clamp tensors", (M, P), lambda L, x, y: L.clamp(x, -y.detach(), y.detach())),
    ("lerp", (M, N), lambda L, x, y: L.lerp(x, y, 0.3)),
    ("addcmul", (M, N, V), lambda L, x, y, z: L.addcmul(x, y, z, value=0.5)),
    ("addcdiv", (M, N, P), lambda L, x, y, z: L.addcdiv(x, y, z, value=0.5)),
    ("where", (M, N), lambda L, x, y: L.where(x > y, x, y)),
    ("where scalar", (M,), lambda L, x: L.where(x > 0, x, 0.0)),
    ("nan_to_num", (np.array([1.0, np.nan, np.inf]),), lambda L, x: x.nan_to_num(2.0)),
    ("compare", (M, N), lambda L, x, y: (x < y) | (x >= 1) & ~(x == y)),
    ("logical", (M, N), lambda L, x, y: L.logical_and(x > 0, y) ^ L.logical_or(x, y)),
    # reductions
    ("sum", (C,), lambda L, x: x.sum()),
    ("sum dim", (C,), lambda L, x: x.sum(1)),
    ("sum dims", (C,), lambda L, x: x.sum(dim=(0, -1), keepdim=True)),
    ("sum empty dims", (C,), lambda L, x: x.sum(())),
    ("sum dtype", (INT,), lambda L, x: x.sum(dtype=L.float64)),
    ("sum bool", (MASK,), lambda L, x: x.sum()),
    ("mean", (C,), lambda L, x: x.mean()),
    ("mean dims", (C,), lambda L, x: x.mean([2, 3])),
    ("prod", (M,), lambda L, x: x.prod()),
    ("prod zero", (np.array([2.0, 0.0, 3.0]),), lambda L, x: x.prod()),
    ("prod dim", (M,), lambda L, x: x.prod(1, keepdim=True)),
    ("var", (M,), lambda L, x: x.var()),
    ("var unbiased", (M,), lambda L, x: x.var(1, unbiased=False)),
    ("var correction", (M,), lambda L, x: x.var(dim=0, correction=2, keepdim=True)),
    ("std", (M,), lambda L, x: x.std(0)),
    ("std all", (M,), lambda L, x: x.std()),
    ("std False", (M,), lambda L, x: x.std(False)),
    ("max", (TIES,), lambda L, x: x.max()),
    ("max dim", (TIES,), lambda L, x: tuple(x.max(1))),
    ("min dim", (TIES,), lambda L, x: tuple(x.min(dim=0, keepdim=True))),
    ("max other", (M, N), lambda L, x, y: L.max(x, y)),
    ("amax", (TIES,), lambda L, x: x.amax(1)),
    ("amin", (TIES,), lambda L, x: x.amin((0, 1))),
    ("argmax", (M,), lambda L, x: x.argmax()),
    ("argmax dim", (M,), lambda L, x: x.argmax(1, keepdim=True)),
    ("argmin", (M,), lambda L, x: x.argmin(-1)),
    ("all any", (MASK,), lambda L, x: (x.all(), x.any(1), x.all(0))),
    ("logsumexp", (M,), lambda L, x: x.logsumexp(1)),
    ("cumsum", (M,), lambda L, x: x.cumsum(0)),
    ("cumprod", (M,), lambda L, x: x.cumprod(1)),
    ("norm", (M,), lambda L, x: x.norm()),
    ("norm 1", (M,), lambda L, x: x.norm(p=1, dim=1)),
    ("norm 3", (M,), lambda L, x: x.norm(3, 0, keepdim=True)),
    ("norm inf", (M,), lambda L, x: x.norm(float("inf"))),
    ("norm at 0", (np.zeros(3),), lambda L, x: x.norm()),
    ("count_nonzero", (INT,), lambda L, x: x.count_nonzero()),
    ("sort", (M,), lambda L, x: tuple(x.sort())),
    ("sort desc", (M,), lambda L, x: tuple(x.sort(0, descending=True))),
    ("argsort", (M,), lambda L, x: x.argsort(1)),
    ("topk", (M,), lambda L, x: tuple(x.topk(2))),
    ("topk small", (M,), lambda L, x: tuple(x.topk(2, dim=0, largest=False))),
    ("median", (M,), lambda L, x: x.median()),
    ("median dim", (M,), lambda L, x: tuple(x.median(1))),
    ("nansum", (np.array([1.0, np.nan]),), lambda L, x: x.nansum()),
    # shapes
    ("view", (C,), lambda L, x: x.view(2, -1)),
    ("reshape", (C,), lambda L, x: x.reshape((6, 20))),
    ("flatten", (C,), lambda L, x: x.flatten(1)),
    ("flatten mid", (C,), lambda L, x: L.flatten(x, 1, 2)),
    ("unflatten", (C,), lambda L, x: x.unflatten(2, (2, -1))),
    ("permute", (C,), lambda L, x: x.permute(0, 2, 3, 1)),
    ("transpose", (C,), lambda L, x: x.transpose(1, -1)),
    ("t", (M,), lambda L, x: x.t() @ x),
    ("mT", (C,), lambda L, x: x.mT),
    ("unsqueeze", (M,), lambda L, x: x.unsqueeze(-1).unsqueeze(0)),
    ("squeeze", (M[:, :1],), lambda L, x: (x.squeeze(), x.squeeze(1), x.squeeze(0))),
    ("expand", (M[:, :1],), lambda L, x: x.expand(-1, 5)),
    ("expand new", (M[:, :1],), lambda L, x: x.expand(2, 3, 5)),
    ("repeat", (M,), lambda L, x: x.repeat(2, 1, 3)),
    ("repeat_interleave", (M,), lambda L, x: x.repeat_interleave(2, 1)),
    ("flip", (M,), lambda L, x: x.flip(0, 1)),
    ("roll", (M,), lambda L, x: x.roll(1, 1)),
    ("movedim", (C,), lambda L, x: L.movedim(x, 1, -1)),
    ("chunk", (M,), lambda L, x: x.chunk(3, 1)),
    ("split", (M,), lambda L, x: x.split(3, 1)),
    ("split sizes", (M,), lambda L, x: L.split(x, [1, 3], dim=1)),
    ("unbind", (M,), lambda L, x: x.unbind(1)),
    ("narrow", (M,), lambda L, x: x.narrow(1, 1, 2)),
    ("select", (M,), lambda L, x: x.select(1, -1)),
    ("diagonal", (SQ,), lambda L, x: x.diagonal(1)),
    ("tril", (SQ,), lambda L, x: x.tril(-1)),
    ("triu", (SQ,), lambda L, x: x.triu()),
    ("diag", (V,), lambda L, x: L.diag(x)),
    ("cat", (M, N), lambda L, x, y: L.cat([x, y], 1)),
    ("cat dtypes", (M, INT), lambda L, x, y: L.cat([x, y])),
    ("stack", (M, N), lambda L, x, y: L.stack((x, y), dim=1)),
    ("hstack", (M, N), lambda L, x, y: L.hstack((x, y))),
    ("vstack", (M, N), lambda L, x, y: L.vstack((x, y))),
    ("meshgrid", (V, V), lambda L, x, y: tuple(L.meshgrid(x, y, indexing="ij"))),
    # indices
    ("getitem", (C,), lambda L, x: x[0, :, 1:3]),
    ("getitem ...", (C,), lambda L, x: x[..., -1, None]),
    ("getitem list", (M,), lambda L, x: x[[0, 2]]),
    ("getitem mask", (M, MASK), lambda L, x, m: x[m]),
    ("getitem tensor", (M, IDX), lambda L, x, i: x[i]),
    ("getitem two", (M, IDX), lambda L, x, i: x[i, i]),
    ("gather", (M, IDX), lambda L, x, i: x.gather(0, i)),
    ("gather 1", (M, IDX), lambda L, x, i: L.gather(x, 1, i[:, :2])),
    ("scatter", (M, IDX[:1], N[:1]), lambda L, x, i, s: x.scatter(0, i, s)),
    ("scatter value", (M, IDX[:1]), lambda L, x, i: x.scatter(0, i, 2.0)),
    ("scatter_add", (M, IDX, N), lambda L, x, i, s: x.scatter_add(0, i, s)),
    ("index_select", (M, IDX[0]), lambda L, x, i: x.index_select(0, i)),
    ("index_add", (M, IDX[0], R.standard_normal((4, 4))), lambda L, x, i, s: x.index_add(0, i, s)),
    ("take", (M, IDX), lambda L, x, i: x.take(i)),
    ("masked_fill", (M, MASK), lambda L, x, m: x.masked_fill(m, -1.0)),
    ("masked_select", (M, MASK), lambda L, x, m: x.masked_select(m)),
    ("nonzero", (INT,), lambda L, x: x.nonzero()),
    # products
    ("matmul", (M, N), lambda L, x, y: x @ y.T),
    ("matmul batch", (C, C), lambda L, x, y: L.matmul(x, y.transpose(2, 3))),
    ("mv", (M, V), lambda L, x, y: x.mv(y)),
    ("dot", (V, V), lambda L, x, y: x.dot(y)),
    ("outer", (V, V), lambda L, x, y: L.outer(x, y)),
    ("bmm", (C[0], C[0]), lambda L, x, y: L.bmm(x, y.transpose(1, 2))),
    ("einsum", (M, N), lambda L, x, y: L.einsum("ij,kj->ik", x, y)),
    ("addmm", (SQ, M, N), lambda L, b, x, y: L.addmm(b, x, y.t(), beta=0.5, alpha=2)),
    ("trace", (SQ,), lambda L, x: x.trace()),
    # dtypes
    ("to", (M,), lambda L, x: x.to(L.float32)),
    ("float", (INT,), lambda L, x: x.float()),
    ("long", (M,), lambda L, x: x.long()),
    ("int ops", (INT,), lambda L, x: (x + 1, x * 2.5, x / 2, x // 2, x % 3, x**2, -x, x.sin())),
    ("int f32", (INT, M), lambda L, x, y: x * y.float().detach()),
    ("bool ops", (MASK,), lambda L, x: (x + 1, x * 1.5, x & x, ~x)),
    ("0-d", (M, np.array(2.0)), lambda L, x, y: x.float() * y),
    ("0-d int", (INT, np.array(2.5)), lambda L, x, y: x * y),
    ("type_as", (INT, M), lambda L, x, y: x.type_as(y)),
    ("ones_like", (M,), lambda L, x: L.ones_like(x)),
    ("new_full", (M,), lambda L, x: x.new_full((2,), 3.0)),
]


@pytest.mark.parametrize(("name", "arrays", "f"), ROWS, ids=[r[0] for r in ROWS])
def test_agrees(name, arrays, f):
    agree(arrays, f)


PRINTED = [
    [1.0, 2.0],
    [1.5, -2.25],
    3.0,
    2,
    [1, -20, 300],
    [True, False],
    [[1.0, 2.5], [-3.0, 4.0]],
    [1e-5, 1.0],
    [1e10, 1.0],
    [float("nan"), 1.0, float("inf")],
    [float("nan")],
    [0.0, 0.0],
    [1e-8, 1e-7],
    list(range(30)),
    [i / 7 for i in range(25)],
    [[[1.0, 2.0]], [[3.0, 4.0]]],
    [],
    [[0.1] * 12] * 2,
    [100000.0, 2.0],
    [1 + 2j, -0.5 - 1j],
]


@pytest.mark.parametrize("data", PRINTED, ids=str)
def test_prints_alike(data):
    assert repr(fl.tensor(data)) == repr(torch.tensor(data))


def test_prints_dtypes_and_long_tensors_alike():
    for d in ("float64", "int32", "uint8", "float16"):
        ours = repr(fl.tensor([1.0, 2.0], dtype=d))
        assert ours == repr(torch.tensor([1.0, 2.0], dtype=getattr(torch, d))).replace("torch.", "")
    long = np.arange(3000.0).reshape(30, 100)
    assert repr(fl.tensor(long)) == repr(torch.tensor(long)).replace("torch.", "")
    assert repr(fl.zeros(2000)) == repr(torch.zeros(2000))
    assert repr(fl.ones(2, requires_grad=True)) == repr(torch.ones(2, requires_grad=True))
    assert repr(fl.zeros(0, 3)) == repr(torch.zeros(0, 3)).replace("torch.", "")


def test_promotion_table():
    kinds = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64", "complex64"]
    for a in kinds:
        for b in kinds:
            for dims in ((2, 2), (2, 0), (0, 2), (0, 0)):
                x, y = (np.ones((1,) * (d > 0), k) for d, k in zip(dims, (a, b), strict=True))
                want = str(torch.result_type(torch.tensor(x), torch.tensor(y))).split(".")[-1]
                if want != "complex32":  # which NumPy does not have
                    assert fl.result_type(fl.tensor(x), fl.tensor(y)).name == want, (a, b, dims)
        for number in (True, 2, 2.5, 1j):
            x = np.ones(1, a)
            want = str(torch.result_type(torch.tensor(x), number)).split(".")[-1]
            if want != "complex32":
                assert fl.result_type(fl.tensor(x), number).name == want, (a, number)


def test_public_names_exist_in_torch():
    ours_only = {
        "FunctionalTensor",
        "RemovableHandle",
        "convert",
        "getitem",
        "setitem",
        "plain_index",
        "ValuesIndices",
        "index_select",
        "scatter_add",
        "expand",
        "expand_as",
        "view",
        "view_as",
        "reshape_as",
        "repeat",
        "contiguous",
        "linalg",
        "autograd",
        "deferred",
        "eager",
        "execution_info",
        "execution_mode",
        "set_execution_mode",
        "synchronize",
    }
    missing = [n for n in stateful.__all__ if n not in ours_only and not hasattr(torch, n)]
    assert missing == []
