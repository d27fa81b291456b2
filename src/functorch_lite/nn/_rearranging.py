"""Moving elements between channels and space, and products of three, with PyTorch's arguments."""

from typing import Any

from .. import numpy as fnp
from ..ir import shape_of
from ._lift import result

__all__ = ["bilinear", "channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Turn (..., c r², h, w) into (..., c, h r, w r). See `torch.nn.functional.pixel_shuffle`."""
    *lead, c, h, w = shape_of(input)
    r = upscale_factor
    if c % (r * r):
        raise RuntimeError(
            f"pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, but input.size(-3)={c} is not divisible by {r * r}"
        )
    n = len(lead)
    x = fnp.reshape(input, (*lead, c // (r * r), r, r, h, w))
    x = fnp.transpose(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return result(fnp.reshape(x, (*lead, c // (r * r), h * r, w * r)), input)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Turn (..., c, h r, w r) into (..., c r², h, w): the inverse of `pixel_shuffle`."""
    *lead, c, h, w = shape_of(input)
    r = downscale_factor
    if h % r or w % r:
        raise RuntimeError(
            f"pixel_unshuffle expects height and width to be divisible by downscale_factor {r}, got "
            f"{h} and {w}"
        )
    n = len(lead)
    x = fnp.reshape(input, (*lead, c, h // r, r, w // r, r))
    x = fnp.transpose(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return result(fnp.reshape(x, (*lead, c * r * r, h // r, w // r)), input)


def channel_shuffle(input: Any, groups: int) -> Any:
    """Interleave groups of channels. See `torch.nn.functional.channel_shuffle`."""
    n, c, *rest = shape_of(input)
    if c % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups."
        )
    x = fnp.swapaxes(fnp.reshape(input, (n, groups, c // groups, *rest)), 1, 2)
    return result(fnp.reshape(x, (n, c, *rest)), input)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """Return input1ᵀ weight[k] input2 + bias[k]. See `torch.nn.functional.bilinear`."""
    out = fnp.einsum("...i,kij,...j->...k", input1, weight, input2)
    return result(out if bias is None else fnp.add(out, bias), input1, input2, weight)
