"""Texts in cells that mean that nothing is known, found out by column."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.column_words import TITLES, words_of
from greenlight_films.datamodules.errors import declaration
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.distinct_texts import distinct_texts, plain_word
from greenlight_films.datamodules.tables.formats import Format, Formats

LABELS_MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N")
"""What means missing in a column of texts of which nothing is known."""

_SIGNS = (
    ",-,--,---,–,—,―,−,‐,?,??,???,.,..,...,…,/,\\n,\\\\n,<na>,#n/a,#n/a n/a,#na,#value!,#ref!,#div/0!,#num!,#name?,"
    "#null!,#nv,#error!,#wert!,#bezug!,#zahl!,#valeur!,#¡valor!,#¡div/0!,n/a,n.a.,n.a,n. a.,(n/a),[n/a],k.a.,k. a.,"
    "k.a,s/d,s.d.,n/d,n.d.,n.d,n.c.,n/c,н/д,t.b.a.,t.b.d.,t.b.c.,-nan,nat,(null),<null>,[null],(none),(unknown),(blank),(missing),"
    "1.#ind,-1.#ind,1.#qnan,not available,not applicable,no data,not known,not given,not reported,not disclosed,"
    "no info,no information,to be announced,to be determined,to be confirmed,keine angabe,keine angaben,nicht bekannt,"
    "nicht verfügbar,sin datos,sin dato,no disponible,non disponible,non communiqué,non renseigné,non disponibile,"
    "(no genres listed),no genres listed,(no genre listed),no genre listed,(no genres),(no genre),(none listed),"
    "(not listed),(no keywords listed),(no cast listed),não disponível,brak danych,нет данных,알 수 없음"
)
SIGNS = frozenset(_SIGNS.split(","))
"""Signs and phrases that stand for nothing, by `plain_word`; none is a value."""

_WORDS = (
    "na nan none null nil tba tbd unknown unspecified undisclosed missing empty blank unbekannt inconnu inconnue "
    "desconocido desconocida desconhecido desconhecida sconosciuto sconosciuta onbekend okänd ukjent ukendt nieznany "
    "nieznana неизвестно bilinmiyor 不明 未知 未定 미정 불명"
)
WORDS = frozenset(_WORDS.split())
"""Words that stand for nothing among numbers; among texts, they may be values."""

_BESIDE_NUMBERS = (
    "tbc,nd,nc,ka,k/a,unk,unk.,onb.,unb.,fehlt,brak,無,无,nr,n.r.,not rated,unrated,no rating,no score,pending,n.v.t.,"
    "s. d.,n. d.,no data available,data not available,not yet known,not announced,unannounced,sin información,"
    "undetermined"
)
BESIDE_NUMBERS = frozenset(_BESIDE_NUMBERS.split(","))
"""What stands for nothing among numbers alone: ND is a state, and Not Rated a rating."""

TOKENS = SIGNS | WORDS

PROPOSED = 3  # different texts that no list has
LONGEST = 30  # characters of them
MOST_ALIKE = 2  # films of a title, where no title is of more


def means_missing(text: str) -> bool:
    """Tell whether a text among numbers or dates means that nothing is known.

    >>> means_missing("k.A."), means_missing("88O")
    (True, False)
    """
    word = plain_word(text)
    return word in SIGNS or word in WORDS or word in BESIDE_NUMBERS


def mask_missing(texts: pa.Array, format: Format = Format()) -> pa.Array:
    """Return the texts of labels or categories, null where they mean that nothing is known."""
    tokens = LABELS_MISSING if format.missing is None else format.missing
    missing = pc.is_in(pc.utf8_trim_whitespace(texts), pa.array([*tokens, ""], texts.type))
    return pc.if_else(missing, pa.scalar(None, texts.type), texts)


def find_missing_texts(
    frame: pd.DataFrame, columns: list[str], declared: Formats
) -> tuple[dict[str, Format], list[str]]:
    """Return which texts mean missing in columns of labels or categories, and sentences on what was assumed.

    A word such as `NA` or `None` is a value where empty cells stand for what is missing and the other values are of
    the same sort. Titles are never missing because of what they say, unless it is said again and again.
    """
    formats, notices = {}, []
    for name in columns:
        format = formats[name] = declared.of(name)
        column = frame[name]
        if format.missing is None and pd.api.types.infer_dtype(column, skipna=True) == "string":
            texts = _TextsOfColumn.of(column)
            if not texts.as_by_default():
                formats[name] = replace(format, missing=texts.missing)
            notices += _notices(name, texts)
    return formats, notices


def may_be_missing(column: pd.Series) -> bool:
    """Tell whether a column of texts has one that may mean missing, beside empty ones."""
    texts = distinct_texts(column, exactly=False).texts
    possible = texts.take(pa.array(_possible_tokens(texts))).to_pylist()
    return any(text and plain_word(text) in TOKENS for text in possible)


@dataclass(frozen=True)
class _TextsOfColumn:
    """Texts of a column of labels that may mean missing, with their counts: those that do, and that are values.

    Attributes:
        doubtful: those among both that are words.
    """

    missing: tuple[str, ...]
    values: dict[str, int]
    doubtful: dict[str, int]

    def as_by_default(self) -> bool:
        return set(self.missing) <= set(LABELS_MISSING) and not set(self.values) & set(LABELS_MISSING)

    @classmethod
    def of(cls, column: pd.Series) -> "_TextsOfColumn":
        cells = distinct_texts(column)
        counts = cells.counts()
        codes = _possible_tokens(cells.texts)
        texts = zip(codes.tolist(), cells.texts.take(pa.array(codes)).to_pylist(), strict=True)
        candidates = {text: int(counts[code]) for code, text in texts if plain_word(text) in TOKENS}
        has_empty = candidates.pop("", 0) > 0 or bool((cells.codes < 0).any())
        if not candidates:
            return cls(("",), {}, {})
        known = [text for text in cells.texts.to_pylist() if text and text not in candidates]
        if _are_titles(str(column.name), known, int(counts.sum()) - sum(candidates.values())):
            # Casts are nearly all different, too, and no title stands there more often than all others do.
            most = max(MOST_ALIKE, int(np.delete(counts, codes).max(initial=0)))
            values = {text: count for text, count in candidates.items() if count <= most}
            missing = {text: count for text, count in candidates.items() if count > most}
            doubtful = {text: count for text, count in missing.items() if plain_word(text) in WORDS}
            return cls(("", *missing), values, doubtful)
        doubtful = {text: count for text, count in candidates.items() if plain_word(text) in WORDS}
        values = {text: count for text, count in doubtful.items() if has_empty and _of_same_sort(text, known)}
        return cls(("", *(text for text in candidates if text not in values)), values, doubtful)


def _possible_tokens(texts: pa.Array) -> np.ndarray:
    """Return the indices of texts that may mean missing; the others are told without looking at each."""
    known = pc.is_in(pc.utf8_lower(texts), pa.array(sorted(TOKENS), texts.type))
    odd = pc.or_(pc.invert(pc.string_is_ascii(texts)), pc.match_substring(texts, "  "))
    possible = pc.or_(known, pc.and_(odd, pc.less_equal(pc.utf8_length(texts), LONGEST)))
    return np.flatnonzero(possible.to_numpy(zero_copy_only=False))


def _are_titles(name: str, texts: list[str], n_rows: int) -> bool:
    """Tell whether texts are titles: nearly all different, and of several words or named so."""
    if not texts or len(texts) < 0.9 * n_rows:
        return False
    words = words_of(name)
    is_called_so = not TITLES.isdisjoint([*words, "".join(words)])
    return is_called_so or sum(len(text.split()) for text in texts) / len(texts) > 2.5


def _of_same_sort(word: str, others: Iterable[str]) -> bool:
    """Tell whether most other values are written as a word is: in capitals of its length, small, or capitalised."""
    sorts = [_sort(other) for other in others]
    return sorts.count(_sort(word)) > 0.5 * len(sorts)


def _sort(text: str) -> str:
    if text.isupper():
        return f"{min(len(text), 4)} capitals"
    return (
        "small letters" if text.islower() else "capitalised" if text[:1].isupper() and text[1:2].islower() else "other"
    )


def _notices(name: str, texts: _TextsOfColumn) -> list[str]:
    notices = []
    values = {text: count for text, count in texts.values.items() if text in texts.doubtful}
    missing = {text: count for text, count in texts.doubtful.items() if text not in texts.values}
    if values:
        tokens = [*texts.missing, *values]
        notices.append(
            f"column '{name}': {_counted(values)} taken for a value, because empty cells stand for what is missing; "
            f"if it means missing, declare {declaration('missing', name, tokens)}"
        )
    if missing:
        tokens = [text for text in texts.missing if text not in missing]
        notices.append(
            f"column '{name}': {_counted(missing)} taken as missing; if it is a value, declare "
            f"{declaration('missing', name, tokens)}"
        )
    return notices


def _counted(counts: dict[str, int]) -> str:
    parts = [f"{text!r} ({counted(count, 'row')})" for text, count in counts.items()]
    return " and ".join(parts) + (" is" if len(parts) == 1 else " are")


def propose_missing(column: pd.Series, unread: np.ndarray, n_read: int) -> dict[str, int]:
    """Return texts of a column of numbers or dates that are none and stand there again and again, with their counts.

    Args:
        unread: (n_rows,) bool, the cells that are neither a number (or date) nor known to mean missing.
        n_read: number of cells that are numbers or dates.
    """
    counts = column[unread].astype("str").str.strip().value_counts(sort=False)
    repeated = len(counts) <= PROPOSED and bool((counts >= 2).all())
    if not repeated or n_read < 0.25 * int(unread.sum()) or counts.index.str.contains(r"\d").any():
        return {}
    return {str(text): int(count) for text, count in counts.items()}


def uninformative(column: pd.Series, missing: np.ndarray) -> str | None:
    """Say that a column has no value at all, or the same in all rows; None for all other columns.

    Args:
        missing: (n_rows,) bool, where a cell has no value.
    """
    n_rows, n_missing = len(column), int(missing.sum())
    if n_missing == n_rows:
        return f"column '{column.name}' is missing in all {counted(n_rows, 'row')}: nothing can be learnt from it"
    if n_missing or n_rows < 2:
        return None
    first = column.iloc[0]
    if (
        isinstance(first, list | dict | set | tuple | np.ndarray | pd.DataFrame)
        or not (column.head(100) == first).all()
    ):
        return None
    if not (column == first).all():
        return None
    shown = f"{first:.15g}" if isinstance(first, float) else str(first)
    rows = counted(n_rows, "row")
    return f"column '{column.name}' is the same, {shown:.80}, in all {rows}: nothing can be learnt from it"
