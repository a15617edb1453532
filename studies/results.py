"""What a run left in its folder, read back for a report; what a run does not have is empty."""

import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import yaml

from greenlight_films.datamodules import TargetScale
from greenlight_films.datamodules.film_ids import film_codes
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.datamodules.tables.date_cells import parse_dates
from greenlight_films.datamodules.tables.formats import declared_formats
from greenlight_films.studies.long_tables import whole_file
from greenlight_films.studies.metrics import NUMBER, data_in_a_line, leaderboard
from greenlight_films.studies.paired import COLUMNS, paired_differences
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.written_files import reading, refuse_other_content, unreadable

OWN_TABLE = "films.parquet"  # of a refreshed run: the table that it was made from, in its folder
NETWORK = "mlp"  # what the study's own network is called among models


@dataclass(frozen=True)
class Results:
    """The files of a run."""

    run: RunFolder

    @property
    def name(self) -> str:
        return f"{self.run.study}/{self.run.version}"

    @cached_property
    def metrics(self) -> dict[str, Any]:
        return self.run.read_json("metrics.json")

    @property
    def path(self) -> str:
        """Return the folder as one types it in a command."""
        return shlex.quote(str(self.run.path))

    @cached_property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = yaml.safe_load(self.run.config.read_text(encoding="utf-8"))  # `RunFolder.open` did so
        refuse_other_content(self.run.path, self.run.config.name, config)
        return config

    @property
    def declared(self) -> list[tuple[str, str]]:
        """Return the class and the column of each feature that the config declares."""
        features = self.config["data"]["features"]
        return [(entry["class_path"].split(".")[-1], str(entry["init_args"]["column"])) for entry in features]

    @cached_property
    def importance(self) -> dict[str, Any]:
        return self.run.read_json("importance.json")

    @property
    def side(self) -> str:
        return "validation" if self.importance.get("split") == "val" else "test"

    @cached_property
    def features(self) -> pd.DataFrame:
        """Return one line a feature, the most important first; empty where importance was not measured."""
        return self.table("Permu_importance_df.csv") if self.importance else pd.DataFrame()

    @cached_property
    def estimable(self) -> pd.DataFrame:
        """Return the lines of `features` that have an importance."""
        return self.features.dropna(subset=["importance"]) if len(self.features) else self.features

    @cached_property
    def aggregated(self) -> pd.DataFrame:
        return self.table("aggregated_importance.csv")

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Return what adds up to the predictions of some held-out films: row, column, value, contribution, alone.

        A row's contributions and `average_prediction` of `importance.json` are its prediction, on the scale that was
        learnt. Empty in runs of before they added up.
        """
        table = self.table("contributions.parquet")
        return table if {"column", "value", "alone"} <= set(table) else pd.DataFrame()

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Return one line a group of labels that occur together; see `Related`."""
        return self.table("importance_groups.csv")

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Return one line a pair of labels; see `Related`."""
        return self.table("importance_pairs.csv")

    @cached_property
    def conditional(self) -> pd.DataFrame:
        """Return one line a feature that was shuffled among films alike; see `Related`."""
        return self.table("importance_conditional.csv")

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Return one line a role and part, its names apart from what is known beside them; see `part_importance`."""
        return self.table("importance_parts.csv")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Return one line a row of the table that has a target, with what the network predicts of it."""
        return self.table("predictions.csv")

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Return how often targets lie in their intervals, one line a group of test films and level."""
        return self.table("coverage.csv")

    @cached_property
    def test(self) -> pd.DataFrame:
        """Return the test rows: row, actual, predicted by the network, title and film where known."""
        return self._side("test")

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Return the rows that importance was measured on, as `test` does."""
        return self._side("val" if self.side == "validation" else "test")

    def _side(self, side: str) -> pd.DataFrame:
        if self.predictions.empty:
            return self.predictions
        rows = self.predictions[self.predictions["split"] == side].reset_index(drop=True)
        return with_films(rows)

    @cached_property
    def scale(self) -> TargetScale | None:
        """Return the scale that the target was learnt on; None where no model was saved."""
        stored = self.run.read_json("artifacts/metadata.json").get("target_scale")
        return None if stored is None else TargetScale(**stored)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Return how the network's errors on the test rows, as learnt, differ from each model's, as of `paired`."""
        table, scale = self.predicted, self.scale
        if scale is None or NETWORK not in self.models:
            return pd.DataFrame(columns=COLUMNS)
        predicted = {model: scale.learnt(table[model].to_numpy()) for model in self.models}
        clusters = table["cluster" if "cluster" in table else "film"].to_numpy()
        weights = table["weight"].to_numpy() if "weight" in table else None
        lines = paired_differences(scale.learnt(table["actual"].to_numpy()), predicted, NETWORK, clusters, weights)
        suffix = "" if scale.transform == "none" else f"_{scale.transform}"
        return lines.assign(compared=lines["compared"] + suffix)

    @property
    def leaderboard(self) -> pd.DataFrame:
        """Return one line a model with its scores on the test rows, and the network's differences from it."""
        return leaderboard({"fits": {}, **self.metrics}, self.differences)

    @cached_property
    def predicted(self) -> pd.DataFrame:
        """Return the test rows with a column a model: row, actual, and the network's first where there is one.

        A column `cluster` is there where films that share a value are not independent.
        """
        classical = self.table("baselines/predictions.csv")
        if self.test.empty:
            return classical if classical.empty else with_films(classical)
        own = [name for name in ("row", "film", "weight", "actual", "predicted") if name in self.test]
        mine = self.test[own].rename(columns={"predicted": NETWORK})
        theirs = classical.drop(columns=["film", "title", "weight", "actual"], errors="ignore")
        return mine if classical.empty else mine.merge(theirs, on="row", how="left")

    @property
    def models(self) -> list[str]:
        """Return the models whose prediction of every test row is there and a number."""
        others = ("row", "film", "title", "weight", "actual", "cluster")
        names = [name for name in self.predicted if name not in others]
        return [name for name in names if np.isfinite(self.predicted[name].astype(float)).all()]

    @cached_property
    def year(self) -> pd.Series | None:
        """Return the year of each test row, by its number in the table; None where no column is one."""
        data = self.config["data"]
        name = next((name for kind, name in self.declared if is_year(name) or kind == "Date"), None)
        if name is None:
            return None
        cells = self.cells([name])
        if cells.empty:
            return None
        formats = declared_formats(data.get("missing"), day_first=data.get("day_first"))
        years = pd.Series(parse_dates(cells[name], formats.of(name)).years(), cells.index, name=name)
        return years if years.notna().any() else None

    def cells(self, names: list[str]) -> pd.DataFrame:
        """Return columns of the run's table by row, from 1.

        They are those that importance was measured with, or of the table that a refreshed run has of its own; empty
        where there is neither.
        """
        columns = [*names, NUMBER] if self.config["data"].get("where") else names
        films = self.table("employee_with_importance.csv", columns)
        films = self.table(OWN_TABLE, names) if films.empty else films
        if films.empty:
            return films
        numbers = films[NUMBER].to_numpy() if NUMBER in films else np.arange(1, len(films) + 1)
        return films[names].set_axis(numbers)

    @cached_property
    def _held_out_labels(self) -> pd.DataFrame:
        """The labels that held-out rows have: row, and feature as a category."""
        labels = self.table("held_out_labels.parquet")
        if labels.empty:  # a run of before it was written
            labels = self.table("contributions.parquet")
        return labels.astype({"feature": "category"})[["row", "feature"]] if "feature" in labels else pd.DataFrame()

    def labels_of(self, role: str) -> pd.DataFrame:
        """Return the values that held-out rows have in a role: row and value, one line each."""
        labels, features = self._held_out_labels, self.features
        if labels.empty or features.empty:
            return pd.DataFrame(columns=["row", "value"])
        mine = features.loc[features["role"] == role, ["feature", "value"]].dropna().drop_duplicates("feature")
        values = mine.set_index("feature")["value"].reindex(labels["feature"].cat.categories).reset_index(drop=True)
        value = values.reindex(labels["feature"].cat.codes).array
        return labels[["row"]].assign(value=value).dropna().reset_index(drop=True)

    def table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return a table of the run's folder, or some columns of it; empty where it isn't there.

        Of a CSV that holds the first lines alone, the Parquet beside it is read.
        """
        path = whole_file(self.run.path / name)
        if not path.is_file():
            return pd.DataFrame()
        file = str(path.relative_to(self.run.path))
        try:
            is_csv = path.suffix == ".csv"
            table = self.run.read_csv(file, columns) if is_csv else pd.read_parquet(path, columns=columns)
        except (ValueError, OSError, LookupError) as problem:  # Arrow's and pandas' are ValueErrors
            raise unreadable(self.run.path, file, problem) from None
        table = table.astype(dict.fromkeys(table.select_dtypes("float32"), "float64"))
        refuse_other_content(self.run.path, file, table)
        return table

    @property
    def target(self) -> str:
        return self.metrics.get("target", "the target")

    @property
    def unit(self) -> str:
        return self.metrics.get("unit", "")

    @property
    def learnt_unit(self) -> str:
        """Return the unit of the target as models learn it."""
        transform = self.config["data"]["target"].get("init_args", {}).get("transform", "none")
        return self.unit if transform == "none" else f"{transform} of {self.unit or self.target}"


def with_films(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the code of the film that each belongs to in place of its id; without ids each is one."""
    return rows.assign(film=film_codes(rows["film"]) if "film" in rows else np.arange(len(rows)))


def refuse_broken_files(run: RunFolder) -> None:
    """Read the files of a run that a command adds to, before it works."""
    results = Results(run)
    results.table("baselines/predictions.csv")
    run.read_json("artifacts/metadata.json")
    if results.metrics:
        with reading(run.path):
            data_in_a_line(results.metrics, [], 1)
            leaderboard({"fits": {}, **results.metrics}, pd.DataFrame())
