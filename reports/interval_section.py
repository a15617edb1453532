"""What a report and the terminal say of prediction intervals: how often the test films' targets lie in them."""

from collections.abc import Iterator

import pandas as pd

from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.program import command
from greenlight_films.reports.figures.axes import amount, bare_amount
from greenlight_films.reports.figures.coverage import coverage_by_group
from greenlight_films.reports.pictures import Picture, Section, picture
from greenlight_films.studies.conformal import fewest
from greenlight_films.studies.interval_files import INTERVALS, LEVELS
from greenlight_films.studies.results import Results


def interval_sentences(results: Results) -> list[str]:
    """Return how well the intervals of a run hold, or why there is none; nothing where its films were not predicted."""
    content, table = results.run.read_json(INTERVALS), results.coverage
    if "missing" in content or table.empty:
        reason = content.get("missing", "There is no test film to tell how the intervals of predictions hold.")
        return [str(reason)] if content else []
    overall = table[table["by"] == "all"].set_index("level")
    n_rows, n_films = overall.iloc[0][["rows", "films"]].astype(int)
    tested = f"{'' if n_rows == n_films else f'{n_rows:,} rows of '}{counted(n_films, 'test film')}"
    shares = [
        f"{row['covered'] * 100:.3g} % lie in their {level} % intervals (half of these are narrower than "
        f"{amount(row['width'], results.unit)})"
        for level, row in overall.iterrows()
    ]
    sentences = [f"Of {tested}, {' and '.join(shares)}."]
    missing = [level for level in LEVELS if level not in overall.index]
    weighed = f": by their weights they tell as much as {content['films']:.3g}" if results.metrics.get("weight") else ""
    sentences += [
        f"Too few validation films for {level} % intervals, which take {fewest(level)}{weighed}." for level in missing
    ]
    return [*sentences, *_over_years(results)]


def _over_years(results: Results) -> Iterator[str]:
    """Say of a split by time how coverage goes with the years."""
    split = results.config["data"].get("split") or {}
    if not str(split.get("class_path")).endswith("TimeSplit"):
        return
    years = results.coverage[results.coverage["by"] == "year"]
    for level, rows in years.groupby("level"):
        first, last = rows.iloc[0], rows.iloc[-1]
        if len(rows) > 1:
            yield (
                f"The {level} % intervals hold {first['covered'] * 100:.0f} % of the films of {_years(first)} and "
                f"{last['covered'] * 100:.0f} % of those of {_years(last)}."
            )
    yield "Test films are later than those that the intervals come from: no coverage is promised for a year to come."


def intervals_section(results: Results) -> Section:
    """Return how wide predictions are off: sentences, and how often targets lie in their intervals by kind of film."""
    section = Section("intervals", "How sure predictions are")
    if results.coverage.empty:
        add = f"Predictions have no intervals yet. Add them: {command(f'predict --run {results.path}')}"
        section.missing.extend(interval_sentences(results) or [add])
        return section
    section.text.extend(interval_sentences(results))
    section.pictures.extend(_pictures(results))
    return section


def _pictures(results: Results) -> Iterator[Picture]:
    table, unit = results.coverage, results.unit
    groups = {by: rows for by, rows in table[table["films"] >= 5].groupby("by") if by != "all"}
    for by, heading in (("year", "year"), ("prediction", "prediction"), ("names", "names known")):
        if by in groups:
            rows = groups[by].drop_duplicates(["group", "low", "high"])
            names = rows["group"].tolist() if by == "names" else [_group(row, unit) for _, row in rows.iterrows()]
            drawn = coverage_by_group(groups[by], names, heading, unit)
            yield picture(f"Intervals by {heading}", drawn, wide=by == "names")


def _group(group: pd.Series, unit: str) -> str:
    """Return the years or predictions of a group of films."""
    if group["by"] == "year":
        return _years(group)
    low, high = bare_amount(group["low"], unit), bare_amount(group["high"], unit)
    return low if low == high else f"{low} to {high}"


def _years(group: pd.Series) -> str:
    low, high = group["low"], group["high"]
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
