"""Spellings of one label: in other case, with other blanks, quotes or unseen characters, with a role in parentheses."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.tables.label_lists import LabelLists, holding, not_ascii

UNUSUAL = ("  ", "\t", "\n", '"', "`", "Mac")  # in a name of ASCII
_BEYOND_LATIN = r"[^\x00-\x7F\x{C0}-\x{131}\x{134}-\x{13E}\x{141}-\x{148}\x{14A}-\x{17E}]"
_UNSEEN = r"[\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{feff}]"  # such as zero-width blanks
_ALIKE = (
    (_UNSEEN, ""),
    (r"[\x{2010}-\x{2015}\x{2212}]", "-"),
    (r"[`\x{b4}\x{2018}\x{2019}\x{201b}\x{2032}]", "'"),
    (r"[\x{ab}\x{bb}\x{201c}-\x{201f}\x{2033}]", '"'),
    (r"[\s\pZ]+", " "),
    (r"\bMac(\p{Lu})", "Mac\0\\1"),  # MacDonald and Macdonald are two names, unlike McDonald and Mcdonald
)
_ANY = "|".join(
    ["[\"']", r"[\s\pZ][\s\pZ]|[\t\n\x{a0}\x{2000}-\x{200a}\x{202f}\x{3000}]", *(a for a, _ in _ALIKE if a[-1] != "+")]
)

_BEHIND = re.compile(r"^(.*[^\s(])\s*\(([^()]*)\)$", re.DOTALL)
_NO_ROLE = re.compile(r"[IVXLC]+|[^A-Za-z]*\d[^A-Za-z]*")  # John Smith (II), (1940-2013): other people
_ROLE = re.compile(
    r"as\s.*|.*\b(?:voices?|uncredited|credited|credit|archive|footage|himself|herself|themselves|cameo|deleted|"
    r"narrat(?:or|ion)|stunts?|screenplay|story|written|writer|novel|book|characters?|created|creator|adaptation|"
    r"dialogues?|based on|teleplay|segments?|co-director|director|producer)\b.*",
    re.IGNORECASE,
)


def keys_of(names: pa.Array) -> pa.Array:
    r"""Return what the spellings of a label have in common, for each name.

    >>> keys_of(pa.array(["ANN  ODE", "“Ann Ode”", "MacVenn", "Macvenn"], pa.large_string())).to_pylist()
    ['ann ode', 'ann ode', 'mac\x00venn', 'macvenn']
    """
    keys = pc.utf8_lower(names)
    mask = not_ascii(names)
    if mask.any():  # letters with an accent are lowered like any other
        mask[mask] = pc.match_substring_regex(names.filter(pa.array(mask)), _BEYOND_LATIN).to_numpy(
            zero_copy_only=False
        )
    for text in UNUSUAL:
        mask |= holding(names, text)
    ends = pc.or_(pc.starts_with(names, "'"), pc.ends_with(names, "'"))
    others = pc.or_(pa.array(mask), ends)
    if not pc.any(others).as_py():
        return keys
    given = names.filter(others)
    texts = pc.utf8_normalize(given, "NFKC")
    odd = pc.match_substring_regex(texts, _ANY)
    plain = texts.filter(odd)
    for pattern, text in _ALIKE:
        plain = pc.replace_substring_regex(plain, pattern, text)
    texts = pc.utf8_lower(pc.replace_with_mask(texts, odd, pc.utf8_trim(plain, "\"' ")))
    return pc.replace_with_mask(keys, others, texts)


def merge_spellings(parts: list[LabelLists], column: str, roles: bool = False) -> tuple[list[LabelLists], list[str]]:
    """Return lists in which each label has one spelling, its most frequent, and sentences on what was merged.

    Args:
        parts: of the same names, such as those of several positions.
        roles: whether names may have a role behind them, in parentheses, which is then dropped.
    """
    parts, notices = _without_roles(parts, column) if roles else (parts, [])
    names = parts[0].names
    keys = keys_of(names).dictionary_encode()
    if len(keys.dictionary) == len(names):
        return parts, notices
    labels = keys.indices.to_numpy()
    counts = np.sum([np.bincount(part.codes, minlength=len(names)) for part in parts], axis=0)
    several = np.bincount(labels)[labels] > 1
    candidates = np.flatnonzero(several)
    texts = names.take(pa.array(candidates)).to_pylist()
    # Of spellings as frequent as each other the one in plain characters, neither in capitals nor without any.
    order = sorted(range(len(texts)), key=lambda i: (-counts[candidates[i]], _oddness(texts[i]), i))
    usual: dict[int, int] = {}  # by label, which of its spellings
    for index in order:
        usual.setdefault(int(labels[candidates[index]]), index)
    of_labels = [usual[int(labels[candidate])] for candidate in candidates]
    renamed = np.arange(len(names), dtype=np.int32)
    renamed[candidates] = candidates[of_labels]
    examples = [f"{text!r} for {texts[i]!r}" for text, i in zip(texts, of_labels, strict=True) if text != texts[i]][:3]
    n_labels = len(keys.dictionary)
    notices.append(
        f"{column}: {len(usual):,} of {n_labels:,} labels are written in several spellings ({len(texts):,} in all), "
        f"such as {', '.join(examples)}; each is one label, by its most frequent spelling"
    )
    return [_merged(part, renamed[part.codes]) for part in parts], notices


def _merged(lists: LabelLists, codes: np.ndarray) -> LabelLists:
    """Return lists with other codes, each once in a row."""
    merged = replace(lists, codes=codes)
    rows = np.unique(np.searchsorted(lists.offsets, np.flatnonzero(codes != lists.codes), side="right") - 1)
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
        others = pa.array([_without_role(name, no_roles) for name in others.to_pylist()], names.type)
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
    behind = pc.ends_with(names, ")")
    written = names.filter(behind).to_pylist()
    remarks = Counter(match[2] for match in map(_BEHIND.match, written) if match and not _NO_ROLE.fullmatch(match[2]))
    unlike = len(remarks) >= max(5, 0.8 * remarks.total()) and remarks.total() > 0.3 * len(names)
    bare = [_without_role(name, unlike) for name in written]
    changed = np.zeros(len(names), dtype=bool)
    changed[np.flatnonzero(behind)] = [name != text for name, text in zip(bare, written, strict=True)]
    if not changed.any():
        return parts, []
    renamed = pc.replace_with_mask(names, behind, pa.array(bare, names.type))
    n_dropped = sum(int(changed[part.codes].sum()) for part in parts)
    example = next(text for text, name in zip(written, bare, strict=True) if text != name)
    notice = f"{column}: {n_dropped:,} labels have a role in parentheses, such as {example!r}; it was dropped"
    return [replace(part.renamed(renamed).distinct(), no_roles=unlike) for part in parts], [notice]


def _without_role(name: str, any_remark: bool) -> str:
    while (match := _BEHIND.match(name)) and not _NO_ROLE.fullmatch(match[2]):
        if not (any_remark or _ROLE.fullmatch(match[2].strip())):
            break
        name = match[1].rstrip()
    return name


def _oddness(name: str) -> int:
    """Return how unlike a usual spelling a name is, from 0."""
    plain = keys_of(pa.array([name], pa.large_string()))[0].as_py().replace("\0", "")
    return 2 * (plain != name.lower()) + (name in (name.upper(), name.lower()))
