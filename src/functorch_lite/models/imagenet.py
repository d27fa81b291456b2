"""Images for networks trained on ImageNet, and what their outputs are called."""

import functools
from typing import Any

import numpy as np

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "imagenet_classes", "preprocess_imagenet"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@functools.cache
def _classes() -> tuple[str, ...]:
    from importlib import resources  # (imports much)

    text = resources.files(__package__).joinpath("imagenet_classes.txt").read_text("utf-8")
    return tuple(text.splitlines())


def imagenet_classes() -> list[str]:
    """Return the names of the 1000 classes, in the order of the outputs.

    Examples
    --------
    >>> names = imagenet_classes()
    >>> len(names), names[0], names[281]
    (1000, 'tench', 'tabby')
    """
    return list(_classes())


def preprocess_imagenet(image: Any, resize: int = 256, crop: int = 224) -> np.ndarray[Any, Any]:
    """Turn an image into the input of a network, as torchvision's presets do.

    The shorter side is resized to `resize` (bilinear, antialiased), the centre is cropped, and
    channels are normalised with ImageNet's means and deviations.

    Parameters
    ----------
    image : PIL.Image, path, or array of shape (h, w, 3), uint8
    resize, crop : int

    Returns
    -------
    array, shape (3, crop, crop), float32
        One image: add the batch axis with ``x[None]``.

    Examples
    --------
    >>> x = preprocess_imagenet(np.zeros((300, 400, 3), np.uint8))
    >>> x.shape, x.dtype
    ((3, 224, 224), dtype('float32'))
    """
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            "preprocess_imagenet needs Pillow: install functorch-lite[train] or pillow"
        ) from None
    if isinstance(image, Image.Image):
        picture = image
    elif isinstance(image, np.ndarray):
        picture = Image.fromarray(image)
    else:
        with Image.open(image) as opened:
            picture = opened.copy()
    picture = picture.convert("RGB")
    w, h = picture.size
    short = min(w, h)
    size = (
        resize if w == short else int(resize * w / h),
        resize if h == short else int(resize * h / w),
    )
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    left = round((size[0] - crop) / 2.0)
    top = round((size[1] - crop) / 2.0)
    picture = picture.crop((left, top, left + crop, top + crop))
    x: np.ndarray[Any, Any] = np.asarray(picture, np.float32) / np.float32(255.0)
    x = (x - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_STD, np.float32)
    return np.ascontiguousarray(x.transpose(2, 0, 1))
