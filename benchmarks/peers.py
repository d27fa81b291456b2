"""The peers, as the contests need them: imported on demand, with equal threads."""

import os
from types import ModuleType, SimpleNamespace
from typing import Any

__all__ = ["autograd_library", "jax_library", "our_library", "torch", "torch_resnet18"]


def our_library() -> SimpleNamespace:
    """Return our modules under the names that code shared with JAX uses."""
    import functorch_lite as fl

    return SimpleNamespace(
        api=fl,
        np=fl.numpy,
        lax=fl.lax,
        nn=fl.functions,
        tree_map=fl.tree_util.tree_map,
        array=lambda x: x,
        wait=lambda x: x,
    )


def jax_library() -> SimpleNamespace:
    """Return JAX's modules. 64-bit types are allowed; all contests say which they want."""
    import jax

    jax.config.update("jax_enable_x64", True)
    return SimpleNamespace(
        api=jax,
        np=jax.numpy,
        lax=jax.lax,
        nn=jax.nn,
        tree_map=jax.tree.map,
        array=jax.device_put,
        wait=jax.block_until_ready,
    )


def autograd_library() -> SimpleNamespace:
    """Return HIPS autograd's modules."""
    import autograd
    import autograd.numpy

    return SimpleNamespace(api=autograd, np=autograd.numpy, array=lambda x: x, wait=lambda x: x)


def torch() -> ModuleType:
    """Import PyTorch, with the threads that were asked for."""
    import torch as module

    module.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return module


def torch_resnet18() -> Any:
    """Return torchvision's ResNet-18, which has no more to it than this."""
    t = torch()
    nn = t.nn

    class BasicBlock(nn.Module):
        def __init__(self, i: int, o: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(i, o, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(o)
            self.relu = nn.ReLU(inplace=True)
            self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(o)
            self.downsample = None
            if stride != 1 or i != o:
                self.downsample = nn.Sequential(
                    nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)
                )

        def forward(self, x: Any) -> Any:
            out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            out += x if self.downsample is None else self.downsample(x)
            return self.relu(out)

    class ResNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.relu = nn.ReLU(inplace=True)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            widths = (64, 64, 128, 256, 512)
            for k in range(1, 5):
                i, o, stride = widths[k - 1], widths[k], 1 if k == 1 else 2
                layer = nn.Sequential(BasicBlock(i, o, stride), BasicBlock(o, o, 1))
                setattr(self, f"layer{k}", layer)
            self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
            self.fc = nn.Linear(512, 1000)

        def forward(self, x: Any) -> Any:
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(t.flatten(self.avgpool(x), 1))

    return ResNet()
