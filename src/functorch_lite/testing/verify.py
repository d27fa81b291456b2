"""Running an OpSpec through the laws; `check_primitive` for users' own primitives."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingRuleError
from ..ir import Primitive, bind
from ..pytree import tree_leaves
from .checks import CheckReport, check_grads, check_laws
from .choices import Choices, SeededChoices
from .compare import first_mismatch
from .laws import LawViolation
from .opspecs import OpSpec, Sample

__all__ = ["PRIMITIVE_LAWS", "Case", "cases", "check_case", "check_primitive"]

# Laws for every dtype; "jvp" and "adjoint" are part of check_grads.
PRIMITIVE_LAWS = (
    "types",
    "transpose",
    "purity",
    "jit",
    "jit_grad",
    "vmap",
    "vmap_grad",
    "checkpoint",
    "jacobian",
    "hessian",
)
_SHAPES = ((3,), (2, 3), (), (2, 1, 2))


class Case(NamedTuple):
    """A primitive at operands of one dtype."""

    spec: OpSpec
    dtype: str
    fn: Callable[..., Any]
    args: list[Any]
    reference: Callable[..., Any] | None = None


def cases(spec: OpSpec, dtype: str, count: int = 4, seed: int = 0) -> list[Case]:
    """Return samples of a primitive for one dtype, over shapes and parameters.

    Examples
    --------
    >>> from functorch_lite.testing.opspecs import OPSPECS
    >>> [case.args[0].shape for case in cases(OPSPECS["sin"], "float32")]
    [(3,), (2, 3), (), (2, 1, 2)]
    """
    found = []
    for k in range(count):
        choices = SeededChoices([seed, k, *map(ord, spec.name)])
        shape = _SHAPES[k % len(_SHAPES)]
        sample = spec.sample(choices, shape)
        args = values(sample, choices, dtype)
        found.append(Case(spec, dtype, listed(sample), args, sample.reference))
    return found


def listed(sample: Sample) -> Callable[..., list[Any]]:
    """Return the sample's function with a flat list of results."""
    return lambda *xs: tree_leaves(sample.fn(*xs))


def values(sample: Sample, choices: Choices, dtype: str) -> list[Any]:
    """Draw operands."""
    rng = choices.generator()
    return [operand.value(rng, dtype) for operand in sample.operands]


def check_case(case: Case, laws: Sequence[str] = PRIMITIVE_LAWS) -> CheckReport:
    """Check one case against derivatives and laws."""
    report = CheckReport()
    if case.reference is not None:
        _check_reference(case)
    spec, wide = case.spec, case.dtype in ("float64", "complex128")
    order = 0 if np.dtype(case.dtype).kind in "biu" else spec.order if wide else min(spec.order, 1)
    if order and "jvp" not in spec.skip:
        tolerance = spec.tolerance if wide else None
        report = check_grads(
            case.fn, case.args, order, atol=tolerance, rtol=tolerance, directions=1
        )
    elif order:
        report = check_laws(case.fn, case.args, ["adjoint", "linearity"])
    chosen = [law for law in laws if law not in spec.skip]
    if spec.order < 2 or not wide:
        chosen = [law for law in chosen if law != "hessian"]
    if order < 1:
        chosen = [law for law in chosen if law in ("types", "purity", "jit", "vmap")]
    more = check_laws(case.fn, case.args, chosen)
    report.checked += more.checked
    report.notes += more.notes
    return report


def _check_reference(case: Case) -> None:
    """Compare the values with those of a computation without the primitive."""
    got, want = case.fn(*case.args), case.reference(*case.args)  # type: ignore[misc]
    tol = 1e-5 if case.dtype in ("float64", "complex128") else 1e-3
    found = first_mismatch(got, tree_leaves(want), atol=tol, rtol=tol)
    if found is not None:
        raise LawViolation("reference", f"{case.spec.name} against its reference", found)


def check_primitive(
    primitive: Primitive | Callable[..., Any],
    *args: Any,
    order: int = 2,
    laws: Sequence[str] = PRIMITIVE_LAWS,
    **params: Any,
) -> CheckReport:
    """Check every rule of a primitive, or of a function with custom rules, of your own.

    Parameters
    ----------
    primitive : Primitive or callable
        Applied to `args`; a primitive with `params`.
    *args : arrays
        Where.
    order : int
        Highest order of derivative.
    laws : sequence of str
        Keys of `LAWS` to check besides derivatives.
    **params
        Parameters of the primitive.

    Raises
    ------
    CheckError
        Naming the rule that is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite.prims.transcendental import sin_p
    >>> check_primitive(sin_p, np.array([0.5, 1.0]), laws=["vmap"]).notes
    []
    """
    if isinstance(primitive, Primitive):
        prim = primitive

        def fn(*xs: Any) -> Any:
            return bind(prim, *xs, **params)

    else:

        def fn(*xs: Any) -> Any:
            return primitive(*xs, **params)

    arrays = [np.asarray(a) for a in args]
    report = CheckReport()
    # Types first: where they are wrong, derivatives fail in ways that explain nothing.
    if "types" in laws:
        report = check_laws(fn, arrays, ["types"])
    if order:
        more = check_grads(fn, arrays, order)
        report.checked += more.checked
        report.notes += more.notes
    for law in laws:
        if law == "types":
            continue
        try:
            more = check_laws(fn, arrays, [law])
        except MissingRuleError as e:
            report.notes.append(f"{law}: {str(e).splitlines()[0]}")
            continue
        report.checked += more.checked
        report.notes += more.notes
    return report
