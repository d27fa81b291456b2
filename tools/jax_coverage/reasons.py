"""Differences that are meant, by module and name: what the table says instead of "equal"."""

__all__ = ["DIFFERENT", "NOT_NUMBERS"]

_INDEX = "indices are int64, as NumPy's"
_PROMOTION = "NumPy's promotion: int32 with float32 is float64"
_SYMMETRIC = "the gradient is symmetrised, as `numpy.linalg.cholesky`'s is in both libraries"
_STAIRS = "0 by definition; differences see the next number; JAX raises"
_ROUNDING = "SciPy's; JAX's is off by 1e-7"
_ORDER = "no derivative in the order, as in JAX; raises MissingRuleError"

# (module, name) -> {"values" | "gradient" | "vmap" | "note": reason}
DIFFERENT: dict[tuple[str, str], dict[str, str]] = {
    **{
        ("jax.numpy", name): {"values": _INDEX, "vmap": _INDEX}
        for name in ("argpartition", "digitize", "searchsorted")
    },
    ("jax.numpy", "promote_types"): {"values": _PROMOTION},
    ("jax.numpy", "result_type"): {"values": _PROMOTION},
    ("jax.numpy", "tri"): {"values": "float64 by default, as in NumPy"},
    ("jax.numpy", "einsum_path"): {"values": "the path begins with a title, as NumPy's"},
    ("jax.numpy", "histogram"): {"note": "counts are integers, as NumPy's"},
    ("jax.numpy", "histogram2d"): {"note": "counts are floats, as NumPy's"},
    ("jax.numpy", "histogramdd"): {"note": "counts are floats, as NumPy's"},
    ("jax.numpy", "polydiv"): {"note": "leading zeros of the remainder are dropped, as in NumPy"},
    ("jax.numpy", "nextafter"): {"gradient": _STAIRS},
    ("jax.lax", "nextafter"): {"gradient": _STAIRS},
    ("jax.scipy.linalg", "cholesky"): {"gradient": _SYMMETRIC},
    ("jax.scipy.linalg", "cho_factor"): {"gradient": _SYMMETRIC},
    ("jax.lax", "shape_as_value"): {"values": "int64"},
    ("jax.scipy.cluster.vq", "vq"): {
        "values": "codes are int32, as SciPy's",
        "vmap": "codes are int32, as SciPy's",
    },
    ("jax.scipy.linalg", "pascal"): {"values": "exact; JAX's entries are off by 1e-6"},
    ("jax.lax", "polygamma"): {"gradient": _ORDER},
    ("jax.scipy.special", "bernoulli"): {"values": "SciPy's; JAX's are off by 1e-7"},
    ("jax.scipy.stats.betabinom", "pmf"): dict.fromkeys(("values", "gradient", "vmap"), _ROUNDING),
    ("jax.scipy.stats.betabinom", "logpmf"): dict.fromkeys(
        ("values", "gradient", "vmap"), _ROUNDING
    ),
    ("jax.scipy.special", "spence"): {"gradient": "finite where JAX's is NaN"},
}
# Functions without numbers to compare: files, text, printing. They are tested with the namespace.
NOT_NUMBERS = {
    "fromfile",
    "fromiter",
    "get_printoptions",
    "key_impl",
    "load",
    "printoptions",
    "save",
    "savez",
    "set_printoptions",
}
