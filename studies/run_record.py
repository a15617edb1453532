"""What a command leaves in the run's folder and says in the terminal."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from greenlight_films.baselines import Comparison
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.importance import ImportanceResult
from greenlight_films.lightning_modules import MLPRegressor
from greenlight_films.reports.importance_table import print_importance, write_importance
from greenlight_films.reports.score_table import (
    describe_data,
    leaderboard,
    plain,
    prediction_table,
    print_data,
    print_scores,
    warned,
)
from greenlight_films.studies.artifacts import save_artifacts
from greenlight_films.studies.compare import add_fits, print_found, run_comparison, write_predictions
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP

ADD = ("study", "test", "validate", "baselines")
"""The commands that add scores or models to those of a run."""


class RunRecord:
    """Writes a run's files: before its command works, and after.

    Args:
        run: the folder of a finished run; None where the command makes one.
    """

    def __init__(self, run: RunFolder | None, console: Console) -> None:
        self.run = run
        self.console = console
        self.is_new = run is None

    def open(
        self,
        run: RunFolder,
        config: str,
        films: FilmDataModule,
        hidden: list[int],
        members: int = 1,
        trains: bool = False,
    ) -> Path:
        """Say what is about to happen; in a new folder, write the config and what is known of the data.

        Args:
            trains: whether it is to train, which in a folder without a checkpoint begins at the start.
        """
        self.run = run
        if self.is_new:
            run.write_text("config.yaml", config)
        if self.is_new or (trains and not run.has("last")):
            run.begin_anew()
            if films.films.rows is None:  # new films, and a checkpoint file in place of a run
                return run.path
            metrics = describe_data(run.study, films.declared.target, films.films, films.fitted)
            run.write_json("metrics.json", metrics)
            print_data(metrics, hidden, self.console, members)
        return run.path

    def refuse_broken(self, command: str) -> None:
        """Read the files of a run that a command adds to, before it works.

        Raises:
            InputError: one holds what no command wrote.
        """
        if self.run and command in ADD:
            for name in ("metrics.json", "artifacts/metadata.json"):
                self.run.read_json(name)
            Results(self.run).table("baselines/predictions.csv")

    def discard(self) -> None:
        """Remove a new folder that holds no checkpoint."""
        if self.run and self.is_new:
            self.run.discard()

    def close(
        self,
        command: str,
        model: MLPRegressor,
        films: FilmDataModule,
        importance: ImportanceResult | None,
        comparison: Comparison | None = None,
    ) -> None:
        """Write what the command found out.

        Args:
            comparison: the classical models that `study` and `baselines` fit to the same films; the mean alone by
                default.
        """
        assert self.run is not None
        # What the network found is written before classical models take their time.
        if command in ("study", "test"):
            self._write_test(model, films)
        if command in ("study", "predict"):
            self._write_predictions(model, films)
        if importance:
            write_importance(self.run, importance, films)
        if command == "validate":
            self._write_validation(model, films)
        if command in ("study", "test", "baselines"):
            none = Comparison(models=[])
            self._compare(none if command == "test" else comparison or none, films)
        if importance:
            print_importance(importance, self.console)
        self.console.print(f"\n{self.run.path}/", highlight=False, style="bold", soft_wrap=True)
        if command == "fit" and any(self.run.path.glob("checkpoints/best.ckpt")):
            then = f"score the held-out films: python cli.py test --run {self.run.path}"
            self.console.print(then, highlight=False, markup=False, soft_wrap=True)

    def _metrics(self, films: FilmDataModule) -> dict[str, Any]:
        assert self.run is not None
        found = self.run.read_json("metrics.json")
        if found:
            return {"fits": {}, **found}
        return describe_data(self.run.study, films.declared.target, films.films, films.fitted)

    def _write_test(self, model: MLPRegressor, films: FilmDataModule) -> None:
        assert self.run is not None
        assert model.network is not None
        metrics = self._metrics(films)
        metrics["models"]["mlp"] = plain(model.scores["test"])
        metrics["fits"]["mlp"] = {**metrics["fits"].get("mlp", {}), **_fit_of(model, films)}
        self.run.write_json("metrics.json", metrics)
        save_artifacts(self.run, films.fitted, {"mlp": SavedMLP(model.network, films.fitted.scale)})

    def _compare(self, comparison: Comparison, films: FilmDataModule) -> None:
        """Fit classical models, and print all scores."""
        assert self.run is not None
        metrics = self._metrics(films)
        found = run_comparison(comparison, films.films, films.fitted, self.run, self.console)
        add_fits(metrics, found)
        write_predictions(self.run, films.films, found)
        self.run.write_json("metrics.json", metrics)
        self.run.write_csv("leaderboard.csv", leaderboard(metrics))
        save_artifacts(self.run, films.fitted, {name: fit.model for name, fit in found.items()})
        rows = metrics["rows"]["test"]
        whose = ", whose films are also among the training rows" if metrics["leak"] else ""
        title = f"{rows:,} held-out test {_rows_of(metrics)}{whose}"
        print_scores(title, metrics["unit"], metrics["models"], self.console)
        print_found(found, self.run, self.console)

    def _write_validation(self, model: MLPRegressor, films: FilmDataModule) -> None:
        assert self.run is not None
        metrics = self._metrics(films)
        metrics["validation"] = {"mlp": plain(model.scores["val"])}
        self.run.write_json("metrics.json", metrics)
        rows = metrics["rows"]["val"]
        print_scores(f"{rows:,} validation {_rows_of(metrics)}", metrics["unit"], metrics["validation"], self.console)

    def _write_predictions(self, model: MLPRegressor, films: FilmDataModule) -> None:
        assert self.run is not None
        assert model.predicted is not None
        new = films.films.rows is None
        name = f"predictions_{_stem(films.table)}.csv" if new else "predictions.csv"
        self.run.write_csv(name, warned(prediction_table(films.films, model.predicted), films.fitted.leak and not new))
        if not new:
            return
        known = ~np.isnan(films.films.actual)
        unseen = sum(films.films.unseen().values())
        self.console.print(f"{films.films.n_rows:,} films predicted, {unseen:,} labels unknown to the model: {name}")
        if known.any():
            scores = {"mlp": plain(films.fitted.scale.scores(films.films.actual[known], model.predicted[known]))}
            title = f"{known.sum():,} have a target; those that the model was trained on flatter it"
            print_scores(title, films.declared.target.unit, scores, self.console)


def _fit_of(model: MLPRegressor, films: FilmDataModule) -> dict[str, Any]:
    """Return scores on training rows, where they were predicted, and the seconds of training, where it was here."""
    found: dict[str, Any] = {}
    if model.predicted is not None and films.films.rows is not None and len(model.predicted) == films.films.n_rows:
        train = films.films.rows.train
        found["train"] = plain(films.fitted.scale.scores(films.films.actual[train], model.predicted[train]))
    if model.seconds is not None:
        found["seconds"] = round(model.seconds, 3)
    return found


def _rows_of(metrics: dict[str, Any]) -> str:
    return "films" if metrics["films"] == sum(metrics["rows"].values()) else "rows"


def _stem(table: str) -> str:
    path = Path(table)
    return Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem
