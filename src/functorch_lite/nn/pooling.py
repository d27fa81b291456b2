"""Pooling layers."""

from typing import Any

from . import functional as F
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Upsample",
]


class _MaxPool(Module):
    """Maximum over windows."""

    function: Any = None

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """Pool."""
        return type(self).function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """Maximum over windows of one axis; see `MaxPool2d`."""

    function = F.max_pool1d


class MaxPool2d(_MaxPool):
    """Maximum over windows of two axes; the gradient goes to the first maximum.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.nn.MaxPool2d(2)(fl.tensor([[[[1.0, 2.0], [3.0, 0.0]]]]))
    tensor([[[[3.]]]])
    """

    function = F.max_pool2d


class MaxPool3d(_MaxPool):
    """Maximum over windows of three axes; see `MaxPool2d`."""

    function = F.max_pool3d


class _AvgPool(Module):
    """Mean over windows."""

    function: Any = None

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """Pool."""
        extra = () if self.divisor_override is None else (self.divisor_override,)
        return type(self).function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            *extra,
        )

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """Mean over windows of one axis; padding counts unless `count_include_pad` is False."""

    function = F.avg_pool1d


class AvgPool2d(_AvgPool):
    """Mean over windows of two axes; padding counts unless `count_include_pad` is False."""

    function = F.avg_pool2d


class AvgPool3d(_AvgPool):
    """Mean over windows of three axes; padding counts unless `count_include_pad` is False."""

    function = F.avg_pool3d


class _Adaptive(Module):
    """Pooling to a given output size."""

    function: Any = None

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """Pool."""
        return type(self).function(input, self.output_size)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """Mean over as many windows of one axis as are wanted."""

    function = F.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_Adaptive):
    """Mean over as many windows of two axes as are wanted."""

    function = F.adaptive_avg_pool2d


class AdaptiveMaxPool1d(_Adaptive):
    """Maximum over as many windows of one axis as are wanted."""

    function = F.adaptive_max_pool1d


class AdaptiveMaxPool2d(_Adaptive):
    """Maximum over as many windows of two axes as are wanted."""

    function = F.adaptive_max_pool2d


class Upsample(Module):
    """Resize by interpolation; see `functional.interpolate`."""

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners

    def forward(self, input: Any) -> Any:
        """Resize."""
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        if self.scale_factor is not None:
            return f"scale_factor={self.scale_factor}, mode={self.mode!r}"
        return f"size={self.size}, mode={self.mode!r}"
