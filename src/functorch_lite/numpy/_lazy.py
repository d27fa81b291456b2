"""Which module holds which function: modules beyond the core are imported when first used.

`tests/numpy/test_namespace.py` keeps this table equal to the modules' own ``__all__``.
"""

__all__ = ["LAZY"]

LAZY: dict[str, tuple[str, ...]] = {
    "_numeric": (
        "allclose", "array_equal", "array_equiv", "bitwise_count", "can_cast", "cis", "fix",
        "frexp", "gcd", "heaviside", "isclose", "iscomplex", "iscomplexobj", "isdtype",
        "isneginf", "isposinf", "isreal", "isrealobj", "isscalar", "issubdtype", "lcm", "ldexp",
        "logaddexp2", "modf", "nan_to_num", "promote_types", "real_if_close", "sinc", "unwrap",
    ),
    "_polynomial": (
        "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub",
        "polyval", "roots", "vander",
    ),
    "_indexing": (
        "at", "choose", "compress", "extract", "indices", "ix_", "piecewise", "place", "put",
        "put_along_axis", "putmask", "ravel_multi_index", "select", "take", "take_along_axis",
        "unravel_index",
    ),
    "_diagonal": (
        "diag", "diag_indices", "diag_indices_from", "diagflat", "diagonal", "fill_diagonal",
        "tri", "tril", "tril_indices", "tril_indices_from", "triu", "triu_indices",
        "triu_indices_from",
    ),
    "_search": (
        "argwhere", "digitize", "flatnonzero", "interp", "nonzero", "searchsorted",
    ),
    "_sorting": (
        "argpartition", "argsort", "lexsort", "partition", "sort", "sort_complex",
    ),
    "_cumulative": (
        "convolve", "correlate", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "diff",
        "ediff1d", "gradient", "nancumprod", "nancumsum", "trapezoid",
    ),
    "_histogram": (
        "bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd",
    ),
    "_quantile": (
        "median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile",
    ),
    "_rearrange": (
        "append", "delete", "insert", "repeat", "resize", "trim_zeros",
    ),
    "_sets": (
        "in1d", "intersect1d", "isin", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all",
        "unique_counts", "unique_inverse", "unique_values",
    ),
    "_statistics": (
        "average", "corrcoef", "cov",
    ),
}
