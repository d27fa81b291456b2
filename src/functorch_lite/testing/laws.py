"""Laws that transforms obey, as named objects that can be checked one by one.

Each `Law` states an identity between two ways of computing the same thing. Directions and
weights are random, and pairings are compared instead of whole Jacobians, so a check costs a few
evaluations of the function.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..compile.executor import compile_mode
from ..errors import FunctorchLiteError, MissingRuleError
from ..pytree import tree_flatten, tree_unflatten
from ..transforms import (
    checkpoint,
    eval_shape,
    grad,
    hvp,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linear_transpose,
    vjp,
    vmap,
)
from .compare import Mismatch, first_mismatch, inner, random_like
from .law import LAWS, Law, LawViolation, agree, declare_law, law_named
from .numeric import Numeric, directional
from .subject import Subject

__all__ = ["LAWS", "Law", "LawViolation", "law_named"]

# --- derivatives ---------------------------------------------------------------------------------


@declare_law("primal", "jvp(f)(x, t) and vjp(f)(x) give the value f(x)")
def value_is_kept(s: Subject) -> None:
    """Compare the values that differentiation computes on the way with the function's."""
    want = [s.outs[i] for i in s.inexact_outs]
    agree("primal", "the value under vjp against the call", list(vjp(s.g, *s.point)[0]), want, s)
    try:
        pushed = jvp(s.g, tuple(s.point), tuple(s.tangents()))[0]
    except FunctorchLiteError:
        return  # no forward mode: a check that asks for it says so
    agree("primal", "the value under jvp against the call", list(pushed), want, s)


def _numerical(s: Subject, ts: Sequence[Any]) -> Numeric | None:
    """Differentiate in a direction by evaluating the program; None, and a note, if impossible."""
    if s.wide is None:
        return None
    jaxpr, consts = s.wide
    n = len(consts)
    point = [np.asarray(x, a.dtype) for x, a in zip(s.point, jaxpr.in_avals[n:], strict=True)]
    found = directional(jaxpr, [*consts, *point], [None] * n + list(ts), s.eps)
    if found.problem:
        s.notes.append(f"derivatives are not compared: {found.problem}")
        return None
    return found


@declare_law("jvp", "jvp(f)(x, t) = d/dh f(x + h t)")
def jvp_is_derivative(s: Subject) -> None:
    """Compare forward mode with a numerical derivative, in double precision."""
    ts = s.tangents()
    got = s.push(ts)
    found = _numerical(s, ts)
    if found is None:
        return
    slack = [10 * e for e in found.errors]
    detail = f"jvp against {found.method}"
    agree("jvp", detail, got, found.values, s, rough=True, types=False, slack=slack)


@declare_law("vjp", "<J' v, t> = <v, d/dh f(x + h t)>")
def vjp_is_derivative(s: Subject) -> None:
    """Compare reverse mode with a numerical derivative; forward mode is not used."""
    ts, cts = s.tangents(), s.cotangents()
    back = s.pull(cts)
    found = _numerical(s, ts)
    if found is None:
        return
    left, right = inner(back, ts), inner(cts, found.values)
    error = inner([np.abs(c) for c in cts], found.errors)
    tol = s.rough_atol + s.rough_rtol * _size(cts, found.values) + 10 * error
    _same_pairing("vjp", f"<vjp(v), t> against <v, {found.method}>", left, right, tol)


@declare_law("adjoint", "<v, J t> = <J' v, t>")
def vjp_is_adjoint(s: Subject) -> None:
    """Compare reverse mode with forward mode by their pairings."""
    ts, cts = s.tangents(), s.cotangents()
    forward = s.push(ts)
    left, right = inner(cts, forward), inner(s.pull(cts), ts)
    tol = 10 * s.atol + max(10 * s.rtol, 1e-8) * (_size(cts, forward) + abs(left))
    _same_pairing("adjoint", "<vjp(v), t> against <v, jvp(t)>", right, left, tol)


def _size(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    """Return what a pairing would be if nothing in it cancelled."""
    return float(
        sum(np.sum(np.abs(np.asarray(x) * np.asarray(y))) for x, y in zip(xs, ys, strict=True))
    )


def _same_pairing(law: str, detail: str, got: float, want: float, tol: float) -> None:
    found = first_mismatch([got], [want], atol=tol, rtol=0.0)
    if found is not None:
        raise LawViolation(law, detail, found)


def _combined(xs: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
    return [2 * np.asarray(x) - 3 * np.asarray(y) for x, y in zip(xs, ys, strict=True)]


def _combination(xs: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
    """Return 2 x - 3 y, in the dtype of x."""
    return [x * x.dtype.type(2) - y * y.dtype.type(3) for x, y in zip(xs, ys, strict=True)]


@declare_law("linearity", "J'(a u + b v) = a J'u + b J'v")
def pullback_is_linear(s: Subject) -> None:
    """Check that cotangents are mapped linearly."""
    _, pull = vjp(s.g, *s.point)
    u, v = s.cotangents(), s.cotangents()
    want = _combined(pull(u), pull(v))
    got = pull(_combination(u, v))
    agree("linearity", "vjp(2u - 3v) against 2 vjp(u) - 3 vjp(v)", got, want, s, types=False)


@declare_law("pushforward", "J(a p + b q) = a J p + b J q")
def pushforward_is_linear(s: Subject) -> None:
    """Check that tangents are mapped linearly."""
    p, q = s.tangents(), s.tangents()
    want = _combined(s.push(p), s.push(q))
    got = s.push(_combination(p, q))
    agree("pushforward", "jvp(2p - 3q) against 2 jvp(p) - 3 jvp(q)", got, want, s, types=False)


@declare_law("transpose", "<v, f(x)> = <f'(v), x> wherever f is linear")
def transposes_are_adjoint(s: Subject) -> None:
    """Transpose the function itself, in all operands together and in each alone."""
    n = len(s.point)
    groups = [tuple(range(n)), *((i,) for i in range(n))] if n > 1 else [(0,)]
    for group in groups:

        def f(*xs: Any, group: tuple[int, ...] = group) -> list[Any]:
            full = list(s.point)
            for i, x in zip(group, xs, strict=True):
                full[i] = x
            return s.g(*full)

        _check_transpose(s, f, [s.point[i] for i in group])


def _check_transpose(s: Subject, f: Callable[..., Any], like: list[Any]) -> None:
    """Check one linear function; leave those that turn out not to be linear."""
    p, q = ([random_like(s.rng, x) for x in like] for _ in range(2))
    want = _combined(f(*p), f(*q))
    if first_mismatch(f(*_combination(p, q)), want, atol=s.atol, rtol=s.rtol) is not None:
        return
    cts = s.cotangents()
    try:
        back = linear_transpose(f, *like)(cts)
    except FunctorchLiteError:
        return  # linear, though made of parts that are not
    left, right = inner(cts, f(*p)), inner(back, p)
    tol = 100 * s.atol + 100 * s.rtol * abs(left)
    if np.isfinite(left):
        detail = "<linear_transpose(f)(v), x> against <v, f(x)>"
        _same_pairing("transpose", detail, right, left, tol)


def _small(s: Subject, limit: int = 400) -> bool:
    rows = sum(s.outs[i].size for i in s.inexact_outs)
    return rows * sum(x.size for x in s.point) <= limit


def _real(s: Subject) -> bool:
    return all(a.dtype.kind == "f" for a in (*s.point, *(s.outs[i] for i in s.inexact_outs)))


@declare_law("jacobian", "jacfwd(f) = jacrev(f)")
def jacobians_agree(s: Subject) -> None:
    """Compare whole Jacobians of small functions, random pairings being left to "adjoint"."""
    if not _small(s) or not _real(s):
        return
    argnums = tuple(range(len(s.diff)))
    forward = tree_flatten(jacfwd(s.g, argnums)(*s.point))[0]
    back = tree_flatten(jacrev(s.g, argnums)(*s.point))[0]
    # Where f changes the dtype, forward mode has that of the results, reverse that of arguments.
    agree("jacobian", "jacfwd against jacrev", forward, back, s, types=False)


def _scalar(s: Subject) -> Callable[..., Any]:
    """Return a random weighted sum of the results, a real number."""
    weights = [random_like(s.rng, s.outs[i]) for i in s.inexact_outs]

    def f(*xs: Any) -> Any:
        total: Any = 0.0
        for w, o in zip(weights, s.g(*xs), strict=True):
            total = total + (w * o).sum().real
        return total

    return f


@declare_law("hessian", "<u, H v> = <v, H u>")
def hessian_is_symmetric(s: Subject) -> None:
    """Check symmetry of the second derivative, forward over reverse."""
    f = _scalar(s)
    u, v = tuple(s.tangents()), tuple(s.tangents())
    point = tuple(s.point)
    hu, hv = hvp(f, point, u), hvp(f, point, v)
    left, right = inner(v, tree_flatten(hu)[0]), inner(u, tree_flatten(hv)[0])
    size = _size(tree_flatten(hu)[0], v)
    tol = 100 * s.atol + 1e-7 * size + max(1e-7, 10 * s.rtol) * abs(right)
    if np.isfinite(left) and np.isfinite(right):
        _same_pairing("hessian", "<v, H u> against <u, H v>", left, right, tol)


# --- the other transforms ------------------------------------------------------------------------


@declare_law("jit", "jit(f) = f, interpreted or compiled", needs_derivative=False)
def jit_is_identity(s: Subject) -> None:
    """Compare the call, the interpreter and the compiled kernels."""
    for mode in ("never", "always"):
        with compile_mode(mode):
            got = tree_flatten(jit(s.f)(*s.args))[0]
        agree("jit", f"jit with compile_mode({mode!r}) against the call", got, s.outs, s)


@declare_law("jit_grad", "jit(vjp(f)) = vjp(f)")
def jit_commutes_with_vjp(s: Subject) -> None:
    """Compare the compiled gradient with the interpreted one."""
    cts = s.cotangents()
    want = s.pull(cts)

    def gradient(*xs: Any) -> list[Any]:
        return list(vjp(s.g, *xs)[1](cts))

    with compile_mode("always"):
        got = jit(gradient)(*s.point)
    agree("jit_grad", "jit(vjp(f)) compiled against vjp(f)", got, want, s)


@declare_law("checkpoint", "checkpoint(f) = f, and so are the gradients")
def checkpoint_is_identity(s: Subject) -> None:
    """Compare values and gradients with and without recomputation."""
    agree(
        "checkpoint",
        "checkpoint(f) against f",
        tree_flatten(checkpoint(s.f)(*s.args))[0],
        s.outs,
        s,
    )
    cts = s.cotangents()
    got = vjp(checkpoint(s.g), *s.point)[1](cts)
    agree("checkpoint", "vjp(checkpoint(f)) against vjp(f)", got, s.pull(cts), s)


def masks(n: int) -> Iterator[tuple[bool, ...]]:
    """Yield which arguments to map: all, then each alone."""
    if n:
        yield (True,) * n
    if n > 1:
        for i in range(n):
            yield tuple(j == i for j in range(n))


def _rows(s: Subject, f: Callable[..., Any], batched: list[Any], mask: Sequence[bool]) -> list[Any]:
    """Apply `f` to each example and stack the results."""
    rows = [f(*[x[i] if m else x for x, m in zip(batched, mask, strict=True)]) for i in range(3)]
    return [np.stack([np.asarray(r[k]) for r in rows]) for k in range(len(rows[0]))]


@declare_law("vmap", "vmap(f) = a loop over f", needs_derivative=False)
def vmap_is_loop(s: Subject) -> None:
    """Compare vmap with a loop, all arguments mapped and each alone."""
    for mask in masks(len(s.leaves)):
        batched = s.batch(mask)
        got = vmap(s.flat, tuple(0 if m else None for m in mask))(*batched)
        want = _rows(s, s.flat, batched, mask)
        shown = [i for i, m in enumerate(mask) if m]
        agree("vmap", f"vmap over leaves {shown} against a loop", got, want, s)


@declare_law("vmap_grad", "vmap(grad(f)) = grad(weighted sum of vmap(f))")
def vmap_commutes_with_grad(s: Subject) -> None:
    """Compare per-example gradients with the gradient of the batch, and with a loop."""
    scalar, n = _scalar(s), len(s.diff)
    # Each example has a weight of its own, lest one be taken for another.
    lanes = np.array([1.0, -0.5, 2.0])

    def f(weight: Any, *xs: Any) -> Any:
        return scalar(*xs) * weight

    argnums = tuple(range(1, n + 1))
    batched = s.batch([i in s.diff for i in range(len(s.leaves))])
    point = [batched[i] for i in s.diff]
    inside = vmap(grad(f, argnums))(lanes, *point)
    outside = grad(lambda *xs: vmap(f)(*xs).sum(), argnums)(lanes, *point)
    agree("vmap_grad", "vmap(grad(f)) against grad(sum(vmap(f)))", list(inside), list(outside), s)
    want = _rows(s, grad(f, argnums), [lanes, *point], [True] * (n + 1))
    agree("vmap_grad", "vmap(grad(f)) against a loop", list(inside), want, s)


# --- what must not change ------------------------------------------------------------------------


@declare_law(
    "types",
    "recorded dtypes and shapes are the actual ones; gradients have those of the arguments",
    False,
)
def types_are_kept(s: Subject) -> None:
    """Compare inferred with actual types, and those of gradients with those of arguments."""
    inferred = tree_flatten(eval_shape(s.f, *s.args))[0]
    for k, (a, o) in enumerate(zip(inferred, s.outs, strict=True)):
        for what, got, want in (("dtype", a.dtype, o.dtype), ("shape", tuple(a.shape), o.shape)):
            if got != want:
                found = Mismatch(what, k, (), got, want, np.inf)
                raise LawViolation("types", "eval_shape against the call", found)
    if not s.differentiable:
        return
    zeros = [np.zeros_like(x) for x in s.point]
    try:
        grads = [np.asarray(g) for g in s.pull(s.cotangents())]
    except MissingRuleError as e:
        s.notes.append(f"no gradient: {str(e).splitlines()[0]}")
        return
    found_grad = first_mismatch(grads, zeros, atol=np.inf, rtol=0.0, types=True)
    if found_grad is not None and found_grad.what != "value":
        raise LawViolation("types", "gradients against arguments", found_grad)


@declare_law(
    "purity", "inputs are never written to, and later writes to them change nothing", False
)
def inputs_are_untouched(s: Subject) -> None:
    """Check that no transform writes to its inputs, or keeps them for later."""
    for i in s.written:
        found = Mismatch("value", i, (), "other values", "those passed in", np.inf)
        raise LawViolation("purity", "arguments after the call against before", found)
    before = [x.copy() for x in s.leaves]
    mine = [x.copy() for x in s.leaves]
    args = tree_unflatten(s.treedef, mine)
    s.f(*args)
    with compile_mode("always"):
        jit(s.f)(*args)
    agree("purity", "arguments after the call against before", mine, before, s)
    if not s.differentiable:
        return
    cts = s.cotangents()
    point = [x.copy() for x in s.point]
    try:
        _, pull = vjp(s.g, *point)
        want = [np.array(x) for x in pull(cts)]
    except MissingRuleError as e:
        s.notes.append(f"no gradient: {str(e).splitlines()[0]}")
        return
    agree("purity", "arguments after vjp against before", point, s.point, s)
    for x in point:
        x[...] = 0
    agree("purity", "vjp after the arguments were overwritten", pull(cts), want, s)


@declare_law("backward", "y.backward() on Tensors = vjp")
def backward_is_vjp(s: Subject) -> None:
    """Compare the stateful layer with the functional gradient (conjugated for complex)."""
    from ..stateful import tensor

    cts = s.cotangents()
    want = s.pull(cts)
    tensors = [tensor(x.copy(), requires_grad=True) for x in s.point]
    outs = s.g(*tensors)
    reached = [(o, c) for o, c in zip(outs, cts, strict=True) if getattr(o, "requires_grad", False)]
    for k, (o, c) in enumerate(reached):
        o.backward(tensor(np.conj(c)), retain_graph=k + 1 < len(reached))
    got = [
        np.zeros_like(x) if t.grad is None else np.conj(np.asarray(t.grad))
        for t, x in zip(tensors, s.point, strict=True)
    ]
    agree("backward", "Tensor.backward against vjp", got, want, s)
