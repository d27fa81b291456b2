"""Dense, grouped, strided, dilated convolutions against a float64 reference."""

from __future__ import annotations

import numpy as np
import pytest

from functorch_lite.kernels import conv_direct, conv_nchw, host
from functorch_lite.kernels.conv import Conv2dPlan, choose_algorithm
from functorch_lite.kernels.conv_direct import DirectConv, Epilogue, normalize_padding
from functorch_lite.kernels.launch import Serial
from functorch_lite.kernels.layout import Layout, from_blocked, pack_weights, to_blocked
from functorch_lite.kernels.update import fuse_update, sgd_launch
from functorch_lite.kernels.winograd import Winograd


def reference(x, w, dy, stride, padding, dilation, groups):
    """Return y, dx, dw in float64 by the definition, one kernel position at a time."""
    x, w, dy = (a.astype(np.float64) for a in (x, w, dy))
    pads = normalize_padding(padding)
    high, wide = [max(p[0], 0) for p in pads], [max(p[1], 0) for p in pads]
    full = np.pad(x, [(0, 0), (0, 0), (high[0], wide[0]), (high[1], wide[1])])
    (h, ww), (oc, ic, kh, kw) = x.shape[2:], w.shape
    oh, ow = dy.shape[2:]
    y, dfull, dw = np.zeros_like(dy), np.zeros_like(full), np.zeros_like(w)
    start = [high[a] - pads[a][0] for a in (0, 1)]
    for k in range(groups):
        i, o = slice(k * ic, (k + 1) * ic), slice(k * oc // groups, (k + 1) * oc // groups)
        for a in range(kh):
            for b in range(kw):
                r = start[0] + a * dilation[0]
                s = start[1] + b * dilation[1]
                at = (
                    slice(None), i,
                    slice(r, r + (oh - 1) * stride[0] + 1, stride[0]),
                    slice(s, s + (ow - 1) * stride[1] + 1, stride[1]),
                )  # fmt: skip
                y[:, o] += np.einsum("nihw,oi->nohw", full[at], w[o, :, a, b])
                dfull[at] += np.einsum("nohw,oi->nihw", dy[:, o], w[o, :, a, b])
                dw[o, :, a, b] = np.einsum("nohw,nihw->oi", dy[:, o], full[at])
    dx = dfull[:, :, high[0] : high[0] + h, high[1] : high[1] + ww]
    return y, dx, dw


def error(got, want):
    """Largest difference relative to the largest value."""
    assert got.shape == want.shape
    return float(np.abs(got - want).max() / max(np.abs(want).max(), 1e-30))


# n, c, h, w, oc, (kh, kw), stride, padding, dilation, groups
SHAPES = {
    "3x3": (2, 32, 8, 9, 48, (3, 3), (1, 1), 1, (1, 1), 1),
    "odd channels": (2, 20, 7, 5, 24, (3, 3), (1, 1), 1, (1, 1), 1),
    "thin input": (2, 3, 13, 11, 32, (7, 7), (2, 2), 3, (1, 1), 1),
    "one channel": (3, 1, 6, 6, 5, (2, 2), (1, 1), 0, (1, 1), 1),
    "thin dilated": (1, 5, 12, 11, 16, (3, 3), (1, 1), 2, (2, 2), 1),
    "thin, one dilated axis": (1, 2, 12, 11, 16, (3, 2), (2, 1), 2, (3, 1), 1),
    "stride 2": (2, 16, 9, 8, 64, (3, 3), (2, 2), 1, (1, 1), 1),
    "stride 3x2, kernel 2x5": (1, 17, 10, 12, 33, (2, 5), (3, 2), (0, 2), (1, 1), 1),
    "1x1 stride 2": (2, 32, 8, 8, 64, (1, 1), (2, 2), 0, (1, 1), 1),
    "1x1": (1, 64, 5, 3, 80, (1, 1), (1, 1), 0, (1, 1), 1),
    "stride beyond kernel": (1, 16, 11, 11, 16, (2, 2), (4, 3), 0, (1, 1), 1),
    "dilation": (1, 32, 14, 13, 16, (3, 3), (1, 1), 2, (2, 2), 1),
    "dilation and stride": (2, 16, 15, 14, 16, (3, 3), (2, 3), 3, (3, 2), 1),
    "asymmetric": (1, 16, 8, 8, 16, (3, 4), (2, 1), ((0, 2), (3, 1)), (1, 1), 1),
    "wide padding": (1, 16, 4, 4, 16, (3, 3), (1, 1), 4, (1, 1), 1),
    "cropping": (1, 16, 9, 9, 16, (3, 3), (1, 1), ((-1, 1), (-2, -1)), (1, 1), 1),
    "kernel is image": (4, 32, 5, 5, 16, (5, 5), (1, 1), 0, (1, 1), 1),
    "groups of blocks": (2, 64, 6, 6, 32, (3, 3), (1, 1), 1, (1, 1), 2),
    "odd groups": (2, 12, 6, 7, 9, (3, 3), (2, 1), ((1, 0), (-1, 2)), (1, 1), 3),
    "depthwise": (2, 6, 9, 35, 6, (3, 3), (1, 1), 1, (1, 1), 6),
    "depthwise 5x5": (1, 3, 16, 20, 3, (5, 5), (1, 1), 2, (1, 1), 3),
    "depthwise stride 2": (2, 5, 10, 37, 5, (3, 3), (2, 2), 1, (1, 1), 5),
    "depthwise 5x3, multiplier": (1, 4, 12, 9, 12, (5, 3), (3, 1), (2, 3), (1, 2), 4),
    "depthwise cropping": (1, 3, 9, 9, 3, (2, 2), (2, 2), ((-1, 0), (-2, 1)), (1, 1), 3),
    "many pixels": (1, 16, 70, 66, 16, (3, 3), (1, 1), 1, (1, 1), 1),
    "long sums": (1, 256, 5, 5, 16, (3, 3), (1, 1), 1, (1, 1), 1),
}  # fmt: skip
BOUND = {("float32", "highest"): 1e-6, ("float32", "high"): 1.5e-6, ("float32", "default"): 1e-5}


def arrays(case, dtype):
    """Return x, w, dy of a case."""
    n, c, h, w, oc, kernel, stride, padding, dilation, groups = case
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, c, h, w)).astype(dtype)
    wt = rng.standard_normal((oc, c // groups, *kernel)).astype(dtype)
    pads = normalize_padding(padding)
    size = [
        (s + sum(p) - d * (k - 1) - 1) // t + 1
        for s, p, d, k, t in zip((h, w), pads, dilation, kernel, stride, strict=True)
    ]
    return x, wt, rng.standard_normal((n, oc, *size)).astype(dtype)


def check_case(case, dtype, precision):
    x, w, dy = arrays(case, dtype)
    rest = case[6:]
    y_ref, dx_ref, dw_ref = reference(x, w, dy, *rest)
    bound = BOUND.get((dtype, precision), 1e-13)
    kept = [a.copy() for a in (x, w, dy)]
    assert error(conv_nchw.conv2d_forward(x, w, *rest, precision), y_ref) < bound
    dx = conv_nchw.conv2d_backward_data(dy, w, x.shape, *rest, precision)
    assert error(dx, dx_ref) < bound
    dw = conv_nchw.conv2d_backward_weights(x, dy, w.shape, *rest, precision)
    assert error(dw, dw_ref) < bound
    for before, after in zip(kept, (x, w, dy), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("name", SHAPES)
def test_direct_float32(name):
    check_case(SHAPES[name], "float32", "highest")


@pytest.mark.parametrize("name", ["3x3", "thin input", "stride 2", "groups of blocks", "depthwise"])
def test_direct_float64(name):
    check_case(SHAPES[name], "float64", "highest")


@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("name", SHAPES)
def test_narrow_vectors(name, lanes):
    with host.use_lanes(lanes):
        check_case(SHAPES[name], "float32", "highest")


@pytest.mark.parametrize("dtype", ["int64", "complex128", "float16"])
def test_other_dtypes_use_matrix_products(dtype):
    rng = np.random.default_rng(1)
    x = rng.integers(-3, 4, (1, 4, 6, 5)).astype(dtype)
    w = rng.integers(-3, 4, (6, 2, 3, 2)).astype(dtype)
    y = conv_nchw.conv2d_forward(x, w, (2, 1), 1, groups=2)
    want, _, _ = reference(x.real, w.real, np.zeros(y.shape), (2, 1), 1, (1, 1), 2)
    assert y.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(y.real, want)


# n, c, h, w, oc, padding
WINOGRAD = {
    "exact tiles": (2, 16, 8, 8, 32, 1),
    "ragged tiles": (2, 32, 7, 9, 16, 1),
    "smaller than a tile": (3, 16, 2, 3, 16, 1),
    "one pixel": (1, 16, 1, 1, 16, 1),
    "no padding": (2, 48, 9, 7, 16, 0),
    "asymmetric": (1, 16, 10, 6, 16, ((0, 1), (2, 0))),
    "several blocks of tiles": (2, 64, 60, 60, 64, 1),
    "channels beyond blocks": (1, 20, 9, 9, 24, 1),
    "more weights than pixels": (12, 128, 7, 7, 128, 1),
}
SMALL_IMAGES = {
    "2x2": (3, 32, 2, 2, 48, 1),
    "1x2": (2, 16, 1, 2, 16, 1),
    "2x1, odd channels": (5, 20, 2, 1, 24, 1),
    "1x1": (1, 16, 1, 1, 16, 1),
    "more channels than images": (2, 256, 2, 2, 256, 1),
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("name", WINOGRAD)
def test_winograd(name, tile, threads):
    check_winograd(WINOGRAD[name], tile, threads)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("name", ["ragged tiles", "smaller than a tile", "asymmetric"])
def test_winograd_needs_no_halo(name, tile):
    check_winograd(WINOGRAD[name], tile, 2, bare=True)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", SMALL_IMAGES)
def test_winograd_of_small_images(name, threads):
    check_winograd(SMALL_IMAGES[name], 1, threads)


@pytest.mark.parametrize("lanes", [4, 8])
def test_narrow_winograd_of_small_images(lanes):
    with host.use_lanes(lanes):
        check_winograd(SMALL_IMAGES["2x2"], 1, 2)


@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("name", ["exact tiles", "ragged tiles", "more weights than pixels"])
def test_narrow_winograd(name, tile, lanes):
    with host.use_lanes(lanes):
        check_winograd(WINOGRAD[name], tile, 3)


def check_winograd(shape, tile, threads, bare=False):
    n, c, h, w, oc, padding = shape
    case = (n, c, h, w, oc, (3, 3), (1, 1), padding, (1, 1), 1)
    x, wt, dy = arrays(case, "float32")
    y_ref, dx_ref, dw_ref = reference(x, wt, dy, (1, 1), padding, (1, 1), 1)
    layouts = (Layout(n, c, h, w), Layout(n, oc, *dy.shape[2:])) if bare else ()
    direct = DirectConv(n, c, h, w, oc, 3, 3, (1, 1), padding, (1, 1), 1, "float32", *layouts)
    fast = Winograd(direct, tile, threads)
    pool = Backwards()
    bound = 1e-5 if tile == 4 else 1.5e-6
    blocked_x, blocked_dy = to_blocked(x, direct.x_layout), to_blocked(dy, direct.y_layout)
    packed, y = pack_weights(wt, direct.w_layout)[None], direct.y_layout.zeros()
    pool.run(fast.forward_launches(blocked_x, packed, y))
    assert error(from_blocked(y, direct.y_layout), y_ref) < bound
    dx = to_blocked(x, direct.dx_layout)
    pool.run(fast.backward_data_launches(blocked_dy, packed, dx, accumulate=True))
    assert error(from_blocked(dx, direct.dx_layout) - x, dx_ref) < 2 * bound
    dw = packed.copy()
    pool.run(fast.backward_weights_launches(blocked_x, blocked_dy, dw, accumulate=True))
    want = pack_weights(dw_ref.astype("f4"), direct.w_layout)
    assert error((dw - packed)[0], want) < 2 * bound
    for buffer, layout in ((y, direct.y_layout), (dx, direct.dx_layout)):
        border = buffer.copy()
        layout.interior(border)[...] = 0
        assert not border.any(), "the halo stays zero"


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
@pytest.mark.parametrize("tiles", [128, 200, 1568])
def test_threads_get_equal_shares_of_tiles(tiles, threads):
    fast = Winograd(DirectConv(1, 128, 8, 8, 128, 3, 3, padding=1), 4, threads)
    room, parts = fast._split(tiles, 128, 128, 2)
    blocks = -(-tiles // room)
    assert parts == 1
    assert blocks % threads == 0
    assert blocks * room - tiles < blocks


@pytest.mark.parametrize(("tiles", "parts"), [(2, 4), (16, 4), (63, 4), (64, 1)])
def test_few_tiles_are_shared_by_channels(tiles, parts):
    fast = Winograd(DirectConv(1, 256, 4, 4, 256, 3, 3, padding=1), 2, 4)
    assert fast._split(tiles, 256, 256, 4)[1] == parts


class Backwards:
    """A pool that runs every item alone and in reverse, with dirty scratch memory."""

    threads = 3

    def run(self, launches):
        for launch in launches:
            scratch = np.full(launch.scratch + 64, 0xFF, np.uint8)
            start = scratch.ctypes.data + (-scratch.ctypes.data) % 64
            step = max(1, launch.items // 7)
            for lo in reversed(range(0, launch.items, step)):
                launch.kernel.call(launch.address, lo, min(lo + step, launch.items), start)


@pytest.mark.parametrize("name", ["3x3", "stride 2", "thin input", "depthwise", "groups of blocks"])
def test_items_are_independent(name):
    case = SHAPES[name]
    x, w, dy = arrays(case, "float32")
    rest = case[6:]
    serial, pool = Serial(), Backwards()
    same = np.testing.assert_array_equal
    for precision in ("default", "highest"):
        for run, args in (
            (conv_nchw.conv2d_forward, (x, w)),
            (conv_nchw.conv2d_backward_data, (dy, w, x.shape)),
        ):
            one = run(*args, *rest, precision, serial)
            if precision == "highest":
                same(one, run(*args, *rest, precision, pool))
            else:
                assert error(run(*args, *rest, precision, pool), one) < 1e-5
    direct = [
        conv_nchw.conv2d_backward_weights(x, dy, w.shape, *rest, "highest", p)
        for p in (serial, pool)
    ]
    same(*direct)


def test_strided_operands():
    case = SHAPES["3x3"]
    x, w, dy = arrays(case, "float32")
    y_ref, _, _ = reference(x, w, dy, *case[6:])
    tricky = np.ascontiguousarray(x.transpose(3, 1, 0, 2)).transpose(2, 1, 3, 0)
    turned = np.ascontiguousarray(w[::-1, :, ::-1])[::-1, :, ::-1]
    assert not tricky.flags.c_contiguous
    assert error(conv_nchw.conv2d_forward(tricky, turned, *case[6:], "highest"), y_ref) < 1e-6


@pytest.mark.parametrize("name", ["3x3", "stride 2", "1x1 stride 2"])
@pytest.mark.parametrize("precision", ["default", "highest"])
def test_epilogue_and_accumulation(name, precision):
    case = SHAPES[name]
    n, c, h, w, oc, kernel, stride, padding, dilation, _ = case
    x, wt, dy = arrays(case, "float32")
    y_ref, dx_ref, dw_ref = reference(x, wt, dy, *case[6:])
    plan = Conv2dPlan(n, c, h, w, oc, *kernel, stride, padding, dilation, precision=precision)
    rng = np.random.default_rng(2)
    bias = np.zeros(-(-oc // 16) * 16, "f4")
    bias[:oc] = rng.standard_normal(oc)
    residual = rng.standard_normal(y_ref.shape).astype("f4")
    packed = pack_weights(wt, plan.w_layout)[None]
    blocked_x, y = to_blocked(x, plan.x_layout), plan.y_layout.zeros()
    epilogue = Epilogue(to_blocked(residual, plan.y_layout), bias, relu=True)
    plan.forward(blocked_x, packed, y, epilogue)
    want = np.maximum(y_ref + residual + bias[:oc, None, None], 0)
    assert error(from_blocked(y, plan.y_layout), want) < 1e-5
    dx = to_blocked(x, plan.dx_layout)
    plan.backward_data(to_blocked(dy, plan.y_layout), packed, dx, accumulate=True)
    assert error(from_blocked(dx, plan.dx_layout), dx_ref + x) < 1e-5
    dw = packed.copy()
    plan.backward_weights(blocked_x, to_blocked(dy, plan.y_layout), dw, accumulate=True)
    want = pack_weights((dw_ref + wt).astype("f4"), plan.w_layout)
    assert error(dw[0], want) < 1e-5


def test_nan_and_infinity_stay_where_they_belong():
    plan = Conv2dPlan(1, 16, 12, 12, 16, 3, 3, padding=1, precision="highest")
    x, w = np.zeros((1, 16, 12, 12), "f4"), np.ones((16, 16, 3, 3), "f4")
    x[0, 3, 5, 5] = np.nan
    y = plan.y_layout.zeros()
    packed = pack_weights(w, plan.w_layout)[None]
    plan.forward(to_blocked(x, plan.x_layout), packed, y, Epilogue(relu=True))
    bad = np.isnan(from_blocked(y, plan.y_layout))
    assert bad[:, :, 4:7, 4:7].all()
    assert bad.sum() == 16 * 9


@pytest.mark.parametrize("output_padding", [(0, 0), (1, 0)])
def test_transposed(output_padding):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((2, 16, 5, 4)).astype("f4")
    w = rng.standard_normal((16, 20, 3, 3)).astype("f4")
    got = conv_nchw.conv2d_transpose(x, w, (2, 2), 1, output_padding=output_padding)
    shape = (2, 20, 9 + output_padding[0], 7 + output_padding[1])
    _, dx, _ = reference(np.zeros(shape), w, x, (2, 2), 1, (1, 1), 1)
    assert error(got, dx) < 1e-6


def test_precision_turns_winograd_off():
    direct = DirectConv(8, 64, 56, 56, 64, 3, 3, padding=1)
    assert [choose_algorithm(direct, p) for p in ("highest", "high", "default")] == [0, 2, 4]
    strided = DirectConv(8, 64, 56, 56, 64, 3, 3, (2, 2), padding=1)
    assert choose_algorithm(strided) == 0
    with pytest.raises(ValueError, match="precision is one of"):
        choose_algorithm(direct, "exact")


REFUSED = {
    "kernel does not fit": ((1, 1, 2, 2), (1, 1, 3, 3), {}, "does not fit"),
    "channels": ((1, 2, 4, 4), (1, 3, 3, 3), {}, "input channels"),
    "rank": ((2, 4, 4), (1, 3, 3, 3), {}, "NCHW and OIHW"),
    "stride": ((1, 1, 4, 4), (1, 1, 3, 3), {"stride": (0, 1)}, "must be positive"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name):
    x, w, options, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        conv_nchw.conv2d_forward(np.zeros(x, "f4"), np.zeros(w, "f4"), **options)


def test_refuses_buffers_that_do_not_fit():
    with pytest.raises(TypeError, match="one dtype"):
        conv_nchw.conv2d_forward(np.zeros((1, 1, 3, 3), "f4"), np.zeros((1, 1, 3, 3)))
    bare = DirectConv(1, 16, 4, 4, 16, 3, 3, padding=1, x_layout=Layout(1, 16, 4, 4))
    x, y = bare.x_layout.zeros(), bare.y_layout.zeros()
    for launches in (bare.forward_launches, bare.backward_weights_launches):
        with pytest.raises(ValueError, match="the convolution needs"):
            launches(x, y, y)
    plan = Conv2dPlan(1, 16, 4, 4, 16, 3, 3, padding=1)
    with pytest.raises(ValueError, match="does not have the layout's shape"):
        plan.forward(np.zeros((1, 1, 4, 4, 16), "f4"), plan.packed_weights(), plan.y_layout.zeros())
    with pytest.raises(ValueError, match="whole blocks"):
        Conv2dPlan(1, 8, 4, 4, 8, 3, 3, groups=2)


@pytest.mark.parametrize("precision", ["default", "highest"])
def test_frozen_weights(precision):
    case = (2, 32, 12, 12, 32, (3, 3), (1, 1), 1, (1, 1), 1)
    x, w, dy = arrays(case, "float32")
    y_ref, _, _ = reference(x, w, dy, *case[6:])
    plan = Conv2dPlan(2, 32, 12, 12, 32, 3, 3, padding=1, precision=precision, frozen_weights=True)
    packed, y = pack_weights(w, plan.w_layout)[None], plan.y_layout.zeros()
    frozen = plan.freeze(packed)
    assert (frozen is None) == (plan.tile == 0)
    launches = plan.forward_launches(to_blocked(x, plan.x_layout), packed, y, frozen=frozen)
    Serial().run(launches)
    assert error(from_blocked(y, plan.y_layout), y_ref) < 1e-5


def test_frozen_weights_favour_winograd():
    direct = DirectConv(4, 512, 2, 2, 512, 3, 3, padding=1)
    assert choose_algorithm(direct) == 0
    assert choose_algorithm(direct, frozen=True) == 1


@pytest.mark.parametrize("shape", [(1, 64, 4, 4, 64), (2, 128, 2, 3, 64), (1, 16, 4, 4, 16)])
def test_update_fused_into_the_gradient(shape):
    n, c, h, w, oc = shape
    rng = np.random.default_rng(4)
    plan = Conv2dPlan(n, c, h, w, oc, 3, 3, padding=1, precision="highest")
    x = to_blocked(rng.standard_normal((n, c, h, w)).astype("f4"), plan.x_layout)
    dy = to_blocked(rng.standard_normal((n, oc, h, w)).astype("f4"), plan.y_layout)
    state = [rng.standard_normal(plan.packed_weights().shape).astype("f4") for _ in range(2)]
    results = []
    for fuse in (False, True):
        p, v = (a.copy() for a in state)
        dw = plan.packed_weights()
        dw[...] = np.nan
        (gradient,) = plan.backward_weights_launches(x, dy, dw)
        update = sgd_launch(p, dw, v, 0.1, 0.9, 0.0, 1e-2)
        fused = fuse_update(gradient, update) if fuse else None
        if fuse and c == 16:
            assert fused is None, "2304 weights are no whole work item of the update"
            return
        assert not fuse or fused is not None
        Backwards().run([fused] if fused is not None else [gradient, update])
        results.append((p, v))
    for separate, together in zip(*results, strict=True):
        np.testing.assert_array_equal(separate, together)


def test_threads_that_share_a_plan_see_all_of_it(monkeypatch):
    plan = DirectConv(1, 16, 8, 8, 16, 3, 3, stride=(2, 2), padding=1)
    choose, seen = conv_direct.matmul_tile, []

    def meanwhile(*args):
        """Ask as another thread may while the first one is at work."""
        monkeypatch.setattr(conv_direct, "matmul_tile", choose)
        seen.append((len(plan.backward_phases()), plan.backward_data_workspace))
        return choose(*args)

    monkeypatch.setattr(conv_direct, "matmul_tile", meanwhile)
    assert len(plan.backward_phases()) == 4
    assert seen == [(4, plan.backward_data_workspace)]
