"""Refuses features that tell the target, and splits that show test films to the model, unless a config allows it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.features import Category
from greenlight_films.datamodules.film_ids import columns_in, in_words
from greenlight_films.datamodules.films_in_rows import identity_of, remark_on_remakes
from greenlight_films.datamodules.leaks import ROWS, leaks_by_class, leaks_by_value
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.splits import Rows, shared_values
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.number_cells import read_numbers
from greenlight_films.datamodules.targets import ProfitRatio

LEAK_ALLOWED = "data.allow_leak allows"  # begins the notice on it
KNOWN_WITH_TARGET = "it may be known only where the answer is"  # ends that on a column that lacks where the target does
FEW = 3  # cells that a column and the target lack together; fewer may be chance


def refuse_target_as_feature(declared: Declared) -> None:
    """Refuse features that read the target's column, or the revenue of a profit ratio, unless `allow_leak` has them."""
    columns = dict.fromkeys(name for feature in declared.features for name in feature.columns)
    if declared.weight in declared.target.columns:
        raise InputError(f"data.weight must be another column than the target '{declared.weight}'; leave it out")
    answers = [name for name in columns if name in declared.target.answers and name not in declared.allow_leak]
    if answers:
        raise InputError(
            f"data.features must not have the target's own column '{answers[0]}': the model would read the answer; "
            f"leave it out, or allow it by data.allow_leak: [{answers[0]}]"
        )
    unknown = [name for name in declared.allow_leak if name not in columns]
    if unknown:
        raise InputError(
            f"data.allow_leak must name columns of data.features, got '{unknown[0]}'{nearest(unknown[0], columns)}"
        )


def film_on_two_sides(frame: pd.DataFrame, ids: pd.Series, rows: Rows, declared: Declared) -> bool:
    """Return whether a film has rows on several sides, which is refused unless `allow_split_films` is true."""
    n_shared = shared_values(ids, rows)
    if n_shared and not declared.allow_split_films:
        identity = identity_of(frame)
        remakes = remark_on_remakes(frame, identity) if columns_in(declared.film) == [identity.title] else None
        raise InputError(
            f"data.split: {type(declared.split).__name__} puts rows of the same film on several sides ({n_shared:,} "
            f"values of '{in_words(declared.film)}'), so the model is tested on films that it has seen; use GroupSplit "
            f"with `by: {declared.film}`, or set data.allow_split_films to true if that is wanted"
            + (f"; {remakes.text}" if remakes else "")
        )
    return n_shared > 0


def check_leaks(
    frame: pd.DataFrame, declared: Declared, formats: Formats, actual: np.ndarray, train: np.ndarray
) -> list[str]:
    """Return notices of leaks that are allowed, and of columns that are missing together with the target.

    Args:
        actual: (n_rows,) the target of all rows of the frame, NaN where missing.
        train: positions of the training rows in the frame.

    Raises:
        InputError: numbers or categories tell the target and `allow_leak` doesn't have them; it names all of them.
    """
    columns = list(
        dict.fromkeys(name for feature in declared.features if feature.need == "number" for name in feature.columns)
    )
    columns = [name for name in columns if name not in declared.target.answers]
    sample = train[np.linspace(0, len(train) - 1, min(ROWS, len(train))).astype(int)]
    part = frame.iloc[sample]
    numbers = {name: read_numbers(part[name], formats.of(name)) for name in columns}
    classes = _classes(part, declared, formats)
    leaks = [
        *leaks_by_value(numbers, actual[sample], declared.target.name),
        *leaks_by_class(classes, actual[sample], declared.target.name),
    ]
    if isinstance(declared.target, ProfitRatio):
        leaking = {name for leak in leaks for name in leak.columns}
        rest = {name: values for name, values in numbers.items() if name not in (*leaking, declared.target.budget)}
        revenue = declared.target.revenue
        earned = read_numbers(part[revenue], formats.of(revenue))
        leaks += leaks_by_value(rest, earned, revenue)
        others = {name: codes for name, codes in classes.items() if name not in leaking}
        leaks += leaks_by_class(others, earned, revenue)
    refused = [leak for leak in leaks if not set(leak.columns) <= set(declared.allow_leak)]
    if refused:
        names = dict.fromkeys(name for leak in refused for name in leak.columns)
        raise InputError(
            f"data.features must not tell the target '{declared.target.name}', which these do: "
            f"{'; '.join(leak.sentence for leak in refused)}; "
            f"leave them out, or allow them by data.allow_leak: [{listed(names)}]"
        )
    answers = [name for name in declared.target.answers if name in declared.allow_leak]
    own = [f"{name} is the target's own column" for name in answers]
    allowed = [*own, *(leak.sentence for leak in leaks)]
    notices = [f"{LEAK_ALLOWED} a leak, and scores say nothing of new films: {'; '.join(allowed)}."]
    return notices * bool(allowed) + list(_missing_together(frame, columns, declared.target.name, formats, actual))


def _classes(frame: pd.DataFrame, declared: Declared, formats: Formats) -> dict[str, np.ndarray]:
    """Return the value of each row by category as a code, -1 where missing."""
    classes = {}
    for feature in declared.features:
        if isinstance(feature, Category) and feature.column not in declared.target.answers:
            labels = feature.read(frame, formats)
            classes[feature.column] = np.full(len(frame), -1)
            classes[feature.column][labels.counts() > 0] = labels.codes
    return classes


def _missing_together(
    frame: pd.DataFrame, columns: Iterable[str], target: str, formats: Formats, actual: np.ndarray
) -> Iterable[str]:
    """Yield a notice for each column that is missing where the target is, and nowhere else."""
    without = np.isnan(actual)
    if without.sum() < FEW:
        return
    for name in columns:
        there, elsewhere = (frame[name][rows] for rows in (without, ~without))
        if np.isnan(read_numbers(there, formats.of(name))).all() and (
            not np.isnan(read_numbers(elsewhere, formats.of(name))).any()
        ):
            rows = f"{counted(int(without.sum()), 'row')} that {'lacks' if without.sum() == 1 else 'lack'} {target}"
            yield f"{name} is missing in the {rows}, and only there: {KNOWN_WITH_TARGET}."
