"""Join labels that a separator cut in two, such as `Umberglass, Inc.`; leave out labels that name nobody."""

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.label_lists import LabelLists, offsets_of
from greenlight_films.datamodules.tables.name_bytes import Ends

_PLAIN = (
    "Jr Sr II III IV Esq PhD MD DDS Inc Incorporated Ltd Limited LLC LLP PLC Corp Co GmbH SpA Srl SARL SAS SA SL BV NV "
    "AG KG AB Oy KK LP Pty Filho Junior"
)
_POINTED = (
    "Ph.D. M.D. D.D.S. L.L.C. L.L.P. P.L.C. S.p.A. S.r.l. S.A.R.L. S.A.S. S.A. S.L. B.V. N.V. K.K. L.P. S.A "
    "Co.Ltd. Pty.Ltd."
)
_SPACED = (
    "Co. Ltd.",
    "Co Ltd",
    "Pty. Ltd.",
    "Pty Ltd",
    "Pty. Limited",
    "GmbH & Co. KG",
    "GmbH & Co.KG",
    "Ph. D.",
    "M. D.",
)
SUFFIXES = frozenset(
    spelling
    for word in (*_PLAIN.split(), *_POINTED.split(), *_SPACED)
    for form in (word, word.lower(), word.upper(), word.capitalize())
    for spelling in (form, form.rstrip(".") + ".")
)
"""Ends of names that stand behind a comma."""
SUFFIX_ENDS, LONGEST_SUFFIX = Ends(SUFFIXES), max(map(len, SUFFIXES))

SHORT = re.compile(r"[A-Z]{2}")
"""May be the code of a country or state as well: `SA` ends a name of some length only."""

NOBODY = {
    *("et al", "et al.", "et. al.", "and others", "& others", "and more", "and many more", "etc", "etc.", "…", "..."),
    *("see full cast", "see full cast & crew", "see full cast and crew", "see full cast »", "full cast & crew"),
    *("see more", "see full summary", "und andere", "u.a.", "u. a.", "y otros", "et autres", "e altri"),
}

_BLANKS = [chr(code) for code in range(0x3001) if chr(code).isspace()]

NOBODY_ENDS = Ends(
    [
        *(name[-4:] for name in NOBODY if not name.endswith(" al")),
        *("others", "more", "al.", "andere", "otros", "autres", "altri"),
        *(f"{blank}al" for blank in _BLANKS),  # many names end in al
    ]
)
"""Of labels that name nobody, and of what `_TAIL` cuts off."""

_TAIL = re.compile(
    r"[\s,;]*\b(?:and\s+others|and\s+(?:many\s+)?more|et\.?\s+al\.?|und\s+andere|y\s+otros|et\s+autres|e\s+altri)$"
    r"|[\s,;]*(?:&\s+others|…|\.\.\.)$",
    re.IGNORECASE,
)


def joined_parts(lists: LabelLists, separator: str) -> LabelLists:
    """Join labels that are parts of one name: a suffix with the name before it, and what parentheses hold together.

    Args:
        separator: that cut them.
    """
    data, depth = lists.bytes_of_names, np.zeros(len(lists.names), dtype=np.int64)
    suffix = np.zeros(len(lists.names), dtype=bool)
    if "," in separator:
        suffix = data.ending_in(SUFFIX_ENDS) & (data.lengths <= LONGEST_SUFFIX)
        suffix[suffix] = [name in SUFFIXES for name in lists.names.filter(pa.array(suffix)).to_pylist()]
    opened = data.holding("(", ")")
    if opened.any():
        names = lists.names.filter(pa.array(opened))
        depth[opened] = _count(names, "(") - _count(names, ")")
    if not suffix.any() and not depth.any():
        return lists
    joins = _within_parentheses(lists, depth) if depth.any() else np.zeros(len(lists.codes), dtype=bool)
    if suffix.any():
        joins |= _behind_a_name(lists, suffix)
    if not joins.any():
        return lists
    starts = np.flatnonzero(~joins)
    lengths = np.diff(np.append(starts, len(joins)))
    several = lengths > 1
    parts = lists.names.take(pa.array(lists.codes[np.repeat(several, lengths)])).cast(pa.string())
    bounds = offsets_of(lengths[several]).astype(np.int32)  # Arrow joins no larger lists
    whole = pc.binary_join(pa.ListArray.from_arrays(bounds, parts), separator)
    codes = lists.codes[starts].astype(np.int64)
    codes[several] = len(lists.names) + np.arange(several.sum())
    names = pa.concat_arrays([lists.names, whole.cast(lists.names.type)]).take(pa.array(codes)).dictionary_encode()
    offsets = offsets_of(~joins)[lists.offsets]
    return replace(lists, offsets=offsets, codes=names.indices.to_numpy().astype(np.int32), names=names.dictionary)


def without_nobody(lists: LabelLists) -> LabelLists:
    """Leave out labels such as `et al.` and `and others`, also at the end of a name."""
    mask = lists.bytes_of_names.ending_in(NOBODY_ENDS)
    if not mask.any():
        return lists
    candidates = pa.array(mask)
    written = lists.names.filter(candidates)
    cut = pa.array([_without_tail(name) for name in written.to_pylist()], written.type)
    if cut.equals(written):
        return lists
    return lists.renamed(pc.replace_with_mask(lists.names, candidates, cut))


def _without_tail(name: str) -> str | None:
    while True:
        if not name or name.lower() in NOBODY:
            return None
        shorter = _TAIL.sub("", name).rstrip()
        if shorter == name:
            return name
        name = shorter


def _count(names: pa.Array, text: str) -> np.ndarray:
    return np.asarray(pc.count_substring(names, text).to_numpy(zero_copy_only=False), dtype=np.int64)


def _behind_a_name(lists: LabelLists, suffix: np.ndarray) -> np.ndarray:
    """Return which labels are suffixes of the label before them, (n_labels,)."""
    at = np.flatnonzero(suffix[lists.codes])
    at = at[~np.isin(at, lists.offsets)]  # a row's first label has none before it
    kinds = np.flatnonzero(suffix)
    short = np.zeros(len(suffix), dtype=bool)
    texts = lists.names.take(pa.array(kinds)).to_pylist()
    short[kinds] = [SHORT.fullmatch(text) is not None and text not in ("II", "IV") for text in texts]
    lengths = pc.utf8_length(lists.names).to_numpy(zero_copy_only=False)
    joins = np.zeros(len(lists.codes), dtype=bool)
    joins[at[~short[lists.codes[at]] | (lengths[lists.codes[at - 1]] > 3)]] = True
    return joins


def _within_parentheses(lists: LabelLists, depth: np.ndarray) -> np.ndarray:
    """Return which labels begin within parentheses that an earlier one opened, in rows where all are closed."""
    opened = depth[lists.codes]
    before = np.concatenate(([0], np.cumsum(opened)))
    counts = lists.counts()
    base = before[lists.offsets[:-1]]
    inside = before[:-1] - np.repeat(base, counts)
    lowest = np.zeros(lists.n_rows, dtype=np.int64)
    given = counts > 0
    if given.any():
        lowest[given] = np.minimum.reduceat(inside + opened, lists.offsets[:-1][given])
    balanced = (before[lists.offsets[1:]] == base) & (lowest >= 0)
    return np.asarray((inside > 0) & np.repeat(balanced, counts))
