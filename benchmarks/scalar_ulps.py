"""Accuracy and speed of the scalar functions of kernels, as a table.

``python benchmarks/scalar_ulps.py [--points 200000] [--json FILE] [name ...]`` prints for each
function and precision the largest error in units in the last place over dense, random, bit-random
and special points, the time per element of one thread in a loop, and NumPy's or SciPy's own.
"""

import argparse
import itertools
import json
import statistics
import time

import numpy as np

from functorch_lite.compile.native import KernelSpec, compile_many
from functorch_lite.kernels import scalar

LONG = np.longdouble
EXTENDED = np.finfo(LONG).nmant >= 63  # else float64 is judged by mpmath alone


def _mp(name, *columns):
    """Evaluate with mpmath, exactly enough for any double argument."""
    import mpmath

    functions = {
        "erf_inv": lambda x: mpmath.erfinv(x) if abs(x) != 1 else x * mpmath.inf,
        "erf": lambda x: mpmath.erf(x) if abs(x) < 30 else mpmath.sign(x),
        "erfc": lambda x: mpmath.erfc(x) if abs(x) < 30 else 1 - mpmath.sign(x),
        "lgamma": lambda x: (
            mpmath.inf if x <= 0 and mpmath.isint(x) else mpmath.re(mpmath.loggamma(x))
        ),
        "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
        "rsqrt": lambda x: 1 / mpmath.sqrt(x),
        "exp2": lambda x: mpmath.mpf(2) ** x,
        "log2": lambda x: mpmath.log(x, 2),
        "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
        "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
        "pow": mpmath.power,
    }
    function = functions.get(name) or getattr(mpmath, name)
    out = np.empty(len(columns[0]), LONG)
    with mpmath.workprec(1300 if name in ("sin", "cos", "tan") else 160):
        for i, row in enumerate(zip(*columns, strict=True)):
            try:
                value = function(*(mpmath.mpf(float(v)) for v in row))
                out[i] = LONG(mpmath.nstr(value, 25))
            except (ArithmeticError, ValueError, TypeError):
                out[i] = np.nan
    return out


def _logistic(x):
    return 1 / (1 + np.exp(-x))


def _softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _special(name):
    def evaluate(x):
        import scipy.special

        return getattr(scipy.special, name)(x)

    return evaluate


# name: (reference in NumPy or SciPy, whether it has long double, ranges, bound f32, bound f64).
# A range is (low, high); the first is also the one that is timed. Bounds are in ulps.
TABLE = {
    "exp": (np.exp, True, [(-10, 10), (-103, 88), (-745, 709)], 1.0, 1.0),
    "exp2": (np.exp2, True, [(-10, 10), (-150, 128), (-1075, 1024)], 1.5, 1.5),
    "expm1": (np.expm1, True, [(-2, 2), (-50, 88), (-1e-3, 1e-3)], 1.5, 1.5),
    "log": (np.log, True, [(0.01, 10), (0.5, 1.5), (0, 1e30)], 1.0, 1.0),
    "log2": (np.log2, True, [(0.01, 10), (0.9, 1.1), (0, 1e30)], 1.2, 1.2),
    "log1p": (np.log1p, True, [(-0.9, 3), (-0.5, 0.5), (-1e-3, 1e-3)], 1.2, 1.2),
    "tanh": (np.tanh, True, [(-3, 3), (-25, 25), (-0.1, 0.1)], 1.5, 1.5),
    "sinh": (np.sinh, True, [(-3, 3), (-89, 89), (-710, 710)], 2.8, 2.8),
    "cosh": (np.cosh, True, [(-3, 3), (-89, 89), (-710, 710)], 1.6, 1.6),
    "asinh": (np.arcsinh, True, [(-3, 3), (-1e5, 1e5)], 2.2, 2.2),
    "acosh": (np.arccosh, True, [(1, 4), (1, 1e5)], 2.6, 2.6),
    "atanh": (np.arctanh, True, [(-1, 1), (-0.1, 0.1)], 2.4, 2.4),
    "logistic": (_logistic, True, [(-5, 5), (-87, 87), (-700, 700)], 1.8, 1.8),
    "softplus": (_softplus, True, [(-5, 5), (-80, 80)], 2.0, 2.0),
    "sin": (np.sin, True, [(-10, 10), (-1e4, 1e4), (-1e-2, 1e-2)], 1.7, 1.2),
    "cos": (np.cos, True, [(-10, 10), (-1e4, 1e4), (1.5, 1.6)], 1.7, 1.2),
    "tan": (np.tan, True, [(-10, 10), (-1e4, 1e4), (1.5, 1.6)], 3.0, 2.5),
    "asin": (np.arcsin, True, [(-1, 1), (-0.6, -0.4), (0.99, 1)], 1.5, 1.5),
    "acos": (np.arccos, True, [(-1, 1), (0.4, 0.6), (0.99, 1)], 1.5, 1.5),
    "atan": (np.arctan, True, [(-5, 5), (-0.5, 0.5), (-1e5, 1e5)], 2.0, 2.0),
    "erf": (_special("erf"), False, [(-3, 3), (-1.1, 1.1), (-6, 6)], 1.5, 1.5),
    "erfc": (_special("erfc"), False, [(-2, 3), (-6, 9), (0, 26)], 4.0, 4.0),
    "erf_inv": (_special("erfinv"), False, [(-1, 1), (0.999, 1), (-1e-3, 1e-3)], 3.5, 4.0),
    "cbrt": (np.cbrt, False, [(-10, 10), (-1e30, 1e30)], 1.0, 1.0),
    "rsqrt": (lambda x: 1 / np.sqrt(x), True, [(0.01, 10), (0, 1e30)], 1.6, 1.6),
    "pow": (np.power, True, [((0, 10), (-3, 3)), ((0.99, 1.01), (-5e3, 5e3))], 1.0, 1.0),
    "atan2": (np.arctan2, True, [((-3, 3), (-3, 3)), ((-1e-3, 1e-3), (-5, 5))], 2.2, 2.2),
    # Without a bound in ulps, because they have zeros that are no floats
    "lgamma": (_special("gammaln"), False, [(0.01, 12), (0.9, 1.1), (1.9, 2.1)], None, None),
    "digamma": (_special("digamma"), False, [(0.01, 12), (1, 1e5)], None, None),
}
BITS = {"float32": np.uint32, "float64": np.uint64}


def kernels(names, dtypes=("float32", "float64")):
    """Compile loops over functions: a dict from (name, dtype) to a function of arrays."""
    keys = list(itertools.product(names, dtypes))
    specs = []
    for name, dtype in keys:
        type_ = "f32" if dtype == "float32" else "f64"
        xs = ["x", "y"][: 2 if name in ("pow", "atan2") else 1]
        call = f"{scalar.scalar_name(name, dtype)}({', '.join(x + '[i]' for x in xs)})"
        source = f"def f({', '.join(xs)}, o, n):\n    for i in range(n):\n        o[i] = {call}\n"
        signature = f"void({', '.join([type_ + '*'] * (len(xs) + 1))}, i64)"
        specs.append(KernelSpec(source, "f", signature, ("functorch_lite.kernels.scalar",)))
    return dict(zip(keys, compile_many(specs), strict=True))


def apply(kernel, *columns):
    """Call a kernel on arrays."""
    out = np.empty_like(columns[0])
    kernel(*(c.ctypes.data for c in columns), out.ctypes.data, out.size)
    return out


def points(name, dtype, count, seed=0):
    """Columns of arguments from each range of a function, and of random bits."""
    rng, real = np.random.default_rng(seed), np.dtype(dtype).type
    sets = []
    for range_ in TABLE[name][2]:
        ranges = range_ if isinstance(range_[0], tuple) else (range_,)
        with np.errstate(over="ignore"):
            sets.append([rng.uniform(a, b, count).astype(real) for a, b in ranges])
            if len(ranges) == 1:
                sets.append([np.linspace(*range_, count).astype(real)])
    width = np.dtype(dtype).itemsize * 8
    raw = rng.integers(0, 2**width, (len(sets[0]), count), dtype=np.uint64)
    sets.append([r.astype(BITS[dtype]).view(real) for r in raw])
    return sets


def reference(name, dtype, columns):
    """The true values, in a longer format than `dtype`."""
    function, extended, *_ = TABLE[name]
    with np.errstate(all="ignore"):
        if dtype == "float32":
            return function(*(c.astype(np.float64) for c in columns)).astype(LONG)
        if extended and EXTENDED:
            return function(*(c.astype(LONG) for c in columns))
    return _mp(name, *columns)


def ulps(got, true):
    """Errors in units in the last place of the true value; infinite where the kind is wrong."""
    dtype = got.dtype
    with np.errstate(all="ignore"):
        rounded = true.astype(dtype)
        unit = np.spacing(np.abs(np.where(np.isfinite(rounded), rounded, 0)))
        error = np.abs(got.astype(LONG) - true) / unit.astype(LONG)
    same = (got == rounded) & ~np.isfinite(rounded) | np.isnan(got) & np.isnan(true)
    return np.where(same, 0, np.where(np.isfinite(rounded) & np.isfinite(got), error, np.inf))


def max_ulps(name, dtype, kernel, count):
    """The largest error of a function, and where."""
    needs_mp = dtype == "float64" and not (TABLE[name][1] and EXTENDED)
    worst, where = 0.0, None
    for columns in points(name, dtype, min(count, 1000) if needs_mp else count):
        error = ulps(apply(kernel, *columns), reference(name, dtype, columns))
        i = int(np.argmax(error))
        if error[i] > worst:
            worst, where = float(error[i]), tuple(float(c[i]) for c in columns)
    return worst, where


def nanoseconds(function, size, repeats=15):
    """Median time per element."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times) / size * 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(TABLE))
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = []
    print(f"{'function':10} {'dtype':8} {'max ulp':>8} {'ns':>7} {'NumPy ns':>9}  worst at")
    for (name, dtype), kernel in kernels(options.names).items():
        worst, where = max_ulps(name, dtype, kernel, options.points)
        columns = [c[:4096].copy() for c in points(name, dtype, 4096)[0]]
        out = np.empty_like(columns[0])
        arguments = [*(c.ctypes.data for c in columns), out.ctypes.data, out.size]
        ours = nanoseconds(lambda k=kernel, a=arguments: k(*a), out.size)
        with np.errstate(all="ignore"):
            numpys = nanoseconds(lambda f=TABLE[name][0], c=columns: f(*c), out.size)
        rows.append({"name": name, "dtype": dtype, "ulps": worst, "ns": ours, "numpy_ns": numpys})
        print(f"{name:10} {dtype:8} {worst:8.2f} {ours:7.2f} {numpys:9.2f}  {where}")
    if options.json:
        with open(options.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
