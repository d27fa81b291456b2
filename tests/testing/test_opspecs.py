"""Every primitive obeys the laws, and none is left out."""

import warnings

import numpy as np
import pytest

import functorch_lite as fl  # noqa: F401
from functorch_lite.ir import REGISTRY
from functorch_lite.prims.lowering import Reduce, Scalar, View
from functorch_lite.testing import check_laws
from functorch_lite.testing.opspecs import EXEMPT, OPSPECS, missing_opspecs
from functorch_lite.testing.verify import PRIMITIVE_LAWS, cases, check_case, fused, laws_of
from functorch_lite.testing.walk import all_eqns
from functorch_lite.transforms import make_jaxpr

# Compiling takes a third of a second a program, so kernels have a test of their own.
LAWS = tuple(law for law in PRIMITIVE_LAWS if law not in ("jit", "jit_grad", "purity"))


def test_no_primitive_is_left_out():
    assert missing_opspecs() == [], "add a row to testing/opspecs, or a reason to EXEMPT"


def test_rows_and_reasons_belong_to_primitives():
    assert [n for n in (*OPSPECS, *EXEMPT) if n not in REGISTRY] == []
    assert [n for n in EXEMPT if n in OPSPECS] == []


@pytest.mark.parametrize("name", list(OPSPECS))
def test_row_uses_its_primitive(name):
    """A row must apply the primitive that it is about."""
    used = set()
    for case in cases(OPSPECS[name], OPSPECS[name].dtypes[0]):
        if case.reference is not None:
            return  # compared with a computation without it; collectives are resolved at once
        used |= {e.primitive.name for e in all_eqns(make_jaxpr(case.fn)(*case.args).jaxpr)}
    assert name in used


@pytest.mark.parametrize("name", list(OPSPECS))
def test_laws(name):
    spec = OPSPECS[name]
    for dtype in spec.dtypes:
        count = 4 if dtype == spec.dtypes[0] else 2
        for case in cases(spec, dtype, count):
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check_case(case, LAWS)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(OPSPECS))
def test_kernels(name):
    """What is compiled equals what is interpreted, for values and gradients."""
    spec = OPSPECS[name]
    for dtype in spec.dtypes:
        case = cases(spec, dtype, 2)[1]
        laws = [law for law in laws_of(spec, dtype) if law in ("jit", "jit_grad", "purity")]
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_laws(case.fn, case.args, laws)
            if isinstance(REGISTRY[name].lower, Scalar | Reduce | View):
                check_laws(fused(case).fn, case.args, ["jit"])
