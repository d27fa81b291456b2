"""Running an OpSpec through the laws; `check_primitive` for users' own primitives."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import MissingRuleError
from ..ir import REGISTRY, Primitive, bind, dtype_of
from ..pytree import tree_leaves
from .checks import CheckReport, check_grads, check_laws
from .choices import Choices, SeededChoices
from .compare import first_mismatch
from .laws import LawViolation
from .opspecs import OpSpec, Sample

__all__ = [
    "DERIVATIVE_LAWS",
    "PRIMITIVE_LAWS",
    "Case",
    "cases",
    "check_case",
    "check_primitive",
    "fused",
    "laws_of",
    "order_of",
]

# What check_grads checks; at first order where the second is not asked for.
DERIVATIVE_LAWS = ("primal", "jvp", "pushforward", "adjoint", "linearity")
# The laws beside those.
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
    "backward",
)
_WITHOUT_DERIVATIVE = ("types", "purity", "jit", "vmap")
_WIDE = ("float64", "complex128")
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


def fused(case: Case) -> Case:
    """Return a case with elementwise work behind the primitive, which a compiler fuses with it.

    Examples
    --------
    >>> from functorch_lite.testing.opspecs import OPSPECS
    >>> case = fused(cases(OPSPECS["transpose"], "float32")[0])
    >>> case.fn(*case.args)[0].dtype
    dtype('float32')
    """

    def worked(x: Any) -> Any:
        if dtype_of(x).kind == "b":
            return bind(REGISTRY["not"], x)
        return bind(REGISTRY["mul"], x, dtype_of(x).type(3))

    return case._replace(fn=lambda *xs: [worked(o) for o in case.fn(*xs)], reference=None)


def check_case(case: Case, laws: Sequence[str] = PRIMITIVE_LAWS) -> CheckReport:
    """Check one case against derivatives and laws."""
    report = CheckReport()
    if case.reference is not None:
        _check_reference(case)
    spec, order = case.spec, order_of(case.spec, case.dtype)
    mine = laws_of(spec, case.dtype)
    if "jvp" in mine:
        tolerance = spec.tolerance if case.dtype in _WIDE else None
        report = check_grads(
            case.fn, case.args, order, atol=tolerance, rtol=tolerance, directions=1
        )
    elif order:
        chosen = [law for law in mine if law in DERIVATIVE_LAWS]
        report = check_laws(case.fn, case.args, chosen)
    more = check_laws(case.fn, case.args, [law for law in laws if law in mine])
    report.checked += more.checked
    report.notes += more.notes
    return report


def order_of(spec: OpSpec, dtype: str) -> int:
    """Return the highest order of derivative that is checked for a dtype.

    Examples
    --------
    >>> from functorch_lite.testing.opspecs import OPSPECS
    >>> [order_of(OPSPECS["mul"], dtype) for dtype in ("float64", "float32", "int64")]
    [2, 1, 0]
    """
    if np.dtype(dtype).kind in "biu":
        return 0
    return spec.order if dtype in _WIDE else min(spec.order, 1)


def laws_of(spec: OpSpec, dtype: str) -> list[str]:
    """Return the laws that a primitive is put to with operands of a dtype.

    Examples
    --------
    >>> from functorch_lite.testing.opspecs import OPSPECS
    >>> laws_of(OPSPECS["mul"], "int64")
    ['types', 'purity', 'jit', 'vmap']
    """
    order = order_of(spec, dtype)
    if order == 0:
        return [law for law in _WITHOUT_DERIVATIVE if law not in spec.skip]
    # Whole complex Jacobians exist for holomorphic functions only.
    without = {"hessian" if order < 2 else "", "jacobian" if np.dtype(dtype).kind == "c" else ""}
    every = (*DERIVATIVE_LAWS, *PRIMITIVE_LAWS)
    return [law for law in every if law not in spec.skip and law not in without]


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
