"""The command `audit`: the same models under several splits, side by side, and what they had seen before the test."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.baselines import Comparison, Sample, fit
from greenlight_films.datamodules import FilmDataModule, GroupSplit, RandomSplit, Scores, Split, TimeSplit
from greenlight_films.datamodules.errors import InputError, refuse_missing_columns
from greenlight_films.datamodules.features import Category, Labels
from greenlight_films.datamodules.leakage import film_seen, is_year, known_after_release, people_features, person_seen
from greenlight_films.reports.score_table import HEADINGS, LOUD, known_after_release_warning, plain
from greenlight_films.studies.auditing import Audit, AuditCLI, AuditedModel, AuditTrial
from greenlight_films.studies.run_folder import RunFolder

USUAL: tuple[AuditedModel, ...] = ("tree", "ridge")
GULF = 0.1
"""A fall of R² that is worth a word."""

SHARES = {"film_seen": "its film in training", "person_seen": "one of its people in training"}
SCALES = ("r2", "r2_log1p", "spearman")


@dataclass(frozen=True)
class Scheme:
    """A way to split.

    Attributes:
        name: as the table has it.
        splits: one a repeat.
        frame: the rows that can be split so.
    """

    name: str
    splits: list[Split]
    frame: pd.DataFrame


def audit(words: list[str], console: Console) -> None:
    """Run an audit and write what it found into `runs/<name>-audit/version_<n>/`.

    Args:
        words: the options.

    Raises:
        InputError: it can't be run.
    """
    cli = AuditCLI(words)
    asked, films = cli.audit, cli.datamodule
    frame = films.read()
    notes: list[str] = []
    people = _people(films, asked)
    schemes = _schemes(films, asked, frame, notes)
    folder = RunFolder.create(cli.option("runs"), f"{cli.option('name')}-audit")
    try:
        lines = list(_lines(cli, schemes, asked, people, folder, console))
        found = pd.DataFrame(lines).astype({"seed": "Int64"})  # the split by time has none
        folder.write_text("config.yaml", cli.config_yaml())
        folder.write_csv("audit.csv", found)
        late = known_after_release(films.declared.target, films.declared.features)
        summary = _summary(found)
        folder.write_json("audit.json", {"known_after_release": late, "notes": notes, "splits": _plain(summary)})
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    _print(cli.option("name"), films, summary, notes, late, console)
    console.print(f"\n{folder.path}/", highlight=False, style="bold", soft_wrap=True)


def _people(films: FilmDataModule, asked: Audit) -> list[Any]:
    """Return the features of people."""
    features = films.declared.features
    if asked.people is None:
        return people_features(features)
    refuse_missing_columns(asked.people, (feature.column for feature in features))
    people = [feature for feature in features if feature.column in asked.people]
    if unfit := [one.column for one in people if not isinstance(one, Labels | Category)]:
        raise InputError(f"audit.people must be columns of Labels or Category, '{unfit[0]}' is none")
    return people


def _schemes(films: FilmDataModule, asked: Audit, frame: pd.DataFrame, notes: list[str]) -> list[Scheme]:
    """Return the ways to split this table, and note why one is left out."""
    declared = films.declared
    refuse_missing_columns([declared.film] if declared.film else [], frame.columns)
    val, test = (getattr(declared.split, name, usual) for name, usual in (("val", 0.1), ("test", 0.2)))
    first = getattr(declared.split, "seed", 42)
    seeds = range(first, first + asked.repeats)
    schemes = [Scheme("rows at random", [RandomSplit(val, test, seed) for seed in seeds], frame)]
    if declared.film is None:
        notes.append("not split by film: data.film names no column with a film's id")
    elif not frame[declared.film].dropna().duplicated().any():
        notes.append("not split by film: every film has one row, so that rows at random are films at random")
    else:
        whole = frame[frame[declared.film].notna()]
        if len(whole) < len(frame):
            notes.append(f"by film: {len(frame) - len(whole):,} rows without {declared.film} are left out")
        schemes.append(Scheme("by film", [GroupSplit(declared.film, val, test, seed) for seed in seeds], whole))
    year = asked.year or _year(declared.split, frame)
    if year is None:
        notes.append("not split by time: no column is named year or release date; audit.year names another")
    else:
        refuse_missing_columns([year], frame.columns)
        dated, split = frame[frame[year].notna()], TimeSplit(year, val, test)
        try:
            split.split(dated)
        except InputError as problem:
            if asked.year or isinstance(declared.split, TimeSplit):
                raise
            notes.append(f"not split by time ({year}): {problem}")
            return schemes
        if len(dated) < len(frame):
            notes.append(f"by time: {len(frame) - len(dated):,} rows without {year} are left out")
        schemes.append(Scheme(f"by time ({year})", [split], dated))
    return schemes


def _year(split: Split, frame: pd.DataFrame) -> str | None:
    if isinstance(split, TimeSplit):
        return split.by
    return next((str(name) for name in frame.columns if is_year(str(name))), None)


def _lines(
    cli: AuditCLI, schemes: list[Scheme], asked: Audit, people: list[Any], folder: RunFolder, console: Console
) -> Iterator[dict[str, Any]]:
    """Fit each model under each split; yield a line for each."""
    models = asked.models or list(USUAL)
    for scheme in schemes:
        for repeat, split in enumerate(scheme.splits):
            with console.status(Text(f"{scheme.name}, {repeat + 1} of {len(scheme.splits)}")):
                films = cli.datamodule.under(split, scheme.frame)
            rows, kept = films.films.rows, scheme.frame.iloc[films.films.number - 1]
            assert rows is not None
            seen = {
                "film_seen": film_seen(kept, rows, films.declared.film) if films.declared.film else np.nan,
                "person_seen": person_seen(kept, rows, people) if people else np.nan,
            }
            sizes = {"train_rows": len(rows.train), "test_rows": len(rows.test)}
            for model in models:
                with console.status(Text(f"{scheme.name}, {repeat + 1} of {len(scheme.splits)}: {model}")):
                    scores = _scores(cli, model, films, folder)
                said = {"split": scheme.name, "repeat": repeat, "seed": getattr(split, "seed", None), "model": model}
                yield {**said, **sizes, **seen, **plain(scores)}


def _scores(cli: AuditCLI, model: AuditedModel, films: FilmDataModule, folder: RunFolder) -> Scores:
    """Return a model's scores on the test rows."""
    if model == "mlp":
        try:
            return AuditTrial(cli.config_yaml(), films, folder.path / "mlp").scores
        finally:
            shutil.rmtree(folder.path / "mlp", ignore_errors=True)
    training, test = (Sample.of(films.films, films.fitted, side) for side in ("train", "test"))
    (classical,) = Comparison(models=[model]).baselines()
    classical.check(training)
    found = fit(classical, training, test).test
    assert found is not None
    return found


def _summary(found: pd.DataFrame) -> pd.DataFrame:
    """Return one line a split and model: means over repeats, and the standard deviation of each R²."""
    groups = found.groupby(["split", "model"], sort=False)
    means = groups.mean(numeric_only=True).drop(columns=["repeat", "seed"], errors="ignore")
    spreads = groups[[scale for scale in SCALES if scale in found]].std().add_suffix("_sd")
    return means.join(spreads).assign(repeats=groups.size()).reset_index()


def _plain(summary: pd.DataFrame) -> list[dict[str, Any]]:
    return summary.astype(object).where(summary.notna(), None).to_dict("records")


def _print(
    name: str, films: FilmDataModule, summary: pd.DataFrame, notes: list[str], late: list[str], console: Console
) -> None:
    splits = list(dict.fromkeys(summary["split"]))
    table = Table(title=Text(f"{name}: the same models under other splits"), title_justify="left", title_style="bold")
    table.add_column("")
    for split in splits:
        table.add_column(Text(split), justify="right")
    by_split = [summary[summary["split"] == split].set_index("model") for split in splits]
    for share, said in SHARES.items():
        if summary[share].notna().any():
            table.add_row(Text(said), *(_percent(some[share].iloc[0]) for some in by_split))
    for model in dict.fromkeys(summary["model"]):
        for scale in [scale for scale in SCALES if scale in summary]:
            cells = [_with_spread(some.loc[model], scale) for some in by_split]
            table.add_row(Text(f"{model}, {HEADINGS[scale]}"), *cells)
    console.print(table)
    console.print("Means over the repeats, ± their standard deviation; shares are of the test rows.", highlight=False)
    for line in _gulfs(summary):
        console.print(line, style=LOUD, markup=False, soft_wrap=True)
    if late:
        warning = known_after_release_warning(films.declared.target.name, late)
        console.print(warning, style=LOUD, markup=False, soft_wrap=True)
    for note in notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def _with_spread(line: pd.Series, scale: str) -> str:
    mean, spread = line[scale], line[f"{scale}_sd"]
    digits = 3 if abs(mean) < 10 else 1
    return "–" if pd.isna(mean) else f"{mean:.{digits}f}" + (f" ± {spread:.{digits}f}" if pd.notna(spread) else "")


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{share:.0%}"


def _gulfs(summary: pd.DataFrame) -> Iterator[str]:
    """Say of each split how far R² falls from that of rows at random."""
    at_random = summary[summary["split"] == "rows at random"].set_index("model")["r2"]
    for split, some in summary.groupby("split", sort=False):
        why = ": rows at random tell it of films that it has seen" if split == "by film" else ""
        for model, after in some.set_index("model")["r2"].items():
            if (before := at_random[model]) - after > GULF:
                yield f"R² of {model} falls from {before:.3f} with rows at random to {after:.3f} {split}{why}."
