"""ResNet-18 with pretrained weights where they can be had, and saying so where they cannot."""

from typing import Any

__all__ = ["load_resnet18"]


def load_resnet18(download: bool) -> tuple[Any, bool]:
    """Return ResNet-18 and whether its weights are the pretrained ones.

    Parameters
    ----------
    download : bool
        Take the weights from the cache or from the network; if neither has them, print why and
        go on with random weights.
    """
    from .. import models
    from ..errors import DownloadError

    if download:
        try:
            return models.resnet18(pretrained=True), True
        except DownloadError as e:
            print(f"The pretrained weights cannot be had here: {e}")
    print("Going on with random weights, initialised as for training from scratch.")
    return models.resnet18(), False
