"""Scalar functions of kernels: accuracy, special values, vectorisation, integers."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

from functorch_lite.compile import native, target
from functorch_lite.compile.cache import disk_cache
from functorch_lite.compile.native import KernelSpec, NativeError, compile_many
from functorch_lite.compile.signature import parse_signature
from functorch_lite.kernels import scalar

_PATH = Path(__file__).parents[2] / "benchmarks" / "scalar_ulps.py"
_SPEC = importlib.util.spec_from_file_location("scalar_ulps", _PATH)
bench = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bench)

FLOATS = ("float32", "float64")
UNARY = [n for n in bench.TABLE if n not in ("pow", "atan2")]
INTEGERS = [f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)]


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCTORCH_LITE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        disk_cache.cache_clear()
        yield
    disk_cache.cache_clear()


@pytest.fixture(scope="module")
def kernels(own_cache):
    return bench.kernels(list(bench.TABLE))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [n for n, row in bench.TABLE.items() if row[3] is not None])
def test_errors_stay_below_the_bound(kernels, name, dtype):
    if dtype == "float64" and not (bench.TABLE[name][1] and bench.EXTENDED):
        pytest.importorskip("mpmath", reason="the reference where long double does not serve")
    worst, where = bench.max_ulps(name, dtype, kernels[name, dtype], 20_000)
    assert worst <= bench.TABLE[name][3 if dtype == "float32" else 4], where


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_promise_of_two_ulps(dtype):
    promised = ["exp", "log", "tanh", "sin", "cos", "erf", "logistic", "pow"]
    column = 3 if dtype == "float32" else 4
    assert all(bench.TABLE[name][column] <= 2 for name in promised)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["lgamma", "digamma"])
def test_gamma_functions_against_scipy(kernels, name, dtype):
    import scipy.special

    true = {"lgamma": scipy.special.gammaln, "digamma": scipy.special.digamma}[name]
    rng = np.random.default_rng(0)
    eps = np.finfo(dtype).eps
    for low, high in [(0.001, 1), (1, 3), (3, 20), (20, 1e4), (-0.9, -0.1), (-9.9, -9.1)]:
        x = rng.uniform(low, high, 5000).astype(dtype)
        expected = true(x.astype(np.float64))
        got = bench.apply(kernels[name, dtype], x)
        # The condition of the problem: near poles below zero, x itself is known to an ulp only
        slope = np.abs(x * scipy.special.polygamma(1 if name == "digamma" else 0, np.abs(x)))
        if low < 0:
            r = x - np.rint(x)
            slope = np.abs(x) * np.pi / np.abs(np.sin(np.pi * r)) ** (1 + (name == "digamma"))
        np.testing.assert_array_less(
            np.abs(got - expected), eps * (4 * np.abs(expected) + 8 * slope + 8)
        )


def test_lgamma_is_accurate_at_its_zeros(kernels):
    pytest.importorskip("mpmath", reason="the reference")
    offsets = np.concatenate([10.0 ** -np.arange(1, 15), -(10.0 ** -np.arange(1, 15))])
    for zero in (1.0, 2.0):
        x = zero + offsets
        error = bench.ulps(bench.apply(kernels["lgamma", "float64"], x), bench._mp("lgamma", x))
        assert error.max() < 5


SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5]


def specials(dtype):
    info = np.finfo(dtype)
    tiny = [info.tiny, -info.tiny, info.smallest_subnormal, -info.smallest_subnormal]
    return np.array([*SPECIAL, *tiny, info.max, -info.max, info.eps], dtype)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore")
def test_special_values(kernels, name, dtype):
    x = specials(dtype)
    got = bench.apply(kernels[name, dtype], x)
    expected = bench.TABLE[name][0](x.astype(np.longdouble if bench.TABLE[name][1] else dtype))
    if name == "lgamma":
        expected[np.isinf(x)] = np.inf  # as C; SciPy takes the limit over non-integers to be -inf
        small = np.abs(x) < np.finfo(dtype).tiny * 2  # where SciPy overflows
        expected[small] = -np.log(np.abs(x[small]))
    if name == "erf_inv":
        expected[x == 0] = x[x == 0]  # SciPy loses the sign
    bound = 64 if name == "digamma" else 4
    error = bench.ulps(got, expected.astype(np.longdouble))
    assert error.max() <= bound, list(zip(x, got, expected, strict=True))
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(expected)[known])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["pow", "atan2"])
@pytest.mark.filterwarnings("ignore")
def test_special_values_of_two_arguments(kernels, name, dtype):
    v = np.concatenate([specials(dtype), np.array([3, -3, 2.5, -2.5, 1e30, -1e30, 1e-30], dtype)])
    x, y = (a.ravel().copy() for a in np.meshgrid(v, v))
    got = bench.apply(kernels[name, dtype], x, y)
    expected = bench.TABLE[name][0](x.astype(np.longdouble), y.astype(np.longdouble))
    assert bench.ulps(got, expected).max() <= 2
    rounded = expected.astype(dtype)
    known = ~np.isnan(rounded)
    np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(rounded)[known])


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_huge_and_hard_arguments_are_reduced_exactly(kernels, name, dtype):
    pytest.importorskip("mpmath", reason="the reference")
    multiples = np.arange(1, 200) * np.pi / 2
    x = np.concatenate([multiples, multiples * 1000003, multiples * 1e12])
    if dtype == "float64":
        # the double closest to a multiple of pi/2 (Muller et al., Handbook of FP Arithmetic)
        hard = [6381956970095103.0 * 2.0**797, 5.319372648326541e255, 1e22, 2.0**1023]
    else:
        hard = [16367173.0 * 2.0**72, 2.0**127, 1e22, 1e30]
    limit = [2.0**20, np.nextafter(2.0**20, 0), np.nextafter(np.float32(2**20), np.float32(0))]
    x = np.concatenate([x, hard, limit]).astype(dtype)
    x = np.concatenate([x, -x])
    error = bench.ulps(bench.apply(kernels[name, dtype], x), bench._mp(name, x))
    assert error.max() <= bench.TABLE[name][3 if dtype == "float32" else 4]


# --- vectorisation ------------------------------------------------------------------------------

SCALAR_LOOPS = {"rem", "remainder", "floor_divide", "integer_pow"}  # libm's fmod; loops


def optimised(expression, dtype, arity):
    from functorch_lite.compile import _numba_backend as backend

    type_ = "f32" if dtype == "float32" else "f64"
    xs = [f"x{i}" for i in range(arity)]
    source = f"def f({', '.join(xs)}, o, n):\n    for i in range(n):\n        o[i] = {expression}\n"
    names = backend.lent_names(scalar, "test")
    function = backend.load_function(source, "f", "vectorised?", names)
    signature = parse_signature(f"void({', '.join([type_ + '*'] * (arity + 1))}, i64)")
    job = backend.Job("fl_test", function, signature, frozenset(range(arity + 1)), native.PRECISE)
    return backend.emit_object([job], target.host_target(), "test", fast_entries=False)[1]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "name", [n for n, row in scalar.SCALAR_FUNCTIONS.items() if "float32" in row]
)
def test_loops_are_vectorised(name, dtype):
    if name in SCALAR_LOOPS:
        pytest.skip("calls libm for each element")
    arity = 2 if name in ("pow", "atan2", "max", "min") else 1
    arguments = ", ".join(f"x{i}[i]" for i in range(arity))
    text = optimised(f"{scalar.scalar_name(name, dtype)}({arguments})", dtype, arity)
    bits = target.host_target().vector_bits
    # pow in float32 works in float64
    single = dtype == "float32" and name != "pow"
    lanes, type_ = (bits // 32, "float") if single else (bits // 64, "double")
    body = text[text.index("define void @fl_test(") :]
    assert f"<{lanes} x {type_}>" in body[: body.index("\n}\n")]


def test_fused_expressions_are_vectorised_and_call_nothing():
    text = optimised("tanh_f32(x0[i]) * x1[i] + exp_f32(-x0[i] * x0[i])", "float32", 2)
    body = text[text.index("define void @fl_test(") :]
    body = body[: body.index("\n}\n")]
    assert f"<{target.host_target().vector_bits // 32} x float>" in body
    assert " call void" not in body
    assert "@exp" not in text.replace("@llvm.exp", "")


def test_flags_of_the_caller_do_not_reach_the_functions():
    text = optimised("exp_f64(x0[i])", "float64", 1)
    assert "fadd contract" not in text
    assert "fmul contract" not in text


# --- rounding, division, comparison -------------------------------------------------------------

BINARY = {
    "rem": np.fmod,
    "remainder": np.remainder,
    "floor_divide": np.floor_divide,
    "max": np.maximum,
    "min": np.minimum,
}
ROUNDING = {
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "trunc": np.trunc,
    "sign": np.sign,
    "sqrt": np.sqrt,
    "round_away": lambda x: np.trunc(x) + np.copysign(np.abs(x - np.trunc(x)) >= 0.5, x),
}


def build(names, dtypes, arity):
    short = {d: scalar.scalar_name("", d)[1:] for d in dtypes}
    keys = list(itertools.product(names, dtypes))
    specs = []
    for name, dtype in keys:
        xs = ["x", "y"][:arity]
        call = f"{scalar.scalar_name(name, dtype)}({', '.join(x + '[i]' for x in xs)})"
        specs.append(
            KernelSpec(
                f"def f({', '.join(xs)}, o, n):\n    for i in range(n):\n        o[i] = {call}\n",
                "f",
                f"void({', '.join([short[dtype] + '*'] * (arity + 1))}, i64)",
                ("functorch_lite.kernels.scalar",),
            )
        )
    return dict(zip(keys, compile_many(specs), strict=True))


@pytest.mark.filterwarnings("ignore")
def test_rounding_is_numpys():
    for (name, dtype), kernel in build(ROUNDING, FLOATS, 1).items():
        rng = np.random.default_rng(0)
        halves = np.arange(-8, 8, 0.5)
        x = np.concatenate([rng.uniform(-9, 9, 500), halves, [1e9, -1e9, 2**23 + 1, 2.0**60]])
        x = np.concatenate([x.astype(dtype), specials(dtype)])
        expected = ROUNDING[name](x)
        got = bench.apply(kernel, x)
        np.testing.assert_array_equal(got, expected, err_msg=f"{name} {dtype}")
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(expected)[known])


@pytest.mark.filterwarnings("ignore")
def test_division_and_comparison_of_floats_are_numpys():
    for (name, dtype), kernel in build(BINARY, FLOATS, 2).items():
        rng = np.random.default_rng(0)
        v = np.concatenate([rng.uniform(-9, 9, 60).astype(dtype), specials(dtype)])
        x, y = (a.ravel().copy() for a in np.meshgrid(v, v))
        expected = BINARY[name](x, y)
        got = bench.apply(kernel, x, y)
        np.testing.assert_array_equal(got, expected, err_msg=f"{name} {dtype}")
        if name in ("rem", "remainder"):
            known = ~np.isnan(expected)
            np.testing.assert_array_equal(np.signbit(got)[known], np.signbit(expected)[known])


@pytest.mark.filterwarnings("ignore")
def test_division_and_comparison_of_integers_are_numpys():
    for (name, dtype), kernel in build(BINARY, INTEGERS, 2).items():
        info, rng = np.iinfo(dtype), np.random.default_rng(0)
        v = [0, 1, 2, 3, 7, info.max, info.max - 1, info.min, info.min + 1, info.max // 2 + 1]
        if info.min < 0:
            v += [-1, -2, -3, -7]
        v = np.concatenate([np.array(v, dtype), rng.integers(info.min, info.max, 50, dtype)])
        x, y = (a.ravel().copy() for a in np.meshgrid(v, v))
        np.testing.assert_array_equal(
            bench.apply(kernel, x, y), BINARY[name](x, y), err_msg=f"{name} {dtype}"
        )


@pytest.mark.filterwarnings("ignore")
def test_truncating_division_of_integers():
    for (_, dtype), kernel in build(["div"], INTEGERS, 2).items():
        info, rng = np.iinfo(dtype), np.random.default_rng(0)
        x, y = (rng.integers(info.min, info.max, 500, dtype, True) for _ in range(2))
        x[:4], y[:4] = [7, 7, 0, info.min], [2, 0, 0, 1]
        if info.min < 0:
            x[4:8], y[4:8] = [-7, 7, info.min, -7], [2, -2, -1, -2]
        expected = []
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            quotient = 0 if b == 0 else (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)
            expected.append(quotient if quotient <= info.max else info.min)
        assert bench.apply(kernel, x, y).tolist() == expected, dtype


@pytest.mark.filterwarnings("ignore")
def test_integer_powers():
    short = {d: scalar.scalar_name("", d)[1:] for d in (*FLOATS, *INTEGERS)}
    source = "def f(x, k, o, n):\n    for i in range(n):\n        o[i] = {}(x[i], k)\n"
    for dtype, type_ in short.items():
        spec = KernelSpec(
            source.format(f"integer_pow_{type_}"),
            "f",
            f"void({type_}*, i64, {type_}*, i64)",
            ("functorch_lite.kernels.scalar",),
        )
        (kernel,) = compile_many([spec])
        x = np.array([0, 1, 2, 3, 5, 11, 100], dtype)
        if np.dtype(dtype).kind != "u":
            x = np.concatenate([x, -x])
        for k in (0, 1, 2, 3, 7, 13):
            out = np.empty_like(x)
            kernel(x.ctypes.data, k, out.ctypes.data, x.size)
            expected = x ** np.dtype(dtype).type(k)
            if dtype in FLOATS:
                np.testing.assert_allclose(out, expected, rtol=8 * np.finfo(dtype).eps)
            else:
                np.testing.assert_array_equal(out, expected)


# --- the table ----------------------------------------------------------------------------------


def test_the_table_and_the_names_agree():
    for name, row in scalar.SCALAR_FUNCTIONS.items():
        for dtype, function in row.items():
            assert getattr(scalar, scalar.scalar_name(name, dtype)) is function
    assert {"float32", "float64"} <= set(scalar.SCALAR_FUNCTIONS["exp"])


@pytest.mark.parametrize("level", ["x86-64", "x86-64-v3"])
def test_other_instruction_sets_are_as_accurate(level, monkeypatch):
    monkeypatch.setenv("FUNCTORCH_LITE_TARGET", level)
    try:
        target.host_target()
    except NativeError:
        pytest.skip(f"no {level} here")
    names = ["exp", "log", "tanh", "sin", "erf", "logistic", "pow"]
    for (name, dtype), kernel in bench.kernels(names).items():
        if dtype == "float64" and name == "erf":
            continue
        worst, where = bench.max_ulps(name, dtype, kernel, 2000)
        assert worst <= 2, (name, dtype, where)
