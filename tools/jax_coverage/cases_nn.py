"""One call for each function of `jax.nn`."""

import numpy as np

from .case import case, cases, key
from .samples import A3, NAT, X, Z

__all__ = ["NN"]

Q, K, V = np.random.default_rng(5).standard_normal((3, 2, 5, 4, 3))
FUNCTIONS = cases(
    {
        "relu relu6 gelu sigmoid softplus silu swish elu celu selu leaky_relu hard_tanh hard_sigmoid": case(
            Z
        ),
        "hard_silu hard_swish soft_sign glu log_sigmoid squareplus mish sparse_plus identity tanh": case(
            Z * 2
        ),
        "softmax log_softmax logsumexp logmeanexp standardize": case(A3, axis=1),
        "sparse_sigmoid": case(Z * 2),
        "log1mexp": case(X),
        "one_hot": case(NAT, 10),
        "dot_product_attention": case(Q, K, V, is_causal=True, tol=1e-6),
    }
)


def _drawn(*args, shape=(6, 4), **kwargs):
    """Call a maker of initializers, then the initializer."""
    return case(key(), call=lambda f, k: f(*args, **kwargs)(k, shape, np.float64))


INITIALIZERS = cases(
    {
        "glorot_normal glorot_uniform he_normal he_uniform kaiming_normal kaiming_uniform": _drawn(),
        "lecun_normal lecun_uniform xavier_normal xavier_uniform normal uniform orthogonal": _drawn(),
        "truncated_normal": _drawn(),
        "constant": _drawn(2.5),
        "variance_scaling": _drawn(2.0, "fan_avg", "truncated_normal"),
        "delta_orthogonal": _drawn(shape=(3, 4, 4)),
        "zeros ones": case(key(), (2, 3), np.float64),
    }
)
NN = {"jax.nn": FUNCTIONS, "jax.nn.initializers": INITIALIZERS}
