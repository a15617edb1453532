from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error
from torch import nn

from greenlight_films.importance import (
    LOSSES,
    Entering,
    Entries,
    Estimates,
    Estimator,
    HeldOut,
    Reference,
    Tasks,
)
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP

TOTALS = {
    "mse": mean_squared_error,
    "mae": mean_absolute_error,
    "r2": lambda *given, **how: -r2_score(*given, **how),
    "rmse": root_mean_squared_error,
}
"""What each loss is, by scikit-learn."""


def held_out(
    matrix: np.ndarray,
    dense: np.ndarray | None = None,
    actual: np.ndarray | None = None,
    film: np.ndarray | None = None,
) -> HeldOut:
    """Return rows with the labels of a dense (n_rows, n_labels) matrix, by default with a number and a target of 0."""
    labels, n_rows = sparse.csr_array(matrix), len(matrix)
    dense, actual = np.zeros((n_rows, 1)) if dense is None else dense, np.zeros(n_rows) if actual is None else actual
    return HeldOut(
        torch.from_numpy(dense).float(),
        torch.from_numpy(labels.indices).int(),
        torch.from_numpy(labels.indptr).int(),
        torch.from_numpy(labels.data).float(),
        torch.from_numpy(actual).double(),
        torch.arange(n_rows) if film is None else torch.from_numpy(film),
    )


@dataclass(frozen=True, repr=False)
class Study:
    """Held-out rows, their labels as a dense matrix, and a model."""

    rows: HeldOut
    matrix: np.ndarray
    model: nn.Module

    @property
    def entering(self) -> np.ndarray:
        """Return the weight with which each label would be in each row, (n_rows, n_labels): its own where it is."""
        rule = self.rows.entering
        weight = np.ones(len(self.matrix)) if rule is None else rule.weight[:, 0].numpy()
        return np.where(self.matrix != 0, self.matrix, weight[:, None])

    @property
    def keys(self) -> torch.Tensor:
        """Return what random numbers hang on, (n_labels,)."""
        return torch.arange(self.matrix.shape[1]) * 1009 + 17

    @property
    def entries(self) -> Entries:
        return Entries.of(self.rows)

    def changed(self, **rows) -> "Study":
        """Return the study with other rows."""
        return replace(self, rows=replace(self.rows, **rows))

    def rebuilt(self) -> "Study":
        """Return the study with the labels that the matrix has now."""
        return replace(self, rows=held_out(self.matrix, self.rows.dense.numpy(), self.rows.actual.numpy()))

    def reference(self, loss: str = "mse", **given) -> Reference:
        return Reference.of(self.model, self.rows, LOSSES[loss], **given)

    def values(self, loss: str = "mse", batch_rows: int = 4096, **how) -> Estimates:
        """Return the importance of every label column; `how` goes to the estimator."""
        tasks = self.tasks(loss, batch_rows, **how)
        tasks.run()
        return tasks.together()[0]

    def drawn(self, seeds: Iterable[int], loss: str = "mse", to_unit=lambda scaled: scaled, **how) -> list[Estimates]:
        """Return the importance of every label column by the sample of each seed, without tests."""
        reference, results = self.reference(loss, to_unit=to_unit), []
        for seed in seeds:
            tasks = Tasks(reference, self.keys, Estimator(seed=seed, tests=False, **how))
            tasks.run()
            results.append(tasks.together()[0])
        return results

    def tasks(self, loss: str = "mse", batch_rows: int = 4096, **how) -> Tasks:
        """Return the work of measuring every label column, before it is done."""
        return Tasks(self.reference(loss, batch_rows=batch_rows), self.keys, Estimator(**how))

    def predict(self, matrix: np.ndarray | None = None, dense: np.ndarray | None = None) -> np.ndarray:
        """Run the whole model in float64 on other features."""
        matrix = self.matrix if matrix is None else matrix
        dense = self.rows.dense.numpy() if dense is None else dense
        rows = held_out(matrix, dense)
        model = deepcopy(self.model).double()
        with torch.no_grad():
            return model(rows.dense.double(), rows.labels, rows.offsets, rows.weights.double()).numpy()

    def total(self, loss: str, matrix: np.ndarray | None = None, dense: np.ndarray | None = None) -> float:
        """Return the loss of the whole model on other features."""
        return float(TOTALS[loss](self.rows.actual.numpy(), self.predict(matrix, dense)))

    def effects(self, label: int, loss: str = "mse") -> np.ndarray:
        """Return the loss of each row with a label less that without it, (n_rows,) float64."""
        losses = []
        for weight in (self.entering[:, label], 0):
            matrix = self.matrix.copy()
            matrix[:, label] = weight
            error = self.predict(matrix) - self.rows.actual.numpy()
            losses.append(np.abs(error) if loss == "mae" else error**2)
        return losses[0] - losses[1]

    def expected(self, label: int, loss: str = "mse") -> float:
        """Return the importance of a label by its definition: k / N * (mean effect on all - mean effect on k rows)."""
        effects, carriers = self.effects(label, loss), self.matrix[:, label] != 0
        return float(carriers.mean() * (effects.mean() - effects[carriers].mean()))

    def exchanged(self, label: int, loss: str = "mse") -> np.ndarray:
        """Return how the loss of row i changes that gets row j's entry in a column, (n_rows, n_rows), float64.

        By the rule for the weight of a label that enters a row, it has that one or none.
        """
        n = len(self.matrix)
        matrix, dense = np.repeat(self.matrix, n, axis=0), np.repeat(self.rows.dense.numpy(), n, axis=0)
        given = np.tile(self.matrix[:, label], n)
        matrix[:, label] = given if self.rows.entering is None else self.entering[:, label].repeat(n) * (given != 0)
        error = self.predict(matrix, dense).reshape(n, n) - self.rows.actual.numpy()[:, None]
        losses = np.abs(error) if loss == "mae" else error**2
        return losses - np.diag(losses)[:, None]

    def moved(self, label: int) -> np.ndarray:
        """Return by how much each row moves a column's importance, (n_rows,): as it gets entries and as it gives."""
        changes = self.exchanged(label)
        return changes.mean(0) + changes.mean(1) - 2 * changes.mean()


def label_matrix(n_rows: int, counts: tuple[int, ...], weights: str, random: np.random.Generator) -> np.ndarray:
    """Return (n_rows, n_labels) with so many entries a column; but for `one`, a row with n of them has 1/sqrt(n) each.

    The first row has only the labels that all rows have.
    """
    matrix = np.zeros((n_rows, len(counts)))
    for column, count in zip(matrix.T, counts, strict=True):
        first = int(count < n_rows)
        column[first + random.choice(n_rows - first, count, replace=False)] = 1
    if weights != "one":
        matrix /= np.sqrt(np.maximum(matrix.sum(1, keepdims=True), 1))
    return matrix.astype(np.float32).astype(np.float64)


def mlp(n_dense: int, n_labels: int, *, seed: int = 0, label_std: float = 0.7) -> AdditiveMLP:
    """Return a network whose labels matter."""
    model = AdditiveMLP(n_dense, n_labels, hidden=(16, 8), seed=seed).eval()
    nn.init.normal_(model.first.label_weight, std=label_std, generator=torch.Generator().manual_seed(seed + 1))
    with torch.no_grad():
        model.tail[-1].weight *= 4
    return model


def study_of(
    n_rows: int = 61,
    counts: tuple[int, ...] = (1, 2, 7, 8, 20, 45, 60),
    *,
    weights: str = "one",
    n_dense: int = 3,
    seed: int = 0,
    label_std: float = 0.7,
    rows_a_film: int = 1,
) -> Study:
    """Return random rows with labels of so many rows each, a target of variance 1, and an MLP that knows nothing of it.

    Rows of a film share everything. Weights that are `uneven` follow no rule, those of `root` do.
    """
    random = np.random.default_rng(seed)
    matrix = label_matrix(n_rows, counts, weights, random)
    dense, actual = random.normal(size=(n_rows, n_dense)).astype(np.float32), random.normal(size=n_rows)
    film = np.arange(n_rows).repeat(rows_a_film)
    rows = held_out(matrix[film], dense[film], actual[film], film)
    if weights == "root":
        weight = 1 / np.sqrt((matrix[film] != 0).sum(1, keepdims=True) + 1)
        entering = Entering(torch.zeros(len(counts)).long(), torch.from_numpy(weight).float())
        rows = replace(rows, entering=entering)
    return Study(rows, matrix[film], mlp(n_dense, len(counts), seed=seed, label_std=label_std))


class Linear(nn.Module):
    """A linear model as the contract wants it: the first layer's sum is the prediction."""

    def __init__(self, dense_weight: np.ndarray, label_weight: np.ndarray, bias: float) -> None:
        super().__init__()
        self.first = AdditiveMLP(len(dense_weight), len(label_weight), hidden=(1,)).first
        self.tail = nn.Identity()
        with torch.no_grad():
            self.first.dense_weight[:, 0] = torch.from_numpy(dense_weight)
            self.first.label_weight[: len(label_weight), 0] = torch.from_numpy(label_weight)
            self.first.bias[:] = bias

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        return self.tail(self.first(*features)).squeeze(-1)


def linear_study(matrix: np.ndarray, dense: np.ndarray, actual: np.ndarray) -> Study:
    """Return a linear model fitted to the rows by least squares: its residuals go with no feature."""
    features = np.hstack([dense, matrix, np.ones((len(actual), 1))])
    coefficients = np.linalg.lstsq(features, actual, rcond=None)[0]
    n_dense = dense.shape[1]
    model = Linear(coefficients[:n_dense], coefficients[n_dense:-1], coefficients[-1])
    return Study(held_out(matrix, dense, actual), matrix, model.eval())


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Study]:
    return study_of


@pytest.fixture
def fitted_line() -> Callable[..., Study]:
    return linear_study


@pytest.fixture
def fixed_line() -> Callable[..., Study]:
    """Return a maker of random films and a linear model that was not fitted to them: the number has 1 and 1."""

    def made(n: int, share: np.ndarray, effect: np.ndarray, coef: np.ndarray, seed: int, rows_a_film: int) -> Study:
        random, film = np.random.default_rng(seed), np.arange(n).repeat(rows_a_film)
        matrix, number = (random.random((n, len(share))) < share) * 1.0, random.normal(size=(n, 1))
        actual = matrix @ effect + number[:, 0] + random.normal(size=n)
        model = Linear(np.array([1.0]), coef, 0.0).eval()
        return Study(held_out(matrix[film], number[film], actual[film], film), matrix[film], model)

    return made


@pytest.fixture
def make_rows() -> Callable[..., HeldOut]:
    return held_out


@pytest.fixture
def many(monkeypatch) -> None:
    """Take 100 labels for very many."""
    monkeypatch.setattr("greenlight_films.importance.tasks.MANY_LABELS", 100)


@pytest.fixture
def three_threads() -> Iterator[None]:
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


def stacked(samples: list[Estimates], name: str) -> np.ndarray:
    return np.array([getattr(sample, name).numpy() for sample in samples])
