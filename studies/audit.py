"""An audit: the same models under several splits, side by side, and what they had seen before the test."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.text import Text

from greenlight_films.baselines import Comparison, Sample, fit
from greenlight_films.datamodules import (
    Category,
    Declared,
    FilmDataModule,
    GroupSplit,
    Labels,
    RandomSplit,
    Scores,
    Split,
    TimeSplit,
)
from greenlight_films.datamodules.errors import InputError, refuse_missing_columns
from greenlight_films.datamodules.film_ids import columns_in, film_ids, in_words
from greenlight_films.datamodules.leakage import film_seen, is_year, known_after_release, people_features, person_seen
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.splits import times_of
from greenlight_films.studies.evaluate import evaluate
from greenlight_films.studies.metrics import plain
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import train
from greenlight_films.studies.tune.trial import on_one_device

AuditedModel = Literal["tree", "ridge", "boosting", "knn", "mlp"]
DEFAULT_MODELS: tuple[AuditedModel, ...] = ("tree", "ridge")

AT_RANDOM = "rows at random"
SCALES = ("r2", "r2_log1p", "spearman")  # the scores that an audit compares
DROP = 0.1  # A fall of R² that is worth a sentence


@dataclass
class Audit:
    """How far a study's scores lean on what the model should not have seen.

    Args:
        models: tree, which learns films by heart; ridge, boosting and knn; mlp, the study's own network.
        repeats: how many random splits, each with a seed of its own; there is one split by time.
        year: the column to split by time; by default one that is named so, if there is any.
        people: the columns of people; by default those whose role or name says so.
    """

    models: list[AuditedModel] | None = None
    repeats: int = 5
    year: str | None = None
    people: list[str] | None = None

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise InputError(f"audit.repeats must be 1 or more, got {self.repeats}")
        if self.models == []:
            raise InputError("audit.models must name a model, got []; leave it out for tree and ridge")


class Scheme(NamedTuple):
    """A way to split: a split for each repeat, and the rows that can be split so."""

    name: str
    splits: list[Split]
    frame: pd.DataFrame


@dataclass(frozen=True)
class AuditResult:
    """The outcome of an audit.

    Attributes:
        summary: a line for each split and model: means over repeats, and the standard deviation of each R².
        notes: why a split, or rows of it, are left out.
        known_after_release: columns that come too late to predict what a film earns.
    """

    folder: RunFolder
    summary: pd.DataFrame
    notes: list[str]
    known_after_release: list[str]

    @property
    def drops(self) -> Iterator[str]:
        """Say of each split how far R² falls from that of rows at random."""
        at_random = self.summary[self.summary["split"] == AT_RANDOM].set_index("model")["r2"]
        for split, lines in self.summary.groupby("split", sort=False):
            why = ": rows at random tell it of films that it has seen" if split == "by film" else ""
            for model, after in lines.set_index("model")["r2"].items():
                if (before := at_random[model]) - after > DROP:
                    yield f"R² of {model} falls from {before:.3f} with rows at random to {after:.3f} {split}{why}."


def audit(settings: Settings, options: Audit, console: Console) -> AuditResult:
    """Score a study's models under several splits, and write all of it into `runs/<name>-audit/version_<n>/`."""
    data = settings.data
    frame = data.read()
    people = _people(data, options)
    schemes, notes = _schemes(data, options, frame)
    folder = RunFolder.create(settings.runs, f"{settings.name}-audit")
    try:
        lines = list(_lines(settings, schemes, options.models or list(DEFAULT_MODELS), people, folder, console))
        scores = pd.DataFrame(lines).astype({"seed": "Int64"})  # the split by time has none
        late = known_after_release(data.declared.target, data.declared.features)
        summary = _summary(scores)
        folder.write_text("config.yaml", settings.config)
        folder.write_csv("audit.csv", scores)
        records = summary.astype(object).where(summary.notna(), None).to_dict("records")
        folder.write_json("audit.json", {"known_after_release": late, "notes": notes, "splits": records})
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return AuditResult(folder, summary, notes, late)


def _people(data: FilmDataModule, options: Audit) -> list[Any]:
    features = data.declared.features
    if options.people is None:
        return people_features(features)
    refuse_missing_columns(options.people, (feature.column for feature in features))
    people = [feature for feature in features if feature.column in options.people]
    if unfit := [feature.column for feature in people if not isinstance(feature, Labels | Category)]:
        raise InputError(f"audit.people must be columns of Labels or Category, '{unfit[0]}' is none")
    return people


def _schemes(data: FilmDataModule, options: Audit, frame: pd.DataFrame) -> tuple[list[Scheme], list[str]]:
    """Return the ways to split this table, and why a split, or rows of it, are left out."""
    declared = data.declared
    refuse_missing_columns(columns_in(declared.film), frame.columns)
    ids = film_ids(frame, declared.film) if declared.film else pd.Series(dtype=object)
    val, test = (getattr(declared.split, name, default) for name, default in (("val", 0.1), ("test", 0.2)))
    first = getattr(declared.split, "seed", 42)
    seeds = range(first, first + options.repeats)
    schemes = [Scheme(AT_RANDOM, [RandomSplit(val, test, seed) for seed in seeds], frame)]
    notes = []
    if declared.film is None:
        notes.append("not split by film: data.film names no column with a film's id")
    elif not ids.dropna().duplicated().any():
        notes.append("not split by film: every film has one row, so that rows at random are films at random")
    else:
        rows = frame[ids.notna()]
        if len(rows) < len(frame):
            notes.append(
                f"by film: {counted(len(frame) - len(rows), 'row')} without {in_words(declared.film)} left out"
            )
        schemes.append(Scheme("by film", [GroupSplit(declared.film, val, test, seed) for seed in seeds], rows))
    by_time, by_time_notes = _by_time(declared, options.year, frame, val, test)
    return schemes + by_time, notes + by_time_notes


def _by_time(
    declared: Declared, wanted: str | None, frame: pd.DataFrame, val: float, test: float
) -> tuple[list[Scheme], list[str]]:
    split, named = declared.split, [str(name) for name in frame.columns if is_year(str(name))]
    year = wanted or (split.by if isinstance(split, TimeSplit) else next(iter(named), None))
    if year is None:
        return [], ["not split by time: no column is named year or release date; audit.year names another"]
    refuse_missing_columns([year], frame.columns)
    by_time = TimeSplit(year, val, test)
    try:
        dated = frame[~np.isnan(times_of(frame[year], declared.formats.of(year)))]
        by_time.split(dated, declared.formats)
    except InputError as problem:
        if wanted or isinstance(split, TimeSplit):
            raise
        return [], [f"not split by time ({year}): {problem}"]
    undated = len(frame) - len(dated)
    notes = [f"by time: {counted(undated, 'row')} without {year} left out"] if undated else []
    return [Scheme(f"by time ({year})", [by_time], dated)], notes


def _lines(
    settings: Settings,
    schemes: list[Scheme],
    models: list[AuditedModel],
    people: list[Any],
    folder: RunFolder,
    console: Console,
) -> Iterator[dict[str, Any]]:
    """Fit each model under each split; yield a line for each."""
    for scheme in schemes:
        for repeat, split in enumerate(scheme.splits):
            step = f"{scheme.name}, {repeat + 1} of {len(scheme.splits)}"
            with console.status(Text(step)):
                data = settings.data.under(split, scheme.frame)
            rows, kept = data.films.rows, scheme.frame.loc[data.films.number - 1]
            assert rows is not None
            shares = {
                "film_seen": film_seen(data.films.ids["film"], rows) if "film" in data.films.ids else np.nan,
                "person_seen": person_seen(kept, rows, people, data.fitted.encoder.formats) if people else np.nan,
            }
            sizes = {"train_rows": len(rows.train), "test_rows": len(rows.test)}
            for model in models:
                with console.status(Text(f"{step}: {model}")):
                    scores = _network(settings, data, folder) if model == "mlp" else _classical(model, data)
                line = {"split": scheme.name, "repeat": repeat, "seed": getattr(split, "seed", None), "model": model}
                yield {**line, **sizes, **shares, **plain(scores)}


def _network(settings: Settings, data: FilmDataModule, folder: RunFolder) -> Scores:
    """Train the study's own network on these films, and return its scores on the test rows."""
    own = on_one_device(read_settings(["--config", settings.config]))
    with TemporaryDirectory(dir=folder.path, ignore_cleanup_errors=True) as path:
        return evaluate(train(data, own.model, own.training, Path(path), [own.tensorboard]), data)


def _classical(model: Any, data: FilmDataModule) -> Scores:
    training, test = (Sample.of(data.films, data.fitted, side) for side in ("train", "test"))
    (classical,) = Comparison(models=[model]).baselines()
    classical.check(training)
    scores = fit(classical, training, test).test
    assert scores is not None
    return scores


def _summary(scores: pd.DataFrame) -> pd.DataFrame:
    groups = scores.groupby(["split", "model"], sort=False)
    means = groups.mean(numeric_only=True).drop(columns=["repeat", "seed"], errors="ignore")
    spreads = groups[[scale for scale in SCALES if scale in scores]].std().add_suffix("_sd")
    return means.join(spreads).assign(repeats=groups.size()).reset_index()
