"""One call for each sampler of `jax.random`; the same keys must give the same numbers."""

import numpy as np

from .case import case, cases, key
from .samples import POSITIVE, X

__all__ = ["RANDOM"]

P = np.array([0.02, 0.2, 0.5, 0.7, 0.99])
COV = np.array([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
LOGITS = np.log(X)
SAMPLERS = cases(
    {
        "PRNGKey": case(7),
        "key": case(7, call=lambda f, seed: _raw(f(seed))),
        "key_data clone": case(key(), call=lambda f, k: _raw(f(k))),
        "wrap_key_data": case(key(), call=lambda f, k: _raw(f(k)), vmap=False),
        "fold_in": case(key(), np.array(12345, np.uint32)),
        "split": case(key(), 7),
        "bits uniform normal gumbel exponential laplace logistic cauchy rademacher": case(key(), (50,)),
        "maxwell": case(key(), (50,)),
        "ball": case(key(), 3, shape=(5,)),
        "bernoulli geometric": case(key(), P),
        "beta": case(key(), POSITIVE, POSITIVE[::-1].copy(), tol=1e-7),
        "gamma loggamma": case(key(), POSITIVE, tol=1e-7),
        "dirichlet": case(key(), POSITIVE, tol=1e-7),
        "chisquare t": case(key(), POSITIVE + 1, tol=1e-7),
        "f": case(key(), POSITIVE + 1, POSITIVE + 2, tol=1e-7),
        "pareto wald": case(key(), POSITIVE),
        "rayleigh": case(key(), POSITIVE),
        "weibull_min": case(key(), POSITIVE, np.array(3.0)),
        "lognormal": case(key(), POSITIVE),
        "double_sided_maxwell": case(key(), np.array(1.0), POSITIVE, call=lambda f, k, loc, s: f(k, loc, s)),
        "triangular": case(key(), np.array(0.0), np.array(0.3), POSITIVE + 1),
        "truncated_normal": case(key(), np.array(-1.0), np.array(2.0), shape=(20,), call=lambda f, k, a, b: f(k, a, b, (20,))),
        "generalized_normal": case(key(), 3.0, (9,), tol=1e-7),
        "multivariate_normal": case(key(), np.ones(3), COV, call=lambda f, k, m, c: f(k, m, c, (6,), method="cholesky")),
        "orthogonal": case(key(), 4),
        "categorical": case(key(), LOGITS),
        "choice": case(key(), np.arange(20.0), (4,), False),
        "permutation": case(key(), np.arange(20.0)),
        "randint": case(key(), (50,), np.array(-5), np.array(2**40)),
        "poisson": case(key(), np.array([0.5, 4.0, 30.0, 1000.0])),
        "binomial": case(key(), np.array([5.0, 20, 100, 3000, 7]), P),
        "multinomial": case(key(), np.array(10.0), np.array([0.2, 0.3, 0.5])),
    }
)  # fmt: skip


def _raw(k):
    """Return a key's two words; JAX's new-style keys hide them."""
    if "key<" in str(k.dtype):
        import jax

        return jax.random.key_data(k)
    return k


RANDOM = {"jax.random": SAMPLERS}
