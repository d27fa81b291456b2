"""The rarer functions and methods of Tensors agree with PyTorch, gradients included."""

import numpy as np
import pytest

import functorch_lite as fl

torch = pytest.importorskip("torch", reason="compared with PyTorch where it is installed")
from tests.stateful.torch_rows import agree  # noqa: E402

R = np.random.default_rng(0)
M = R.standard_normal((3, 4))
N = R.standard_normal((3, 4))
V = R.standard_normal(4)
P = np.abs(M) + 0.5
U = R.uniform(0.05, 0.95, (3, 4))
C = R.standard_normal((2, 3, 4))
SQ = R.standard_normal((3, 3)) + 3 * np.eye(3)
SPD = SQ @ SQ.T
BATCH = R.standard_normal((2, 3, 3)) + 3 * np.eye(3)
INT = R.integers(-9, 10, (3, 4))
NAT = R.integers(1, 9, (3, 4))
MASK = M > 0
HOLES = np.where(M > 0.7, np.nan, M)
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 1.0, 0.0]])
IDX = np.array([[0, 2, 1, 1], [2, 0, 0, 1], [1, 1, 2, 0]])
UP = np.arange(5.0)


def method(name, *args, **kwargs):
    return lambda L, x: getattr(x, name)(*args, **kwargs)


def function(name, *args, **kwargs):
    return lambda L, *xs: getattr(L, name)(*xs, *args, **kwargs)


ROWS = [
    # elementwise
    *[(n, (U,), method(n)) for n in ["arccos", "arcsin", "arctanh", "erfinv", "logit", "deg2rad", "rad2deg"]],
    *[(n, (P,), method(n)) for n in ["i0", "sinc", "arcsinh", "arctan", "positive", "fix", "sgn"]],
    # (PyTorch's own derivative of digamma is off by 5e-10.)
    ("digamma", (P,), lambda L, x: (x.detach().digamma(), L.polygamma(2, x))),
    ("logit eps", (U,), method("logit", 0.2)),
    ("polygamma", (P,), lambda L, x: x.polygamma(3)),
    ("mvlgamma", (P + 2,), method("mvlgamma", 2)),
    ("igamma", (P, U), lambda L, a, x: L.igamma(a.detach(), x)),
    ("igammac", (P, U), lambda L, a, x: L.igammac(a.detach(), x)),
    ("xlogy", (M, P), function("xlogy")),
    ("logaddexp2", (M, N), function("logaddexp2")),
    ("fmax", (M, HOLES), function("fmax")),
    ("fmin", (M, N), function("fmin")),
    ("gcd lcm", (NAT, INT), lambda L, x, y: (L.gcd(x, y), L.lcm(x, y))),
    ("heaviside", (M, U), lambda L, x, y: L.heaviside(x.detach(), y.detach())),
    ("shifts", (INT, NAT), lambda L, x, y: (x.bitwise_left_shift(y), x.bitwise_right_shift(y))),
    ("signbit", (M,), method("signbit")),
    ("isposinf", (np.array([1.0, np.inf, -np.inf, np.nan]),), lambda L, x: (
        L.isposinf(x), L.isneginf(x), L.isreal(x)
    )),
    ("float_power", (P.astype(np.float32),), lambda L, x: L.float_power(x, 2)),
    ("float_power int", (INT,), lambda L, x: L.float_power(x, 2)),
    ("ldexp", (M, NAT), function("ldexp")),
    ("nextafter", (M, N), lambda L, x, y: L.nextafter(x.detach(), y.detach())),
    ("aliases", (M, N), lambda L, x, y: (
        x.greater(y), x.less_equal(y), L.not_equal(x, y), L.arctan2(x, y)
    )),
    ("selu", (M,), function("selu")),
    ("celu", (M,), function("celu", 0.5)),
    ("hardshrink", (M,), function("hardshrink")),
    ("threshold", (M,), function("threshold", 0.1, 2.0)),
    ("prelu", (M, np.array([0.2])), function("prelu")),
    ("torch functions", (M,), lambda L, x: (
        x * int(L.is_tensor(x)) + L.numel(x) + int(L.is_floating_point(x)) + int(L.is_complex(x))
    )),
    # statistics
    ("quantile", (M,), method("quantile", 0.3)),
    ("quantile float32", (M.astype(np.float32),), method("quantile", 0.3, 1, True)),
    ("quantile many", (M, np.array([0.1, 0.9])), lambda L, x, q: x.quantile(q.detach(), dim=0)),
    ("quantile lower", (M,), method("quantile", 0.4, interpolation="lower")),
    ("nanquantile", (HOLES,), method("nanquantile", 0.4, 1)),
    ("nanmedian", (HOLES,), lambda L, x: (x.nanmedian(), *x.nanmedian(1))),
    ("kthvalue", (M,), lambda L, x: tuple(x.kthvalue(2))),
    ("kthvalue dim", (M,), lambda L, x: tuple(x.kthvalue(3, 0, keepdim=True))),
    ("mode", (TIES,), lambda L, x: tuple(x.mode())),
    ("cummax", (TIES,), lambda L, x: tuple(x.cummax(1))),
    ("cummin", (TIES,), lambda L, x: tuple(x.cummin(0))),
    ("logcumsumexp", (M,), method("logcumsumexp", 1)),
    ("diff", (M,), method("diff")),
    ("diff 2", (M, N), lambda L, x, y: L.diff(x, 2, 0, prepend=y)),
    ("trapezoid", (M, np.sort(N, 1)), lambda L, y, x: (L.trapezoid(y, x), L.trapz(y, dx=0.5))),
    ("cumulative_trapezoid", (M,), lambda L, y: L.cumulative_trapezoid(y, dx=0.5, dim=0)),
    ("cross", (SQ, SPD), lambda L, x, y: L.cross(x, y, dim=0)),
    ("dist", (M, N), function("dist", 3)),
    ("cdist", (M, N), function("cdist")),
    ("cdist 1", (C, C + 1), function("cdist", 1.0)),
    ("renorm", (M,), method("renorm", 2, 0, 1.0)),
    ("cov", (M,), lambda L, x: (x.cov(), L.cov(x, correction=0))),
    ("corrcoef", (M,), method("corrcoef")),
    ("bincount", (np.array([0, 2, 2, 5]),), lambda L, x: (x.bincount(), L.bincount(x, minlength=8))),
    ("histc", (M,), lambda L, x: L.histc(x.detach(), 4, -1.0, 1.0)),
    ("unique", (INT,), method("unique")),
    ("unique all", (INT,), lambda L, x: L.unique(x, return_inverse=True, return_counts=True)),
    ("unique rows", (np.array([[1, 2], [1, 2], [0, 1]]),), method("unique", dim=0)),
    ("unique_consecutive", (np.array([1, 1, 2, 2, 1]),), lambda L, x: (
        L.unique_consecutive(x, return_inverse=True, return_counts=True)
    )),
    ("isin", (INT, NAT), function("isin")),
    ("searchsorted", (UP, M), lambda L, s, x: (
        L.searchsorted(s, x), L.searchsorted(s, x, right=True), L.bucketize(x, s, out_int32=True)
    )),
    ("searchsorted rows", (np.sort(M, 1), N), lambda L, s, x: L.searchsorted(s, x, side="right")),
    ("msort", (M,), method("msort")),
    # shapes
    ("tensor_split", (M,), lambda L, x: (*x.tensor_split(3, 1), *L.tensor_split(x, (1, 3), 1))),
    ("hsplit", (M,), lambda L, x: (*x.hsplit(2), *L.vsplit(x, [1]))),
    ("dsplit", (C,), method("dsplit", 2)),
    ("split_with_sizes", (M,), method("split_with_sizes", [1, 2])),
    ("unfold", (M,), method("unfold", 1, 2, 1)),
    ("unfold first", (M,), method("unfold", 0, 2, 1)),
    ("dstack", (M, N), lambda L, x, y: L.dstack((x, y))),
    ("column_stack", (V, M.T), lambda L, x, y: L.column_stack((x, y))),
    ("row_stack", (M, V), lambda L, x, y: L.row_stack((x, y))),
    ("block_diag", (M, SQ), function("block_diag")),
    ("cartesian_prod", (V, V), function("cartesian_prod")),
    ("combinations", (V,), lambda L, x: (L.combinations(x), L.combinations(x, 3, True))),
    ("flips", (M,), lambda L, x: (x.fliplr(), L.flipud(x))),
    ("diagflat", (V,), method("diagflat", 1)),
    ("diag_embed", (M,), lambda L, x: (x.diag_embed(), L.diag_embed(x, -1, 0, 2))),
    ("vander", (V,), lambda L, x: (L.vander(x.detach()), L.vander(x.detach(), 3, increasing=True))),
    ("argwhere", (INT,), method("argwhere")),
    ("moveaxis", (C,), method("moveaxis", 0, 2)),
    ("unravel_index", (NAT,), function("unravel_index", (3, 4))),
    ("complex", (M, N), lambda L, x, y: (L.complex(x, y), L.polar(x.abs(), y))),
    ("view_as_real", (M, N), lambda L, x, y: L.view_as_real(L.complex(x, y))),
    ("view_as_complex", (C[..., :2],), lambda L, x: L.view_as_complex(x)),
    # writes
    ("index_copy", (M, IDX[0, :2], N[:2]), lambda L, x, i, s: x.index_copy(0, i, s)),
    ("index_put", (M, IDX[0, :3], V[:3]), lambda L, x, i, v: x.index_put((i, i), v)),
    ("index_put add", (M, IDX[0], V), lambda L, x, i, v: x.index_put((i, i), v, accumulate=True)),
    ("put", (M, IDX[0, :3], V[:3]), lambda L, x, i, v: L.put(x, i, v)),
    ("masked_scatter", (M, MASK, N), lambda L, x, m, s: x.masked_scatter(m, s)),
    ("select_scatter", (M, V), lambda L, x, s: x.select_scatter(s, 0, 1)),
    ("slice_scatter", (M, N), lambda L, x, s: L.slice_scatter(x, s[:, :2], 1, 1, 3)),
    ("diagonal_scatter", (M, V), lambda L, x, s: L.diagonal_scatter(x, s[:3])),
    *[
        (
            f"scatter_reduce {how} {own}",
            (P, IDX, U),
            lambda L, x, i, s, how=how, own=own: x.scatter_reduce(0, i, s, how, include_self=own),
        )
        for how in ("sum", "prod", "amax", "amin", "mean")
        for own in (True, False)
    ],
    # matrices
    ("addr", (M, V[:3], V), function("addr", beta=0.5, alpha=2)),
    ("addbmm", (SQ, BATCH, BATCH), function("addbmm")),
    ("cholesky", (SPD,), lambda L, x: (L.linalg.cholesky(x), L.linalg.cholesky(x, upper=True))),
    ("cholesky_solve", (M, np.linalg.cholesky(SPD)), lambda L, b, x: L.cholesky_solve(b, x.tril())),
    ("cholesky_inverse", (np.linalg.cholesky(SPD),), lambda L, x: L.cholesky_inverse(x.tril())),
    ("logdet", (SPD,), lambda L, x: (x.logdet(), *x.slogdet())),
    ("slogdet batch", (BATCH,), lambda L, x: tuple(L.linalg.slogdet(x))),
    ("matrix_power", (SQ,), lambda L, x: (x.matrix_power(3), L.linalg.matrix_power(x, -2))),
    ("matrix_exp", (SQ,), method("matrix_exp")),
    ("pinv", (M,), lambda L, x: (L.linalg.pinv(x), x.pinverse())),
    ("qr", (M.T,), lambda L, x: [q * r.diagonal().sign() for q, r in [L.linalg.qr(x)]]),
    ("svd", (M,), lambda L, x: (x.svd().S, L.linalg.svdvals(x))),
    ("svd product", (M,), lambda L, x: (
        [u @ s.diag() @ vh for u, s, vh in [L.linalg.svd(x, full_matrices=False)]]
    )),
    ("eigh", (SPD,), lambda L, x: (L.linalg.eigvalsh(x), L.linalg.eigh(x).eigenvectors.abs())),
    ("eigvals", (SPD,), lambda L, x: L.linalg.eigvals(x).real.sort().values),
    ("solve", (SQ, M), lambda L, a, b: (L.linalg.solve(a, b), L.linalg.solve(a, b[:, 0]))),
    ("solve right", (SQ, M.T), lambda L, a, b: L.linalg.solve(a, b, left=False)),
    ("solve batch", (BATCH, C), lambda L, a, b: L.linalg.solve(a, b)),
    ("solve batch of vectors", (BATCH, C[:, :, 0]), lambda L, a, b: L.linalg.solve(a, b)),
    ("solve_triangular", (SQ, M), lambda L, a, b: (
        L.linalg.solve_triangular(a, b, upper=True),
        L.linalg.solve_triangular(a, b, upper=False, unitriangular=True),
        L.linalg.solve_triangular(a, b.T, upper=True, left=False),
    )),
    ("lstsq", (M.T, N.T), lambda L, a, b: L.linalg.lstsq(a, b).solution),
    ("inv det", (SQ,), lambda L, x: (L.linalg.inv(x), L.linalg.det(x))),
    ("matrix_rank", (SPD,), lambda L, x: L.linalg.matrix_rank(x)),
    ("cond", (SQ,), lambda L, x: (
        L.linalg.cond(x), L.linalg.cond(x.detach(), 1), L.linalg.cond(x.detach(), "fro")
    )),
    ("norms", (M,), lambda L, x: (
        L.linalg.norm(x), L.linalg.norm(x, 1), L.linalg.norm(x, "nuc"), L.linalg.norm(x, 2),
        L.linalg.norm(x, 1, dim=1), L.linalg.vector_norm(x, 3), L.linalg.vector_norm(x, dim=(0, 1)),
        L.linalg.matrix_norm(x), L.linalg.matrix_norm(x, float("inf"), keepdim=True),
    )),
    ("multi_dot", (M, V, V), lambda L, x, y, z: L.linalg.multi_dot([x, L.outer(y, z), x.T])),
    ("vecdot", (M, N), lambda L, x, y: (L.linalg.vecdot(x, y), L.linalg.vecdot(x, y, dim=0))),
    ("linalg.cross", (SQ, SPD), lambda L, x, y: L.linalg.cross(x, y)),
    ("linalg.diagonal", (C,), lambda L, x: L.linalg.diagonal(x, offset=1)),
    ("linalg.vander", (V,), lambda L, x: L.linalg.vander(x, N=3)),
    ("tensorinv", (R.standard_normal((2, 3, 6)),), lambda L, x: L.linalg.tensorinv(x)),
    # networks at the top level
    ("conv2d", (C[None], R.standard_normal((5, 2, 2, 2))), lambda L, x, w: (
        L.conv2d(x, w, padding=1), L.conv1d(C_(L, x)[0], w[:, :, 0])
    )),
    ("layer_norm", (M,), lambda L, x: (L.layer_norm(x, (4,)), L.rms_norm(x, (4,)))),
    ("max_pool2d", (C[None],), lambda L, x: (L.max_pool2d(x, 2), L.max_pool1d(x[0], 2))),
    ("cosine_similarity", (M, N), lambda L, x, y: (
        L.cosine_similarity(x, y), L.pairwise_distance(x, y)
    )),
    # sequences
    ("windows", (M,), lambda L, x: (
        L.hann_window(5), L.hamming_window(4, periodic=False), L.blackman_window(6),
        L.bartlett_window(5), L.tril_indices(3, 4, 1), L.triu_indices(3, 3),
    )),
]  # fmt: skip


def C_(L, x):
    return x[:, :, 0]


@pytest.mark.parametrize(("name", "arrays", "f"), ROWS, ids=[r[0] for r in ROWS])
def test_agrees(name, arrays, f):
    agree(arrays, f)


# name, arguments beside the Tensor (arrays become Tensors)
IN_PLACE = [
    *[
        (n, ())
        for n in ["absolute", "arcsin", "asin", "erfc", "exp2", "sgn", "sinc", "fix", "deg2rad"]
    ],
    ("cumsum", (1,)),
    ("cumprod", (0,)),
    ("copysign", (N,)),
    ("hypot", (N,)),
    ("atan2", (N,)),
    ("le", (N,)),
    ("gt", (0.0,)),
    ("index_copy", (0, IDX[0, :2], N[:2])),
    ("index_put", ((IDX[0, :3], IDX[0, :3]), V[:3])),
    ("masked_scatter", (MASK, N)),
    ("renorm", (2, 0, 1.0)),
    ("addr", (V[:3], V)),
    ("xlogy", (P,)),
    ("unsqueeze", (1,)),
    ("squeeze", ()),
    ("transpose", (0, 1)),
    ("swapaxes", (0, 1)),
    ("t", ()),
    ("fill_diagonal", (2.0,)),
]


def _to(convert, x):
    if isinstance(x, tuple):
        return tuple(_to(convert, y) for y in x)
    return convert(x) if isinstance(x, np.ndarray) else x


@pytest.mark.parametrize(("name", "args"), IN_PLACE, ids=[r[0] for r in IN_PLACE])
def test_in_place(name, args):
    def f(L, x):
        convert = fl.tensor if L is fl else torch.tensor
        y = x * 1
        out = getattr(y, f"{name}_")(*_to(convert, args))
        assert out is y
        return y * 2

    agree([U], f)


def test_shapes_changed_in_place():
    base = fl.zeros(2, 3)
    row = base[0]
    row.unsqueeze_(0)  # still a view
    row += 1
    assert row.shape == (1, 3) and base.tolist() == [[1, 1, 1], [0, 0, 0]]
    leaf = fl.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable"):
        leaf.unsqueeze_(0)


def test_functions_of_elements():
    x, y = fl.tensor([1.0, 2.0]), fl.tensor([3.0, 4.0])
    assert x.apply_(lambda v: v + 1).tolist() == [2.0, 3.0]
    assert x.map_(y, lambda a, b: a * b).tolist() == [6.0, 12.0]
    with pytest.raises(TypeError, match="does not record"):
        fl.ones(1, requires_grad=True).apply_(abs)
    assert fl.zeros(2, 3, 4).stride() == torch.zeros(2, 3, 4).stride()
    assert fl.zeros(2, 3).stride(0) == 3 and fl.zeros(2).is_contiguous()


def test_draws_have_their_moments():
    fl.manual_seed(0)
    x = fl.empty(40000, dtype=fl.float64)
    assert float(x.exponential_(2.0).mean()) == pytest.approx(0.5, rel=0.05)
    assert float(x.geometric_(0.25).mean()) == pytest.approx(4.0, rel=0.05)
    assert float(x.cauchy_(1.0, 2.0).median()) == pytest.approx(1.0, abs=0.1)
    assert float(x.log_normal_(0.0, 0.5).log().std()) == pytest.approx(0.5, rel=0.05)
    assert float(fl.poisson(fl.full((40000,), 3.0)).mean()) == pytest.approx(3.0, rel=0.05)
    assert 0 <= int(fl.randint_like(x, 3).max()) <= 2


def test_memory_of_others():
    a = np.arange(3.0)
    assert fl.from_dlpack(a).tolist() == fl.asarray(a).tolist() == [0.0, 1.0, 2.0]
    assert fl.frombuffer(bytes(8), dtype=fl.float32).tolist() == [0.0, 0.0]
    assert fl.asarray([1, 2]).dtype == fl.int64
    assert fl.promote_types(fl.int64, fl.float32) == np.float32
    assert fl.can_cast(fl.int32, fl.float32) and not fl.can_cast(fl.float32, fl.int64)


def test_index_reduce():
    x, i = fl.full((3, 2), 2.0, dtype=fl.float64), fl.tensor([0, 2])
    source = fl.tensor([[1.0, 3.0], [5.0, 0.5]])
    assert x.index_reduce(0, i, source, "amax").tolist() == [[2, 3], [2, 2], [5, 2]]
    alone = x.index_reduce(0, i, source, "mean", include_self=False)
    assert alone.tolist() == [[1, 3], [2, 2], [5, 0.5]]


def test_sizes_that_depend_on_values_are_refused_under_transforms():
    for f in (fl.unique, fl.bincount, lambda x: fl.cummax(x, 0)):
        with pytest.raises(fl.ConcretizationError, match="depends on values"):
            fl.jit(f)(np.arange(3))


ERRORS = {
    "quantile": lambda L, t: t(M).quantile(1.5),
    "cross": lambda L, t: L.cross(t(V), t(V)),
    "tensor_split": lambda L, t: t(M).hsplit(3),
    "kthvalue": lambda L, t: t(M).kthvalue(9),
    "unfold": lambda L, t: t(M).unfold(1, 9, 1),
    "linalg.inv of integers": lambda L, t: L.linalg.qr(t(INT)),
    "cholesky of a rectangle": lambda L, t: L.linalg.cholesky(t(M)),
    "scatter_reduce": lambda L, t: t(M).scatter_reduce(0, t(IDX), t(N), "median"),
    "view_as_complex": lambda L, t: L.view_as_complex(t(M)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_misuse_raises_what_torch_raises(name):
    for library, convert in ((fl, fl.tensor), (torch, torch.tensor)):
        with pytest.raises(RuntimeError):
            ERRORS[name](library, convert)


def test_files_travel_between_us_and_torch(tmp_path):
    state = {"w": [np.ones((2, 3), np.float32), 3], "name": "x", "step": np.array(2)}
    fl.save({"w": [fl.ones(2, 3), 3], "name": "x", "step": fl.tensor(2)}, tmp_path / "ours.pt")
    theirs = torch.load(tmp_path / "ours.pt")
    assert theirs["w"][0].equal(torch.ones(2, 3)) and theirs["step"] == 2
    torch.save(
        {"w": [torch.ones(2, 3), 3], "name": "x", "step": torch.tensor(2)}, tmp_path / "t.pt"
    )
    for path in ("ours.pt", "t.pt"):
        got = fl.load(tmp_path / path, map_location="cpu")
        assert isinstance(got["w"][0], fl.Tensor) and got["w"][0].tolist() == state["w"][0].tolist()
        assert got["w"][1] == 3 and got["name"] == "x" and got["step"].item() == 2
    model = fl.nn.Linear(2, 3)
    fl.save(model.state_dict(), tmp_path / "linear.pt")
    other = fl.nn.Linear(2, 3)
    other.load_state_dict(fl.load(tmp_path / "linear.pt"))
    assert fl.equal(other.weight, model.weight)
    with pytest.raises(TypeError, match=r"state_dict\(\)"):
        fl.save(model, tmp_path / "model.pt")
