"""How far scores and importances move from run to run of a study: means, standard deviations, paired differences."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from greenlight_films.importance import FEW_FILMS
from greenlight_films.studies.paired import resampled_interval
from greenlight_films.studies.results import NETWORK, Results

TOP = 25  # features of a run, of which it is said how many lead in every run


def scores_of(runs: dict[int, Results], noun: str) -> pd.DataFrame:
    """Return one line a run and model: its seed or fold, by `noun`, the model, rows on both sides, and every score."""
    lines = []
    for value, run in runs.items():
        rows = run.metrics["rows"]
        for model, scores in run.metrics["models"].items():
            sizes = {"train_rows": rows["train"], "test_rows": rows["test"]}
            lines.append({noun: value, "model": model, **sizes, **scores})
    return pd.DataFrame(lines)


def spread_of(scores: pd.DataFrame, noun: str) -> pd.DataFrame:
    """Return mean, standard deviation (n - 1) and runs of every model's every score, of a table as of `scores_of`."""
    long = scores.drop(columns=["train_rows", "test_rows"]).melt([noun, "model"], var_name="score").dropna()
    groups = long.astype({"value": float}).groupby(["model", "score"], sort=False)["value"]
    return groups.agg(mean="mean", sd="std", runs="count").reset_index()


def differences_of(scores: pd.DataFrame, noun: str) -> pd.DataFrame:
    """Return by how much the network's scores are above each other model's, over runs that split the same films.

    Returns:
        Columns model, score, difference (the mean over runs), low_95, high_95, p, runs.
    """
    n_train, n_test = scores["train_rows"].mean(), scores["test_rows"].mean()
    names = [name for name in scores if name not in (noun, "model", "train_rows", "test_rows")]
    table = scores.astype(dict.fromkeys(names, float)).pivot_table(names, noun, "model")
    lines = []
    for name in names:
        of_score = table[name]
        for model in of_score.columns.drop(NETWORK, errors="ignore") if NETWORK in of_score else []:
            differences = (of_score[NETWORK] - of_score[model]).dropna().to_numpy()
            if len(differences) > 1:
                low, high, p = resampled_interval(differences, n_train, n_test)
                lines.append((model, name, differences.mean(), low, high, p, len(differences)))
    return pd.DataFrame(lines, columns=["model", "score", "difference", "low_95", "high_95", "p", "runs"])


def importances_of(runs: dict[int, Results]) -> pd.DataFrame:
    """Return one line a feature, column, role and group, the most important of each level first.

    Returns:
        Columns feature, level, column and role where it has them, importance (the mean over the runs that could
        measure it), sd (n - 1) and runs, how many these are; films, the mean number of held-out films; top, in how
        many runs it is among the 25 leading features.
    """
    tables = []
    for value, run in runs.items():
        sets = run.aggregated.rename(columns={"name": "feature"})
        table = pd.concat([run.features, sets], ignore_index=True).assign(run=value)
        tables.append(table.dropna(subset=["importance"]).assign(top=table["feature"].isin(_leading(run.features))))
    keys, table = ["feature", "level"], pd.concat(tables, ignore_index=True)
    table["top"] &= table["level"].isin(["value", "number"])
    groups = table.groupby(keys, sort=False)
    means = groups.agg(
        column=("column", "first"),
        role=("role", "first"),
        importance=("importance", "mean"),
        sd=("importance", "std"),
        runs=("run", "nunique"),
        films=("n_films", "mean"),
        top=("top", "sum"),
    )
    return means.sort_values("importance", ascending=False, kind="stable").reset_index()


def stability_of(runs: dict[int, Results]) -> dict[str, Any]:
    """Return how stable the ranking of features is from run to run.

    Returns:
        `top`, how many features lead, and `in_every_top`, the share of them that do in every run (None where there
        are no more features than that); `rank_correlation`, Spearman's between each two runs, as mean, low and high,
        of features that 3 films or more have in both; `columns` likewise for whole columns.
    """
    measured = [run for run in runs.values() if not run.features.empty]
    known = [_known(run.features, "feature") for run in measured]
    leading = [set(_leading(run.features)) for run in measured]
    enough = len(known) > 1 and min(map(len, known)) > TOP
    return {
        "top": TOP,
        "in_every_top": len(set.intersection(*leading)) / TOP if enough else None,
        "rank_correlation": _correlations(known),
        "columns": _correlations([_known(_columns(run.aggregated), "name") for run in measured]),
    }


def _columns(sets: pd.DataFrame) -> pd.DataFrame:
    return sets[sets["level"] == "column"]


def _known(table: pd.DataFrame, name: str) -> pd.Series:
    rows = table[table["importance"].notna() & (table["n_films"] >= FEW_FILMS)]
    return rows.set_index(name)["importance"]


def _leading(features: pd.DataFrame) -> list[str]:
    best = features.dropna(subset=["importance"]).sort_values("importance", ascending=False, kind="stable")
    return best["feature"].head(TOP).tolist()


def _correlations(importances: list[pd.Series]) -> dict[str, float] | None:
    """Return mean, lowest and highest rank correlation of each two runs; None where there is none."""
    values = []
    for first, second in combinations(importances, 2):
        both = pd.concat([first, second], axis=1, join="inner").to_numpy()
        if len(both) > 2 and (np.ptp(both, axis=0) > 0).all():
            values.append(float(stats.spearmanr(both[:, 0], both[:, 1]).statistic))
    return {"mean": float(np.mean(values)), "low": min(values), "high": max(values)} if values else None
