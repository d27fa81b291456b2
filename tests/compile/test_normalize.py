"""Normalisation by hand: however it is written it becomes the kernel, and means the same."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax, nn
from functorch_lite import numpy as jnp
from functorch_lite.compile import compile_mode

RNG = np.random.default_rng(4)
AXES = (0, 2, 3)


def two_pass(x):
    return jnp.mean(x, AXES, keepdims=True), jnp.var(x, AXES, keepdims=True)


def centred(x):
    mean = jnp.mean(x, AXES)[:, None, None]
    return mean, jnp.mean((x - mean) ** 2, AXES)[:, None, None]


def of_squares(x):
    mean = jnp.mean(x, AXES)
    return mean[:, None, None], (jnp.mean(x * x, AXES) - mean * mean)[:, None, None]


def clipped(x):  # as Flax does
    mean = jnp.sum(x, AXES) / (x.size // x.shape[1])
    var = jnp.maximum(0.0, jnp.mean(jnp.square(x), AXES) - jnp.square(mean))
    return mean[None, :, None, None], var[None, :, None, None]


STATISTICS = {f.__name__: f for f in (two_pass, centred, of_squares, clipped)}


def scaled(x, mean, var, g, b):
    return (x - mean) * lax.rsqrt(var + 1e-5) * g[:, None, None] + b[:, None, None]


def divided(x, mean, var, g, b):
    g, b = (jnp.reshape(v, (1, -1, 1, 1)) for v in (g, b))
    return g * ((x - mean) / jnp.sqrt(var + 1e-3)) + b


def folded(x, mean, var, g, b):
    scale = g[:, None, None] * (var + 1e-5) ** -0.5
    return x * scale + (b[:, None, None] - mean * scale)


def plain(x, mean, var, g, b):
    return (x - mean) / jnp.sqrt(var + 1e-5)


def scale_first(x, mean, var, g, b):
    scale = g[:, None, None] / jnp.sqrt(1e-5 + var)
    return b[:, None, None] + scale * (x - mean)


FORMS = {f.__name__: f for f in (scaled, divided, folded, plain, scale_first)}


def block(statistics, form):
    def apply(p, s, x):
        new = {}

        def unit(x, k):
            x = lax.conv_general_dilated(x, p[f"w{k}"], (1, 1), [(1, 1)] * 2)
            mean, var = statistics(x)
            n = x.size // x.shape[1]
            new[f"m{k}"] = 0.9 * s[f"m{k}"] + 0.1 * mean.ravel()
            new[f"v{k}"] = 0.9 * s[f"v{k}"] + 0.1 * (n / (n - 1)) * var.ravel()
            return form(x, mean, var, p[f"g{k}"], p[f"b{k}"])

        y = nn.relu(unit(x, 1))
        y = unit(y, 2)
        return nn.relu(unit(nn.relu(y + unit(x, 3)), 4)), new

    return apply


def arguments(c=16, n=3, h=6, dtype="float32"):
    p, s = {}, {}
    for k in range(1, 5):
        p[f"w{k}"] = RNG.standard_normal((c, c, 3, 3)) / (3 * np.sqrt(c))
        p[f"g{k}"], p[f"b{k}"] = RNG.uniform(0.5, 2, c), RNG.standard_normal(c)
        s[f"m{k}"], s[f"v{k}"] = np.zeros(c), np.ones(c)
    x = RNG.standard_normal((n, c, h, h)) + 0.5
    return fl.tree.map(lambda a: a.astype(dtype), (p, s, x))


def training(apply):
    def loss(p, s, x):
        y, new = apply(p, s, x)
        return jnp.sum(y * jnp.cos(y)), new

    return fl.value_and_grad(loss, argnums=(0, 2), has_aux=True)


def counted(f, *args):
    text = fl.jit(f).lower(*args).fused
    return text.count("= batch_norm["), text.count("= batch_norm_backward ")


def agree(f, args, tolerance):
    with compile_mode("never"):
        want = fl.jit(f)(*args)
    with compile_mode("always"):
        got = fl.jit(f)(*args)
    for a, b in zip(fl.tree.leaves(got), fl.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * (1 + np.abs(b).max()))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("statistics", STATISTICS)
def test_forward_and_backward_become_the_kernel(statistics, form):
    f, args = training(block(STATISTICS[statistics], FORMS[form])), arguments()
    assert counted(f, *args) == (4, 4)
    agree(f, args, 2e-4)


@pytest.mark.parametrize("shape", [(16, 1, 5), (20, 2, 4), (3, 2, 7), (2, 3, 4), (16, 4, 1)])
def test_sizes(shape):
    f, args = training(block(two_pass, scaled)), arguments(*shape, dtype="float64")
    assert counted(f, *args) == (4, 4)
    agree(f, args, 1e-8)


def test_one_channel():
    agree(training(block(two_pass, scaled)), arguments(1, dtype="float64"), 1e-8)


def test_with_statistics_of_no_gradient_nothing_but_the_forward_pass_is_one():
    def statistics(x):
        return map(lax.stop_gradient, two_pass(x))

    f, args = training(block(statistics, scaled)), arguments(dtype="float64")
    assert counted(f, *args) == (4, 0)
    agree(f, args, 1e-9)


def unbiased(x):
    return jnp.mean(x, AXES, keepdims=True), jnp.var(x, AXES, keepdims=True, ddof=1)


def of_one_image(x):
    return two_pass(x[:1])


def of_half(x):
    return two_pass(x[:, :, :3])


def of_another(x):
    return two_pass(jnp.tanh(x))


def off(x):
    mean, var = two_pass(x)
    return mean * 1.001, var


OTHERS = {f.__name__: f for f in (unbiased, of_one_image, of_half, of_another, off)}


@pytest.mark.parametrize("statistics", OTHERS)
def test_what_only_looks_like_it_is_left_alone(statistics):
    f, args = training(block(OTHERS[statistics], scaled)), arguments(dtype="float64")
    assert counted(f, *args) == (0, 0)
    agree(f, args, 1e-8)


def test_a_scale_that_depends_on_the_image_comes_after():
    def form(x, mean, var, g, b):
        return scaled(x, mean, var, jnp.tanh(mean).ravel(), b)

    agree(training(block(two_pass, form)), arguments(dtype="float64"), 1e-8)


def clamped(g):
    return jnp.clip(g, -5.0, 5.0)


def positive(g):
    return jnp.maximum(g, 0.0)


def magnitude(g):
    return jnp.sqrt(g * g)


def whole(g):
    return g.astype("int32").astype(g.dtype)


def chosen(g):
    return jnp.where(jnp.arange(g.size) % 2 == 0, g, 0.0)


def stored_short(g):
    return g.astype("float16").astype(g.dtype)


SCALES = {f.__name__: f for f in (clamped, positive, magnitude, whole, chosen, stored_short)}


@pytest.mark.parametrize("scale", SCALES)
def test_scales_that_are_others_only_in_part_of_their_range_stay_what_they_are(scale):
    def form(x, mean, var, g, b):
        return scaled(x, mean, var, SCALES[scale](g), b) + 0.1 * g[:, None, None]

    p, s, x = arguments(dtype="float64")
    for k in range(1, 5):
        p[f"g{k}"][:4] = -1.7, 8.3, -9.1, 3.3
    agree(training(block(two_pass, form)), (p, s, x), 1e-8)


def test_one_number_for_all_channels():
    def apply(p, s, x):
        t = p["g1"][0]
        ones = jnp.ones(x.shape[1], x.dtype)
        y = scaled(x, *two_pass(x), ones * jnp.sqrt(t * t), ones * t)
        return scaled(y, *two_pass(y), ones * jnp.maximum(t, -3.0), ones * t), s

    for t in (0.7, -0.7, -6.0):
        p, s, x = arguments(dtype="float64")
        p["g1"][0] = t
        agree(training(apply), (p, s, x), 1e-8)


def test_a_mask_or_complex_numbers_beside_it():
    def apply(p, s, x):
        y = scaled(x, *two_pass(x), jnp.where(s["keep"], p["g1"], p["b1"]), p["b1"])
        z = p["g1"] * (1 + 2j)
        return y * jnp.real(z * z)[:, None, None] + p["g1"][:, None, None], s

    p, s, x = arguments(dtype="float64")
    s["keep"] = np.arange(16) % 3 == 0
    agree(training(apply), (p, s, x), 1e-8)


def test_other_uses_of_what_is_in_between():
    def form(x, mean, var, g, b):
        normal = (x - mean) * lax.rsqrt(var + 1e-5)
        y = normal * g[:, None, None] + b[:, None, None]
        return y + jnp.mean(jnp.tanh(normal)) + 0.1 * jnp.tanh(mean * var)

    f, args = training(block(two_pass, form)), arguments(dtype="float64")
    agree(f, args, 1e-8)


def test_recomputed_and_forward_only():
    apply, args = block(of_squares, folded), arguments(dtype="float64")
    f = training(fl.checkpoint(apply))
    assert counted(f, *args)[0] >= 4
    agree(f, args, 1e-8)
    assert counted(apply, *args) == (4, 0)
    agree(apply, args, 1e-8)
