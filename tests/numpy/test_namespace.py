"""The namespace: the table of lazily imported names is true, and every name resolves."""

import importlib
import subprocess
import sys

from functorch_lite import numpy as fnp
from functorch_lite.numpy._lazy import LAZY


def test_lazy_table_equals_the_modules():
    for module, names in LAZY.items():
        found = importlib.import_module(f"functorch_lite.numpy.{module}").__all__
        assert sorted(names) == sorted(found), module


def test_every_public_name_resolves_and_none_is_listed_twice():
    assert all(getattr(fnp, name, fnp) is not fnp for name in fnp.__all__)
    assert len(set(fnp.__all__)) == len(fnp.__all__)


def test_unknown_names_raise():
    assert not hasattr(fnp, "no_such_function")


def test_the_rest_is_imported_on_demand():
    code = (
        "import sys\nfrom functorch_lite import numpy as np\n"
        "late = 'functorch_lite.numpy._quantile'\n"
        "assert late not in sys.modules\nnp.median([1.0, 2.0])\nassert late in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
