"""`additive_of`: a model of scikit-learn or torch as an additive first layer and a tail, where it has such a layer."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from torch import Tensor, nn
from torch.nn import functional as F

from greenlight_films.importance.reference import LinearLayer, LinearModel, Tail
from greenlight_films.importance.request import exchanged

ACTIVATIONS = {
    "identity": lambda sums: sums,
    "relu": torch.relu,
    "tanh": torch.tanh,
    "logistic": torch.sigmoid,
    "exp": torch.exp,
}


RINGS, FEW_ROWS = 3, 2_000
"""Ways to move rows to find what an encoded column depends on; of more rows than these a single one shows it."""


@dataclass(frozen=True)
class Additive:
    """A model's predictions as `to_unit(tail(encoded @ weight + bias))`.

    Attributes:
        name: the class of the model inside all wrappers.
        encoded: (n_rows, n_encoded) floats, an array or CSR: X after the steps of a Pipeline.
        weight: (n_encoded, width).
        to_unit: from the tail's output to the target's unit.
        sources: (n_encoded,) of each encoded column the column of X that it depends on, -1 where all rows have the
            same value.
        names: of the encoded columns; None where X is not encoded.
    """

    name: str
    encoded: Any
    weight: Tensor
    bias: Tensor
    tail: Tail
    to_unit: Tail
    sources: np.ndarray
    names: list[str] | None

    def split(self, labels: np.ndarray, dense: np.ndarray) -> LinearModel:
        """Return the model with these encoded columns as labels and as numbers; both int64."""
        padded = F.pad(self.weight, (0, 0, 0, 1))  # a row more, so that there is a matrix without any label
        label_weight = padded[torch.from_numpy(np.append(labels, len(self.weight)))]
        return LinearModel(LinearLayer(self.weight[torch.from_numpy(dense)], label_weight, self.bias), self.tail)

    @torch.inference_mode()
    def predict(self, encoded: Any) -> np.ndarray:
        """Return predictions of encoded rows in the target's unit, (n,) float64."""
        sums = torch.from_numpy(np.asarray(encoded @ self.weight.cpu().numpy())).to(self.weight) + self.bias
        return self.to_unit(self.tail(sums).squeeze(-1).double()).cpu().numpy()


def additive_of(model: Any, rows: Any) -> Additive | str:
    """Return the model as an additive first layer and a tail on the rows of X, or the reason why it can't be one.

    Raises:
        ValueError: X has not as many columns as the first layer, or others than numbers.
    """
    steps, to_unit, core = _unwrapped(model)
    name, layer = type(core).__name__, _first_layer(core)
    if layer is None:
        return f"{name} has no additive first layer"
    weight, bias, tail = layer
    encoded = _encoded(steps, rows)
    if encoded.shape[1] != len(weight):
        raise ValueError(f"X must have {len(weight):,} columns, as {name} was trained on, got {encoded.shape[1]:,}")
    if not steps:
        return Additive(name, encoded, weight, bias, tail, to_unit, np.arange(len(weight)), None)
    sources = _sources(steps, rows, encoded)
    if sources is None:
        return "the Pipeline makes columns that depend on several columns of X"
    return Additive(name, encoded, weight, bias, tail, to_unit, sources, _names(steps, len(weight)))


def _unwrapped(model: Any) -> tuple[list[Any], Tail, Any]:
    """Return a Pipeline's steps before the model, what brings its predictions to the target's unit, and the model."""
    if hasattr(model, "best_estimator_"):
        return _unwrapped(model.best_estimator_)
    if isinstance(model, Pipeline):
        steps, inner, core = _unwrapped(model.steps[-1][1])
        return [step for _, step in model.steps[:-1] if step not in (None, "passthrough")] + steps, inner, core
    if not isinstance(model, TransformedTargetRegressor):
        return [], lambda predicted: predicted, model
    steps, inner, core = _unwrapped(model.regressor_)

    def to_unit(predicted: Tensor) -> Tensor:
        if not len(predicted):  # which scikit-learn refuses
            return predicted
        raw = model.transformer_.inverse_transform(inner(predicted).cpu().numpy().reshape(-1, 1))
        return torch.from_numpy(np.array(raw, np.float64).ravel()).to(predicted.device)

    return steps, to_unit, core


def is_additive_network(model: Any) -> bool:
    """Return whether it is a `torch.nn.Sequential` that begins with `nn.Linear`, and does nothing but run its steps."""
    is_plain = isinstance(model, nn.Sequential) and type(model).forward is nn.Sequential.forward
    return is_plain and len(model) > 0 and isinstance(model[0], nn.Linear)


def _first_layer(model: Any) -> tuple[Tensor, Tensor, Tail] | None:
    """Return the first layer's weight, (n_columns, width), its bias, (width,), and the tail."""
    if is_additive_network(model):
        return _layer_of_network(model)
    if isinstance(model, MLPRegressor) and model.n_outputs_ == 1:
        layers = [(torch.tensor(w), torch.tensor(b)) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]

        def tail(sums: Tensor) -> Tensor:
            for weight, bias in layers[1:]:
                sums = ACTIVATIONS[model.activation](sums) @ weight + bias
            return ACTIVATIONS[model.out_activation_](sums)

        return layers[0][0], layers[0][1], tail
    coef = np.asarray(getattr(model, "coef_", []))
    if not coef.size or coef.size != coef.shape[-1] or not hasattr(model, "intercept_"):  # or several targets
        return None
    bias = torch.tensor(np.ravel(model.intercept_)[:1], dtype=torch.from_numpy(coef).dtype)
    return torch.tensor(coef.reshape(-1, 1)), bias, lambda sums: sums


def _layer_of_network(model: nn.Sequential) -> tuple[Tensor, Tensor, Tail]:
    """Return what `_first_layer` does of a network in eval mode; in float32 where its own numbers have less.

    Raises:
        ValueError: it predicts other than a number a row.
    """
    first, *others = deepcopy(model).eval()
    assert isinstance(first, nn.Linear)
    tail = nn.Sequential(*others)
    if first.weight.dtype in (torch.bfloat16, torch.float16):  # in which differences of losses vanish
        first, tail = first.float(), tail.float()
    weight = first.weight.detach()
    with torch.inference_mode():
        predicted = tail(weight.new_zeros(2, len(weight)))
    got = f"shape {tuple(predicted.shape)}" if isinstance(predicted, Tensor) else type(predicted).__name__
    if got not in ("shape (2,)", "shape (2, 1)"):
        raise ValueError(f"model must predict one number a row, got {got} for 2 rows: end in nn.Linear(..., 1)")
    bias = weight.new_zeros(len(weight)) if first.bias is None else first.bias.detach()
    return weight.T.contiguous(), bias, tail


def _encoded(steps: list[Any], rows: Any) -> Any:
    for step in steps:
        rows = step.transform(rows)
    if sparse.issparse(rows):
        return sparse.csr_array(rows)
    try:
        return np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError):
        types = ", ".join(dict.fromkeys(map(str, rows.dtypes if isinstance(rows, pd.DataFrame) else [rows.dtype])))
        encoder = "put a ColumnTransformer that encodes them before the model, in a Pipeline"
        raise ValueError(f"X must hold numbers alone, got columns of {types}: {encoder}") from None


def _sources(steps: list[Any], rows: Any, encoded: Any) -> np.ndarray | None:
    """Return `Additive.sources`; None where an encoded column depends on several columns of X.

    Half of X's columns are moved to other rows, and then the other half: an encoded column that depends on a single
    column of X, and isn't constant, changes once. With a half for each bit of a column's index, it spells the index.
    The rows are moved in a ring of random order. Any ring changes a column that isn't constant; a random one also
    changes what is made of several columns where neighbouring rows are alike, as in a sorted table.
    """
    index, generator = np.arange(rows.shape[1]), np.random.default_rng(RINGS)
    rings = [_ring(generator, rows.shape[0]) for _ in range(RINGS if rows.shape[0] <= FEW_ROWS else 1)]
    sources, varies = (np.zeros(encoded.shape[1], dtype) for dtype in (np.int64, bool))
    for bit in range(max(1, (len(index) - 1).bit_length())):
        first, second = (np.zeros(encoded.shape[1], bool) for _ in range(2))
        for ring in rings:
            for value, changed in enumerate((first, second)):
                moved = _encoded(steps, exchanged(rows, np.flatnonzero(index >> bit & 1 == value), ring)) != encoded
                changed |= np.asarray(moved.sum(0)).ravel() > 0
            if (first & second).any():
                return None
        sources += second << bit
        varies |= first | second
    return np.where(varies, sources, -1)


def _ring(generator: np.random.Generator, n_rows: int) -> np.ndarray:
    """Return for each row another one, (n_rows,) int64; from row to row, all are passed before the first comes again.

    >>> _ring(np.random.default_rng(0), 2).tolist()
    [1, 0]
    """
    order = generator.permutation(n_rows)
    ring = np.empty_like(order)
    ring[order] = np.roll(order, 1)
    return ring


def _names(steps: list[Any], n_encoded: int) -> list[str]:
    """Return the encoded columns' names, or numbers where a step doesn't name what it makes."""
    try:
        return list(map(str, Pipeline(list(enumerate(steps))).get_feature_names_out()))
    except (AttributeError, ValueError):
        return [f"column {index}" for index in range(n_encoded)]
