import re
from unicodedata import is_normalized

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from greenlight_films.datamodules.tables.name_bytes import Ends, NameBytes

NAMES = [
    "Ann Ode",
    "More",
    "re",
    "and MORE",
    "x",
    "Zoë Şahin",
    "Beröe\u0301",
    "Ĳs",
    "ŉ",
    "東京",
    "et AL",
    "a(b",
    "ab",
    "(",
    "Cato…",
    "¿Qué?",
    "",
]
BEYOND = "[^\x00-\x7f\xc0-\u012f\u0131\u0134-\u013e\u0141-\u0148\u014a-\u0177\u0179-\u017e]"


@pytest.mark.parametrize("start", [0, 3])
def test_searches_are_those_of_python(start):
    names = pa.array(["before", *NAMES], pa.large_string()).slice(1 + start)
    texts = names.to_pylist()
    data = NameBytes.of(names)
    for searched in (("(",), ("Od", "ë"), ("b", "東"), ("bx",)):
        assert data.holding(*searched).tolist() == [any(part in text for part in searched) for text in texts]
    ends = ("al", "ab", "…", "more", "t al")
    assert data.ending_in(Ends(ends)).tolist() == [text.lower().endswith(ends) for text in texts]


def test_what_is_not_beyond_latin_is_normalised_already():
    names = [chr(code) for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000]
    beyond = NameBytes.of(pa.array(names)).beyond_latin.tolist()
    for name, is_beyond in zip(names, beyond, strict=True):
        assert is_beyond or (is_normalized("NFC", name) and is_normalized("NFKC", name)), name
        assert is_beyond == bool(re.search(BEYOND, name))


def test_first_and_last_bytes_are_those_of_python():
    first, last = NameBytes.of(pa.array(["", *NAMES, ""])).edges
    names = [name.encode() or b"\0" for name in ["", *NAMES, ""]]
    assert (first.tolist(), last.tolist()) == ([name[0] for name in names], [name[-1] for name in names])


def test_names_that_differ_in_case_have_the_same_digest_and_others_have_not():
    letters = [letter for letter in map(chr, range(0x21, 0x180)) if not re.search(BEYOND, letter)]
    pairs = [("", ""), ("Björn A", ""), ("", "søn Ode"), ("A", " of the longer names")]
    names = pa.array([f"{before}{letter}{behind}" for letter in letters for before, behind in pairs])
    assert (NameBytes.of(pc.utf8_lower(names)).digests() == NameBytes.of(names).digests()).all()
    others = ["Ann Ode", "Ann Odo", "Ann Öde", "Anne Ode", "ann", "anm", "Ann Ode, of a long name", "東京", "東亰", ""]
    assert len(np.unique(NameBytes.of(pa.array(others)).digests())) == len(others)


def test_without_names_nothing_matches():
    data = NameBytes.of(pa.array([], pa.large_string()))
    assert [len(mask) for mask in (data.holding("a"), data.ending_in(Ends(["ab"])), data.beyond_latin)] == [0, 0, 0]
    assert [len(data.digests()), *map(len, data.edges)] == [0, 0, 0]
