"""Spellings of one label: in other case, with other blanks, quotes or unseen characters, with a role in parentheses."""

import re
from collections import Counter
from dataclasses import replace
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.number_format import are, counted
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.name_bytes import NameBytes

UNUSUAL = ("  ", "\t", "\n", '"', "`")  # in a name of ASCII
_UNSEEN = (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF)
_ALIKE = {
    **dict.fromkeys(_UNSEEN, ""),  # such as zero-width blanks
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212), "-"),
    **dict.fromkeys((ord("`"), 0xB4, 0x2018, 0x2019, 0x201B, 0x2032), "'"),
    **dict.fromkeys((0xAB, 0xBB, *range(0x201C, 0x2020), 0x2033), '"'),
}
_ALIKE_CHARACTER = re.compile(f"[{re.escape(''.join(map(chr, _ALIKE)))}]")
_BLANKS = re.compile(r"[^\S\n]+")
_MAC = re.compile(r"\bMac(\w)")  # MacDonald and Macdonald are two names, unlike McDonald and Mcdonald

_BEHIND = re.compile(r"^(.*[^\s(])\s*\(([^()]*)\)$", re.DOTALL)
_NO_ROLE = re.compile(r"[IVXLC]+|[^A-Za-z]*\d[^A-Za-z]*")  # John Smith (II), (1940-2013): other people
_ROLE = re.compile(
    r"as\s.*|.*\b(?:voices?|uncredited|credited|credit|archive|footage|himself|herself|themselves|cameo|deleted|"
    r"narrat(?:or|ion)|stunts?|screenplay|story|written|writer|novel|book|characters?|created|creator|adaptation|"
    r"dialogues?|based on|teleplay|segments?|co-director|director|producer)\b.*",
    re.IGNORECASE,
)


def keys_of(names: pa.Array) -> pa.Array:
    r"""Return a key for each name, the same for all spellings of a label.

    >>> keys_of(pa.array(["ANN  ODE", "“Ann Ode”", "MacVenn", "Macvenn"], pa.large_string())).to_pylist()
    ['ann ode', 'ann ode', 'mac\x00venn', 'macvenn']
    """
    keys = pc.utf8_lower(names)
    data = NameBytes.of(names)
    others = _unusual(data) | data.holding("Mac")  # letters with an accent are lowered like any other
    if not others.any():
        return keys
    given = names.filter(pa.array(others))
    texts = _plain(given, macs_apart=True)
    positions = np.arange(len(names))
    positions[others] = len(names) + np.arange(len(given))
    return pa.concat_arrays([keys, texts]).take(pa.array(positions))


def _plain(names: pa.Array, macs_apart: bool) -> pa.Array:
    """Return names in small letters and plain characters; MacDonald is then unlike Macdonald where these are apart."""
    # All in one text, a line each: as quick as Arrow's, without compiling its patterns anew for each column.
    text = "\n".join(pc.replace_substring(names, "\n", " ").to_pylist())
    text = _ALIKE_CHARACTER.sub(lambda match: _ALIKE[ord(match[0])], text)  # few are, and `translate` looks at each
    text = _BLANKS.sub(" ", normalize("NFKC", text))
    text = _MAC.sub(_kept_apart, text) if macs_apart else text
    return pc.utf8_lower(pa.array([line.strip("\"' ") for line in text.split("\n")], names.type))


def _spelt_alike(lists: LabelLists) -> tuple[np.ndarray, pa.DictionaryArray]:
    """Return the names, by position, that have a key in common with others, ascending, and these keys."""
    names, data = lists.names, lists.bytes_of_names
    others = _unusual(data)
    digests = data.digests()
    if others.any():
        digests[others] = NameBytes.of(_plain(names.filter(pa.array(others)), macs_apart=False)).digests()
    crowded = np.flatnonzero(_share_bits(digests))
    in_order = np.sort(digests[crowded])
    candidates = crowded[np.isin(digests[crowded], in_order[1:][in_order[1:] == in_order[:-1]])]
    if not len(candidates):
        return candidates, names.slice(0, 0).dictionary_encode()
    keys = keys_of(names.take(pa.array(candidates))).dictionary_encode()
    labels = keys.indices.to_numpy()
    several = np.bincount(labels)[labels] > 1
    return candidates[several], keys.filter(pa.array(several))


def _share_bits(digests: np.ndarray) -> np.ndarray:
    """Return which digests have their highest bits in common with others, (n,) bool: few, and all equal ones.

    Counting them takes less time than sorting all digests.
    """
    n_bits = min((4 * len(digests)).bit_length(), 22)
    bits = (digests >> np.uint64(64 - n_bits)).astype(np.intp)
    return np.bincount(bits)[bits] > 1


def _unusual(data: NameBytes) -> np.ndarray:
    """Return which names have a key that is more than their small letters, (n_names,) bool."""
    first, last = data.edges
    quoted = (first == ord("'")) | (last == ord("'"))
    return np.asarray(data.beyond_latin | data.holding(*UNUSUAL) | quoted)


def _kept_apart(match: re.Match[str]) -> str:
    return f"Mac\0{match[1]}" if match[1].isupper() else match[0]


def merge_spellings(parts: list[LabelLists], column: str, roles: bool = False) -> tuple[list[LabelLists], list[str]]:
    """Return lists in which each label has one spelling, its most frequent, and sentences on what was merged.

    Args:
        parts: of the same names, such as those of several positions.
        roles: whether names may have a role behind them, in parentheses, which is then dropped.
    """
    parts, notices = _without_roles(parts, column) if roles else (parts, [])
    names = parts[0].names
    candidates, keys = _spelt_alike(parts[0])
    if not len(candidates):
        return parts, notices
    labels = keys.indices.to_numpy()
    is_candidate = np.zeros(len(names), dtype=bool)
    is_candidate[candidates] = True
    positions = [np.flatnonzero(is_candidate[part.codes]) for part in parts]
    codes = [part.codes[at] for part, at in zip(parts, positions, strict=True)]
    counts = np.bincount(np.concatenate(codes), minlength=len(names))
    texts, plain = names.take(pa.array(candidates)).to_pylist(), keys.to_pylist()
    # Of spellings as frequent as each other the one in plain characters, neither in capitals nor without any.
    order = sorted(range(len(texts)), key=lambda i: (-counts[candidates[i]], _oddness(texts[i], plain[i]), i))
    usual: dict[int, int] = {}  # by label, which of its spellings
    for index in order:
        usual.setdefault(int(labels[index]), index)
    of_labels = [usual[label] for label in labels.tolist()]
    renamed = np.arange(len(names), dtype=np.int32)
    renamed[candidates] = candidates[of_labels]
    examples = [f"{text!r} for {texts[i]!r}" for text, i in zip(texts, of_labels, strict=True) if text != texts[i]][:3]
    n_labels = len(names) - len(texts) + len(usual)
    notices.append(
        f"{column}: {len(usual):,} of {counted(n_labels, 'label')} {are(len(usual))} written in several spellings "
        f"({len(texts):,} in all), "
        f"such as {', '.join(examples)}; each is one label, by its most frequent spelling"
    )
    merged = [_merged(part, at, renamed[old]) for part, at, old in zip(parts, positions, codes, strict=True)]
    return merged, notices


def _merged(lists: LabelLists, positions: np.ndarray, codes: np.ndarray) -> LabelLists:
    """Return lists with other codes at some positions, each once in a row."""
    merged = replace(lists, codes=lists.codes.copy())
    changed_at = positions[codes != lists.codes[positions]]
    rows = np.unique(np.searchsorted(lists.offsets, changed_at, side="right") - 1)
    merged.codes[positions] = codes
    changed = merged.take(rows)
    return merged if len(changed.distinct().codes) == len(changed.codes) else merged.distinct()


def spell_as(lists: LabelLists, values: list[str], roles: bool = False, no_roles: bool = False) -> LabelLists:
    """Return lists in which names that are spellings of one of `values` are replaced with it, and others merged.

    Args:
        roles: as in `merge_spellings`.
        no_roles: whether all parentheses behind names are roles, whatever they hold.
    """
    names = lists.names
    unknown = pc.invert(pc.is_in(names, value_set=pa.array(values, names.type)))
    if not pc.any(unknown).as_py():
        return lists
    others = names.filter(unknown)
    if roles and pc.any(pc.ends_with(others, ")")).as_py():
        others = pa.array([without_role(name, no_roles) for name in others.to_pylist()], names.type)
    keys = keys_of(others)
    known = pa.array(values, names.type)
    # The first with a key: the values of a vocabulary are in order of their films.
    of_values, of_others = keys_of(known), keys.dictionary_encode()
    position = pc.index_in(of_others.dictionary, value_set=of_values)
    first = pc.index_in(of_others.dictionary, value_set=keys)
    spelt = pc.coalesce(known.take(position), others.take(first)).take(of_others.indices)
    renamed = lists.renamed(pc.replace_with_mask(names, unknown, spelt))
    return lists if renamed is lists else renamed.distinct()


def _without_roles(parts: list[LabelLists], column: str) -> tuple[list[LabelLists], list[str]]:
    """Drop roles in parentheses behind names; other remarks only where they are plainly roles, most of them unlike."""
    names = parts[0].names
    closed = parts[0].bytes_of_names.edges[1] == ord(")")
    if not closed.any():
        return parts, []
    written = names.filter(pa.array(closed)).to_pylist()
    remarks = Counter(match[2] for match in map(_BEHIND.match, written) if match and not _NO_ROLE.fullmatch(match[2]))
    unlike = len(remarks) >= max(5, 0.8 * remarks.total()) and remarks.total() > 0.3 * len(names)
    bare = [without_role(name, unlike) for name in written]
    changed = np.zeros(len(names), dtype=bool)
    changed[closed] = [name != text for name, text in zip(bare, written, strict=True)]
    if not changed.any():
        return parts, []
    renamed = pc.replace_with_mask(names, pa.array(closed), pa.array(bare, names.type))
    n_dropped = sum(int(changed[part.codes].sum()) for part in parts)
    example = next(text for text, name in zip(written, bare, strict=True) if text != name)
    labels = f"{counted(n_dropped, 'label')} {'has' if n_dropped == 1 else 'have'}"
    notice = f"{column}: {labels} a role in parentheses, such as {example!r}; it was dropped"
    return [replace(part.renamed(renamed).distinct(), no_roles=unlike) for part in parts], [notice]


def without_role(name: str, any_remark: bool) -> str:
    """Return a name without the roles in parentheses behind it, or without all remarks that stand there."""
    while (match := _BEHIND.match(name)) and not _NO_ROLE.fullmatch(match[2]):
        if not (any_remark or _ROLE.fullmatch(match[2].strip())):
            break
        name = match[1].rstrip()
    return name


def _oddness(name: str, key: str) -> int:
    """Return how unlike a usual spelling a name is, from 0."""
    return 2 * (key.replace("\0", "") != name.lower()) + (name in (name.upper(), name.lower()))
