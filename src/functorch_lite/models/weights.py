"""Where pretrained weights come from."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["BASE_URL_VARIABLE", "load_weights", "weights_url"]

BASE_URL_VARIABLE = "FUNCTORCH_LITE_WEIGHTS_URL"
_BASE_URL = "https://download.pytorch.org/models"
# torchvision's files; each name carries the first digits of the file's SHA-256.
_FILES = {
    "resnet18": {"IMAGENET1K_V1": "resnet18-f37072fd.pth", "DEFAULT": "resnet18-f37072fd.pth"},
    "resnet34": {"IMAGENET1K_V1": "resnet34-b627a593.pth", "DEFAULT": "resnet34-b627a593.pth"},
    "resnet50": {
        "IMAGENET1K_V1": "resnet50-0676ba61.pth",
        "IMAGENET1K_V2": "resnet50-11ad3fa6.pth",
        "DEFAULT": "resnet50-11ad3fa6.pth",
    },
}
# An earlier upload of the same weights, accepted by name.
_EARLIER = {"resnet18": ("resnet18-5c106cde.pth",)}


def weights_url(file: str) -> str:
    """Return where a file of weights is downloaded from.

    The environment variable FUNCTORCH_LITE_WEIGHTS_URL names another host or folder.
    """
    return f"{os.environ.get(BASE_URL_VARIABLE, _BASE_URL).rstrip('/')}/{file}"


def load_weights(name: str, weights: str | os.PathLike[str], progress: bool) -> Mapping[str, Any]:
    """Return the state of a named network.

    Parameters
    ----------
    name : str
        "resnet18" ...
    weights : str or path
        "IMAGENET1K_V1", "DEFAULT" (the best there are, as in torchvision), the name of one of torchvision's files, or a path.
    progress : bool
        Show a progress bar while downloading.
    """
    from ..io import download, load_checkpoint

    wanted = os.fspath(weights)
    wanted = wanted.rpartition("Weights.")[2] if "Weights." in wanted else wanted
    known = _FILES[name]
    if wanted in known:
        file = known[wanted]
    elif Path(wanted).exists():
        return load_checkpoint(wanted)
    elif wanted in (*known.values(), *_EARLIER.get(name, ())):
        file = wanted
    else:
        raise FileNotFoundError(
            f"{wanted!r} is neither a file nor known weights of {name}: use "
            f"{', '.join(sorted(known))} or a path"
        )
    prefix = file.rpartition("-")[2].partition(".")[0]
    return load_checkpoint(download(weights_url(file), file, prefix, progress=progress))
