"""Statements for primitives that are not elementwise: products, copies, loops and branches."""

from collections.abc import Callable, Sequence
from typing import Any

from ..ir import Eqn, ShapedArray, Var
from .cluster import Fused
from .expression import literal_text
from .static import LENGTH, Place, StaticWriter, Unsupported

__all__ = ["CALLS"]

Places = dict[Var, Place]


# --- products -----------------------------------------------------------------------------------


def _dot_general(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    """Contract by plain loops; the innermost runs along memory."""
    (xc, yc), (xb, yb) = eqn.params["dimension_numbers"]
    x, y = eqn.inputs
    out = eqn.outvars[0].aval
    if out.dtype.kind != "f":
        raise Unsupported("an integer product")
    (px, sx), (py, sy) = w.strided(fused, x, places), w.strided(fused, y, places)
    xf = [d for d in range(x.aval.ndim) if d not in (*xc, *xb)]
    yf = [d for d in range(y.aval.ndim) if d not in (*yc, *yb)]
    # (size, stride in x, stride in y, stride in the result), in the result's order of axes
    outer, step = [], out.size
    axes = [(x.aval.shape[d], sx[d], sy[e]) for d, e in zip(xb, yb, strict=True)]
    axes += [(x.aval.shape[d], sx[d], 0) for d in xf]
    axes += [(y.aval.shape[d], 0, sy[d]) for d in yf]
    for n, a, b in axes:
        step = step // n if n else 0
        outer.append((n, a, b, step))
    summed = [(x.aval.shape[d], sx[d], sy[e], 0) for d, e in zip(xc, yc, strict=True)]
    target = w.place(eqn.outvars[0])
    loops = [a for a in outer if a[0] != 1]
    inner = [a for a in summed if a[0] != 1]
    runs_along_sum = bool(inner) and inner[-1][1] in (0, 1) and inner[-1][2] in (0, 1)
    if loops and not runs_along_sum and loops[-1][3] == 1:
        _row_product(w, px, py, target, loops, inner)
    else:
        _sum_product(w, px, py, target, loops, inner)
    return [target]


def _index(names: Sequence[str], loops: Sequence[Any], column: int) -> str:
    terms = [
        n if a[column] == 1 else f"{n} * {a[column]}"
        for n, a in zip(names, loops, strict=True)
        if a[column]
    ]
    return " + ".join(terms) or "0"


def _open_loops(w: StaticWriter, loops: Sequence[Any]) -> list[str]:
    names = []
    for a in loops:
        names.append(w.fresh("i"))
        w.put(f"for {names[-1]} in range({a[0]}):")
        w.depth += 1
    return names


def _sum_product(
    w: StaticWriter, x: Place, y: Place, target: Place, loops: Sequence[Any], inner: Sequence[Any]
) -> None:
    """For each element of the result, a sum in a register."""
    depth = w.depth
    names = _open_loops(w, loops)
    acc = w.fresh("s")
    w.put(f"{acc} = {literal_text(0, target.aval.dtype)}")
    at = w.depth
    all_names = names + _open_loops(w, inner)
    every = [*loops, *inner]
    left = x.element(_index(all_names, every, 1))
    right = y.element(_index(all_names, every, 2))
    w.put(f"{acc} = rsum({acc}, {left} * {right})")
    w.depth = at
    if target.is_scalar:
        w.put(f"{target.name} = {acc}")
    else:
        w.put(f"{target.element(_index(names, loops, 3))} = {acc}")
    w.depth = depth


def _row_product(
    w: StaticWriter, x: Place, y: Place, target: Place, loops: Sequence[Any], inner: Sequence[Any]
) -> None:
    """Rows of the result are sums of multiples of rows of an operand."""
    depth = w.depth
    i = w.fresh("i")
    w.put(f"for {i} in range({target.aval.size}):")
    w.put(f"    {target.element(i)} = {literal_text(0, target.aval.dtype)}")
    order = [*loops[:-1], *inner]
    names = _open_loops(w, order)
    factors: list[str | None] = []
    for place, column in ((x, 1), (y, 2)):
        if loops[-1][column]:
            factors.append(None)
            continue
        # Read once for the whole row: memory that is written to is not hoisted by itself.
        factors.append(w.fresh("f"))
        w.put(f"{factors[-1]} = {place.element(_index(names, order, column))}")
    every = [*order, loops[-1]]
    names += _open_loops(w, loops[-1:])
    texts = [
        factor or place.element(_index(names, every, column))
        for factor, (place, column) in zip(factors, ((x, 1), (y, 2)), strict=True)
    ]
    out = target.element(_index(names, every, 3))
    w.put(f"{out} = {out} + {texts[0]} * {texts[1]}")
    w.depth = depth


# --- copies -------------------------------------------------------------------------------------


def _strides(shape: Sequence[int]) -> list[int]:
    out, step = [], 1
    for n in reversed(shape):
        out.append(step)
        step *= n
    return out[::-1]


def _copy_block(
    w: StaticWriter,
    source: Place,
    source_strides: Sequence[int],
    source_start: str,
    target: Place,
    target_start: str,
    shape: Sequence[int],
    target_strides: Sequence[int],
) -> None:
    """Copy a block between arrays with given strides and starts."""
    depth = w.depth
    loops = list(zip(shape, source_strides, target_strides, strict=True))
    names = _open_loops(w, loops)
    a = " + ".join(p for p in (source_start, _index(names, loops, 1)) if p != "0") or "0"
    b = " + ".join(p for p in (target_start, _index(names, loops, 2)) if p != "0") or "0"
    text = source.element(a)
    if source.is_scalar and target.aval.dtype.kind == "b":
        text = f"uint8({text})"
    w.put(f"{target.element(b)} = {text}")
    w.depth = depth


def _concatenate(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    out = eqn.outvars[0].aval
    target, d = w.allocate(out), eqn.params["dimension"]
    steps, start = _strides(out.shape), 0
    for a in eqn.inputs:
        place, strides = w.strided(fused, a, places)
        _copy_block(w, place, strides, "0", target, str(start * steps[d]), a.aval.shape, steps)
        start += a.aval.shape[d]
    return [target]


def _pad(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    config = eqn.params["padding_config"]
    if any(lo < 0 or hi < 0 for lo, hi, _ in config):
        raise Unsupported("a negative pad")
    out = eqn.outvars[0].aval
    target = w.allocate(out)
    w.copy(w.operand(fused, eqn.inputs[1], places), target)
    place, strides = w.strided(fused, eqn.inputs[0], places)
    steps = _strides(out.shape)
    start = sum(lo * s for (lo, _, _), s in zip(config, steps, strict=True))
    spread = [s * (k + 1) for (_, _, k), s in zip(config, steps, strict=True)]
    _copy_block(w, place, strides, "0", target, str(start), eqn.inputs[0].aval.shape, spread)
    return [target]


def _starts(
    w: StaticWriter, fused: Fused, starts: Sequence[Any], sizes: Any, shape: Any, places: Places
) -> list[str]:
    """Return start indices, negative ones wrapped once and clamped so that the block fits."""
    names = []
    for a, k, n in zip(starts, sizes, shape, strict=True):
        place = w.operand(fused, a, places)
        name = w.fresh("b")
        w.put(f"{name} = int64({w.value(place, '0')})")
        w.put(f"if {name} < 0:")
        w.put(f"    {name} = {name} + {n}")
        w.put(f"{name} = min(max({name}, 0), {n - k})")
        names.append(name)
    return names


def _dynamic_slice(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    x, *starts = eqn.inputs
    sizes = eqn.params["slice_sizes"]
    place, strides = w.strided(fused, x, places)
    names = _starts(w, fused, starts, sizes, x.aval.shape, places)
    target = w.allocate(eqn.outvars[0].aval)
    begin = " + ".join(f"{b} * {s}" for b, s in zip(names, strides, strict=True) if s) or "0"
    _copy_block(w, place, strides, begin, target, "0", sizes, _strides(sizes))
    return [target]


def _dynamic_update_slice(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    x, update, *starts = eqn.inputs
    target = w.allocate(x.aval)
    w.copy(w.operand(fused, x, places), target)
    sizes, steps = update.aval.shape, _strides(x.aval.shape)
    names = _starts(w, fused, starts, sizes, x.aval.shape, places)
    place, strides = w.strided(fused, update, places)
    begin = " + ".join(f"{b} * {s}" for b, s in zip(names, steps, strict=True)) or "0"
    _copy_block(w, place, strides, "0", target, begin, sizes, steps)
    return [target]


# --- loops --------------------------------------------------------------------------------------


def _begin_carry(w: StaticWriter, init: Sequence[Place]) -> list[Place]:
    """Copy the initial carry to places that the loop may overwrite."""
    carry = [w.allocate(p.aval) for p in init]
    for source, target in zip(init, carry, strict=True):
        w.copy(source, target)
    return carry


def _end_step(w: StaticWriter, carry: Sequence[Place], outs: Sequence[Place]) -> None:
    """Assign the new carry; what another assignment would overwrite is saved first."""
    held = {(c.name, c.offset) for c in carry}
    sources = []
    for out, target in zip(outs, carry, strict=True):
        same = (out.name, out.offset) == (target.name, target.offset)
        overlaps = not same and (out.is_scalar or (out.name, out.offset) in held)
        if overlaps:
            saved = w.allocate(target.aval)
            w.copy(out, saved)
            out = saved
        sources.append(out)
    for out, target in zip(sources, carry, strict=True):
        if (out.name, out.offset) != (target.name, target.offset):
            w.copy(out, target)


def _slice_place(w: StaticWriter, place: Place, aval: ShapedArray, t: str) -> Place:
    """Return step `t` of a stacked array."""
    if aval.ndim:
        return Place(place.name, aval, f"{place.offset} + {t} * {aval.size}")
    name = w.fresh("z")
    text = Place(place.name, aval, place.offset).element(t)
    w.put(f"{name} = {text} != 0" if aval.dtype.kind == "b" else f"{name} = {text}")
    return Place(name, aval)


def _scan(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    p = eqn.params
    body, k, c = p["jaxpr"], p["n_consts"], p["n_carry"]
    length = LENGTH if w.depth == 1 else str(p["length"])
    operands = [w.operand(fused, a, places) for a in eqn.inputs]
    carry = _begin_carry(w, operands[k : k + c])
    ys = [w.place(v) for v in eqn.outvars[c:]]
    counter = w.fresh("t")
    w.put(f"for {counter} in range({length}):")
    depth, w.depth = w.depth, w.depth + 1
    t = counter
    if p["reverse"]:
        t = w.fresh("t")
        w.put(f"{t} = {length} - 1 - {counter}")
    x_avals = body.in_avals[k + c :]
    xs = [_slice_place(w, s, a, t) for s, a in zip(operands[k + c :], x_avals, strict=True)]
    rows: list[Place | None] = [None] * c
    rows += [
        Place(y.name, a, f"{y.offset} + {t} * {max(1, a.size)}")
        for y, a in zip(ys, body.out_avals[c:], strict=True)
    ]
    outs = w.program(body, [*operands[:k], *carry, *xs], (k, k + c), rows)
    for row, out in zip(rows[c:], outs[c:], strict=True):
        assert row is not None
        if (out.name, out.offset) != (row.name, row.offset):
            w.copy(out, row)
    _end_step(w, carry, outs[:c])
    w.put("pass")
    w.depth = depth
    return [*carry, *ys]


def _while(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    p = eqn.params
    n_cond, n_body = p["n_cond_consts"], p["n_body_consts"]
    operands = [w.operand(fused, a, places) for a in eqn.inputs]
    carry = _begin_carry(w, operands[n_cond + n_body :])
    w.put("while True:")
    depth, w.depth = w.depth, w.depth + 1
    (goes_on,) = w.program(p["cond_jaxpr"], [*operands[:n_cond], *carry])
    w.put(f"if not {w.value(goes_on, '0')}:")
    w.put("    break")
    args = [*operands[n_cond : n_cond + n_body], *carry]
    outs = w.program(p["body_jaxpr"], args, (n_body, n_body + len(carry)))
    _end_step(w, carry, outs)
    w.depth = depth
    return carry


def _cond(w: StaticWriter, fused: Fused, eqn: Eqn, places: Places) -> list[Place]:
    index, *rest = [w.operand(fused, a, places) for a in eqn.inputs]
    branches = eqn.params["branches"]
    targets = [w.allocate(v.aval) for v in eqn.outvars]
    chosen = w.value(index, "0")
    depth = w.depth
    last = len(branches) - 1
    for i, branch in enumerate(branches):
        if index.aval.dtype.kind == "b":
            test = f"if not {chosen}:" if i == 0 else "else:"
        else:
            test = "else:" if i == last and i else f"{'elif' if i else 'if'} {chosen} <= {i}:"
        if last == 0:
            test = "if True:"
        w.put(test)
        w.depth = depth + 1
        for out, target in zip(w.program(branch, rest), targets, strict=True):
            w.copy(out, target)
        w.put("pass")
        w.depth = depth
    return targets


CALLS: dict[str, Callable[..., list[Place]]] = {
    "dot_general": _dot_general,
    "concatenate": _concatenate,
    "pad": _pad,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "scan": _scan,
    "while": _while,
    "cond": _cond,
}
