"""Compares this package with an installed JAX, name by name: ``python -m tools.jax_coverage``.

Every public name of `jax.numpy`, `jax.lax`, `jax.random`, `jax.nn` and `jax.scipy` is looked up
here. Functions are called on random inputs in both libraries; values, gradients and vmaps must be
equal to rounding. The result is the table ``docs/jax_coverage.md``.

- `names`: the modules and their public names;
- `case`: what a call is; `samples`: the arrays;
- `cases_*`: one call for each function, by family;
- `compare`: the three comparisons;
- `reasons`: documented differences, and names that are left out;
- `table`: the page.
"""
