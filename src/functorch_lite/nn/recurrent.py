"""Recurrent layers and their cells, with PyTorch's parameters."""

import math
from typing import Any

from ..stateful.creation import empty, zeros
from ..stateful.joining import cat, stack
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]


def _rnn_step(act: Any, x: Any, h: Any, w: Any) -> Any:
    return act(F.linear(x, w[0], w[2]) + F.linear(h, w[1], w[3]))


def _lstm_step(x: Any, state: Any, w: Any) -> Any:
    h, c = state
    i, f, g, o = (F.linear(x, w[0], w[2]) + F.linear(h, w[1], w[3])).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def _gru_step(x: Any, h: Any, w: Any) -> Any:
    ir, iz, i_new = F.linear(x, w[0], w[2]).chunk(3, -1)
    hr, hz, h_new = F.linear(h, w[1], w[3]).chunk(3, -1)
    update = (iz + hz).sigmoid()
    new = (i_new + (ir + hr).sigmoid() * h_new).tanh()
    return new + update * (h - new)


class _Recurrent(Module):
    """What cells and layers share: weights in gates, uniform in 1 / sqrt(hidden_size)."""

    gates = 1

    def _add_weights(self, in_size: int, hidden: int, bias: bool, suffix: str, dtype: Any) -> None:
        """Add the weights of one step."""
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (in_size,), "weight_hh": (hidden,)}
        shapes |= {"bias_ih": (), "bias_hh": ()} if bias else {}
        for name, rest in shapes.items():
            p = Parameter(empty(self.gates * hidden, *rest, dtype=dtype))
            self.register_parameter(f"{name}{suffix}", p)

    def _weights(self, suffix: str) -> list[Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [getattr(self, f"{n}{suffix}") if self.bias or n[0] == "w" else None for n in names]

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def _step(self, x: Any, state: Any, weights: list[Any]) -> Any:
        """Return the next state; for an LSTM a pair."""
        raise NotImplementedError


class _Cell(_Recurrent):
    """One step of a recurrent layer."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self._add_weights(input_size, hidden_size, bias, "", dtype)
        if not bias:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)
        self.reset_parameters()

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Return the next state of (n, features) or (features,) inputs."""
        if hx is None:
            hx = _zero_state(self, input, (*input.shape[:-1], self.hidden_size))
        return self._step(input, hx, self._weights(""))

    def extra_repr(self) -> str:
        """Return what repr shows."""
        shown = f"{self.input_size}, {self.hidden_size}"
        shown += "" if self.bias else f", bias={self.bias}"
        other = getattr(self, "nonlinearity", "tanh")
        return shown if other == "tanh" else f"{shown}, nonlinearity={other}"


def _zero_state(module: Any, input: Any, shape: tuple[int, ...]) -> Any:
    """Return the state to begin with."""
    zero = zeros(shape, dtype=input.dtype)
    return (zero, zero) if module.gates == 4 else zero


class _Layer(_Recurrent):
    """Cells run over a sequence, in several layers, forwards and perhaps backwards too."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if not 0 <= dropout <= 1:
            raise ValueError("dropout should be a number in range [0, 1]")
        if hidden_size <= 0 or num_layers <= 0:
            raise ValueError("hidden_size and num_layers must be greater than zero")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        ways = 2 if bidirectional else 1
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                size = input_size if layer == 0 else hidden_size * ways
                self._add_weights(size, hidden_size, bias, suffix, dtype)
        self.reset_parameters()

    def _suffixes(self, layer: int) -> list[str]:
        both = [f"_l{layer}", f"_l{layer}_reverse"]
        return both if self.bidirectional else both[:1]

    def _run(self, x: Any, state: Any, weights: list[Any], backwards: bool) -> tuple[Any, Any]:
        """Run one layer one way over (length, n, features)."""
        outs = []
        steps = range(x.shape[0])
        for t in reversed(steps) if backwards else steps:
            state = self._step(x[t], state, weights)
            outs.append(state[0] if isinstance(state, tuple) else state)
        return stack(outs[::-1] if backwards else outs), state

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Return the outputs of the last layer and the final states of all.

        Parameters
        ----------
        input : Tensor, shape (length, n, input_size)
            (n, length, input_size) with ``batch_first``; without n for a single sequence.
        hx : Tensor, shape (num_layers * directions, n, hidden_size), optional
            The states to begin with; a pair for an LSTM; zeros by default.
        """
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{input.shape[-1]}"
            )
        single = input.ndim == 2
        x = input.unsqueeze(1) if single else input.transpose(0, 1) if self.batch_first else input
        ways = 2 if self.bidirectional else 1
        if hx is None:
            hx = _zero_state(self, x, (self.num_layers * ways, x.shape[1], self.hidden_size))
        elif single:
            hx = _each(lambda h: h.unsqueeze(1), hx)
        finals = []
        for layer in range(self.num_layers):
            outs = []
            for way, suffix in enumerate(self._suffixes(layer)):
                k = layer * ways + way
                start = _each(lambda h, k=k: h[k], hx)
                out, final = self._run(x, start, self._weights(suffix), way == 1)
                outs.append(out)
                finals.append(final)
            x = cat(outs, -1) if ways == 2 else outs[0]
            if self.dropout and layer + 1 < self.num_layers:
                x = F.dropout(x, self.dropout, self.training)
        last = (
            tuple(stack(list(part)) for part in zip(*finals, strict=True))
            if isinstance(finals[0], tuple)
            else stack(finals)
        )
        if single:
            return x.squeeze(1), _each(lambda h: h.squeeze(1), last)
        return x.transpose(0, 1) if self.batch_first else x, last

    def extra_repr(self) -> str:
        """Return what repr shows."""
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        usual |= {"bidirectional": False}
        options = [f"{k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *options])


def _each(f: Any, state: Any) -> Any:
    """Apply a function to a state, or to both parts of a pair."""
    return tuple(f(s) for s in state) if isinstance(state, tuple | list) else f(state)


class _Elman(_Recurrent):
    """A step of a plain recurrent network."""

    nonlinearity = "tanh"

    def _step(self, x: Any, state: Any, weights: list[Any]) -> Any:
        return _rnn_step(F.relu if self.nonlinearity == "relu" else F.tanh, x, state, weights)

    def _choose(self, nonlinearity: str) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        self.nonlinearity = nonlinearity


class RNNCell(_Elman, _Cell):
    """One step of a plain recurrent network: ``tanh(W x + b + V h + c)``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self._choose(nonlinearity)


class RNN(_Elman, _Layer):
    """A plain recurrent network (Elman 1990)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        options = (num_layers, bias, batch_first, dropout, bidirectional, device, dtype)
        super().__init__(input_size, hidden_size, *options)
        self._choose(nonlinearity)


class LSTMCell(_Cell):
    """One step of a long short-term memory; the state is a pair (h, c)."""

    gates = 4

    def _step(self, x: Any, state: Any, weights: list[Any]) -> Any:
        return _lstm_step(x, state, weights)


class LSTM(_Layer):
    """A long short-term memory (Hochreiter & Schmidhuber 1997).

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
    bias : bool
    batch_first : bool
        Whether inputs are (n, length, features) rather than (length, n, features).
    dropout : float
        Between the layers, in training.
    bidirectional : bool
        Run over the sequence backwards too, and join the outputs.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> out, (h, c) = fl.nn.LSTM(3, 5, num_layers=2)(fl.rand(7, 4, 3))
    >>> out.shape, h.shape, c.shape
    ((7, 4, 5), (2, 4, 5), (2, 4, 5))
    """

    gates = 4

    def _step(self, x: Any, state: Any, weights: list[Any]) -> Any:
        return _lstm_step(x, state, weights)


class GRUCell(_Cell):
    """One step of a gated recurrent unit."""

    gates = 3

    def _step(self, x: Any, state: Any, weights: list[Any]) -> Any:
        return _gru_step(x, state, weights)


class GRU(_Layer):
    """A gated recurrent unit (Cho et al. 2014)."""

    gates = 3

    def _step(self, x: Any, state: Any, weights: list[Any]) -> Any:
        return _gru_step(x, state, weights)
