"""`intervals.json` and `coverage.csv` of a run: what its validation films say of intervals, and how these hold."""

from hashlib import sha256

import numpy as np

from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.program import command
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.conformal import Intervals, PredictionIntervals, fewest, fit_intervals
from greenlight_films.studies.coverage import coverage
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.written_files import unreadable

INTERVALS, COVERAGE = "intervals.json", "coverage.csv"
LEVELS = (80, 95)  # per cent
LEAKS = "No intervals for predictions: films stand on both sides of the split, and say nothing of new ones."


def write_intervals(run: RunFolder, model: MLPRegressor, data: FilmDataModule) -> None:
    """Write what the validation films of a run say of intervals, after all of its rows were predicted.

    Where they can't be had, `missing` in the file says why.
    """
    assert model.predicted is not None
    assert model.spread is not None
    assert data.films.rows is not None
    (run.path / COVERAGE).unlink(missing_ok=True)
    intervals = fit_intervals(data.films, data.fitted, model.predicted, model.spread, model.first_fit)
    if intervals is None:
        run.write_json(INTERVALS, {"missing": LEAKS if data.fitted.leak else _too_few(data)})
        return
    run.write_json(INTERVALS, {**intervals.to_state(), "network": _digest(model.network)})
    around = intervals_around(intervals, model.predicted, model.spread, data)
    if len(data.films.rows.test):
        run.write_csv(COVERAGE, coverage(data.films, data.fitted, model.predicted, around))


def read_intervals(run: RunFolder, network: AdditiveMLP | None) -> tuple[Intervals | None, str]:
    """Return the intervals of a run's network; None, and a sentence that says why, where there are none.

    Raises:
        InputError: the file is not what a command wrote.
    """
    content = run.read_json(INTERVALS)
    if "missing" in content:
        return None, str(content["missing"])
    again = command(f"predict --run {run.path if run.has('best') else 'FOLDER'}")
    if not content:
        return None, f"No intervals for predictions: a run has them once it has predicted its own films by `{again}`."
    if content.get("network") != _digest(network):
        return None, (
            "No intervals for predictions: those of the run are of a network that was trained on since; "
            f"`{again}` makes them anew."
        )
    try:
        return Intervals.from_state(content), ""
    except (LookupError, TypeError, ValueError) as problem:
        raise unreadable(run.path, INTERVALS, problem) from None


def intervals_around(
    intervals: Intervals, predicted: np.ndarray, spread: np.ndarray, data: FilmDataModule
) -> dict[int, PredictionIntervals]:
    """Return the intervals of all rows by level in per cent, for the levels that there were films enough for."""
    films, fitted = data.films.encoded, data.fitted
    return {
        level: intervals.around(predicted, spread, films, fitted, level / 100)
        for level in LEVELS
        if intervals.has(level / 100)
    }


def interval_columns(run: RunFolder, model: MLPRegressor, data: FilmDataModule) -> dict[str, np.ndarray]:
    """Return lower_80, upper_80, lower_95 and upper_95 of all rows by the run's intervals; empty without any."""
    assert model.predicted is not None
    assert model.spread is not None
    intervals, _ = read_intervals(run, model.network)
    if intervals is None:
        return {}
    columns = dict[str, np.ndarray]()
    for level, (_, lower, upper) in intervals_around(intervals, model.predicted, model.spread, data).items():
        columns |= {f"lower_{level}": lower, f"upper_{level}": upper}
    return columns


def _too_few(data: FilmDataModule) -> str:
    assert data.films.rows is not None
    n_films = len(np.unique(data.films.film_codes()[data.films.rows.val]))
    if n_films < fewest(80):
        return f"No intervals for predictions: they take {fewest(80)} validation films or more, got {n_films}."
    return "No intervals for predictions: validation films were predicted as no number, or most weigh nothing."


def _digest(network: AdditiveMLP | None) -> str:
    """Return a hash of the tail's weights, which tells one trained network from another."""
    assert network is not None
    weights = (weight.detach().cpu().float().numpy().tobytes() for weight in network.tail.parameters())
    return sha256(b"".join(weights)).hexdigest()
