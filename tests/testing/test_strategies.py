"""Strategies, the sugar over them, random programs, and the plugin's report."""

import shlex
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from functorch_lite import testing as T
from functorch_lite.ir import check_jaxpr
from functorch_lite.testing import strategies as fls
from functorch_lite.testing.choices import SeededChoices
from functorch_lite.testing.fuzz import fuzz, make_example
from functorch_lite.testing.generate import random_program
from functorch_lite.testing.walk import all_steps

quick = settings(max_examples=30, deadline=None, derandomize=True, database=None)


@quick
@given(fls.arrays(dtype=st.sampled_from(["float32", "int64", "complex128", "bool"])))
def test_arrays_have_the_dtype(x):
    assert x.dtype.name in ("float32", "int64", "complex128", "bool")


@quick
@given(fls.arrays((3, 2), domain="positive"))
def test_arrays_lie_in_the_domain(x):
    assert x.shape == (3, 2)
    assert np.all(x >= 0.25)
    assert np.all(x <= 4)


@pytest.mark.parametrize("layout", fls.LAYOUTS)
def test_layouts_keep_values(layout):
    x = np.arange(6.0).reshape(2, 3)
    y = fls.lay_out(x, layout)
    assert y.shape == x.shape
    if layout != "broadcast":
        np.testing.assert_array_equal(x, y)
    assert {"negative": y.strides[0] < 0, "broadcast": y.strides[0] == 0}.get(layout, True)


def test_unknown_layout():
    with pytest.raises(ValueError, match="layout"):
        fls.arrays(layout="diagonal")


def test_all_ranks_and_empty_arrays_occur():
    assert find(fls.arrays(), lambda x: x.ndim == 0).shape == ()
    assert find(fls.arrays(), lambda x: x.size == 0).size == 0
    assert find(fls.arrays(), lambda x: x.ndim == 3).ndim == 3


@settings(quick, max_examples=15)
@given(fls.functions(size=5))
def test_programs_are_well_typed_and_print_as_python(program):
    check_jaxpr(program.jaxpr)
    space: dict = {}
    exec(program.source(), space)
    if "program" not in space:
        return
    with np.errstate(all="ignore"):
        got, want = space["program"](*space["args"]), program(*program.args)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_array_equal(g, w)


def test_programs_shrink_to_few_equations():
    def has_tanh(p):
        return any(e.primitive.name == "tanh" for e in p.jaxpr.eqns)

    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
    fast = settings(quick, max_examples=300, suppress_health_check=quiet)
    small = find(fls.functions(size=4), has_tanh, settings=fast)
    assert len(small.jaxpr.eqns) <= 8


def test_programs_cover_control_flow_indexing_linalg_and_reductions():
    from functorch_lite.testing.walk import all_eqns

    seen = set()
    for k in range(200):
        program = random_program(SeededChoices([7, k]), 8)
        seen |= {e.primitive.name for e in all_eqns(program.jaxpr)}
    assert {"scan", "cond", "while", "jit", "gather", "sort", "reduce_sum", "cholesky"} <= seen
    assert len(seen) > 100


def test_programs_do_not_overflow():
    """Values grew from one round of a loop to the next: infinite inside, though squashed after."""
    for seed, number in ((101, 11342), (5, 1)):
        program = make_example(seed, number, 3, 8, 0.0).program
        with np.errstate(all="ignore"):
            steps = list(all_steps(program.jaxpr, program.args))
        assert all(np.all(np.isfinite(o)) for step in steps for o in step.outs)


def test_the_same_seed_gives_the_same_program():
    a, b = (random_program(SeededChoices(5)) for _ in range(2))
    assert a.source() == b.source()


@T.given_function(max_examples=8, size=4, depth=2)
def test_given_function(program, layers):
    T.check_stack(program, program.args, layers)


def test_short_fuzz():
    """The short form of the nightly command."""
    result = fuzz(40, 3, seed=1, compile_share=0.0)
    assert result.disagreements == [], "\n".join(map(str, result.disagreements))
    assert result.examples == 40
    assert not result.unsupported


def test_fuzz_finds_and_shrinks_a_planted_error(monkeypatch):
    from functorch_lite.ir import REGISTRY

    p = REGISTRY["tanh"]
    right = p.jvp
    monkeypatch.setattr(p, "jvp", lambda ts, xs, y, **k: -right(ts, xs, y, **k))
    monkeypatch.setattr(p, "pullbacks", {})
    result = fuzz(60, 1, seed=2, compile_share=0.0, limit=1, size=4)
    assert len(result.disagreements) == 1
    source = result.disagreements[0].source
    assert "tanh" in source
    assert source.count(" = prim.") <= 3
    with pytest.raises(AssertionError):
        exec(source, {})


FAILING = """
import functorch_lite as fl
from functorch_lite import testing as T

@T.given_function(max_examples=25, size=2)
def test_no_product(program):
    assert not any(e.primitive.name == "mul" for e in program.jaxpr.eqns)
"""


def run_pytest(folder, *arguments):
    """Run pytest elsewhere; return the minimal program and the replay command that it prints."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    _, _, rest = done.stdout.partition("functorch_lite: minimal program")
    program, _, rest = rest.partition("functorch_lite: replay")
    lines = [line for line in rest.splitlines() if line.startswith("pytest ")]
    return program.strip(" -\n"), lines[0]


def test_plugin_prints_the_minimal_program_and_how_to_replay(tmp_path):
    (tmp_path / "test_it.py").write_text(FAILING)
    # (The entry point loads the plugin.)
    program, replay = run_pytest(tmp_path, "--functorch-lite-seed=3", "test_it.py")
    assert program.split("args =")[0].count(" = prim.") == 1
    space: dict = {}
    exec(program, space)
    assert len(space["program"](*space["args"])) == 1
    assert "--functorch-lite-seed=3" in replay
    again, _ = run_pytest(tmp_path, *shlex.split(replay)[1:])
    assert again == program


CHECKED = """
import numpy as np
import functorch_lite as fl
from functorch_lite import testing as T

@fl.custom_vjp
def cube(x):
    return x**3

cube.defvjp(lambda x: (x**3, x), lambda x, ct: (2 * x**2 * ct,))

def test_cube():
    T.check_grads(lambda x: cube(x).sum(), (np.ones(3),))
"""


def test_plugin_prints_the_program_of_a_failed_check(tmp_path):
    (tmp_path / "test_it.py").write_text(CHECKED)
    program, replay = run_pytest(tmp_path, "test_it.py")
    assert "cube.defvjp(" in program
    with pytest.raises(T.CheckError, match="bwd rule of the custom_vjp function 'cube'"):
        exec(program, {})


def test_plugin_and_package_do_not_import_hypothesis():
    code = (
        "import sys, functorch_lite.testing.plugin, functorch_lite.testing.strategies\n"
        "assert 'hypothesis' not in sys.modules and 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_printed_programs_find_every_primitive_in_a_fresh_process():
    code = (
        "from functorch_lite.testing import prim\n"
        "assert prim.cosh(0.0) == 1.0\n"
        "assert callable(prim.cond) and callable(prim.expm) and callable(prim.counted)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
