"""`Spread`: the frames of several runs of a study, by seed or fold, for a notebook."""

from pathlib import Path

import pandas as pd

from greenlight_films.results import Results
from greenlight_films.studies.results import NETWORK
from greenlight_films.studies.seeds.results import Spread as Runs


class Spread:
    """What several runs of a study left in their folder, such as runs/ratings/version_3.

    Raises:
        InputError: it is no folder of runs by seed or fold.
    """

    def __init__(self, folder: str | Path) -> None:
        self._runs = Runs.open(str(folder), "Spread")

    @property
    def path(self) -> Path:
        """Return the folder that has the runs in it."""
        return self._runs.run.path

    @property
    def runs(self) -> dict[int, Results]:
        """Return the finished runs by their seed, or by their fold from 0."""
        return {value: Results(run.run.path) for value, run in self._runs.runs.items()}

    @property
    def scores(self) -> pd.DataFrame:
        """Return one line a run and model: seed or fold, model, train_rows, test_rows, and its scores on test films."""
        return self._runs.scores.copy(deep=False)

    @property
    def summary(self) -> pd.DataFrame:
        """Return one line a model and score: mean, sd (the standard deviation between runs), runs."""
        return self._runs.summary.copy(deep=False)

    @property
    def differences(self) -> pd.DataFrame:
        """Return by how much the network's scores are above each other model's: difference, low_95, high_95, p, runs.

        Intervals allow for the films that runs share; the frame is empty where all runs test the same films.
        """
        return self._runs.differences.copy(deep=False)

    @property
    def importance(self) -> pd.DataFrame:
        """Return one line a feature, column, role and group: mean importance, sd, runs, and in how many it leads."""
        return self._runs.importance.copy(deep=False)

    @property
    def ranking(self) -> dict[str, object]:
        """Return how stable the ranking is: in_every_top, the share of the 25 leading features that lead in every run,
        and rank correlations between each two runs, of features and of columns.
        """
        ranking: dict[str, object] = self._runs.record["ranking"]
        return ranking

    def __repr__(self) -> str:
        summary = self.summary
        of_network = summary[summary["model"] == NETWORK].set_index("score")
        key, heading = ("r2_log1p", "R² of log1p") if "r2_log1p" in of_network.index else ("r2", "R²")
        of_r2 = of_network[of_network.index == key]
        scores = [f"{heading} of the network {line.mean:.3f} ± {line.sd:.3f}" for line in of_r2.itertuples()]
        return f"Spread({str(self.path)!r}): {len(self._runs.runs)} {self._runs.plan.kind}, {''.join(scores)}"
