"""Convolution layers."""

import math
from collections.abc import Sequence
from typing import Any

from ..stateful.creation import empty
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "each_axis",
]

Size = int | Sequence[int]


def each_axis(value: Any, n: int) -> tuple[int, ...]:
    """Return one number for each axis."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n


class _Conv(Module):
    """What convolutions and transposed convolutions share."""

    nd = 2
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Any = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        output_padding: Size = 0,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            raise ValueError(
                f"padding_mode must be one of {list(modes)}, but got padding_mode='{padding_mode}'"
            )
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of 'valid', 'same'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = each_axis(kernel_size, self.nd)
        self.stride = each_axis(stride, self.nd)
        self.padding = padding if isinstance(padding, str) else each_axis(padding, self.nd)
        self.dilation = each_axis(dilation, self.nd)
        self.output_padding = each_axis(output_padding, self.nd)
        if padding == "same" and any(s != 1 for s in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        self.groups = groups
        self.padding_mode = padding_mode
        pair = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (pair[0], pair[1] // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty(out_channels, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew: uniform with bound ``1 / sqrt(fan_in)``."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init.fans(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        s = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * self.nd:
            s += f", padding={self.padding}"
        if self.dilation != (1,) * self.nd:
            s += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.nd:
            s += f", output_padding={self.output_padding}"
        if self.groups != 1:
            s += f", groups={self.groups}"
        if self.bias is None:
            s += ", bias=False"
        if self.padding_mode != "zeros":
            s += f", padding_mode={self.padding_mode}"
        return s


class _PlainConv(_Conv):
    """A convolution over `nd` axes."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Any = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            0,
            dtype,
        )

    def forward(self, input: Any) -> Any:
        """Convolve."""
        conv = (F.conv1d, F.conv2d, F.conv3d)[self.nd - 1]
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._widths(), self.padding_mode)
            padding = 0
        return conv(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _widths(self) -> list[int]:
        """Return what is padded, last axis first, for modes other than zeros."""
        out = []
        for i in reversed(range(self.nd)):
            if self.padding == "same":
                total = self.dilation[i] * (self.kernel_size[i] - 1)
                out += [total // 2, total - total // 2]
            else:
                p = 0 if isinstance(self.padding, str) else self.padding[i]
                out += [p, p]
        return out


class Conv1d(_PlainConv):
    """Convolution over one axis; see `Conv2d`."""

    nd = 1


class Conv2d(_PlainConv):
    """Convolution over two axes.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or pair
    padding : int, pair, "same" or "valid"
    groups : int
    bias : bool
    padding_mode : "zeros", "reflect", "replicate" or "circular"

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels // groups, kh, kw)
    bias : Parameter, shape (out_channels,), or None

    Examples
    --------
    >>> import functorch_lite as fl
    >>> conv = fl.nn.Conv2d(3, 8, 3, stride=2, padding=1)
    >>> conv
    Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
    >>> conv(fl.rand(1, 3, 8, 8)).shape
    (1, 8, 4, 4)
    """

    nd = 2


class Conv3d(_PlainConv):
    """Convolution over three axes; see `Conv2d`."""

    nd = 3


class _TransposedConv(_Conv):
    """A transposed convolution over `nd` axes."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError('Only "zeros" padding mode is supported for transposed convolutions')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            output_padding,
            dtype,
        )

    def forward(self, input: Any) -> Any:
        """Convolve."""
        conv = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[self.nd - 1]
        return conv(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_TransposedConv):
    """Transposed convolution over one axis; see `ConvTranspose2d`."""

    nd = 1


class ConvTranspose2d(_TransposedConv):
    """Transposed convolution over two axes: the gradient of `Conv2d` in its input.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels // groups, kh, kw)
    """

    nd = 2


class ConvTranspose3d(_TransposedConv):
    """Transposed convolution over three axes; see `ConvTranspose2d`."""

    nd = 3
