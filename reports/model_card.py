"""The model card: what a run's network is, how good, where it errs, and what it must not be used for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from greenlight_films.datamodules.number_format import counted, significant
from greenlight_films.datamodules.program import command
from greenlight_films.datamodules.tables.read_table import LICENCES
from greenlight_films.reports.figures.axes import is_money
from greenlight_films.reports.interval_section import interval_sentences
from greenlight_films.reports.leaderboard_table import leaderboard_table
from greenlight_films.reports.summary import summary, warnings
from greenlight_films.reports.terminal import ACTING
from greenlight_films.studies.film_groups import LEVEL, covered_less, film_groups, mean_errors
from greenlight_films.studies.results import NETWORK, Results

CARD = "model_card.md"
MOST_GROUPS = 12
NOT_SAID = (
    "Not stated in the run: the licence and the terms of a table are known to whoever brought it. State them wherever "
    "you pass this model on."
)
LIMITS = (
    "Importance says what the model relies on, not what makes films succeed: a value that goes along with success "
    "helps the prediction whether it brings success or not.",
    "Values that go together share the credit; each alone may look unimportant.",
    "A value that few test films have is known with a wide error. A value that none has can't be judged here at all.",
    "Films unlike those it learnt from are predicted from what is left of them: names that training did not know are "
    "dropped.",
    "Intervals are over films like the tested ones. They don't cover another year, country or way to collect films.",
)
SPLITS = {
    "RandomSplit": "Films were drawn at random: test films are of the same years as those that were learnt from.",
    "GroupSplit": "Films that share a group are on one side of it.",
    "TimeSplit": "Test films are later than those that were learnt from.",
}


@dataclass(frozen=True)
class CardTable:
    """A table of text; the first column names each line."""

    caption: str
    headings: list[str]
    lines: list[list[str]]


@dataclass(frozen=True)
class CardSection:
    """A part of the card: paragraphs, then points, then tables. Between backticks a text is code."""

    heading: str
    paragraphs: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    tables: list[CardTable] = field(default_factory=list)


def model_card(results: Results, intervals: pd.DataFrame) -> list[CardSection]:
    """Return the card's sections, all of the run's own numbers; `intervals` are those of `intervals_of`."""
    board = leaderboard_table(results, intervals)
    scores = CardTable(
        "Scores on the test films, with 95 % intervals",
        ["model", *board["headings"]],
        [[line["model"], *line["cells"]] for line in board["lines"]],
    )
    sure = interval_sentences(results) or ["Predictions have no intervals in this run."]
    good = [*warnings([results]), " ".join(summary(results, intervals)), " ".join(sure), *board["notes"]]
    none = [f"No model was scored: `{command(f'test --run {results.path}')}` scores it."]
    is_scored = bool(results.metrics.get("models"))
    return [
        CardSection("What is predicted from what", list(_predicted(results))),
        CardSection("Films and years", list(_films(results)), list(results.metrics.get("notices", []))),
        CardSection("Split", list(_split(results))),
        CardSection("How good it is", good if is_scored else none, tables=[scores] if is_scored else []),
        _groups_that_err(results),
        CardSection("What it must not be used for", points=list(_misuse(results))),
        CardSection("Known limits", points=list(LIMITS)),
        CardSection("Licence of the data", [LICENCES.get(str(results.config["data"]["table"]), NOT_SAID)]),
    ]


def split_of(results: Results) -> tuple[str, str]:
    """Return the kind of a run's split, and it with its settings."""
    split = results.config["data"].get("split") or {"class_path": "unknown"}
    kind = str(split["class_path"]).rpartition(".")[2]
    arguments = ", ".join(f"{name} {value}" for name, value in (split.get("init_args") or {}).items())
    return kind, f"{kind} ({arguments})"


def _predicted(results: Results) -> Iterator[str]:
    metrics, model, config = results.metrics, results.config["model"], results.config
    yield (
        f"{results.target}{f' ({results.unit})' if results.unit else ''} of a film"
        f"{'' if results.learnt_unit == results.unit else f', learnt as {results.learnt_unit}'}."
    )
    kinds: dict[str, list[str]] = {}
    for kind, column in results.declared:
        kinds.setdefault(column, []).append(kind)
    columns = "; ".join(f"{column} ({', '.join(own)})" for column, own in kinds.items())
    counts = metrics.get("features", {})
    yield (
        f"From {counted(len(kinds), 'column')}: {columns}. These make {counted(counts.get('dense', 0), 'number')} and "
        f"{counted(counts.get('labels', 0), 'label')}."
    )
    members, heads = model.get("members", 1), model.get("heads", 1)
    layers = ", ".join(str(width) for width in model["hidden"])
    preset = f", preset {config['preset']}" if config.get("preset") else ""
    yield (
        f"By {counted(members, 'network')} with hidden layers of {layers} and {counted(heads, 'head')}"
        f"{' each' if members > 1 else ''}{preset}. All settings stand in config.yaml beside this card."
    )


def _films(results: Results) -> Iterator[str]:
    metrics = results.metrics
    rows = ", ".join(f"{count:,} {side}" for side, count in metrics.get("rows", {}).items())
    yield f"{counted(metrics.get('films', 0), 'film')} of the table {results.config['data']['table']}; rows: {rows}."
    if left_out := metrics.get("left_out"):
        yield f"{counted(left_out, 'row')} without {results.target} left out."
    years = _years(results)
    if years.empty:
        yield "The run's files don't hold the films' years."
        return
    ends = [f"{side} {low:.0f} to {high:.0f}" for side, low, high in years.itertuples()]
    yield f"Years by {results.year.name if results.year is not None else 'year'}: {', '.join(ends)}."


def _years(results: Results) -> pd.DataFrame:
    """Return the first and last year of each side's films, by side."""
    rows, years = results.predictions, results.year
    if rows.empty or years is None:
        return pd.DataFrame()
    by_side = rows["row"].map(years).groupby(rows["split"], sort=False)
    return by_side.agg(["min", "max"]).dropna()


def _split(results: Results) -> Iterator[str]:
    kind, in_words = split_of(results)
    yield f"{in_words}. {SPLITS.get(kind, '')}".rstrip()
    refreshed = results.metrics.get("refreshed")
    if refreshed and refreshed["films"]:
        until = "" if refreshed["until"] is None else f" (until {refreshed['until']})"
        yield (
            f"That is of the films that the network learnt from. {counted(refreshed['films'], 'newer film')}{until} "
            "came in afterwards, for what is known of names alone; no newer film is tested."
        )
    if results.metrics.get("leak"):
        yield "The same films stand on both sides of it."


def _groups_that_err(results: Results) -> CardSection:
    heading = "Groups of films on which it errs"
    if len(results.test) < 2 or NETWORK not in results.models or results.scale is None:
        return CardSection(
            heading, ["Not known: the run's files don't hold the network's predictions of its test films."]
        )
    groups = film_groups(results)
    errors, coverage = mean_errors(results, groups), covered_less(results, groups)
    off, low = errors[errors["p"] < LEVEL], coverage[coverage["p"] < LEVEL]
    looked = "all films, years, predictions, numbers, and the most frequent labels of each role"
    paragraphs = [
        f"Looked at: {counted(len(errors), 'group')} of 20 test films or more ({looked}). In {_number(off)} of them "
        f"the mean error differs from 0 by more than chance (5 % for all groups together, by Holm's method)"
        f"{_first(off)}"
    ]
    if coverage.empty:
        paragraphs.append("There are no intervals to look at.")
    else:
        n = counted(len(coverage), "group")
        paragraphs.append(
            f"Of {n} by level, in {_number(low)} fewer targets than chance allows lie in their intervals{_first(low)}"
        )
    tables = [_errors_table(results, off.head(MOST_GROUPS))] if len(off) else []
    if len(low):
        lines = [
            [row.group, f"{row.films:,}", f"{row.level} %", f"{row.covered * 100:.3g} %"]
            for row in low.head(MOST_GROUPS).itertuples()
        ]
        headings = ["group", "films", "said", "in their intervals"]
        tables.append(CardTable("Where fewer targets lie in their intervals than is said", headings, lines))
    return CardSection(heading, paragraphs, tables=tables)


def _number(groups: pd.DataFrame) -> str:
    return f"{len(groups):,}" if len(groups) else "none"


def _first(groups: pd.DataFrame) -> str:
    """Say that groups stand in a table below, or of many the surest; nothing where there is none."""
    if len(groups) > MOST_GROUPS:
        return f"; the {MOST_GROUPS} surest stand in a table below."
    return f"; {'it stands' if len(groups) == 1 else 'they stand'} in a table below." if len(groups) else "."


def _errors_table(results: Results, groups: pd.DataFrame) -> CardTable:
    assert results.scale is not None
    in_logarithms = results.scale.transform != "none"
    lines = []
    for row in groups.itertuples():
        error, low, high = (f"{value:+.3g}" for value in (row.error, row.low, row.high))
        factor = [f"{np.exp(row.error):.3g}"] if in_logarithms else []
        lines.append([row.group, f"{row.films:,}", f"{error} ({low} to {high})", *factor])
    unit = results.learnt_unit
    headings = ["group", "films", f"predicted less actual{f', {unit}' if unit else ''}"]
    headings += ["as a factor"] if in_logarithms else []
    return CardTable("Where the mean error is not 0, with 95 % intervals of each group by itself", headings, lines)


def _misuse(results: Results) -> Iterator[str]:
    """Yield what the model must not be used for, by what the run is."""
    metrics, kind = results.metrics, split_of(results)[0]
    yield (
        "To judge, hire, pay or refuse a person: what a name adds is that of the films that it stands in, with all "
        "else that these films had."
    )
    yield "To say what causes success: it has learnt what goes along with it, and nobody set up an experiment."
    if metrics.get("leak"):
        yield "To say how good predictions of new films are: the same films stand on both sides of this split."
    if late := metrics.get("known_after_release"):
        yield f"Before a film is released: {', '.join(late)} can't be known then."
    if sizes := [column for kind, column in results.declared if kind == "Size"]:
        yield (
            f"With a list of names cut short or still growing: it also goes by how many names stand in "
            f"{', '.join(sizes)}, which says how well a film is documented too."
        )
    years = _years(results)
    if len(years):
        ends = f"{years['min'].min():.0f} to {years['max'].max():.0f}"
        yield f"For films of other years than {ends}, as if it were as good there." + (
            "" if kind == "TimeSplit" else " Films to come are not among those that were tested."
        )
    else:
        yield "For films of other years than those learnt from, as if it were as good there."
    yield from _usual(results)
    if metrics.get("left_out"):
        yield f"For films of the kind whose {results.target} nobody writes down: they were left out, and may differ."
    if is_money(results.unit):
        yield "As the only ground of an investment."


def _usual(results: Results) -> Iterator[str]:
    """Say of which country and language most test films are."""
    for role in ("country", "language"):
        labels = results.labels_of(role)
        labels = labels[labels["row"].isin(results.test["row"])] if len(results.test) else labels.head(0)
        if len(labels):
            counts = labels["value"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
            share = counts.iloc[0] / len(results.test) * 100
            yield (
                f"For films of a {role} that it saw little of, as if it were as good there: {significant(share, 3)} % "
                f"of the test films have the {role} {counts.index[0]}."
            )


def markdown(name: str, sections: list[CardSection]) -> str:
    """Return a card as Markdown, in which data are text and nothing else."""
    parts = [f"# Model card: {_inert(name)}"]
    for section in sections:
        parts.append(f"## {section.heading}")
        parts += [_with_code(text) for text in section.paragraphs]
        if section.points:
            parts.append("\n".join(f"- {_with_code(point)}" for point in section.points))
        for table in section.tables:
            rows = [table.headings, ["---"] * len(table.headings), *table.lines]
            cells = [[cell if row is rows[1] else _inert(cell) for cell in row] for row in rows]
            parts += [f"{table.caption}:", "\n".join(f"| {' | '.join(row)} |" for row in cells)]
    return "\n\n".join(parts) + "\n"


def _with_code(text: str) -> str:
    """Return a text for Markdown, in which what stands between backticks is code."""
    pieces = re.split(r"`([^`\n]+)`", text)
    return "".join(f"`{_line(piece)}`" if index % 2 else _inert(piece) for index, piece in enumerate(pieces))


def _inert(text: str) -> str:
    r"""Return a text that Markdown and the HTML in it take as it is.

    >>> print(_inert("Bo_x <b> *a* [b](c) 1 | 2"))
    Bo_x \<b> \*a\* [b\](c) 1 \| 2
    """
    text = re.sub(r"&(?=#?\w+;)", "&amp;", _line(text))
    text = re.sub(r"[\\`*<|~]|\](?=[(\[:])|!(?=\[)|(?<!\w)_|_(?!\w)", lambda match: f"\\{match[0]}", text)
    return re.sub(r"^(\s*\d*)([.)](?=\s)|[-+](?=[\s-])|[#>])", lambda match: f"{match[1]}\\{match[2]}", text)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text.translate(ACTING))
