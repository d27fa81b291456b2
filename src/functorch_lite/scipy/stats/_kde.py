"""Kernel density estimates: `scipy.stats.gaussian_kde`, differentiable in the data too."""

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...ir import current_source, dtype_of, shape_of, summarize
from ...numpy import _elementwise as el
from ...numpy import linalg as nla
from ...numpy._manipulation import atleast_2d, moveaxis, reshape
from ...numpy._products import matmul
from ...numpy._promotion import as_array, promote_dtypes, promote_inexact
from ...numpy._reductions import sum as _sum
from ...numpy._statistics import cov
from ..linalg import cho_solve
from ..special import logsumexp, ndtr

__all__ = ["gaussian_kde"]


def _points(x: Any, name: str) -> Any:
    x = as_array(x, name)
    x = x if hasattr(x, "shape") else np.asarray(x)
    return atleast_2d(promote_inexact(x, small_ints=False)[0])


class gaussian_kde:
    """Density of points, as a mixture of normal distributions around given ones.

    Parameters
    ----------
    dataset : array of shape (features, points) or (points,)
        The points.
    bw_method : "scott", "silverman", number or callable, optional
        The bandwidth; Scott's rule by default.
    weights : array, optional
        Weights of the points.

    Raises
    ------
    ShapeError
        If weights do not go with the points.

    Examples
    --------
    >>> density = gaussian_kde(np.array([0.0, 1.0, 2.0]))
    >>> density(np.array([1.0])).round(4)
    array([0.3182])
    """

    def __init__(self, dataset: Any, bw_method: Any = None, weights: Any = None) -> None:
        self.dataset = _points(dataset, "gaussian_kde")
        self.d, self.n = shape_of(self.dataset)
        if self.n < 2:
            raise ShapeError(
                f"gaussian_kde needs two points or more, got {self.n} {summarize(current_source())}"
            )
        d = dtype_of(self.dataset)
        if weights is None:
            self.weights: Any = np.full(self.n, 1 / self.n, d)
        else:
            w = as_array(weights, "weights")
            if shape_of(w) != (self.n,):
                raise ShapeError(
                    f"gaussian_kde: {self.n} points, weights {shape_of(w)} {summarize(current_source())}"
                )
            self.weights = w / _sum(w)
        self.neff = 1 / _sum(self.weights * self.weights)
        self.factor = self._bandwidth(bw_method)
        data = cov(self.dataset, rowvar=True, bias=False, aweights=self.weights)
        self.covariance = reshape(data, (self.d, self.d)) * self.factor**2
        self._cholesky = nla.cholesky(self.covariance)

    def _bandwidth(self, method: Any) -> Any:
        exponent = -1.0 / (self.d + 4)
        if method is None or method == "scott":
            return el.power(self.neff, exponent)
        if isinstance(method, str):
            if method != "silverman":
                raise ValueError(
                    f"gaussian_kde: bw_method must be 'scott', 'silverman', a number or a function, "
                    f"got {method!r} {summarize(current_source())}"
                )
            return el.power(self.neff * (self.d + 2.0) / 4.0, exponent)
        return method(self) if callable(method) else method

    @property
    def inv_cov(self) -> Any:
        """The inverse of the kernels' covariance."""
        return cho_solve((self._cholesky, True), np.eye(self.d, dtype=dtype_of(self.covariance)))

    def _log_kernels(self, points: Any, factor: Any, centre: Any) -> Any:
        """Return log densities of each kernel (rows) at each point (columns)."""
        from ...lax.linalg import triangular_solve

        p, c, f = promote_dtypes(points, centre, factor)
        if shape_of(p)[0] != self.d and shape_of(p) == (1, self.d):
            p = reshape(p, (self.d, 1))
        if shape_of(p)[0] != self.d:
            raise ShapeError(
                f"gaussian_kde: points have {shape_of(p)[0]} features, the data {self.d} "
                f"{summarize(current_source())}"
            )
        white = lambda x: triangular_solve(f, x, left_side=True, lower=True)  # noqa: E731
        gaps = white(c)[:, :, None] - white(p)[:, None, :]
        i = np.arange(self.d)
        scale = _sum(el.log(f[i, i])) + self.d / 2 * np.log(2 * np.pi)
        return -0.5 * _sum(gaps * gaps, 0) - scale

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density at points (features, points)."""
        kernels = self._log_kernels(_points(x, "points"), self._cholesky, self.dataset)
        return logsumexp(kernels, axis=0, b=self.weights[:, None])

    def evaluate(self, points: Any) -> Any:
        """Return the density at points (features, points)."""
        kernels = self._log_kernels(_points(points, "points"), self._cholesky, self.dataset)
        return matmul(self.weights, el.exp(kernels))

    __call__ = pdf = evaluate

    def _integral(self, mean: Any, covariance: Any) -> Any:
        """Return each kernel's product with normal densities, integrated."""
        total = nla.cholesky(self.covariance + covariance)
        return el.exp(self._log_kernels(mean, total, self.dataset))

    def integrate_gaussian(self, mean: Any, cov: Any) -> Any:
        """Return the integral of the density times a normal density."""
        m = reshape(as_array(mean), (self.d, 1))
        c = reshape(as_array(cov), (self.d, self.d))
        return matmul(self.weights, self._integral(m, c))[0]

    def integrate_kde(self, other: "gaussian_kde") -> Any:
        """Return the integral of the product with another estimate."""
        kernels = self._integral(other.dataset, other.covariance)
        return matmul(matmul(self.weights, kernels), other.weights)

    def integrate_box_1d(self, low: Any, high: Any) -> Any:
        """Return the probability of an interval."""
        if self.d != 1:
            raise ShapeError(
                f"integrate_box_1d is for one feature, the data have {self.d} "
                f"{summarize(current_source())}"
            )
        sigma = self._cholesky[0, 0]
        at = lambda x: ndtr((x - self.dataset[0]) / sigma)  # noqa: E731
        return matmul(self.weights, at(high) - at(low))

    def resample(self, key: Any, shape: tuple[int, ...] = ()) -> Any:
        """Draw points of shape (features, *shape)."""
        from ... import random

        which, noise = random.split(key)
        index = random.choice(which, self.n, shape, p=self.weights)
        steps = random.multivariate_normal(
            noise, np.zeros(self.d), self.covariance, shape, dtype_of(self.dataset)
        )
        return self.dataset[:, index] + moveaxis(steps, -1, 0)
