"""The measurement of importance and its peers; how fast anything is, no test asserts."""

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.benchmarks import importance
from greenlight_films.benchmarks.importance import (
    FEW,
    DenseModel,
    captum,
    encode,
    held_out,
    notebook,
    sklearn,
)
from greenlight_films.datamodules import EncodedFilms
from greenlight_films.datamodules.features import Category, Labels
from greenlight_films.importance import Estimator, HeldOut

CPU = torch.device("cpu")


@pytest.fixture
def encoded(films_frame: pd.DataFrame) -> EncodedFilms:
    return encode(films_frame, [Labels("genre"), Labels("cast"), Category("company")])


@pytest.fixture
def rows(encoded) -> HeldOut:
    return held_out(encoded)


def matrix_of(rows: HeldOut, n_labels: int) -> torch.Tensor:
    matrix = torch.zeros(rows.n_rows, n_labels)
    matrix[rows.rows_of_entries(), rows.labels.long()] = rows.weights
    return matrix


def test_a_fifth_of_the_rows_is_held_out_each_once(encoded, rows):
    assert rows.n_rows == 203 // 5
    assert rows.n_films == rows.n_rows
    held = matrix_of(rows, encoded.labels.shape[1])
    known = {tuple(line) for line in encoded.labels.toarray().tolist()}
    assert {tuple(line) for line in held.tolist()} <= known
    assert len({tuple(line) for line in held.tolist()}) > 30
    assert rows.actual.std() > 0.5


@pytest.mark.parametrize("n_repeats", [1, 2, 5])
def test_ours_counts_the_rows_that_it_updates(encoded, rows, n_repeats):
    n_labels, n_entries = encoded.labels.shape[1], len(rows.labels)
    work = importance.run(rows, n_labels, Estimator("shuffle", n_repeats=n_repeats), CPU)
    on_all_rows = importance.run(rows, n_labels, Estimator("expected", off_rows="all"), CPU)
    # Each row that loses a label once, and each that gets one in each repeat, but where it had it before.
    assert n_entries < work() <= n_entries * (1 + n_repeats)
    assert on_all_rows() == len(torch.unique(rows.labels)) * rows.n_rows


class Counting(DenseModel):
    """Counts its forward passes."""

    passes = 0

    def loss(self, features: torch.Tensor, actual: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        assert features.shape == (40, self.n_features)
        return super().loss(features, actual)


@pytest.mark.parametrize(("peer", "passes"), [(notebook, FEW), (sklearn, 2 * FEW + 1), (captum, FEW + 2)])
def test_a_peer_is_timed_on_a_few_columns(encoded, rows, peer, passes):
    n_labels = encoded.labels.shape[1]
    model, matrix = Counting(n_labels, CPU), matrix_of(rows, n_labels)
    seconds = peer(model, matrix, rows.actual.float())
    assert n_labels > 2 * FEW
    assert model.passes == passes
    assert seconds > 0
    assert torch.equal(matrix, matrix_of(rows, n_labels))


@pytest.mark.slow
def test_the_figures_of_a_table(tmp_path):
    random, people = np.random.default_rng(0), tmp_path / "people.csv"
    table = {
        "category": random.choice(["actor", "writer"], 200),
        "employee": [f"nm{person}" for person in random.integers(0, 50, 200)],
        "ProductionCompanies": random.choice(["Acme", "Acme, Gaumont", "Pathé"], 200),
    }
    pd.DataFrame(table).to_csv(people, index=False)
    result = importance.measure(people, (32, 64), with_films=False, n_large=600)
    assert {
        *(f"{name}_seconds" for name in ("ours", "notebook", "sklearn", "captum")),
        *(f"ratio_{name}" for name in ("notebook", "sklearn", "captum")),
        *("updates_per_second", "matmul_fraction", "growth", "peak_megabytes", "device"),
    } <= set(result)
    assert (result["table"], result["rows"]) == ("people.csv", 40)
    assert result["columns"] == 2 + len(set(table["employee"])) + 3  # Gaumont comes second
    slowest, fastest = max(result["growth_seconds"].values()), min(result["growth_seconds"].values())
    assert list(result["growth_seconds"]) == ["3e+01", "6e+01"]
    assert result["growth"] == pytest.approx(slowest / fastest, rel=0.05)
    large = result["large"]
    assert (large["films"], large["carriers"]) == (600, 9000)
    assert large["seconds"] > 0
    assert 0 < large["error_beside_64_rows"]["median"] < 1


def test_generated_films_have_each_label_once_by_zipfs_law():
    rows = importance.generated(4000, 300, 15, exponent=1, n_dense=2)
    labels = rows.labels.view(4000, 15)
    assert (labels.sort(1).values.diff() > 0).all()
    assert rows.dense.shape == (4000, 2)
    counts = torch.bincount(rows.labels.long(), minlength=300).sort(descending=True).values.double()
    harmonic = sum(1 / rank for rank in range(1, 21))  # 15 parts of 20 labels
    shares = [counts[15 * rank : 15 * rank + 15].mean() / 4000 * harmonic * (rank + 1) for rank in (0, 1, 2, 9, 19)]
    np.testing.assert_allclose(shares, 1, rtol=0.15)  # the last ones are the rarest by chance, too
    even = torch.bincount(importance.generated(4000, 300, 15, exponent=0).labels.long(), minlength=300)
    assert even.min() > 130
