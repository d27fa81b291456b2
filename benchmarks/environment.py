"""What must be settled before a library is imported: threads, processors, precision."""

import os
from dataclasses import dataclass

__all__ = ["MODULES", "Options", "prepare"]

MODULES = (
    "resnet18_stateful",
    "resnet18_functional",
    "depthwise",
    "quadratic",
    "ten_ops",
    "elementwise",
    "rows",
    "per_sample",
    "rosenbrock",
    "rnn",
    "ode",
    "first_result",
    "unrolled",
    "import_time",
    "install_size",
    "memory",
    "accuracy",
)


@dataclass(frozen=True)
class Options:
    """What holds for a run."""

    threads: int = 2
    precision: str = "default"
    seconds: float = 20.0

    @property
    def name(self) -> str:
        """The name of the files with the results."""
        precision = "" if self.precision == "default" else f"-{self.precision}"
        return f"{self.threads}-thread{'s' if self.threads > 1 else ''}{precision}"


def prepare(options: Options) -> None:
    """Set what libraries read when they are imported; child processes inherit it.

    JAX takes as many threads as there are processors that the process may use, whatever the
    variables say, so the process is confined to as many processors as there are threads.
    """
    for library in ("OMP", "OPENBLAS", "MKL", "FUNCTORCH_LITE"):
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    os.environ["FUNCTORCH_LITE_PRECISION"] = options.precision
    os.environ["JAX_PLATFORMS"] = "cpu"
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[: options.threads])
