"""Answers about films: predictions with intervals, what an edit changes, what contributes."""

from collections.abc import Sequence

import numpy as np
import torch

from greenlight_films.datamodules import EncodedFilms, FilmRows
from greenlight_films.datamodules.number_format import to_digits
from greenlight_films.serving.cells import Film
from greenlight_films.serving.schemas import Beyond, Change, Interval, Prediction
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.interval_files import LEVELS

PREDICTED = 7
"""Significant digits of predictions: networks compute in float32, and further digits are noise."""

READ = 12
"""Significant digits of numbers of films, whose logarithm was taken and undone in float64."""


def finite(number: float, digits: int = PREDICTED) -> float | None:
    """Return a number as JSON has it, to so many significant digits.

    >>> finite(30588000.000000045), finite(float("inf"))
    (30588000.0, None)
    """
    return float(to_digits(np.array(number), digits)) if np.isfinite(number) else None


def each_head(run: ServedRun, films: EncodedFilms) -> np.ndarray:
    """Return the scaled predictions of each head and network, (n_rows, k) float32."""
    rows = FilmRows(films, np.zeros(films.n_rows))
    batch = rows[list(range(films.n_rows))]
    with torch.inference_mode():
        each = run.network.network.each(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
    return each.numpy()


def predictions(run: ServedRun, films: Sequence[Film], encoded: EncodedFilms, each: np.ndarray) -> list[Prediction]:
    """Return the predictions of films, from those of each head."""
    scale, each = run.fitted.scale, each.astype(np.float64)
    scaled, spread = each.mean(1), each.std(1)
    spreads = to_digits(spread * scale.std, PREDICTED).tolist()
    predicted = scale.inverse(scaled)
    around = {
        level: run.intervals.around(predicted, spread, encoded, run.fitted, level / 100)
        for level in LEVELS
        if run.intervals is not None and run.intervals.has(level / 100)
    }
    return [
        Prediction(
            prediction=finite(predicted[row]),
            learnt=float(scaled[row] * scale.std + scale.mean),
            spread=spreads[row],
            intervals=[
                Interval(level=level, lower=finite(ends.lower[row]), upper=finite(ends.upper[row]))
                for level, ends in around.items()
            ],
            unseen=unseen(run, film, encoded, row),
            beyond=beyond(run, encoded, row),
            learnt_from=is_learnt(run, film),
        )
        for row, film in enumerate(films)
    ]


def predict(run: ServedRun, films: Sequence[Film], explain: bool = False) -> list[Prediction]:
    """Return the predictions of films, and what contributes to each if it is wanted."""
    encoded = run.encode(films)
    answers = predictions(run, films, encoded, each_head(run, encoded))
    if explain:
        _explain(run, films, encoded, answers)
    return answers


def change(run: ServedRun, film: Film, changed: Film, explain: bool = False) -> Change:
    """Return what differs between the predictions of a film before and after it was changed."""
    films = [film, changed]
    encoded = run.encode(films)
    each = each_head(run, encoded)
    before, after = answers = predictions(run, films, encoded, each)
    if explain:
        _explain(run, films, encoded, answers)
    heads = (each[1] - each[0]).astype(np.float64) * run.fitted.scale.std
    return Change(
        before=before,
        after=after,
        difference=difference(before.prediction, after.prediction),
        difference_learnt=after.learnt - before.learnt,
        difference_spread=float(heads.std()),
    )


def _explain(run: ServedRun, films: Sequence[Film], encoded: EncodedFilms, answers: Sequence[Prediction]) -> None:
    """Add what contributes to each prediction, where the run can tell it."""
    if run.explainer is not None:
        lacking = [run.cells.without_number(film.cells) for film in films]
        names = [{number.name for number in run.numbers if number.column in columns} for columns in lacking]
        run.explainer.explain(answers, encoded, names)


def difference(before: float | None, after: float | None) -> float | None:
    """Return by how much a prediction changes, of predictions as they are told; None where one is no number."""
    return None if before is None or after is None else finite(after - before)


def is_learnt(run: ServedRun, film: Film) -> bool:
    """Tell whether the model has learnt from a film."""
    return film.row is not None and run.known is not None and bool(run.known.is_learnt[film.row])


def unseen(run: ServedRun, film: Film, encoded: EncodedFilms, row: int) -> dict[str, list[str]]:
    """Return the names of a film that the model doesn't know, by column."""
    return {
        column: run.cell_encoder.unseen(column, run.cells.names(column, film.cells))
        for column in run.cells.labelled
        if column in encoded.unseen and encoded.unseen[column][row]
    }


def beyond(run: ServedRun, encoded: EncodedFilms, row: int) -> list[Beyond]:
    """Return the numbers of a film that no film learnt from had."""
    if run.ranges is None:
        return []
    values, shown = np.stack([encoded.unscaled[row], *run.ranges]), []
    for number in run.numbers:
        value, low, high = values[:, number.index]
        if number.has_ends and not low <= value <= high:
            numbers = to_digits(number.in_table(values[:, number.index]), READ).tolist()
            ends = dict(zip(("value", "least", "greatest"), numbers, strict=True))
            shown.append(Beyond(column=number.column, part=number.part, **ends))
    return shown
