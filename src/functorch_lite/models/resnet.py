"""ResNets with torchvision's architecture, parameter names and initialisation.

Source: He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition"; resnet50 in its
v1.5 form, whose bottlenecks have the stride at the 3x3 convolution.
"""

import os
from collections.abc import Sequence
from typing import Any

from .. import nn
from ..nn import init
from .weights import load_weights

__all__ = ["BasicBlock", "Bottleneck", "ResNet", "resnet18", "resnet34", "resnet50"]

Weights = str | os.PathLike[str] | None


def _conv3x3(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_planes, out_planes, 3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut; the stride is at the first.

    Parameters
    ----------
    inplanes, planes : int
        Channels of the input and of the output.
    stride : int
    downsample : Module, optional
        What makes the shortcut fit.
    """

    expansion = 1

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.conv1 = _conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = _conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """Return relu(F(x) + shortcut(x))."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(out + identity)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions with a shortcut; the output has 4 * planes channels."""

    expansion = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = _conv3x3(planes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Any) -> Any:
        """Return relu(F(x) + shortcut(x))."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(out + identity)


class ResNet(nn.Module):
    """A ResNet for images of shape (n, 3, h, w).

    Parameters
    ----------
    block : BasicBlock or Bottleneck
    layers : sequence of int
        Blocks of the four stages.
    num_classes : int
    zero_init_residual : bool
        Start each block's last normalisation at 0, so that it is the identity.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__()
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], stride=2)
        self.layer3 = self._make_layer(block, 256, layers[2], stride=2)
        self.layer4 = self._make_layer(block, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self._initialise(zero_init_residual)

    def _initialise(self, zero_init_residual: bool) -> None:
        """Draw convolutions by He's rule; normalisations start at 1 and 0."""
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.BatchNorm2d):
                init.ones_(m.weight)
                init.zeros_(m.bias)
        if zero_init_residual:
            for m in self.modules():
                if isinstance(m, Bottleneck):
                    init.zeros_(m.bn3.weight)
                elif isinstance(m, BasicBlock):
                    init.zeros_(m.bn2.weight)

    def _make_layer(
        self, block: type[BasicBlock] | type[Bottleneck], planes: int, blocks: int, stride: int = 1
    ) -> nn.Sequential:
        """Return a stage; its first block changes resolution and width."""
        width = planes * block.expansion
        downsample = None
        if stride != 1 or self.inplanes != width:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width)
            )
        stage = [block(self.inplanes, planes, stride, downsample)]
        self.inplanes = width
        stage += [block(width, planes) for _ in range(1, blocks)]
        return nn.Sequential(*stage)

    def forward(self, x: Any) -> Any:
        """Return logits of shape (n, num_classes)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def _resnet(
    name: str,
    block: type[BasicBlock] | type[Bottleneck],
    layers: Sequence[int],
    weights: Weights,
    pretrained: bool,
    progress: bool,
    **options: Any,
) -> ResNet:
    if pretrained and weights is None:
        weights = "IMAGENET1K_V1"
    if weights is None:
        return ResNet(block, layers, **options)
    state = load_weights(name, weights, progress)
    classes = state["fc.weight"].shape[0] if "fc.weight" in state else 1000
    if options.setdefault("num_classes", classes) != classes:
        raise ValueError(
            f"these weights are for {classes} classes, but num_classes={options['num_classes']}. "
            "Load the model as it is and replace model.fc by a Linear layer of your own."
        )
    model = ResNet(block, layers, **options)
    model.load_state_dict(state)
    return model


def resnet18(
    weights: Weights = None, pretrained: bool = False, progress: bool = True, **options: Any
) -> ResNet:
    """ResNet-18: 11,689,512 parameters for 1000 classes.

    Parameters
    ----------
    weights : None, "IMAGENET1K_V1", "DEFAULT", or a path
        Download torchvision's weights (to the cache, once), or read a checkpoint: .pth in
        either format, or safetensors.
    pretrained : bool
        The same as ``weights="IMAGENET1K_V1"``.
    progress : bool
        Show a progress bar while downloading.
    **options
        num_classes, zero_init_residual: see `ResNet`.

    Raises
    ------
    DownloadError
        If the weights are neither in the cache nor to be had.
    CheckpointError
        If the file is damaged.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> model = fl.models.resnet18(num_classes=10)
    >>> len(model.state_dict())
    122
    """
    return _resnet("resnet18", BasicBlock, (2, 2, 2, 2), weights, pretrained, progress, **options)


def resnet34(
    weights: Weights = None, pretrained: bool = False, progress: bool = True, **options: Any
) -> ResNet:
    """ResNet-34: 21,797,672 parameters for 1000 classes. See `resnet18`."""
    return _resnet("resnet34", BasicBlock, (3, 4, 6, 3), weights, pretrained, progress, **options)


def resnet50(
    weights: Weights = None, pretrained: bool = False, progress: bool = True, **options: Any
) -> ResNet:
    """ResNet-50: 25,557,032 parameters for 1000 classes. See `resnet18`."""
    return _resnet("resnet50", Bottleneck, (3, 4, 6, 3), weights, pretrained, progress, **options)
