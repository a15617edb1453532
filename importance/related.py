"""`Related`: features that say the same as others, in tables: groups, pairs, and conditional importances."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch

from greenlight_films.importance.conditional import conditional_importance
from greenlight_films.importance.estimates import FEW_FILMS
from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.groups import MOST_GROUPS, group_importance
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.occurrence import Occurrence
from greenlight_films.importance.pairs import MOST_PAIRS, PAIR, pair_importance
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.result import ColumnSet, ImportanceResult
from greenlight_films.importance.streams import keys_of

GROUP = ("features", "n_features", "n_films", "importance", "low_95", "high_95", "p", "q", "sum_of_values")
ALONE = ("first_alone", "second_alone")
MOST_TOGETHER = 10**8  # pairs of labels in a film, over all films: more would take minutes


@dataclass(frozen=True)
class RelatedSettings:
    """What to measure of features that say the same.

    Attributes:
        groups: labels that occur together.
        pairs: of labels, what they are worth together and how they work through each other.
        conditional: names of columns, numbers, roles, groups or single values such as `Cast=Tom Hanks`, to shuffle
            among films that the other features make alike.
    """

    groups: bool = True
    pairs: bool = True
    conditional: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Related:
    """Features that say the same as others.

    Attributes:
        groups: one line a group: features (their names, joined by " + "), n_features, n_films, importance of the group
            shuffled together, low_95, high_95, p, q, sum_of_values (of its features, each shuffled alone).
        pairs: as of `pair_importance`, with names in `first` and `second`, and the importance of each alone,
            `first_alone` and `second_alone`.
        conditional: name, level, importance (shuffled among all films), conditional (among films alike), low_95,
            high_95, p, explained (R² of what the others predict of it), strata, alone (films alone in theirs), n_films.
        notes: sentences on what is not in the tables.
    """

    groups: pd.DataFrame
    pairs: pd.DataFrame
    conditional: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def related_features(
    reference: Reference,
    settings: RelatedSettings,
    conditional: Sequence[ColumnSet],
    estimator: Estimator,
    result: ImportanceResult,
) -> Related:
    """Measure groups, pairs and conditional importances of sets of columns on the films of a result."""
    notes: list[str] = []
    groups, pairs = pd.DataFrame(columns=GROUP), pd.DataFrame(columns=[*PAIR, *ALONE])
    if not reference.loss.linear:
        if tables := " and ".join(name for name in ("groups", "pairs") if getattr(settings, name)):
            notes.append(f"The loss {result.summary['loss']} has no closed form, which {tables} need.")
    elif settings.groups or settings.pairs:
        entries = Entries.of(reference.rows)
        kept = entries.only(entries.films() >= FEW_FILMS)
        n_together = int((torch.bincount(kept.row) ** 2).sum())
        if not n_together:
            notes.append(f"No label is in {FEW_FILMS} of the {result.films}: none can be grouped or paired.")
        elif n_together > MOST_TOGETHER:
            notes.append(f"The films have {n_together:,} pairs of labels, too many to find those that occur together.")
        else:
            occurrence = Occurrence.of(kept)
            if settings.groups:
                groups = _groups(reference, entries, occurrence, estimator.seed, result, notes)
            if settings.pairs:
                pairs = _pairs(reference, entries, occurrence, estimator.seed, result, notes)
    lines = [_conditional(reference, part, estimator, result, notes) for part in conditional]
    return Related(groups, pairs, pd.DataFrame(lines), notes)


def _groups(
    reference: Reference,
    entries: Entries,
    occurrence: Occurrence,
    seed: int,
    result: ImportanceResult,
    notes: list[str],
) -> pd.DataFrame:
    groups = occurrence.groups()
    if not groups:
        notes.append("No labels share half of the films that have either: there are no groups.")
        return pd.DataFrame(columns=GROUP)
    if len(groups) > MOST_GROUPS:
        notes.append(f"Of {len(groups):,} groups the {MOST_GROUPS:,} largest are measured.")
    members = [occurrence.columns[group] for group in groups[:MOST_GROUPS]]
    names, alone = result.described["feature"].to_numpy(), result.values.mean.numpy()
    position = entries.columns.cpu().numpy()
    table = group_importance(reference, entries, [np.searchsorted(position, part) for part in members], seed)
    described = {
        "features": [" + ".join(names[part]) for part in members],
        "n_features": [len(part) for part in members],
    }
    table = pd.DataFrame(described).join(table).assign(sum_of_values=[np.nansum(alone[part]) for part in members])
    return table.sort_values(["importance", "features"], ascending=[False, True], ignore_index=True)


def _pairs(
    reference: Reference,
    entries: Entries,
    occurrence: Occurrence,
    seed: int,
    result: ImportanceResult,
    notes: list[str],
) -> pd.DataFrame:
    table = pair_importance(reference, entries, occurrence, seed)
    if table.empty:
        notes.append(f"No two labels are together in {FEW_FILMS} of the {result.films}: there are no pairs.")
        return table.reindex(columns=[*PAIR, *ALONE])
    if (n_pairs := len(occurrence.pairs[0])) > MOST_PAIRS:
        notes.append(
            f"Of {n_pairs:,} pairs of labels the {MOST_PAIRS:,} that are together most beyond chance are looked at: "
            f"{len(table):,} have {FEW_FILMS} films with both, and are measured."
        )
    names, alone = result.described["feature"].to_numpy(), result.values.mean.numpy()
    for side in ("first", "second"):
        columns = table[side].to_numpy()
        table[side] = names[columns]
        table[f"{side}_alone"] = alone[columns]
    return table


def _conditional(
    reference: Reference, part: ColumnSet, estimator: Estimator, result: ImportanceResult, notes: list[str]
) -> dict[str, object]:
    """Return a line of `Related.conditional`."""
    device = reference.sums.device
    dense, labels = (torch.from_numpy(columns).to(device) for columns in (part.dense, part.labels))
    stream = estimator.streams(keys_of([f"conditional {part.level} {part.name}"]).to(device))[0]
    estimates, strata = conditional_importance(reference, dense, labels, stream, max(estimator.n_repeats, 2))
    if strata.n == 1:
        notes.append(f"{part.name}: too few films, or too few other features, to tell films that are alike.")
    if strata.alone:
        films = "1 film is" if strata.alone == 1 else f"{strata.alone:,} films are"
        notes.append(f"{part.name}: {films} alone among those alike, and can't be exchanged.")
    value, low, high, p = (float(field[0]) for field in (estimates.mean, estimates.low, estimates.high, estimates.p))
    return {
        "name": part.name,
        "level": part.level,
        "importance": _importance(part, result),
        "conditional": value,
        "low_95": low,
        "high_95": high,
        "p": p,
        "explained": strata.explained,
        "strata": strata.n,
        "alone": strata.alone,
        "n_films": int(estimates.n_films[0]),
    }


def _importance(part: ColumnSet, result: ImportanceResult) -> float:
    """Return the importance of a set that is shuffled among all films."""
    if part.level == "value":
        return float(result.values.mean[int(part.labels[0])])
    names = [(other.name, other.level) for other in result.sets]
    return float(result.joint.mean[names.index((part.name, part.level))])
