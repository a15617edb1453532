import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenlight_films.datamodules.tables.distinct_texts import distinct_texts
from greenlight_films.datamodules.tables.number_readings import read_texts
from greenlight_films.datamodules.tables.number_text import read_number

NUMERAL = st.from_regex(r"[-+]?[0-9]{1,4}([.,' ][0-9]{2,3}){0,3}([.,][0-9]{0,3})?(e[0-9])?", fullmatch=True)
BEFORE = st.sampled_from(["", "$", "-$ ", "US$", "(", "Rs.", "~", "x", "€ "])
BEHIND = st.sampled_from(["", " min", "%", "M", " crore", ")", "*", "[2]", "/10", " h", "?", " EUR", "k"])


@given(st.lists(st.tuples(BEFORE, NUMERAL, BEHIND).map("".join), min_size=1, max_size=8))
def test_what_arrow_reads_is_what_each_text_is_alone(texts):
    readings = read_texts(distinct_texts(pd.Series(texts, dtype="str")))
    for index, text in enumerate(readings.cells.texts.to_pylist()):
        alone = read_number(text)
        expected = (None, None) if alone is None else alone[:2]
        values = (readings.point[index], readings.comma[index])
        for value, wanted in zip(values, expected, strict=True):
            assert value == pytest.approx(float("nan") if wanted is None else wanted, rel=1e-9, nan_ok=True), text
        units = [unit for unit, indices in readings.units.items() if index in indices]
        assert units == ([alone.unit] if alone and alone.unit else []), text


def test_half_a_star_is_read_beside_others():
    assert read_texts(distinct_texts(pd.Series(["★★½", "½", "★"], dtype="str"))).point.tolist() == [2.5, 0.5, 1]
    assert not read_texts(distinct_texts(pd.Series(["7", "½"], dtype="str"))).read.all()


def test_tokens_and_words_mean_missing_and_are_counted():
    cells = distinct_texts(pd.Series(["1", "9*", "N/A", None, "", "x", "9*"], dtype="str"))
    readings = read_texts(cells, ("9*",))
    assert readings.missing_counts() == {"9*": 2, "N/A": 1, "": 2}
    assert readings.read.tolist() == [True, False, False, False, False]
    assert readings.rows_of([0]).tolist() == [True, *[False] * 6]
