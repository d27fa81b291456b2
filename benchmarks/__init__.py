"""Speed, memory and accuracy against the peers that are installed: ``python -m benchmarks``.

One module a question, each with `contests()`; `harness` measures, `results` writes tables, JSON
and the plot. ``python -m benchmarks --help`` lists the modules.
"""
