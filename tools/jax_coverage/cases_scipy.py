"""One call for each function of `jax.scipy`."""

import numpy as np

from .case import case, cases
from .samples import A3, M2, NAT, POSITIVE, RHS, SPD, TALL, J, M, U, V, W, X, Y, Z

__all__ = ["SCIPY"]

SPECIAL = cases(
    {
        "erf erfc erfcx expit entr i0 i0e i1 i1e dawsn log_ndtr ndtr expi": case(X * 3),
        "fresnel sici": case(X * 3, tol=1e-8),
        "spence gammaln digamma gamma gammasgn factorial exp1 loggamma": case(X * 3, tol=1e-8),
        "erfinv logit ndtri": case(X),
        "betaln beta xlogy xlog1py kl_div rel_entr": case(X, Y),
        "boxcox boxcox1p": case(X, Z),
        "comb": case(X * 9 + 3, Y * 3),
        "poch": case(X, Y, tol=1e-8),
        "gammainc gammaincc": case(X * 3, Y * 3, tol=1e-7),
        "betainc": case(X * 3, Y * 3, np.abs(Z) / 3, tol=1e-7),
        "owens_t": case(Z, X, tol=1e-7),
        "zeta": case(X + 1.5, Y),
        "polygamma": case(J, X, tol=1e-8),
        "multigammaln": case(X + 4, 3),
        "logsumexp softmax log_softmax": case(A3, axis=1),
        "hyp1f1": case(X, Y + 1, Z, tol=1e-6),
        "hyp2f1": case(X, Y, X + 1, Y * 0.5, tol=1e-6),
        "bernoulli": case(9, tol=1e-8),
        "expn": case(J, X, tol=1e-7),
        "bessel_jn": case(X * 4, call=lambda f, x: f(x, v=3, n_iter=50), tol=1e-7),
        "sph_harm_y": case(
            np.array([1, 2, 3]),
            np.array([0, 1, -2]),
            X[0, :3],
            Y[0, :3],
            call=lambda f, n, m, t, p: f(n, m, t, p, n_max=3),
            tol=1e-7,
        ),
        "wofz": case(Z + 1j * X, tol=1e-7),
    }
)
STATS = {
    "bernoulli": case(np.array([0, 1, 1, 0]), X[0]),
    "beta": case(X, Y + 1, X + 2, tol=1e-8),
    "betabinom": case(J, np.full((3, 4), 9), X + 1, Y + 1),
    "binom": case(J, np.full((3, 4), 9), X),
    "cauchy": case(X, Z, Y),
    "chi2": case(X * 3, Y * 3 + 1, tol=1e-8),
    "dirichlet": case(np.array([0.2, 0.3, 0.5]), POSITIVE[:3]),
    "expon": case(X, 0.0, Y),
    "gamma": case(X * 3, Y * 3, tol=1e-8),
    "gennorm": case(Z, X + 1, tol=1e-7),
    "geom": case(J, X),
    "gumbel_l": case(X, Z, Y),
    "gumbel_r": case(X, Z, Y),
    "laplace": case(Z, W, Y),
    "logistic": case(X, Z, Y),
    "multinomial": case(np.array([2, 3, 4]), 9, np.array([0.2, 0.3, 0.5])),
    "multivariate_normal": case(Z, np.ones(4), SPD),
    "nbinom": case(J, X * 5 + 1, Y),
    "norm": case(X, Z, Y),
    "pareto": case(X + 1, Y * 3),
    "poisson": case(J, X * 4, tol=1e-8),
    "t": case(Z, X * 4 + 1),
    "truncnorm": case(X, Z - 2, Z + 2, tol=1e-8),
    "uniform": case(X, -1.0, 3.0),
    "vonmises": case(Z, X),
    "wrapcauchy": case(X, Y),
}
QUANTILE = {  # arguments in (0, 1) first
    "chi2": case(X, Y * 3 + 1, tol=1e-7),
    "pareto": case(X, Y * 3),
    "uniform": case(X, -1.0, 3.0),
}
STAT_FUNCTIONS = cases(
    {
        "gaussian_kde": case(
            TALL.T, RHS[:3].T, call=lambda f, d, x: f(d)(x[:1].repeat(3, 0)), tol=1e-8
        ),
        "mode": case(NAT, call=lambda f, n: list(f(n))),
        "rankdata": case(U),
        "sem": case(A3, axis=1),
    }
)
BAND = np.array([0.3, 0.2, 0.5])
LINALG = cases(
    {
        "block_diag": case(Z, M),
        "cho_factor": case(
            SPD,
            call=lambda f, a: (
                np.tril(f(a, lower=True)[0])
                if isinstance(a, np.ndarray)
                else f(a, lower=True)[0] * np.tril(np.ones((4, 4)))
            ),
        ),
        "cho_solve": case(np.linalg.cholesky(SPD), RHS, call=lambda f, c, b: f((c, True), b)),
        "cholesky det inv expm": case(SPD, tol=1e-8),
        "sqrtm": case(SPD, tol=1e-8, grad=False, call=lambda f, a: _real(f(a))),
        "circulant fiedler": case(U[:5]),
        "companion": case(POSITIVE[:4]),
        "fiedler_companion": case(POSITIVE[:4]),
        "convolution_matrix": case(U[:4], 6),
        "dft": case(5),
        "eigh": case(SPD, call=lambda f, a: [p * p for p in f(a)]),
        "eigh_tridiagonal": case(U[:6], V[:5], eigvals_only=True, tol=1e-7, grad=False),
        "expm_frechet": case(M * 0.3, M2 * 0.3, tol=1e-8),
        "funm": case(
            SPD, grad=False, vmap=False, call=lambda f, a: _real(f(a, lambda v: v * v)), tol=1e-8
        ),
        "hadamard helmert hilbert invhilbert invpascal pascal": case(4),
        "hankel": case(U[:4], V[:5]),
        "toeplitz": case(U[:4], V[:5]),
        "leslie": case(POSITIVE[:4], X[0, :3]),
        "hessenberg": case(M, vmap=False, grad=False),
        "lu": case(M),
        "lu_factor": case(M),
        "lu_solve": case(
            M, np.array([2, 1, 3, 3], np.int32), RHS, call=lambda f, lu, p, b: f((lu, p), b)
        ),
        "polar": case(TALL, call=lambda f, a: f(a, method="svd"), tol=1e-8, grad=False),
        "qr": case(TALL, call=lambda f, a: [p * p for p in f(a, mode="economic")]),
        "qr_multiply": case(
            TALL, TALL.T, call=lambda f, a, c: [abs(p) for p in f(a, c)], grad=False, vmap=False
        ),
        "rsf2csf": case(
            np.triu(M), M, grad=False, vmap=False, call=lambda f, t, z: [abs(p) for p in f(t, z)]
        ),
        "schur": case(SPD, grad=False, vmap=False, call=lambda f, a: [abs(p) for p in f(a)]),
        "solve": case(M, RHS),
        "solve_sylvester": case(M, SPD, RHS @ RHS.T, tol=1e-8, grad=False, vmap=False),
        "solve_triangular": case(SPD, RHS, lower=True),
        "svd": case(TALL, call=lambda f, a: [p * p for p in f(a, full_matrices=False)]),
    }
)


def _real(a):
    return a.real


GRID = (np.linspace(0, 1, 5), np.linspace(-1, 1, 6))
OTHER = {
    "jax.scipy.cluster.vq": {"vq": case(TALL, TALL[1:3] + 0.1)},
    "jax.scipy.fft": cases({"dct idct dctn idctn": case(Z, norm="ortho")}),
    "jax.scipy.integrate": {"trapezoid": case(Z, call=lambda f, z: f(z, dx=0.1))},
    "jax.scipy.interpolate": {
        "RegularGridInterpolator": case(
            A3[0], np.stack([X[0], Y[0] * 2 - 1], 1), call=lambda f, v, x: f(GRID, v)(x)
        )
    },
    "jax.scipy.ndimage": {
        "map_coordinates": case(
            Z, X * 2, Y * 3, call=lambda f, z, a, b: f(z, [a, b], order=1, mode="nearest")
        )
    },
    "jax.scipy.optimize": {
        "minimize": case(
            U[:3], grad=False, call=lambda f, u: f(lambda x: ((x - 1.0) ** 2).sum(), u, method="BFGS").x, tol=1e-5
        )
    },
    "jax.scipy.signal": cases(
        {
            "convolve correlate fftconvolve": case(U, V[:4], "full"),
            "convolve2d correlate2d": case(M, Z[:2, :3], "same"),
            "csd": case(U, V, call=lambda f, u, v: f(u, v, nperseg=8)),
            "welch": case(U, call=lambda f, u: f(u, nperseg=8)),
            "detrend": case(Z),
            "stft": case(U, call=lambda f, u: f(u, nperseg=8)),
            "istft": case(np.random.default_rng(4).standard_normal((5, 6)) + 0j, call=lambda f, z: f(z, nperseg=8)),
        }
    ),
    "jax.scipy.sparse.linalg": cases(
        {
            "cg bicgstab": case(SPD, RHS[:, 0], call=lambda f, a, b: f(lambda v: a @ v, b, tol=1e-12)[0], tol=1e-6),
            "gmres": case(M, RHS[:, 0], call=lambda f, a, b: f(lambda v: a @ v, b, tol=1e-12)[0], tol=1e-6),
        }
    ),
    "jax.scipy.spatial.transform": {
        "Rotation": case(
            U[:4], V[:3], call=lambda f, q, v: (f.from_quat(q).apply(v), f.from_quat(q).as_matrix(), f.from_rotvec(v).as_quat(), f.from_quat(q).as_euler("xyz"))
        ),
        "Slerp": case(
            TALL[:3, :3], np.array([0.3, 1.2]), call=lambda f, r, t: f.init(np.array([0.0, 1.0, 2.0]), _rotation(f).from_rotvec(r))(t).as_quat()
        ),
    },
}  # fmt: skip


def _rotation(f):
    import sys

    return sys.modules[f.__module__].Rotation


def _distributions():

    from .names import public_names

    found = {}
    for dist, c in STATS.items():
        module = f"jax.scipy.stats.{dist}"
        names = public_names(module)
        quantiles = {"ppf", "isf"}
        found[module] = {n: (QUANTILE.get(dist, c) if n in quantiles else c) for n in names}
    found["jax.scipy.stats.bernoulli"]["ppf"] = case(X[0], Y[0])
    found["jax.scipy.stats.poisson"]["entropy"] = case(X * 4, tol=1e-7)
    return found


SCIPY = {
    "jax.scipy.special": SPECIAL,
    "jax.scipy.linalg": LINALG,
    "jax.scipy.stats": STAT_FUNCTIONS,
    **OTHER,
    **_distributions(),
}
