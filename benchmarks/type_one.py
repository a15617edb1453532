"""How often the test of a label's importance finds what is not there, what it finds, and what its intervals cover.

    python -m benchmarks.type_one [--draws 10000] [--labels 200]

On the test films of the embedded ratings, with a network trained on the others: films are drawn at random as carriers
of a label, so that nothing but chance distinguishes them. Their residuals are drawn too: Gaussian, heavy-tailed
(Student's t with 3 degrees) and money-like (lognormal, σ 1.5). Prints one JSON line with shares by residuals and number
of carriers: `type_one` of p below 0.05, `type_one_001`, `type_one_0001`; `power` against a shift of 2.5 standard
errors, at the p that 5 % of draws without effect are below; `coverage` of 95 % intervals with that shift, and in
`coverage_wider` with carriers that spread 1.5 times as much.
"""

import json
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import numpy as np
import torch
from scipy.stats import t
from torch import Tensor

from greenlight_films.benchmarks.generated import bare_trainer
from greenlight_films.datamodules import Feature, FilmDataModule, Labels, Number, RandomSplit, Target
from greenlight_films.importance import LOSSES, Entries, HeldOut, Reference
from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.intervals import FEWEST, interval_ends
from greenlight_films.importance.null import BlockDraws, Blocks, NullPart, null_parts
from greenlight_films.importance.randomisation import convolved_p, ranked_p
from greenlight_films.importance.tangent import Tangent, stream_of_order
from greenlight_films.lightning_modules import MLPRegressor
from greenlight_films.lightning_modules.film_importance import MeasuredFilms

COLUMNS = ("Genre", "Director", "Writer", "Cast", "Language", "Country", "Production")
KINDS = ("gaussian", "heavy", "money")
CARRIERS = (1, 2, 3, 5, 10, 30, 100)
SHIFT, WIDER = 2.5, 1.5
OFF_ROWS = 16


def trained(epochs: int) -> MeasuredFilms:
    """Return a network and the test films that it was not trained on."""
    labels = [Labels(column, weight="sqrt", min_films=2) for column in COLUMNS]
    features: list[Feature[Any]] = [Number("Year"), Number("Runtime"), *labels]
    data = FilmDataModule("wikidata-films", features=features, target=Target("Rating"), split=RandomSplit())
    model = MLPRegressor(dropout=0.5, label_dropout=0.2, learning_rate=1e-3)
    data.setup("fit")
    bare_trainer(epochs).fit(model, datamodule=data)
    films = data.films
    assert model.network is not None
    assert films.rows is not None
    rows = films.rows.test
    fitted, encoded = data.fitted, films.encoded.take(rows)
    codes = films.film_codes()[rows]
    return MeasuredFilms.of(
        model.network.eval(), fitted.encoder, fitted.scale, encoded, films.actual[rows], codes, films.number[rows]
    )


def residuals(kind: str, n: int, random: np.random.Generator) -> np.ndarray:
    """Return (n,) residuals of variance 1 and mean 0, but that Student's t with 3 degrees has no fourth moment."""
    if kind == "gaussian":
        return random.normal(size=n)
    drawn = random.standard_t(3, n) if kind == "heavy" else random.lognormal(sigma=1.5, size=n)
    return (drawn - drawn.mean()) / drawn.std()


class Labelled:
    """Some labels' effects on the loss of each film: exact, and to first order as the test has them."""

    def __init__(self, films: MeasuredFilms, kind: str, n_labels: int, random: np.random.Generator) -> None:
        before = films.reference("mse")
        spread = float((before.predicted - before.rows.actual).std())
        noise = torch.from_numpy(spread * residuals(kind, before.rows.n_rows, random))
        reference = _with_target(films, before.rows, before.predicted - noise)
        entries = Entries.of(reference.rows)
        chosen = torch.from_numpy(np.sort(random.choice(len(entries.columns), n_labels, replace=False)))
        entries = entries.only(torch.zeros(len(entries.columns)).bool().index_fill(0, chosen, True))
        self.tangent = Tangent.of(reference, stream_of_order(0, reference.sums.device))
        rows = torch.arange(reference.rows.n_rows)
        self.nearly = self.tangent.table(reference, entries, entries.columns, rows)
        index = torch.arange(n_labels).repeat_interleave(len(rows))
        row = rows.repeat(n_labels)
        weight = entries.entering(reference.rows, entries.columns, index, row)
        self.exact = reference.changes(row, entries.columns[index], weight).view(n_labels, -1)
        self.draws = BlockDraws.of(self.tangent, reference.rows, [1], 0)


def _with_target(films: MeasuredFilms, rows: HeldOut, actual: Tensor) -> Reference:
    parts = {**vars(rows), "actual": actual}
    return Reference.of(films.network, HeldOut(**parts), LOSSES["mse"], films.reference("mse").to_unit)


def drawn(
    labels: Labelled, k: int, n: int, random: np.random.Generator, shift: float = 0.0, wider: float = 1.0
) -> dict[str, np.ndarray]:
    """Return p and whether the interval covers the true effect, of n random draws of k carriers a label.

    Args:
        shift: of the carriers' mean effect, in standard errors.
        wider: by which the carriers' deviations are multiplied.
    """
    p, covered = [], []
    n_rows = labels.exact.shape[1]
    for nearly, exact in zip(labels.nearly, labels.exact, strict=True):
        carriers = torch.from_numpy(random.permuted(np.tile(np.arange(n_rows), (n, 1)), axis=1)[:, :k].copy())
        mean, moved = exact.mean(), shift * exact.std(correction=0) / k**0.5
        own = mean + wider * (exact[carriers] - mean) - moved
        effects = nearly.repeat(n, 1)
        effects[torch.arange(n)[:, None], carriers] = own.to(effects.dtype)
        counts = torch.full((n,), k)
        blocks = Blocks(torch.arange(n).repeat_interleave(k), torch.ones(n * k).long(), own.flatten())
        parts = null_parts(effects, blocks, labels.draws, torch.zeros(n * k).bool())
        off_mean, noise = _off_mean(labels.tangent, nearly, exact, carriers)
        difference = (1 - k / n_rows) * (off_mean - own.mean(1))
        p.append(_p(parts, own))
        if k >= FEWEST:
            below, above = interval_ends(parts, blocks, counts, counts > 0, 0)
            true, root = (1 - k / n_rows) * moved, (1 - k / n_rows) ** 0.5
            doubt = t.ppf(0.975, max(OFF_ROWS, k) - 1) * (1 - k / n_rows) * noise
            low = difference - ((root * below) ** 2 + doubt**2).sqrt()
            high = difference + ((root * above) ** 2 + doubt**2).sqrt()
            covered.append(((low <= true) & (true <= high)).numpy())
    return {"p": torch.cat(p).numpy(), "covered": np.concatenate(covered) if covered else np.array([])}


def _off_mean(tangent: Tangent, nearly: Tensor, exact: Tensor, carriers: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean effect on films that don't carry the label as the product estimates it, and its error."""
    n, n_rows = len(carriers), len(nearly)
    is_carrier = torch.zeros(n, n_rows).bool().scatter_(1, carriers, True)
    m = max(OFF_ROWS, carriers.shape[1])
    order = tangent.order.repeat(n, 1)
    rows = order[~is_carrier[:, tangent.order]].view(n, -1)[:, :m]
    rest = (exact - nearly)[rows]
    own = nearly[carriers].double().sum(1)
    mean = (nearly.double().sum() - own) / (n_rows - carriers.shape[1]) + rest.mean(1)
    return mean, rest.std(1) / m**0.5


def _p(parts: list[NullPart], own: Tensor) -> Tensor:
    n, k = own.shape
    if k == 1:
        return ranked_p(parts, own[:, 0])
    shrink = torch.full((n,), ((parts[0].values.shape[1] - k) / (parts[0].values.shape[1] - 1)) ** 0.5)
    total = own.sum(1)
    return convolved_p(parts, total - k * parts[0].mean, torch.full((n,), k), shrink.double(), torch.zeros_like(total))


@torch.inference_mode()
def shares(labels: Labelled, k: int, n: int, random: np.random.Generator) -> dict[str, float]:
    """Return the shares of n random draws of k carriers of each label, by what they are shares of."""
    p = drawn(labels, k, n, random)["p"]
    levels = {"type_one": 0.05, "type_one_001": 0.001, "type_one_0001": 0.0001}
    result = {name: float((p < level).mean()) for name, level in levels.items()}
    if k < FEWEST:
        return result
    shifted, wider = (drawn(labels, k, max(1, n // 4), random, SHIFT, times) for times in (1.0, WIDER))
    return result | {
        "power": float((shifted["p"] < np.quantile(p, 0.05)).mean()),
        "coverage": float(shifted["covered"].mean()),
        "coverage_wider": float(wider["covered"].mean()),
    }


def measure(n_draws: int = 10_000, n_labels: int = 200, epochs: int = 8) -> dict[str, Any]:
    """Return all shares, from so many draws a cell over so many labels; of power and coverage, a quarter as many."""
    start, films = perf_counter(), trained(epochs)
    result: dict[str, Any] = {"draws": n_draws, "labels": n_labels}

    def of_kind(kind: str) -> dict[int, dict[str, float]]:
        random = np.random.default_rng(0)
        with torch.inference_mode():
            labels = Labelled(films, kind, n_labels, random)
        return {k: shares(labels, k, max(1, n_draws // n_labels), random) for k in CARRIERS}

    with one_thread_a_step() as threads, ThreadPoolExecutor(threads) as pool:
        for kind, of_carriers in zip(KINDS, pool.map(of_kind, KINDS), strict=True):
            for k, by_name in of_carriers.items():
                for name, share in by_name.items():
                    result.setdefault(name, {}).setdefault(kind, {})[str(k)] = round(share, 5)
    return {**result, "seconds": round(perf_counter() - start, 1)}


def main() -> None:
    """Print the figures."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=10_000, help="of carriers, a cell")
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=8, help="of training the network")
    options = parser.parse_args()
    print(json.dumps(measure(options.draws, options.labels, options.epochs)))


if __name__ == "__main__":
    main()
