"""Whole networks, with torchvision's parameter names, and what goes with their weights."""

from .imagenet import IMAGENET_MEAN as IMAGENET_MEAN
from .imagenet import IMAGENET_STD as IMAGENET_STD
from .imagenet import imagenet_classes as imagenet_classes
from .imagenet import preprocess_imagenet as preprocess_imagenet
from .resnet import BasicBlock as BasicBlock
from .resnet import Bottleneck as Bottleneck
from .resnet import ResNet as ResNet
from .resnet import resnet18 as resnet18
from .resnet import resnet34 as resnet34
from .resnet import resnet50 as resnet50

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "imagenet_classes",
    "preprocess_imagenet",
    "resnet18",
    "resnet34",
    "resnet50",
]
