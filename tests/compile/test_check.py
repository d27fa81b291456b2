"""The checker between passes: it passes what is legal and finds what is not."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import PassError, check_passes
from functorch_lite.compile.blocked import choose_layouts
from functorch_lite.compile.check import check_stage
from functorch_lite.compile.cluster import Cluster, fuse
from functorch_lite.compile.drive import CompiledProgram
from functorch_lite.compile.inline import inline_calls
from functorch_lite.compile.plan import plan_memory
from functorch_lite.compile.simplify import simplify
from functorch_lite.functions import conv2d, relu
from functorch_lite.ir import Var

X = np.ones((8, 8))


def flat(f=lambda x: fnp.sum(fnp.exp(x @ x) * 2.0, 0) @ x, *args):
    return inline_calls(fl.make_jaxpr(f)(*(args or (X,))).jaxpr)


def test_the_tests_run_with_the_checker(monkeypatch):
    program = flat()
    program.regions.pop()
    with pytest.raises(PassError, match="after the pass 'inline': equations without region"):
        check_stage("inline", program)
    with check_passes(False):
        check_stage("inline", program)


def test_every_stage_of_a_program_is_checked(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "functorch_lite.compile.drive.check_stage", lambda stage, *parts: seen.append(stage)
    )
    CompiledProgram(fl.make_jaxpr(lambda x: x * 2.0)(X).jaxpr)
    assert seen == ["inline", "simplify", "reroll", "layout", "fuse", "plan", "emit"]


def broken(stage, text, program, *parts):
    with pytest.raises(PassError, match=rf"(?s)after the pass '{stage}'.*{text}"):
        check_stage(stage, program, *parts)


def test_a_call_that_was_not_spliced_in():
    f = fl.jit(lambda x: x * 2)
    program = flat()
    closed = fl.make_jaxpr(f)(X).jaxpr
    program.eqns += closed.eqns
    program.regions.append(0)
    program.invars += closed.invars
    broken("inline", "should have been spliced in", program)


def test_wrong_types_and_unbound_vars():
    program = flat()
    program.eqns[0] = program.eqns[0].replace(outvars=[Var(program.eqns[-1].outvars[0].aval)])
    broken("inline", "does not match the inferred", program)
    program = flat()
    del program.eqns[0], program.regions[0]
    broken("inline", "used before it is bound", program)


def test_dead_and_repeated_equations():
    program = simplify(flat())
    check_stage("simplify", program)
    last = program.eqns[-1]
    program.eqns.append(last.replace(outvars=[Var(last.outvars[0].aval)]))
    program.regions.append(program.regions[-1])
    broken("simplify", "is dead", program)
    program.outs.append(program.eqns[-1].outvars[0])
    broken("simplify", "repeats another equation", program)


def test_layouts():
    def f(x, w):
        return relu(conv2d(x, w, padding=1))

    program = choose_layouts(
        simplify(flat(f, np.ones((1, 16, 8, 8)), np.ones((16, 16, 3, 3)))), "default", 1
    )
    check_stage("layout", program)
    (v, *_rest) = program.layouts
    program.outs[0] = v
    broken("layout", "is blocked", program)
    program.layouts[Var(v.aval)] = program.layouts[v]
    program.outs.pop()
    broken("layout", "has a layout and is not made", program)


def fused_program(f=None):
    return fuse(simplify(flat() if f is None else flat(f)))


def test_steps_in_a_wrong_order_or_lost():
    fused = fused_program()
    check_stage("fuse", fused)
    assert len(fused.steps) == 3
    fused.steps.reverse()
    broken("fuse", "runs before what it reads", fused)
    fused.steps.reverse()
    lost = fused.steps.pop()
    broken("fuse", "is not in exactly one step", fused)
    fused.steps += [lost, lost]
    broken("fuse", "is in two steps", fused)


def test_clusters_of_two_shapes():
    fused = fused_program()
    cluster = next(s for s in fused.steps if isinstance(s, Cluster))
    cluster.space = (3, 3)
    broken("fuse", r"is not of shape \(3, 3\)", fused)


def test_views_that_leave_their_buffer():
    fused = fused_program(lambda x: fnp.exp(x)[1:] * 2.0)
    check_stage("fuse", fused)
    from dataclasses import replace

    for v, view in fused.views.items():
        fused.views[v] = replace(view, offset=view.offset + 1)
    broken("fuse", "leaves its buffer of 64 elements", fused)


def test_temporaries_that_overlap():
    def f(x):
        a, b = fnp.exp(x), fnp.sin(x.T)
        return (fnp.sum(a) + fnp.sum(b)) * (a @ b)

    fused = fused_program(f)
    plan = plan_memory(fused)
    check_stage("plan", fused, plan)
    assert len(plan.offsets) >= 2
    plan.offsets = dict.fromkeys(plan.offsets, 0)
    broken("plan", "share memory at the same time", fused, plan)
    plan = plan_memory(fused)
    plan.arena_bytes = 8
    broken("plan", "leaves the arena", fused, plan)
    plan = plan_memory(fused)
    plan.offsets[fused.program.invars[0]] = 0
    broken("plan", "belongs to the caller", fused, plan)


def test_kernels_whose_arguments_do_not_fit():
    program = CompiledProgram(fl.make_jaxpr(lambda x: x * 2.0)(X).jaxpr)
    check_stage("emit", program.kernels)
    for kernel in program.kernels.values():
        kernel.reads.pop()
    broken("emit", "arguments", program.kernels)


def test_the_environment_switches_it_on(monkeypatch):
    import subprocess
    import sys

    code = "from functorch_lite.compile.check import _checking; print(_checking[0])"
    for value, want in (("1", "True"), ("0", "False"), ("", "False")):
        monkeypatch.setenv("FUNCTORCH_LITE_CHECK", value)
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert out.stdout.strip() == want
