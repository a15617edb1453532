"""Groups of test films on which a network errs by more than chance, or whose intervals hold too rarely."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.tables.formats import declared_formats
from greenlight_films.datamodules.tables.number_cells import read_numbers
from greenlight_films.studies.coverage import equal_parts, span
from greenlight_films.studies.interval_files import LEVELS
from greenlight_films.studies.results import Results

FEWEST = 20  # films of a group; of fewer t says little
LABELS = 10  # of a role, the most frequent ones
TENTHS, TERCILES = 10, 3
LEVEL = 0.05  # of all groups together


def film_groups(results: Results) -> pd.DataFrame:
    """Return one line a test row and group that it is in: group, position among the test rows.

    Groups are all films, tenths by year and by prediction, terciles by number, and the most frequent labels of each
    role. A row may be in many of them.
    """
    return pd.concat(list(_groups(results)), ignore_index=True)


def _groups(results: Results) -> Iterator[pd.DataFrame]:
    test, scale = results.test, results.scale
    yield _lines("all test films", np.arange(len(test)))
    if results.year is not None:
        yield _in_parts(str(results.year.name), test["row"].map(results.year).to_numpy(float), TENTHS)
    if scale is not None:
        yield _in_tenths_of_predictions(test["predicted"].to_numpy())
    for column, values in _numbers(results).items():
        yield _in_parts(str(column), test["row"].map(values).to_numpy(float), TERCILES)
    position = pd.Series(np.arange(len(test)), index=test["row"])
    roles = results.features.loc[results.features["level"] == "value", "role"] if len(results.features) else []
    for role in dict.fromkeys(roles):
        labels = results.labels_of(role)
        labels = labels[labels["row"].isin(test["row"])]
        frequent = labels["value"].value_counts().sort_index().sort_values(ascending=False, kind="stable").head(LABELS)
        kept = labels[labels["value"].isin(frequent.index)]
        groups = f"{role}: " + kept["value"].astype(str)
        yield pd.DataFrame({"group": groups.to_numpy(), "position": position[kept["row"]].to_numpy()})


def _numbers(results: Results) -> pd.DataFrame:
    """Return the declared numbers but the year by row of the table; those that can't be read again are left out."""
    data, year = results.config["data"], None if results.year is None else results.year.name
    names = list(dict.fromkeys(column for kind, column in results.declared if kind == "Number" and column != year))
    cells = results.cells(names) if names else pd.DataFrame()
    formats = declared_formats(data.get("missing"), data.get("decimal"), data.get("day_first"))
    numbers = {}
    for name in cells:
        try:
            numbers[name] = pd.Series(read_numbers(cells[name], formats.of(str(name))), cells.index)
        except InputError:  # a way of writing that the run found out for itself, and its files don't say
            continue
    return pd.DataFrame(numbers)


def _in_parts(name: str, values: np.ndarray, parts: int) -> pd.DataFrame:
    position = np.flatnonzero(np.isfinite(values))
    part, low, high = equal_parts(values[position], parts)
    return _named([f"{name} {span(*ends)}" for ends in zip(low, high, strict=True)], part, position)


def _in_tenths_of_predictions(predicted: np.ndarray) -> pd.DataFrame:
    position = np.flatnonzero(np.isfinite(predicted))
    part, low, _ = equal_parts(predicted[position], TENTHS)
    return _named([f"tenth {index + 1} of {len(low)} by prediction" for index in range(len(low))], part, position)


def _named(names: list[str], part: np.ndarray, position: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"group": np.array(names, dtype=object)[part], "position": position})


def _lines(group: str, position: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"group": group, "position": position})


def mean_errors(results: Results, groups: pd.DataFrame) -> pd.DataFrame:
    """Return one line a group of 20 films or more: group, films, error, low, high, p, the least p first.

    The error is the mean of predicted less actual on the scale that was learnt, with its 95 % interval by t over films;
    p is of the mean being 0, by Holm's method over all groups.
    """
    test, scale = results.test, results.scale
    if scale is None:
        return pd.DataFrame(columns=["group", "films", "error", "low", "high", "p"])
    error = scale.learnt(test["predicted"].to_numpy()) - scale.learnt(test["actual"].to_numpy())
    table = group_means(_by_film(results, groups, error)).query(f"films >= {FEWEST} and spread > 0")
    table = table.rename(columns={"mean": "error"})
    margin = stats.t.ppf(0.975, table["films"] - 1) * table["spread"]
    p = 2 * stats.t.sf((table["error"] / table["spread"]).abs(), table["films"] - 1)
    table = table.assign(low=table["error"] - margin, high=table["error"] + margin, p=holm(p)).drop(columns="spread")
    return table.reset_index().sort_values("p", kind="stable", ignore_index=True)


def group_means(by_film: pd.DataFrame) -> pd.DataFrame:
    """Return films, mean, and its standard error as spread (NaN without a second film), one line a group.

    Rows of a film are no independent observations: the mean is a ratio of sums over films, linearised for its error.

    Args:
        by_film: one line a group and film, with group, total and weight, sums over the film's rows.
    """
    group, by_group = by_film["group"], by_film.groupby("group", sort=False)
    n, sums = by_group.size(), by_group[["total", "weight"]].sum()
    mean = sums["total"] / sums["weight"]
    squares = (by_film["total"] - by_film["weight"] * group.map(mean)) ** 2
    variance = squares.groupby(group, sort=False).sum() * n / (n - 1).where(n > 1)
    return pd.DataFrame({"films": n, "mean": mean, "spread": np.sqrt(variance) / sums["weight"]})


def covered_less(results: Results, groups: pd.DataFrame) -> pd.DataFrame:
    """Return one line a group of 20 films or more and level: group, films, level, covered, p, the least p first.

    `covered` is the share of targets in their intervals; p is of as few or fewer by chance where the share that is
    said holds, by the binomial distribution over films, and by Holm's method over all groups and levels. Groups by
    names known are those of `coverage.csv`.
    """
    test, tables = results.test, []
    for level in LEVELS:
        if {f"lower_{level}", f"upper_{level}"} <= set(test):
            hit = (test["actual"] >= test[f"lower_{level}"]) & (test["actual"] <= test[f"upper_{level}"])
            by_film = _by_film(results, groups, hit.to_numpy(float)).groupby("group", sort=False)
            sums = by_film[["total", "weight"]].sum()
            covered = sums["total"] / sums["weight"]
            tables.append(pd.DataFrame({"films": by_film.size(), "level": level, "covered": covered}).reset_index())
    if len(results.coverage):
        names = results.coverage[results.coverage["by"] == "names"]
        tables.append(names[["group", "films", "level", "covered"]])
    if not tables:
        return pd.DataFrame(columns=["group", "films", "level", "covered", "p"])
    table = pd.concat(tables, ignore_index=True).query(f"films >= {FEWEST}")
    n_covered = (table["covered"] * table["films"]).round()
    p = stats.binom.cdf(n_covered, table["films"], table["level"] / 100)
    return table.assign(p=holm(p)).sort_values("p", kind="stable", ignore_index=True)


def _by_film(results: Results, groups: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Return one line a group and film: group, and the sums of weight and of weight times the value, as total."""
    test, position = results.test, groups["position"].to_numpy()
    weight = test["weight"].to_numpy(float) if "weight" in test else np.ones(len(test))
    columns = {"film": test["film"].to_numpy(), "weight": weight, "total": weight * values}
    table = pd.DataFrame({"group": groups["group"], **{name: column[position] for name, column in columns.items()}})
    table = table.groupby(["group", "film"], sort=False).sum().reset_index().drop(columns="film")
    return table[np.isfinite(table["total"]) & (table["weight"] > 0)]


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values, (n,), that hold for all of n tests together (Holm 1979, www.jstor.org/stable/4615733).

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(adjusted, 1)
    return result
