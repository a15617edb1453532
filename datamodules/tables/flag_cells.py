"""Cells as flags: yes and no in any language, ticks and crosses."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import declaration
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.distinct_texts import plain_word
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.number_readings import NumberReadings

_YES = (
    "1 1.0 ● ■ y yes t true on ✓ ✔ ✅ ☑ 👍 oui o vrai v ja j wahr sí si s verdadero cierto sim verdadeiro sì vero да д "
    "истина はい 是 有 예 네 evet tak ano áno da igen kyllä jah ναι כן نعم हाँ taip jā sant waar sand sandt"
)
_NO = (
    "0 0.0 ○ □ n no f false off ✗ ✘ ❌ ✖ ✕ ☐ 👎 non faux nein falsch falso não nao нет н ложь いいえ 否 没有 아니요 "
    "아니오 hayır hayir nie ne nem ei όχι לא لا नहीं nē fals nee onwaar nej falsk usant nei"
)
YES, NO = frozenset(_YES.split()), frozenset(_NO.split())
_TICKS = "x ✗ ✓ ✔ ✅ ☑ ✘ ☒ • ● * + √ y yes ja oui sí si j"
TICKS = frozenset(_TICKS.split())
"""Marks that may stand alone in a column, whose other cells are empty."""

DASHES = frozenset(("-", "–", "—", "−"))
FEW = 20  # different texts that a column of flags may have


@dataclass(frozen=True)
class Flags:
    """A column of flags: (n_rows,) 1 for yes, 0 for no, NaN where missing; the texts that mean missing are counted."""

    values: np.ndarray
    format: Format
    missing: dict[str, int]
    notices: tuple[str, ...]


def read_flags(column: pd.Series, readings: NumberReadings, format: Format) -> Flags | None:
    """Return a column of yes and no, or of a tick and empty cells, as 1 and 0; None where it is something else."""
    cells = readings.cells
    if len(cells.texts) > FEW:
        return None
    texts = cells.texts.to_pylist()
    present = [text for text, is_missing in zip(texts, readings.missing, strict=True) if not is_missing]
    missing = readings.missing_counts()
    empty_is_no = format.missing == () and not present
    notices = []
    if is_lone_tick(present) and missing.keys() <= {"", *DASHES}:
        empty_is_no = bool(missing) and "" not in (format.missing or ())
        rows = counted(sum(missing.values()), "row")
        if empty_is_no and format.missing is None:
            notices = [
                f"column '{column.name}': an empty cell is taken for no ({rows}), as {present[0]!r} is all "
                f"that stands in the others; if empty means missing, declare "
                f"{declaration('missing', column.name, [''])}"
            ]
        flags: dict[str, float] | None = dict.fromkeys(present, 1.0)
    else:
        flags = flag_words(present) if present and not readings.read[~readings.missing].all() else {}
    if flags is None or not (flags or empty_is_no):
        return None
    distinct = np.array([flags.get(text, 0.0 if empty_is_no else np.nan) for text in texts], dtype=np.float64)
    values = cells.rows(distinct, 0.0 if empty_is_no else np.nan)
    if empty_is_no:
        format, missing = replace(format, missing=()), {}
    return Flags(values, format, missing, tuple(notices))


def flag_words(texts: Iterable[str]) -> dict[str, float] | None:
    """Return the different texts of a column of flags, each as 1 or 0; None where one of them is none.

    Beside ticks an x is no; beside empty boxes a crossed one is yes.

    >>> flag_words(["Sí", "No"]), flag_words(["x", "✓"]), flag_words(["yes", "maybe"])
    ({'Sí': 1.0, 'No': 0.0}, {'x': 0.0, '✓': 1.0}, None)
    """
    words = {text: plain_word(text).strip("()[]").removesuffix("\ufe0f") for text in texts}
    present = set(words.values())
    yes, no = YES, NO
    if present & {"✓", "✔", "✅", "☑", "√"}:
        yes, no = yes | {"√"}, no | {"x", "×"}
    if "☒" in present:
        yes, no = (yes | {"☒"}, no) if "☐" in present else (yes, no | {"☒"})
    if not present or not present <= yes | no:
        return None
    return {text: float(word in yes) for text, word in words.items()}


def is_lone_tick(texts: Iterable[str]) -> bool:
    """Tell whether the only text of a column, beside empty cells and dashes, is a tick or a word for yes."""
    present = {plain_word(text) for text in texts} - DASHES
    return len(present) == 1 and present <= TICKS
