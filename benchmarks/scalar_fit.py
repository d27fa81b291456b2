"""Compute the polynomials in ``functorch_lite/kernels/scalar_tables.py``, which it prints.

Each is a weighted minimax approximation by Remez's exchange algorithm in 60-digit arithmetic, with
coefficients rounded to the precision they are used in.  Run ``python benchmarks/scalar_fit.py``;
it needs mpmath and takes about a minute.
"""

import sys

import numpy as np
from mpmath import mp, mpf

mp.dps = 60


def remez(f, weight, a, b, degree, rounds=12):
    """Minimax polynomial of `f` on [a, b] for the error times `weight`; also that error."""
    a, b, n = mpf(a), mpf(b), degree + 2
    nodes = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / (n - 1)) for i in range(n)]
    grid = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / 600) for i in range(601)]
    floor = max(weight(x) for x in nodes) / 10**6  # some weights vanish at 0
    values = [(x, f(x), max(weight(x), floor)) for x in grid]
    coefficients, error = [], mpf(0)
    for _ in range(rounds):
        system, right = mp.matrix(n, n), mp.matrix(n, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                system[i, j] = x**j
            system[i, degree + 1] = (-1) ** i / max(weight(x), floor)
            right[i] = f(x)
        solution = mp.lu_solve(system, right)
        coefficients = [solution[j] for j in range(degree + 1)]
        errors = [(mp.polyval(coefficients[::-1], x) - y) * w for x, y, w in values]
        error = max(abs(e) for e in errors)
        extrema, best = [], 0
        for i in range(1, len(errors)):  # the largest error of each run of equal signs
            if errors[i] * errors[best] < 0:
                extrema.append(best)
                best = i
            elif abs(errors[i]) > abs(errors[best]):
                best = i
        extrema.append(best)
        while len(extrema) > n:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) < n or error < abs(solution[degree + 1]) * mpf("1.01"):
            break
        nodes = [grid[i] for i in extrema]
    return coefficients, error


def exp_tail(x):
    """(e^x - 1 - x) / x^2."""
    if abs(x) < mpf("1e-3"):
        return mp.nsum(lambda k: x**k / mp.factorial(k + 2), [0, 20])
    return (mp.exp(x) - 1 - x) / x**2


def log_tail(z):
    """(log((1+s)/(1-s)) - 2s) / (s z) with z = s^2."""
    if z < mpf("1e-6"):
        return mp.fsum(2 * z**k / (2 * k + 3) for k in range(12))
    s = mp.sqrt(z)
    return (mp.log((1 + s) / (1 - s)) - 2 * s) / (s * z)


def log_tail_2(z):
    """The same after its first term, (log_tail(z) - 2/3) / z."""
    return mp.fsum(2 * z**k / (2 * k + 5) for k in range(60))


def sin_tail(z):
    return mp.fsum((-1) ** (k + 1) * z**k / mp.factorial(2 * k + 3) for k in range(25))


def cos_tail(z):
    return mp.fsum((-1) ** k * z**k / mp.factorial(2 * k + 4) for k in range(25))


def atan_tail(z):
    if z < mpf("1e-6"):
        return mp.fsum((-1) ** (k + 1) * z**k / (2 * k + 3) for k in range(12))
    t = mp.sqrt(z)
    return (mp.atan(t) - t) / (t * z)


def asin_tail(z):
    if z < mpf("1e-6"):
        return mpf(1) / 6 + z * 3 / 40 + z**2 * 15 / 336 + z**3 * 105 / 3456
    t = mp.sqrt(z)
    return (mp.asin(t) - t) / (t * z)


def erf_over_x(z):
    """Erf(x) / x - 1 with z = x^2."""
    if z < mpf("1e-10"):
        return 2 / mp.sqrt(mp.pi) * (1 - z / 3 + z**2 / 10) - 1
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1


def erfcx_scaled(t):
    """(1 + 2x) exp(x^2) erfc(x) with t = (x - 4) / (x + 4)."""
    if t == 1:
        return 2 / mp.sqrt(mp.pi)
    x = 4 * (1 + t) / (1 - t)
    if x > 60:
        series = mp.fsum((-1) ** k * mp.fac2(2 * k - 1) / (2 * x * x) ** k for k in range(20))
        return (1 + 2 * x) * series / (x * mp.sqrt(mp.pi))
    with mp.workdps(60 + int(x * x / 2)):
        return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def erfinv_central(w):
    """Inverse erf over x with w = -log(1 - x^2)."""
    if w < mpf("1e-12"):
        return mp.sqrt(mp.pi) / 2 * (1 + mp.pi * w / 12)
    x = mp.sqrt(-mp.expm1(-w))
    return mp.erfinv(x) / x


def erfinv_tail(u):
    """The same with u = sqrt(w), large, where x is close to one."""
    w = u * u
    with mp.workdps(120):
        small = 1 - mp.sqrt(-mp.expm1(-w))  # 1 - x
        y = mp.sqrt(w)
        for _ in range(60):
            step = (mp.erfc(y) - small) * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
            y += step
            if abs(step) < mpf(10) ** -70:
                break
        return y / (1 - small)


def lgamma_over(v):
    """Log Gamma(2 + v) / v."""
    return mp.loggamma(2 + v) / v if abs(v) > mpf("1e-20") else mp.digamma(2)


def cbrt(x):
    return mp.cbrt(x)


def one(x):
    return mpf(1)


# name, function, weight, interval, degree in float32, degree in float64
HALF_LN2 = float(mp.log(2) / 2) * 1.001
TABLE = [
    ("EXP", exp_tail, lambda x: x * x * mp.exp(-x), (-HALF_LN2, HALF_LN2), 4, 9),
    ("LOG", log_tail, lambda z: z, (0, 0.02945), 3, 6),
    ("LOG_2", log_tail_2, lambda z: z * z, (0, 0.02945), None, 8),
    ("SIN", sin_tail, lambda z: z, (0, 0.6175), 2, 5),
    ("COS", cos_tail, lambda z: z * z, (0, 0.6175), 2, 5),
    ("ATAN", atan_tail, lambda z: z, (0, 0.1717), 4, 10),
    ("ASIN", asin_tail, lambda z: z, (0, 0.25), 5, 11),
    ("ERF", erf_over_x, one, (0, 1.0), 6, 11),
    ("ERFCX", erfcx_scaled, lambda t: 1 / erfcx_scaled(t), (-1, 1), 13, 24),
    # in w - 2.5, and u - 3 or u - 4
    ("ERFINV", lambda v: erfinv_central(v + mpf(2.5)), one, (-2.5, 2.5), 10, 8),
    ("ERFINV_TAIL", lambda v: erfinv_tail(v + 3), one, (-0.8, 1.05), 9, None),
    ("ERFINV_TAIL", lambda v: erfinv_tail(v + 4), one, (-1.8, 2.2), None, 12),
    ("LGAMMA", lgamma_over, lambda v: 1 / lgamma_over(v), (-0.5, 0.5), 9, 20),
    ("CBRT", cbrt, lambda x: 1 / cbrt(x), (0.353, 2.83), 4, 4),
]


def main():
    print('"""Polynomials of the scalar functions: made by ``benchmarks/scalar_fit.py``."""\n')
    print('__all__ = ["F32", "F64"]\n')
    tables = {"F32": {}, "F64": {}}
    for name, f, weight, (a, b), *degrees in TABLE:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        for precision, degree in zip(("F32", "F64"), degrees, strict=True):
            if degree is None:
                continue
            coefficients, error = remez(f, weight, a, b, degree)
            print(f"# {precision} {name}: {mp.nstr(error, 3)}", file=sys.stderr)
            rounded = [np.float32(float(c)) if precision == "F32" else c for c in coefficients]
            tables[precision][name] = [float(c) for c in rounded]
    for precision, table in tables.items():
        print(f"{precision}: dict[str, tuple[float, ...]] = {{")
        for name, coefficients in table.items():
            print(f'    "{name}": (')
            for c in coefficients:
                print(f"        {c!r},")
            print("    ),")
        print("}\n")


if __name__ == "__main__":
    main()
