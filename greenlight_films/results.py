"""`Results`: the frames and figures of a run, for a notebook."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from greenlight_films.datamodules.errors import InputError
from greenlight_films.importance.result import measure
from greenlight_films.serving import HOST, PORT
from greenlight_films.studies.results import Results as RunResults
from greenlight_films.studies.run_folder import RunFolder

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Results:
    """What a run left in its folder, such as runs/ratings/version_0; tables that it doesn't have are empty frames.

    Raises:
        InputError: it is no run's folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._results = RunResults(RunFolder.open(str(folder), "Results"))

    @property
    def path(self) -> Path:
        """Return the run's folder."""
        return self._results.run.path

    def refresh(self, films: Any, table: Any = None) -> "Results":
        """Make a new run of this one, whose records and linear effects know newer films too (docs/models.md).

        Args:
            films: a frame, or a table's file, with the columns of the run's table, its target too.
            table: the films of the run itself, where these were a frame, which no run keeps.

        Raises:
            InputError: the run has no records, or the films can't be used.
        """
        from greenlight_films.quietly import quietly  # Lightning takes long
        from greenlight_films.studies.checkpoints import Checkpoint
        from greenlight_films.studies.refresh import refresh
        from greenlight_films.studies.settings.film_cli import read_settings

        checkpoint = Checkpoint.read(self._results.run.checkpoint("best"))
        with quietly():
            settings = read_settings(["--config", str(self._results.run.config)])
            if settings.data.table == "frame":
                if table is None:
                    raise InputError(
                        f"{self.path} is of a frame, which no run keeps: give it, refresh(newer, table=...)"
                    )
                settings.data.frame = table
            return Results(refresh(settings, checkpoint, films, Console(quiet=True)).path)

    @property
    def parts(self) -> pd.DataFrame:
        """Return one line a role and part: its names apart from their record, linear effect, profile and number."""
        return self._results.parts.copy(deep=False)

    @property
    def leaderboard(self) -> pd.DataFrame:
        """Return one line a model with its scores on the test films, the lowest RMSE as learnt first.

        `difference` is the network's score less the model's by the name in `compared`, with its 95 % interval and p:
        below 0 the network's errors are smaller.
        """
        if not self._results.metrics.get("models"):
            raise InputError(f"{self.path} has no scores yet: score it with `test --run {self.path}`")
        return self._results.leaderboard

    @property
    def predictions(self) -> pd.DataFrame:
        """Return one line a film: title and id where known, row, split, actual, predicted."""
        return self._results.predictions.copy(deep=False)

    @property
    def importance(self) -> pd.DataFrame:
        """Return one line a value or number, the most important first, with errors, p and q."""
        return self._results.features.copy(deep=False)

    @property
    def columns(self) -> pd.DataFrame:
        """Return one line a column, role and group, with its features' importances summed and shuffled together."""
        return self._results.aggregated.copy(deep=False)

    @property
    def contributions(self) -> pd.DataFrame:
        """Return what adds up to the predictions of some test films: row (from 1), column, value, contribution, alone.

        With `average_prediction` of `importance.json`, on the scale that was learnt.
        """
        return self._results.contributions.copy(deep=False)

    @property
    def groups(self) -> pd.DataFrame:
        """Return one line a group of labels that occur together, with its importance and the sum of its values'."""
        return self._results.groups.copy(deep=False)

    @property
    def pairs(self) -> pd.DataFrame:
        """Return one line a pair of labels: importance alone and together, and how they work through each other."""
        return self._results.pairs.copy(deep=False)

    @property
    def conditional(self) -> pd.DataFrame:
        """Return one line a feature that was shuffled among films that the other features make alike."""
        return self._results.conditional.copy(deep=False)

    def plot_pairs(self) -> "go.Figure":
        """Draw who works through whom: pairs of labels, each alone and both together."""
        from greenlight_films.reports.figures.related import pairs

        if self.pairs.empty:
            raise InputError(
                f"{self.path} has no pairs of labels: measure them with `importance --run {self.path} --pairs true`"
            )
        how = self._results.importance
        return pairs(self.pairs, measure(how["loss"], how["unit"]), self._results.unit)

    def plot_importance(self) -> "go.Figure":
        """Draw the most important values and numbers."""
        from greenlight_films.reports.figures.importance_bars import features

        how = self._results.importance
        if not how:
            raise InputError(f"{self.path} has no importances yet: measure them with `importance --run {self.path}`")
        return features(self._results.features, measure(how["loss"], how["unit"]), self._results.unit)

    def plot_predictions(self) -> "go.Figure":
        """Draw predicted against actual targets of the test films."""
        from greenlight_films.reports.figures.predictions import predicted_against_actual

        results = self._results
        if results.test.empty:
            raise InputError(f"{self.path} has no predictions yet: make them with `predict --run {self.path}`")
        return predicted_against_actual(results.test, results.target, results.unit)

    def serve(self, host: str = HOST, port: int = PORT) -> None:
        """Open a page to play with the run, as `greenlight serve` does, until it is interrupted.

        Args:
            host: an address of this machine; the usual one can be reached by nobody else.
            port: where it is taken, the next free one.

        Raises:
            InputError: the run has no trained network, or the address is none of this machine.
        """
        from greenlight_films.serving.server import serve

        serve(self._results.run, host, port, Console())

    def __repr__(self) -> str:
        models = self._results.metrics.get("models", {})
        of_learnt = any("r2_log1p" in scores for scores in models.values())
        key, heading = ("r2_log1p", "R² of log1p") if of_learnt else ("r2", "R²")
        known = {name: scores[key] for name, scores in models.items() if scores.get(key) is not None}
        scores = ", ".join(f"{name} {heading} {value:.3f}" for name, value in known.items())
        return f"Results({str(self.path)!r}): {scores or 'no scores yet'}"
