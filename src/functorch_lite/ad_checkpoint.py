"""Rematerialisation, under the names of `jax.ad_checkpoint`."""

from .transforms import checkpoint, checkpoint_name, checkpoint_policies

remat = checkpoint

__all__ = ["checkpoint", "checkpoint_name", "checkpoint_policies", "remat"]
