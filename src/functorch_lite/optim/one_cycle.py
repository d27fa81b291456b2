"""The one-cycle schedule."""

import math
from collections.abc import Sequence
from typing import Any

from .optimizer import Optimizer
from .schedule import LRScheduler

__all__ = ["OneCycleLR"]


class OneCycleLR(LRScheduler):
    """Up to `max_lr` and down to almost nothing, momentum the other way round.

    Source: Smith & Topin 2018, "Super-convergence".

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
    total_steps : int, optional
        Or `epochs` and `steps_per_epoch`.
    pct_start : float
        The fraction of the cycle that goes up.
    anneal_strategy : "cos" or "linear"
    cycle_momentum : bool
        Needs an optimiser with momentum (or betas).
    base_momentum, max_momentum : float
    div_factor, final_div_factor : float
        ``max_lr / div_factor`` at the start, that divided by `final_div_factor` at the end.
    three_phase : bool
        Go down to the initial rate first, and only then to the least.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError(
                    "You must define either total_steps OR (epochs AND steps_per_epoch)"
                )
            total_steps = epochs * steps_per_epoch
        if total_steps <= 0:
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self.total_steps = total_steps
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self._phases = _one_cycle_phases(total_steps, pct_start, three_phase)
        self.use_beta1 = cycle_momentum and "betas" in optimizer.param_groups[0]
        if cycle_momentum and not self.use_beta1 and "momentum" not in optimizer.param_groups[0]:
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        if last_epoch == -1:
            groups = optimizer.param_groups
            peaks = list(max_lr) if isinstance(max_lr, Sequence) else [max_lr] * len(groups)
            for group, peak in zip(groups, peaks, strict=True):
                group["initial_lr"] = peak / div_factor
                group["max_lr"] = peak
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["max_momentum"], group["base_momentum"] = max_momentum, base_momentum
                    self._set_momentum(group, max_momentum)
        super().__init__(optimizer, last_epoch)

    def _set_momentum(self, group: dict[str, Any], value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value

    def _between(self, start: float, end: float, part: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)

    def get_lr(self) -> list[float]:
        """Return the rates of the groups for the present step, and set the momenta."""
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        rates = []
        for group in self.optimizer.param_groups:
            start_step = 0.0
            for i, (end_step, ends) in enumerate(self._phases):
                if step <= end_step or i == len(self._phases) - 1:
                    part = (step - start_step) / (end_step - start_step)
                    lr, momentum = (
                        self._between(group[a], group[b], part) if a in group else None
                        for a, b in (ends[:2], ends[2:])
                    )
                    break
                start_step = end_step
            assert lr is not None
            rates.append(lr)
            if self.cycle_momentum and momentum is not None:
                self._set_momentum(group, momentum)
        return rates


def _one_cycle_phases(
    total: int, pct_start: float, three_phase: bool
) -> list[tuple[float, tuple[str, str, str, str]]]:
    """Return each phase's last step, and between what rate and momentum move in it."""
    up = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
    if three_phase:
        return [
            (pct_start * total - 1, up),
            (2 * pct_start * total - 2, ("max_lr", "initial_lr", "base_momentum", "max_momentum")),
            (total - 1, ("initial_lr", "min_lr", "max_momentum", "max_momentum")),
        ]
    down = ("max_lr", "min_lr", "base_momentum", "max_momentum")
    return [(pct_start * total - 1, up), (total - 1, down)]
