"""Calls of one function here and in SciPy: values, and the rules of ours."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from functorch_lite.pytree import tree_leaves
from tests.rules import check_rules

__all__ = ["check_agrees"]


def check_agrees(
    ours: Any, theirs: Any, call: Callable[..., Any], args: Sequence[Any], order: int = 1
) -> None:
    """Check ``call(module, *args)`` for our module against SciPy's, and our derivatives and vmap."""
    args = [np.asarray(a) for a in args]
    got, want = tree_leaves(call(ours, *args)), tree_leaves(call(theirs, *args))
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-10)
    check_rules(lambda *xs: tree_leaves(call(ours, *xs)), args, order=order)
