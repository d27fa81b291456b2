"""Weights in files: reading and writing checkpoints, and downloading them.

All of it deals in names and NumPy arrays. ``load_checkpoint`` reads PyTorch's ``.pth`` files (both
formats) and safetensors without PyTorch; ``save_checkpoint`` writes what ``torch.load`` reads;
``download`` fetches a file into a cache, resumes what broke off and checks its hash.
"""

from ._checkpoint import load_checkpoint as load_checkpoint
from ._checkpoint import load_torch as load_torch
from ._checkpoint import save_checkpoint as save_checkpoint
from ._download import cache_home as cache_home
from ._download import download as download
from ._safetensors import load_safetensors as load_safetensors
from ._safetensors import safetensors_metadata as safetensors_metadata
from ._safetensors import save_safetensors as save_safetensors

__all__ = [
    "cache_home",
    "download",
    "load_checkpoint",
    "load_safetensors",
    "load_torch",
    "safetensors_metadata",
    "save_checkpoint",
    "save_safetensors",
]
