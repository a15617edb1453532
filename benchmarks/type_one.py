"""How often the test of a label's importance finds what is not there, what it finds, and what its intervals cover.

    python -m benchmarks.type_one [--draws 10000] [--labels 200] [--near]

On the test films of the embedded ratings, with a network trained on the others: films are drawn at random as carriers
of a label, so that nothing but chance distinguishes them. Their residuals are drawn too: Gaussian, heavy-tailed
(Student's t with 3 degrees) and money-like (lognormal, σ 1.5). Prints one JSON line with shares by residuals and number
of carriers: `type_one` of p below 0.05, `type_one_001`, `type_one_0001`; `power` against a shift of 2.5 standard
errors, at the p that 5 % of draws without effect are below; `coverage` of 95 % intervals with that shift, and in
`coverage_wider` with carriers that spread 1.5 times as much. `blocks` has the same for films in clusters of 1 to 6
whose residuals have a correlation of 0.5: the carriers are films of so many random clusters. `many_films` has them for
more films than stand for all. Both are from two fifths of the draws. Takes eight minutes on two cores. With --near the
labels are directors whose records go by how near the years of films are, a number for each film that carries one.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from greenlight_films.benchmarks.generated import bare_trainer
from greenlight_films.datamodules import Feature, FilmDataModule, Labels, Number, RandomSplit, Target, TrackRecord
from greenlight_films.importance import LOSSES, Entries, Estimates, Reference
from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.expectation import Measured
from greenlight_films.importance.intervals import FEWEST
from greenlight_films.importance.label_tests import LabelTests
from greenlight_films.importance.null import BlockDraws
from greenlight_films.importance.off_row_plan import OffRowPlan
from greenlight_films.importance.off_sample import sample_of
from greenlight_films.importance.tangent import Tangent, stream_of_order
from greenlight_films.lightning_modules import MLPRegressor
from greenlight_films.lightning_modules.film_importance import MeasuredFilms

COLUMNS = ("Genre", "Director", "Writer", "Cast", "Language", "Country", "Production")
KINDS = ("gaussian", "heavy", "money")
CARRIERS = {
    "films": (1, 2, 3, 5, 10, 30, 100),
    "blocks": (1, 2, 3, 5, 10, 30, 100),
    "many_films": (1, 3, 10, 100, 300),
}
SHARE_OF_OTHERS = 0.4  # of the draws, for blocks and many films
MANY_FILMS = 6000
MOST_IN_CLUSTER, ALIKE = 6, 0.5
SHIFT, WIDER = 2.5, 1.5
OFF_ROWS = 16


def trained(epochs: int, near: bool = False) -> tuple[MeasuredFilms, MeasuredFilms]:
    """Return a network with the test films that it was not trained on, and with these and others.

    With near records directors have a number for each film.
    """
    labels = [Labels(column, weight="sqrt", min_films=2) for column in COLUMNS]
    features: list[Feature[Any]] = [Number("Year"), Number("Runtime"), *labels]
    features += [TrackRecord("Director", near=["Year"])] if near else []
    data = FilmDataModule("wikidata-films", features=features, target=Target("Rating"), split=RandomSplit())
    model = MLPRegressor(dropout=0.5, label_dropout=0.2, learning_rate=1e-3)
    data.setup("fit")
    bare_trainer(epochs).fit(model, datamodule=data)
    films = data.films
    assert model.network is not None
    assert films.rows is not None
    network, fitted, codes = model.network.eval(), data.fitted, films.film_codes()

    def measured(rows: np.ndarray) -> MeasuredFilms:
        encoded, actual = films.encoded.take(rows), films.actual[rows]
        return MeasuredFilms.of(network, fitted.encoder, fitted.scale, encoded, actual, codes[rows], films.number[rows])

    # The residuals of the others are drawn as well: that the network knows them changes nothing.
    return measured(films.rows.test), measured(np.concatenate([films.rows.test, films.rows.train])[:MANY_FILMS])


def residuals(kind: str, n: int, random: np.random.Generator) -> np.ndarray:
    """Return (n,) residuals of variance 1 and mean 0, but that Student's t with 3 degrees has no fourth moment."""
    if kind == "gaussian":
        return random.normal(size=n)
    drawn = random.standard_t(3, n) if kind == "heavy" else random.lognormal(sigma=1.5, size=n)
    return (drawn - drawn.mean()) / drawn.std()


@dataclass(frozen=True)
class Labelled:
    """Some labels of films whose residuals were drawn, and the product's test of them.

    Attributes:
        columns: (n_labels,) int64, the labels' columns.
        weight: (n_labels, n_rows), with which each label enters a film.
        exact: (n_labels, n_rows) float64, the film's loss with a label less that without it.
    """

    reference: Reference
    tests: LabelTests
    columns: Tensor
    weight: Tensor
    exact: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, films: MeasuredFilms, noise: np.ndarray, n_labels: int, random: np.random.Generator) -> "Labelled":
        """Give films residuals, (n_rows,), in standard deviations of those of the network."""
        before = films.reference("mse")
        spread = (before.predicted - before.rows.actual).std()
        rows = replace(before.rows, actual=before.predicted - spread * torch.from_numpy(noise))
        reference = Reference.of(before.model, rows, LOSSES["mse"], before.to_unit)
        entries = Entries.of(rows)
        if reference.beside is not None:
            entries = entries.only(reference.beside.concerns(entries.columns))
        chosen = torch.from_numpy(random.choice(len(entries.columns), n_labels, replace=False))
        entries = entries.only(torch.zeros(len(entries.columns)).bool().index_fill(0, chosen, True))
        index, row = (
            part.flatten() for part in torch.meshgrid(torch.arange(n_labels), torch.arange(rows.n_rows), indexing="ij")
        )
        weight = entries.entering(index, row)
        exact = reference.changes(row, entries.columns[index], weight)
        tangent = Tangent.of(reference, stream_of_order(0, reference.sums.device))
        largest = int(torch.bincount(rows.cluster).max())
        singles = tangent.standing_for_all() if rows.is_row_wise else tangent.order[:0]
        tests = LabelTests(reference, tangent, BlockDraws.of(rows, singles, range(1, largest + 1), 0), 0)
        return cls(reference, tests, entries.columns, weight.view(n_labels, -1), exact.view(n_labels, -1))

    def drawn(self, label: int, carriers: Tensor, shift: float = 0.0, wider: float = 1.0) -> tuple[Tensor, Tensor]:
        """Return p, and whether the interval covers the true importance (NaN without one), of draws of carriers; (n,).

        Args:
            carriers: (n, n_rows) bool.
            shift: by which the carriers' mean effect is lowered, in standard errors.
            wider: by which the carriers' deviations are multiplied.
        """
        exact, counts = self.exact[label], carriers.sum(1)
        index, row = carriers.nonzero(as_tuple=True)
        lowered = shift * exact.std(correction=0) / counts.sqrt()
        own = exact.mean() + wider * (exact[row] - exact.mean()) - lowered[index]
        starts = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        columns = self.columns[label].repeat(len(counts))
        entries = Entries(self.reference.rows, columns, starts, row, self.weight[label][row], streams=columns)
        result = self._tested(entries, -own)
        share = counts / len(exact)
        true = share * (1 - share) * lowered
        covered = ((result.low <= true) & (true <= result.high)).double()
        return result.p, torch.where(result.low.isnan(), torch.nan, covered)

    def _tested(self, entries: Entries, lost: Tensor) -> Estimates:
        """Return importances as the product has them, of labels whose carriers' loss changes so without them."""
        n_rows, counts, tangent = self.reference.rows.n_rows, entries.counts, self.tests.tangent
        without = n_rows - counts
        size, unpooled = counts.clamp(min=OFF_ROWS).minimum(without), torch.full(counts.shape, torch.nan)
        sample = sample_of(self.reference, tangent, entries, size)
        plan = OffRowPlan(size, unpooled, *tangent.over_all(self.reference, entries))
        measured = Measured.of(self.reference, tangent, entries, lost, sample, plan)
        error = counts / n_rows * without * measured.off_variance.sqrt() / n_rows
        result = Estimates.untested(measured.total, error, error, error, counts)
        return self.tests.put(result, entries, measured)


def films_at_random(k: int, n: int, labels: Labelled, random: np.random.Generator) -> Tensor:
    """Return n draws of k films, (n, n_rows) bool."""
    rows = np.tile(np.arange(labels.exact.shape[1]), (n, 1))
    return torch.from_numpy(random.permuted(rows, axis=1) < k)


def blocks_at_random(k: int, n: int, labels: Labelled, random: np.random.Generator) -> Tensor:
    """Return n draws of k clusters, of each a row or more, (n, n_rows) bool."""
    rows = labels.reference.rows
    cluster, n_clusters = rows.cluster.numpy(), rows.n_clusters
    chosen = random.permuted(np.tile(np.arange(n_clusters), (n, 1)), axis=1) < k
    ticket = random.random((n, rows.n_rows))
    smallest = np.ones((n, n_clusters))
    np.minimum.at(smallest.T, cluster, ticket.T)
    return torch.from_numpy(chosen[:, cluster] & ((ticket < 0.5) | (ticket == smallest[:, cluster])))


Draw = Callable[[int, int, Labelled, np.random.Generator], Tensor]


@torch.inference_mode()
def shares(labels: Labelled, draw: Draw, k: int, n: int, random: np.random.Generator) -> dict[str, float]:
    """Return the shares of n random draws of k carriers of each label, by what they are shares of."""

    def measured(n: int, shift: float = 0.0, wider: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        draws = [labels.drawn(label, draw(k, n, labels, random), shift, wider) for label in range(len(labels.columns))]
        p, covered = (torch.cat(part).numpy() for part in zip(*draws, strict=True))
        return p, covered

    p, _ = measured(n)
    levels = {"type_one": 0.05, "type_one_001": 0.001, "type_one_0001": 0.0001}
    result = {name: float((p < level).mean()) for name, level in levels.items()}
    if k < FEWEST:
        return result
    (shifted, covered), (_, covered_wider) = (measured(max(1, n // 4), SHIFT, times) for times in (1.0, WIDER))
    return result | {
        "power": float((shifted < np.quantile(p, 0.05)).mean()),
        "coverage": float(covered.mean()),
        "coverage_wider": float(covered_wider.mean()),
    }


def clustered(films: MeasuredFilms, random: np.random.Generator) -> MeasuredFilms:
    """Return films in random clusters of 1 to `MOST_IN_CLUSTER`."""
    n = films.rows.n_rows
    sizes = random.integers(1, MOST_IN_CLUSTER + 1, n)
    cluster = np.unique(np.repeat(np.arange(n), sizes)[:n][random.permutation(n)], return_inverse=True)[1]
    return replace(films, rows=replace(films.rows, drawn_with=torch.from_numpy(cluster)))


def of_kind(films: MeasuredFilms, kind: str, n_draws: int, n_labels: int, part: str) -> dict[str, dict[str, float]]:
    """Return shares by number of carriers and what they are shares of, for residuals of a kind."""
    random = np.random.default_rng(0)
    noise = residuals(kind, films.rows.n_rows, random)
    if part == "blocks":
        films = clustered(films, random)
        of_cluster = residuals(kind, films.rows.n_clusters, random)[films.rows.cluster]
        noise = ALIKE**0.5 * of_cluster + (1 - ALIKE) ** 0.5 * noise
    labels = Labelled.of(films, noise, n_labels, random)
    draw = blocks_at_random if part == "blocks" else films_at_random
    n = max(1, (n_draws if part == "films" else int(SHARE_OF_OTHERS * n_draws)) // n_labels)
    return {str(k): shares(labels, draw, k, n, random) for k in CARRIERS[part]}


def measure(n_draws: int = 10_000, n_labels: int = 200, epochs: int = 8, near: bool = False) -> dict[str, Any]:
    """Return all shares, from so many draws a cell over so many labels; of power and coverage, a quarter as many."""
    start, (test, more) = perf_counter(), trained(epochs, near)
    result: dict[str, Any] = {"draws": n_draws, "labels": n_labels, "blocks": {}, "many_films": {}}
    cells = [(part, kind) for part in CARRIERS for kind in KINDS]

    def of_cell(cell: tuple[str, str]) -> dict[str, dict[str, float]]:
        part, kind = cell
        return of_kind(more if part == "many_films" else test, kind, n_draws, n_labels, part)

    with one_thread_a_step() as threads, ThreadPoolExecutor(threads) as pool:
        for (part, kind), of_carriers in zip(cells, pool.map(of_cell, cells), strict=True):
            into = result if part == "films" else result[part]
            for k, by_name in of_carriers.items():
                for name, share in by_name.items():
                    into.setdefault(name, {}).setdefault(kind, {})[k] = round(share, 5)
    return {**result, "seconds": round(perf_counter() - start, 1)}


def main() -> None:
    """Print the figures."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10_000, help="of carriers, a cell")
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=8, help="of training the network")
    parser.add_argument("--near", action="store_true", help="directors with near records")
    options = parser.parse_args()
    print(json.dumps(measure(options.draws, options.labels, options.epochs, options.near)))


if __name__ == "__main__":
    main()
