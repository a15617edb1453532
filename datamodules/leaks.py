"""Columns that tell the answer, found by their values: computed from the target, or the target from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

ROWS = 20_000  # of a larger table so many are looked at
FEWEST = 20  # rows; among fewer, a column agrees by chance
SINGLE_R2, SINGLE_ORDER, SEVERAL_R2 = 0.9995, 0.998, 0.999
"""From where on a column, or several, tell the target. What is known before a film is made is far from it."""
FEWEST_CLASSED, FEWEST_IN_CLASS, MOST_CLASSES = 30, 5, 20  # rows, rows of a value, and values of a column of classes
MOST_PAIRED, MOST_TRIPLED = 150, 30  # columns that are tried in pairs, and in threes
BLOCK = 4_000_000  # numbers in memory at a time, and those that a screening looks at


@dataclass(frozen=True)
class Leak:
    """Columns that tell the target, and how they do as a sentence without its full stop."""

    columns: tuple[str, ...]
    sentence: str


def leaks_by_value(numbers: dict[str, np.ndarray], target: np.ndarray, name: str = "the target") -> list[Leak]:
    """Return the columns, pairs and threes of columns that tell the target almost without error.

    A column does so by a factor, a line, its order, or as classes of the target; several by their sum or difference, a
    pair by its product or ratio too.

    Args:
        numbers: by column, (n_rows,) with NaN where missing.
        target: (n_rows,), NaN where missing.
        name: of the target in the sentences.

    >>> gross = np.arange(30.0) ** 2
    >>> leaks_by_value({"euros": 0.92 * gross, "minutes": np.arange(30) % 7.0}, gross, "gross")[0].sentence
    'euros is gross times 0.92'
    """
    kept = np.flatnonzero(np.isfinite(target))
    kept = kept[np.linspace(0, len(kept) - 1, min(ROWS, len(kept))).astype(int)] if len(kept) else kept
    target = target[kept].astype(np.float64)
    columns = {column: values[kept].astype(np.float64) for column, values in numbers.items()}
    columns = {column: values for column, values in columns.items() if _is_told_apart(values)}
    if len(target) < FEWEST or np.ptp(target) == 0:
        return []
    leaks = [leak for column, values in columns.items() if (leak := _of_single(column, values, target, name))]
    alone = {leak.columns[0] for leak in leaks}
    others = {column: values for column, values in columns.items() if column not in alone}
    pairs = list(_of_several(others, target, name, 2, MOST_PAIRED, SEVERAL_R2 - 0.02))
    paired = {column for leak in pairs for column in leak.columns}
    rest = {column: values for column, values in others.items() if column not in paired}
    return [*leaks, *pairs, *_of_several(rest, target, name, 3, MOST_TRIPLED, SEVERAL_R2)]


def _is_told_apart(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return len(known) >= FEWEST and bool(np.ptp(known) > 0)


def _of_single(column: str, values: np.ndarray, target: np.ndarray, name: str) -> Leak | None:
    known = np.isfinite(values)
    values, target = values[known], target[known]
    if np.ptp(target) == 0:
        return None
    factor = float(values @ target / (target @ target))
    if _explains(factor * target, values, SINGLE_R2):
        return Leak((column,), f"{column} is {name} times {factor:.4g}")
    slope, offset = np.polyfit(target, values, 1)
    if _explains(slope * target + offset, values, SINGLE_R2):
        sentence = f"{column} is {name} times {slope:.4g} {'plus' if offset > 0 else 'minus'} {abs(offset):.4g}"
        return Leak((column,), sentence)
    order = float(np.corrcoef(rankdata(values), rankdata(target))[0, 1])
    if abs(order) >= SINGLE_ORDER:
        turned = "the reverse order" if order < 0 else "the order"
        sentence = f"{column} puts the films into {turned} of {name} (rank correlation {order:.3f})"
        return Leak((column,), sentence)
    values, codes = np.unique(values, return_inverse=True)
    return _of_classes(column, codes, target, name) if len(values) <= MOST_CLASSES else None


def leaks_by_class(classes: dict[str, np.ndarray], target: np.ndarray, name: str = "the target") -> list[Leak]:
    """Return the columns of a few values whose films have other targets by value, without any overlap.

    Args:
        classes: by column, (n_rows,) the value of each row as a code, -1 where missing.
        target: (n_rows,), NaN where missing.
        name: of the target in the sentences.

    >>> rating = np.arange(40.0)
    >>> leaks_by_class({"status": (rating >= 24).astype(int)}, rating, "rating")[0].sentence
    "status puts the films into 2 classes of rating that don't overlap"
    """
    known = np.isfinite(target)
    leaks = []
    for column, codes in classes.items():
        rows = known & (codes >= 0)
        values, codes = np.unique(codes[rows], return_inverse=True)
        if len(values) <= MOST_CLASSES and (leak := _of_classes(column, codes, target[rows], name)):
            leaks.append(leak)
    return leaks


def _of_classes(column: str, codes: np.ndarray, target: np.ndarray, name: str) -> Leak | None:
    """Return a leak where the targets of each value, from 0 without gaps, lie apart from those of the others."""
    sizes = np.bincount(codes)
    if len(target) < FEWEST_CLASSED or len(sizes) < 2 or sizes.min() < FEWEST_IN_CLASS:
        return None
    order = np.lexsort((target, codes))
    ends = np.cumsum(sizes)
    low, high = target[order][ends - sizes], target[order][ends - 1]
    by_low = np.argsort(low)
    if not (high[by_low][:-1] < low[by_low][1:]).all():
        return None
    return Leak((column,), f"{column} puts the films into {len(sizes)} classes of {name} that don't overlap")


def _explains(fit: np.ndarray, values: np.ndarray, least: float) -> bool:
    """Tell whether a fit leaves next to nothing, of the bulk of the values as of the sum of squares.

    A single huge film makes an R² of 0.999 alone; of the others the medians tell.
    """
    if not 1 - np.sum((values - fit) ** 2) / np.sum((values - values.mean()) ** 2) >= least:
        return False
    spread = np.median(np.abs(values - np.median(values)))
    return bool(np.median(np.abs(values - fit)) <= 1.5 * np.sqrt(1 - least) * spread) or spread == 0


def _of_several(
    columns: dict[str, np.ndarray], target: np.ndarray, name: str, size: int, most: int, least: float
) -> Iterator[Leak]:
    """Yield pairs or threes of columns; a column that is in one is in no other.

    Args:
        size: 2 or 3.
        most: columns that are tried.
        least: R² of a screening from which on columns are looked at closely.
    """
    columns = _likeliest(columns, target, most)
    names, table = list(columns), _standardised(columns, len(target))
    sets = np.array(list(combinations(range(len(names)), size)), dtype=int).reshape(-1, size)
    screened = _spread(len(target), len(sets))
    score = _screen(table[screened], target[screened], sets)
    used = set[str]()
    for index in np.argsort(-score)[:MOST_PAIRED]:
        if score[index] < least:
            return
        chosen = tuple(names[column] for column in sets[index])
        if not used & set(chosen) and (leak := _told_by(chosen, [columns[part] for part in chosen], target, name)):
            used |= set(chosen)
            yield leak


def _screen(table: np.ndarray, target: np.ndarray, sets: np.ndarray) -> np.ndarray:
    """Return of each set of columns the highest R² of a sum, of a pair of a product or a ratio too, (n_sets,)."""
    best = np.zeros(len(sets))
    at_once = max(1, BLOCK // (len(target) * 4))
    for start in range(0, len(sets), at_once):
        some = slice(start, start + at_once)
        parts = [table[:, columns].T for columns in sets[some].T]
        designs = [parts]
        if len(parts) == 2:
            left, right = parts
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                designs += [[left, right, left * right], [left / right], [right / left]]
        best[some] = np.max([_batch_r2(np.stack(design, axis=-1), target) for design in designs], axis=0)
    return best


def _batch_r2(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return R² of least squares with a constant for each of (n_fits, n_rows, n_columns), over rows that are whole."""
    whole = np.isfinite(design).all(-1)
    n_rows = whole.sum(1)
    design = np.where(whole[..., None], design, 0.0)
    response = np.where(whole, target, 0.0)
    design = np.where(whole[..., None], design - (design.sum(1) / np.maximum(n_rows, 1)[:, None])[:, None], 0.0)
    response = np.where(whole, response - (response.sum(1) / np.maximum(n_rows, 1))[:, None], 0.0)
    scale = np.sqrt((design**2).sum(1))
    design = design / np.where(scale > 0, scale, 1)[:, None]
    gram = np.einsum("frk,frl->fkl", design, design)
    moments = np.einsum("frk,fr->fk", design, response)
    explained = np.einsum("fk,fk->f", moments, np.einsum("fkl,fl->fk", np.linalg.pinv(gram, hermitian=True), moments))
    total = (response**2).sum(1)
    enough = (n_rows >= _fewest(design.shape[2])) & (total > 0)
    return np.where(enough, explained / np.where(total > 0, total, 1), 0.0)


def _told_by(names: tuple[str, ...], parts: list[np.ndarray], target: np.ndarray, name: str) -> Leak | None:
    """Return how columns tell the target together, if they do, and no one of them does nearly as well alone."""
    whole = np.isfinite(np.stack(parts)).all(0)
    parts, target = [part[whole] for part in parts], target[whole]
    if len(target) < _fewest(len(parts)) or np.ptp(target) == 0:
        return None
    fit, slopes = _line(parts, target)
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    if _explains(fit, target, SEVERAL_R2) and _all_matter(parts, target, fit):
        how = "sum" if (slopes > 0).all() or (slopes < 0).all() else "difference"
        plainly = np.allclose(np.abs(slopes), 1, rtol=0.02)
        signed = zip(names, slopes, strict=True)
        terms = " ".join(f"{'-' if slope < 0 else '+'} {abs(slope):.3g} × {part}" for part, slope in signed)
        weights = "" if plainly else f" ({terms.removeprefix('+ ')})"
        return Leak(names, f"{listed} give {name} by their {how}{weights}")
    if len(parts) != 2:
        return None
    first, second = parts
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        candidates = [
            ("ratio", [first / second]),
            ("ratio", [second / first]),
            ("product", [first, second, first * second]),
        ]
    for how, design in candidates:
        finite = np.isfinite(np.stack(design)).all(0)
        known, answer = [part[finite] for part in design], target[finite]
        if finite.sum() < 0.9 * len(finite):
            continue
        fit, _ = _line(known, answer)
        if _explains(fit, answer, SEVERAL_R2) and _all_matter([first[finite], second[finite]], answer, fit):
            return Leak(names, f"{listed} give {name} by their {how}")
    return None


def _line(parts: list[np.ndarray], target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least squares fit of the target by a constant and the parts, and the parts' slopes."""
    design = np.stack(parts, axis=1)
    middle, scale = design.mean(0), np.where(design.std(0) > 0, design.std(0), 1)
    slopes = np.linalg.lstsq((design - middle) / scale, target - target.mean())[0] / scale
    return (design - middle) @ slopes + target.mean(), slopes


def _all_matter(parts: list[np.ndarray], target: np.ndarray, fit: np.ndarray) -> bool:
    """Tell whether leaving out any part leaves several times as much unexplained."""
    left = np.sum((target - fit) ** 2)
    without = [_line([part for part in parts if part is not out], target)[0] for out in parts]
    return all(np.sum((target - other) ** 2) > 4 * left for other in without)


def _fewest(n_columns: int) -> int:
    """Return how many rows it takes that so many columns don't give the target by chance."""
    return 10 * (n_columns + 1)


def _spread(n_rows: int, n_fits: int) -> np.ndarray:
    """Return rows of all the table, fewer of them where there are many fits to try on them."""
    return np.linspace(0, n_rows - 1, min(n_rows, max(200, min(2_000, BLOCK // max(n_fits, 1))))).astype(int)


def _likeliest(columns: dict[str, np.ndarray], target: np.ndarray, most: int) -> dict[str, np.ndarray]:
    """Return the columns that go most with the target, or with what the best of them leaves of it."""
    if len(columns) <= most:
        return columns
    table = np.nan_to_num(_standardised(columns, len(target)))
    off_mean = target - target.mean()
    with_target = np.abs(table.T @ off_mean)
    best = table[:, int(with_target.argmax())]
    left = off_mean - best * (best @ off_mean) / (best @ best)
    score = np.maximum(with_target / np.linalg.norm(off_mean), np.abs(table.T @ left) / np.linalg.norm(left))
    chosen = set(np.argsort(-score)[:most])
    return {column: values for index, (column, values) in enumerate(columns.items()) if index in chosen}


def _standardised(columns: dict[str, np.ndarray], n_rows: int) -> np.ndarray:
    """Return (n_rows, n_columns), each divided by its largest size, so that products can't overflow."""
    parts = [values / np.nanmax(np.abs(values)) for values in columns.values()]
    return np.stack(parts, axis=1) if parts else np.zeros((n_rows, 0))
