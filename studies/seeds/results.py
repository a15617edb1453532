"""What several runs of a study left in their folder, read back."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from greenlight_films.datamodules import InputError
from greenlight_films.studies.long_tables import in_blocks, table_files
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RECORD, RunFolder
from greenlight_films.studies.seeds.plan import Plan
from greenlight_films.studies.seeds.statistics import (
    differences_of,
    importances_of,
    scores_of,
    spread_of,
    stability_of,
)


@dataclass(frozen=True)
class Spread:
    """The folder of runs of a study by seed or fold, such as runs/ratings/version_3."""

    run: RunFolder

    @classmethod
    def open(cls, path: str, option: str) -> "Spread":
        """Return the runs that a folder holds.

        Raises:
            InputError: it holds none.
        """
        spread = cls(RunFolder.open(path, option, of_runs=True))
        if not spread.run.holds_runs:
            raise InputError(f"{option} must be the folder of `study --seeds N` or `--folds N`, got {path}, a run")
        return spread

    @cached_property
    def record(self) -> dict[str, Any]:
        return self.run.read_json(RECORD)

    @property
    def plan(self) -> Plan:
        return Plan(self.record["kind"], tuple(self.record["values"]))

    @cached_property
    def runs(self) -> dict[int, Results]:
        """Return the finished runs by their seed or fold."""
        return {value: Results(self.plan.folder(self.run, value)) for value in self.record["finished"]}

    @property
    def first(self) -> Results:
        return next(iter(self.runs.values()))

    @cached_property
    def scores(self) -> pd.DataFrame:
        return self.run.read_csv("scores.csv")

    @property
    def summary(self) -> pd.DataFrame:
        """Return one line a model and score: mean, sd, runs."""
        return spread_of(self.scores, self.plan.noun)

    @cached_property
    def differences(self) -> pd.DataFrame:
        return self.run.read_csv("differences.csv")

    @cached_property
    def importance(self) -> pd.DataFrame:
        return Results(self.run).table("importance.csv")

    def write(self) -> None:
        """Write the tables of the finished runs."""
        noun, scores = self.plan.noun, scores_of(self.runs, self.plan.noun)
        differences = differences_of(scores, noun)
        self.run.write_csv("scores.csv", scores)
        # With the same test films in every run the differences say nothing of other films.
        self.run.write_csv("differences.csv", differences[:0] if self.record["same_split"] else differences)
        self.run.write_all(table_files("importance", in_blocks(importances_of(self.runs))))
        self.run.write_json(RECORD, {**self.record, "ranking": stability_of(self.runs)})
        self.__dict__.pop("record")
