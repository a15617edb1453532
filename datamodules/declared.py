"""What a config declares of a table: features, target, split, and how its cells are written."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.features import Date, Feature, Number, Profile, TrackRecord
from greenlight_films.datamodules.film_ids import columns_in
from greenlight_films.datamodules.number_format import are, counted
from greenlight_films.datamodules.splits import Split, TimeSplit
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import TargetColumn

Init = TypeVar("Init", bound=Callable[..., None])


@dataclass(frozen=True)
class Declared:
    """What a config declares of a table.

    Attributes:
        film: the column with a film's id, or several that name it together.
        title: the column with a film's title.
        formats: what the config says of how cells are written.
        weight: the column with the rows' weights.
        allow_leak: columns of features that may tell the target.
        allow_split_films: let a split put rows of a film on two sides; scores are then no measure of new films.
        notices: what is to be told of the declarations themselves.
        seed: of the folds that labels' inputs are fitted by.
    """

    features: Sequence[Feature[Any]]
    target: TargetColumn
    split: Split
    film: str | list[str] | None = None
    title: str | None = None
    formats: Formats = Formats()
    weight: str | None = None
    allow_leak: Sequence[str] = ()
    allow_split_films: bool = False
    notices: tuple[str, ...] = ()
    seed: int = 0

    def needs(self) -> dict[str, set[Need]]:
        """Return what the columns are read as, whose cells may be written in several ways."""
        needs = dict[str, set[Need]]()
        for feature in self.features:
            for name in feature.columns:
                needs.setdefault(name, set()).add(feature.need)
        for name in (*self.target.columns, *columns_in(self.weight), *self.records_of()):
            needs.setdefault(name, set()).add("number")
        if isinstance(self.split, TimeSplit):
            needs.setdefault(self.split.by, set()).add("date")
        return needs

    def records_of(self) -> list[str]:
        """Return the columns beside the target that records are of."""
        of = [feature.of for feature in self.features if isinstance(feature, TrackRecord)]
        return list(dict.fromkeys(name for name in of if name is not None))

    def under(self, split: Split) -> "Declared":
        """Return the same under a split that may put a film on two sides.

        Under a TimeSplit track records are of films before it, near or not, and profiles are left out.
        """
        by = split.by if isinstance(split, TimeSplit) else None
        kept = [each for each in self.features if by is None or not isinstance(each, Profile)]
        records = {"before": by} if by is None else {"before": by, "near": None}
        features = [replace(each, **records) if isinstance(each, TrackRecord) else each for each in kept]
        return replace(self, features=features, split=split, allow_split_films=True)


def refuse_other_features(fitted: Sequence[Feature[Any]], declared: Sequence[Feature[Any]]) -> None:
    """Refuse a checkpoint whose features are not those that are declared."""
    # Not the plain declarations: those of older runs lack newer arguments.
    theirs, ours = ([feature.declaration() for feature in features] for features in (fitted, declared))
    if theirs == ours:
        return
    lost = [str(feature) for feature in theirs if feature not in ours]
    added = [str(feature) for feature in ours if feature not in theirs]
    sides = (("checkpoint", lost), ("config", added))
    alone = [f"only the {owner} has {', '.join(features)}" for owner, features in sides if features]
    raise InputError(
        "the checkpoint has another feature space than data.features: "
        f"{'; '.join(alone) or 'the same features in another order'}; give the checkpoint's own config, or train anew"
    )


def refuse_unfit_inputs(declared: Declared) -> None:
    """Refuse inputs of labels that the split has no use for."""
    by = declared.split.by if isinstance(declared.split, TimeSplit) else None
    for feature in declared.features:
        if isinstance(feature, TrackRecord) and feature.before not in (None, by):
            whole = f"'{by}', the column of data.split" if by else "left out: data.split is no TimeSplit"
            raise InputError(
                f"data.features: `before` of TrackRecord of '{feature.column}' must be {whole}, got '{feature.before}'"
            )
        if isinstance(feature, TrackRecord) and feature.near is not None:
            _refuse_unfit_near(feature, feature.near, declared, by)
        if isinstance(feature, TrackRecord) and feature.of is not None and declared.target.columns == [feature.of]:
            raise InputError(
                f"data.features: `of` of TrackRecord of '{feature.column}' must be another column than the target, got "
                f"'{feature.of}'; leave `of` out for a record of the target"
            )
        if isinstance(feature, Profile) and by:
            raise InputError(
                f"data.features: Profile of '{feature.column}' must be left out under a TimeSplit: films to come "
                "differ from a label's earlier ones"
            )


def _refuse_unfit_near(record: TrackRecord, near: Sequence[str], declared: Declared, by: str | None) -> None:
    subject = f"data.features: `near` of TrackRecord of '{record.column}' must"
    if record.of is not None:
        raise InputError(f"{subject} be left out beside `of`: records of the target alone go by how near films are")
    if by:
        raise InputError(f"{subject} be left out under a TimeSplit: a record is then of earlier films, got {near}")
    fit = {
        feature.column: None
        for feature in declared.features
        if isinstance(feature, Number) or (isinstance(feature, Date) and feature.has_years)
    }
    for column in near:
        if column not in fit:
            raise InputError(
                f"{subject} name columns that data.features declare as a Number, or as a Date with its year or age, "
                f"got '{column}'{nearest(column, fit) or f'; there are {listed(sorted(fit))}'}"
            )


def data_notices(declared: Declared, actual: np.ndarray) -> list[str]:
    """Say how many rows have no target, and whether the weight is a feature too."""
    target, unknown = declared.target.name, int(np.isnan(actual).sum())
    notices = list(declared.notices)
    if unknown:
        notices.append(
            f"{unknown:,} of {counted(len(actual), 'row')} {are(unknown)} without {target}: not trained on and not "
            f"scored; `predict` predicts {'it' if unknown == 1 else 'them'} in a table of their own."
        )
    notices += _idle_formats(declared)
    if declared.weight is not None:
        notices.append(f"Rows are weighted by '{declared.weight}' in the loss and in all scores (data.weight).")
    if any(declared.weight in feature.columns for feature in declared.features):
        notices.append(
            f"'{declared.weight}' is data.weight and a feature too: the model learns from how much a row weighs; "
            "leave it out of data.features unless that is wanted."
        )
    return notices


def _idle_formats(declared: Declared) -> list[str]:
    """Say which settings by column change nothing, for the column is read as something else."""
    needs, notices = declared.needs(), list[str]()
    for name, format in declared.formats.by_column.items():
        for key, need in (("decimal", "number"), ("day_first", "date")):
            if getattr(format, key) is not None and need not in needs.get(name, {need}):
                notices.append(f"data.{key} of '{name}' changes nothing: the column is not read as {need}s.")
    return notices


def for_configs(init: Init) -> Init:
    """Show the parser of configs `table` as required, and no arguments that only Python can give."""
    signature = inspect.signature(init)
    shown = {name: value for name, value in signature.parameters.items() if name not in ("frame", "weights")}
    shown["table"] = shown["table"].replace(annotation=str, default=inspect.Parameter.empty)
    init.__signature__ = signature.replace(parameters=list(shown.values()))  # type: ignore[attr-defined]
    return init
