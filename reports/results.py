"""What a run left in its folder, read back for a report; what a run does not have is empty."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import yaml

from datamodules.leakage import is_year
from reports.run_folder import RunFolder

NETWORK = "mlp"
"""What the study's own network is called among models."""


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

    @cached_property
    def config(self) -> dict[str, Any]:
        return yaml.safe_load(self.run.config.read_text(encoding="utf-8"))

    @cached_property
    def importance(self) -> dict[str, Any]:
        """Return how importance was measured."""
        return self.run.read_json("importance.json")

    @cached_property
    def features(self) -> pd.DataFrame:
        """Return one line a feature, the most important first."""
        return self.table("Permu_importance_df.csv")

    @cached_property
    def aggregated(self) -> pd.DataFrame:
        """Return one line a column, role and group."""
        return self.table("aggregated_importance.csv")

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Return what each value of a test film moves its prediction by: row, feature, contribution."""
        path = self.run.path / "contributions.parquet"
        return pd.read_parquet(path) if path.is_file() else pd.DataFrame()

    @cached_property
    def test(self) -> pd.DataFrame:
        """Return the test rows: row, actual, predicted by the network, title and film where known."""
        predictions = self.table("predictions.csv")
        if predictions.empty:
            return predictions
        test = predictions[predictions["split"] == "test"].reset_index(drop=True)
        return test.assign(film=test["film"] if "film" in test else test["row"])

    @cached_property
    def predicted(self) -> pd.DataFrame:
        """Return the test rows with a column a model: row, actual, and the network's first where there is one."""
        classical = self.table("baselines/predictions.csv")
        if self.test.empty:
            return classical
        mine = self.test[["row", "actual", "predicted"]].rename(columns={"predicted": NETWORK})
        return mine if classical.empty else mine.merge(classical.drop(columns="actual"), on="row", how="left")

    @property
    def models(self) -> list[str]:
        """Return the models that predicted every test row."""
        known = self.predicted.columns[self.predicted.notna().all()] if len(self.predicted) else []
        return [name for name in known if name not in ("row", "actual")]

    @cached_property
    def year(self) -> pd.Series | None:
        """Return the year of each test row, by its number in the table; None where no column is one."""
        features = [one["init_args"]["column"] for one in self.config["data"]["features"]]
        name = next((column for column in features if is_year(column)), None)
        path = self.run.path / "employee_with_importance.csv"
        if name is None or not path.is_file():
            return None
        table = pd.read_csv(path, usecols=[name])
        return table[name].set_axis(np.arange(1, len(table) + 1)).rename(name)

    def labels_of(self, role: str) -> pd.DataFrame:
        """Return the values that test rows have in a role: row and value, one line each."""
        if self.contributions.empty or self.features.empty:
            return pd.DataFrame(columns=["row", "value"])
        mine = self.features.loc[self.features["role"] == role, ["feature", "value"]].dropna()
        found = self.contributions[["row", "feature"]].astype({"feature": "str"}).merge(mine, on="feature")
        return found[["row", "value"]]

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the run's folder; empty where it isn't there."""
        return self.run.read_csv(name) if (self.run.path / name).is_file() else pd.DataFrame()

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
