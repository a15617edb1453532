"""Permutation importance of every label column against the loops that people run: the notebook's, and two libraries'.

    python -m benchmarks.importance [TABLE]

On the people table (`../shared/data/Movies_Parties_cat_BIG.csv`, or TABLE) where it is there, else on the embedded
films: one-hot columns of all rows, a fifth of the rows held out, an MLP 128-64, 2 shuffles of each column. The peers
are timed on a few columns and multiplied out. They have no p-values and intervals: ours are timed without them too, and
with them on the embedded films and on a million generated films with a million labels. Weights are the initial ones.
"""

import json
import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
import torch
from captum.attr import FeaturePermutation
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import permutation_importance
from torch import Tensor, nn

from greenlight_films.benchmarks.stopwatch import seconds_of
from greenlight_films.datamodules import Category, EncodedFilms, Feature, FilmEncoder, FilmRows, Labels, read_table
from greenlight_films.importance import LOSSES, Estimator, HeldOut, Reference, Tasks
from greenlight_films.importance.reference import BATCH_ROWS
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP

PEOPLE = Path("../shared/data/Movies_Parties_cat_BIG.csv")
PEOPLE_FEATURES: list[Feature[Any]] = [
    Category("category"),
    Category("employee", other=None),
    Labels("ProductionCompanies", positions=9),
]
FILM_FEATURES: list[Feature[Any]] = [
    Labels(column) for column in ("Genre", "Director", "Writer", "Cast", "Language", "Country", "Production")
]
HIDDEN = (128, 64)
SIZES = (10**3, 10**4, 10**5, 10**6)
LARGE, IN_ROW, N_DENSE = 10**6, 15, 5  # generated films and as many labels; labels and numbers of each
FEW = 4  # columns that a peer is timed on


class Enough(Exception):
    """A peer has been timed on a few columns."""


def held_out(encoded: EncodedFilms) -> HeldOut:
    """Take a random fifth of the rows, with random targets."""
    n_rows = len(encoded.dense)
    rows = np.random.default_rng(42).permutation(n_rows)[: n_rows // 5]
    batch = FilmRows(encoded, np.zeros(n_rows))[rows.tolist()]
    actual = torch.randn(len(rows), dtype=torch.float64, generator=torch.Generator().manual_seed(42))
    return HeldOut(batch.dense, batch.labels, batch.offsets, batch.weights, actual, torch.arange(len(rows)))


def encode(table: pd.DataFrame, features: list[Feature[Any]]) -> EncodedFilms:
    """Return one-hot columns of whatever stands in any row."""
    return FilmEncoder(features).fit_encode(table, np.arange(len(table)))


def run(rows: HeldOut, n_labels: int, estimator: Estimator, device: torch.device) -> Callable[[], int]:
    """Return what measures every label column and says how many rows it updated."""
    model = AdditiveMLP(rows.dense.shape[1], n_labels, HIDDEN).eval().to(device)
    rows = rows.to(device)
    keys = torch.arange(n_labels, device=device)

    def work() -> int:
        tasks = Tasks(Reference.of(model, rows, LOSSES["mse"]), keys, estimator)
        tasks.run()
        tasks.together()  # on the CPU: a GPU has finished
        return sum(result.updates for result in tasks.results)

    return work


class DenseModel(RegressorMixin, BaseEstimator):  # type: ignore[misc] # untyped
    """The notebook's network on a one-hot matrix, also as an estimator."""

    def __init__(self, n_features: int, device: torch.device) -> None:
        self.n_features = n_features
        self.device = device
        layers = [nn.Linear(n_features, HIDDEN[0]), nn.ReLU(), nn.Linear(*HIDDEN), nn.ReLU(), nn.Linear(HIDDEN[1], 1)]
        self.network = nn.Sequential(*layers).eval().to(device)

    def fit(self, features: Any, actual: Any) -> "DenseModel":
        return self

    @torch.inference_mode()
    def loss(self, features: Tensor, actual: Tensor) -> Tensor:
        return ((self.network(features).squeeze(-1) - actual) ** 2).mean()


def notebook(model: DenseModel, features: Tensor, actual: Tensor) -> float:
    """Return seconds a column and shuffle: clone, shuffle one column, full forward pass."""
    start = perf_counter()
    for column in range(FEW):
        shuffled = features.clone()
        shuffled[:, column] = shuffled[torch.randperm(len(features), device=features.device), column]
        model.loss(shuffled, actual).item()
    return (perf_counter() - start) / FEW


def sklearn(model: DenseModel, features: Tensor, actual: Tensor) -> float:
    """Return seconds a column and shuffle of scikit-learn's function, which is left after a few columns."""
    times: list[float] = []

    def score(estimator: DenseModel, matrix: np.ndarray, targets: np.ndarray) -> float:
        loss = estimator.loss(torch.from_numpy(matrix).to(estimator.device), actual).item()
        times.append(perf_counter())
        if len(times) > 2 * FEW:
            raise Enough
        return -loss

    with suppress(Enough):
        permutation_importance(model, features.cpu().numpy(), actual.cpu().numpy(), scoring=score, n_repeats=2)
    return (times[-1] - times[0]) / (2 * FEW)


def captum(model: DenseModel, features: Tensor, actual: Tensor) -> float:
    """Return seconds a column and shuffle of captum's class: a few columns, and all others as one."""
    mask = torch.full((1, features.shape[1]), FEW, device=features.device)
    mask[0, :FEW] = torch.arange(FEW, device=features.device)
    start = perf_counter()
    FeaturePermutation(lambda matrix: model.loss(matrix, actual)).attribute(features, feature_mask=mask).sum().item()
    return (perf_counter() - start) / (FEW + 2)  # the model as it is, each of the few, and the others


def generated(n_rows: int, n_labels: int, in_row: int, exponent: float, n_dense: int = 0) -> HeldOut:
    """Return random films with so many labels each, whose frequencies follow Zipf's law; 0: all are as frequent.

    Each film takes its labels from as many equal parts of them, so that none comes twice.
    """
    generator, part = torch.Generator().manual_seed(0), n_labels // in_row
    ends = (torch.arange(1, part + 1, dtype=torch.float64) ** -exponent).cumsum(0)
    scattered, labels = torch.randperm(part * in_row, generator=generator).int(), torch.empty(n_rows, in_row).int()
    for number in range(in_row):
        drawn = torch.rand(n_rows, dtype=torch.float64, generator=generator) * ends[-1]
        labels[:, number] = scattered[torch.searchsorted(ends, drawn).clamp(max=part - 1) + part * number]
    return HeldOut(
        torch.randn(n_rows, n_dense, generator=generator),
        labels.flatten(),
        torch.arange(0, n_rows * in_row + 1, in_row, dtype=torch.int32),
        torch.ones(n_rows * in_row),
        torch.randn(n_rows, dtype=torch.float64, generator=generator),
        torch.arange(n_rows),
    )


def growth(device: torch.device, sizes: Sequence[int]) -> dict[str, float]:
    """Return seconds for so many columns with the same number of entries."""
    times = {}
    for n_labels in sizes:
        rows = generated(3557, n_labels, 16, exponent=0)
        work = run(rows, n_labels, Estimator("shuffle", tests=False), device)
        times[f"{n_labels:.0e}"] = seconds_of({"ours": work})["ours"]
    return times


def large(device: torch.device, size: int) -> dict[str, Any]:
    """Return seconds for as many films as labels, with SiLU, and standard errors beside those of 64 plain rows.

    `cpu_seconds` are those of all threads. The 64 rows (as many as carry the label, if these are more) would be looked
    at without second-order effects.
    """
    rows = generated(size, size, IN_ROW, exponent=1, n_dense=N_DENSE).to(device)
    model = AdditiveMLP(N_DENSE, size, HIDDEN, activation="silu").eval().to(device)
    keys = torch.arange(size, device=device)
    result: dict[str, Any] = {"films": size, "labels": size, "carriers": len(rows.labels)}
    for name, tests in (("seconds", False), ("seconds_with_tests", True)):
        start, cpu_start = perf_counter(), process_time()
        tasks = Tasks(Reference.of(model, rows, LOSSES["mse"]), keys, Estimator(tests=tests))
        tasks.run()
        values, _ = tasks.together()
        result |= {name: round(perf_counter() - start, 2), f"cpu_{name}": round(process_time() - cpu_start, 2)}
        result[f"peak_megabytes{'_with_tests' * tests}"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    counts, variance = (part.double().cpu() for part in (tasks.entries.counts, tasks.plan.variance))
    plain = counts * (size - counts) / size**2 * (variance / counts.clamp(min=64)).sqrt()
    ratio = (values.se_shuffle[tasks.entries.columns.cpu()] / plain).numpy()
    quantiles = np.nanquantile(ratio, (0.5, 0.95, 1)).round(3)
    result["error_beside_64_rows"] = dict(zip(("median", "p95", "max"), quantiles.tolist(), strict=True))
    return result | {"rows_a_label": round(float(tasks.plan.size.double().mean()), 2)}


def films(device: torch.device) -> dict[str, Any]:
    """Return the engine's seconds on the embedded films."""
    table = read_table("wikidata-films")
    encoded = encode(table[table["Rating"].notna()], FILM_FEATURES)
    rows, n_labels = held_out(encoded), encoded.labels.shape[1]
    estimators = {
        "shuffle_10": Estimator("shuffle", n_repeats=10, tests=False),
        "expected_sample": Estimator("expected", tests=False),
        "expected_with_tests": Estimator("expected"),
        "expected_all": Estimator("expected", off_rows="all", tests=False),
    }
    result: dict[str, Any] = {"columns": n_labels, "rows": rows.n_rows}
    for name, estimator in estimators.items():
        work = run(rows, n_labels, estimator, device)
        repeats = 1 if name == "expected_all" else 5
        result[name] = {"seconds": round(seconds_of({name: work}, repeats)[name], 3), "updates": work()}
    return result


def measure(
    table: Path = PEOPLE, sizes: Sequence[int] = SIZES, *, with_films: bool = True, n_large: int = LARGE
) -> dict[str, Any]:
    """Time ours and the peers on the same table; ours for growing numbers of columns, on the embedded films, and large.

    Args:
        n_large: films and labels of the large measurement.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name, source, features = "wikidata-films", "wikidata-films", FILM_FEATURES
    if table.is_file():
        name, source, features = table.name, str(table), PEOPLE_FEATURES
    encoded = encode(read_table(source), features)
    rows, n_labels = held_out(encoded), encoded.labels.shape[1]
    work = run(rows, n_labels, Estimator("shuffle", n_repeats=2, tests=False), device)
    tail = nn.Sequential(nn.Linear(*HIDDEN), nn.Linear(HIDDEN[1], 1)).requires_grad_(False).to(device)
    sums = torch.randn(BATCH_ROWS, HIDDEN[0], device=device)
    updates = work()
    times = seconds_of({"ours": work, "matmul": lambda: [tail(sums) for _ in range(50)]}, 15)
    rate = updates / times["ours"]
    matmul_rate = 50 * BATCH_ROWS / times["matmul"]
    on_films = {"films": films(device)} if with_films else {}
    grown = growth(device, sizes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    indicators = torch.zeros(rows.n_rows, n_labels)
    indicators[rows.rows_of_entries(), rows.labels.long()] = rows.weights
    arguments = DenseModel(n_labels, device), indicators.to(device), rows.actual.float().to(device)
    peers = {peer.__name__: peer(*arguments) * n_labels * 2 for peer in (notebook, sklearn, captum)}
    return {
        "table": name,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "rows": rows.n_rows,
        "columns": n_labels,
        "ours_seconds": round(times["ours"], 4),
        **{f"{name}_seconds": round(seconds) for name, seconds in peers.items()},
        **{f"ratio_{name}": round(seconds / times["ours"]) for name, seconds in peers.items()},
        "updates_per_second": round(rate),
        "matmul_fraction": round(rate / matmul_rate, 2),
        "peak_megabytes": peak,
        "growth": round(max(grown.values()) / min(grown.values()), 2),
        "growth_seconds": {name: round(seconds, 4) for name, seconds in grown.items()},
        **on_films,
        "large": large(device, n_large),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if sys.argv[1:] else PEOPLE)))
