import re

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.where import parse_condition

FRAME = pd.DataFrame(
    {
        "titleType": pd.Series(["movie", "tvEpisode", " movie ", None, "short"], dtype="str"),
        "year": pd.Series(["1990", "1985", "2001", None, "1999"], dtype="str"),
        "first shown": ["2001-05-01", "1999-12-31", None, "2010-01-01", "2001-05-02"],
        "Box.Office": [1.0, None, 3.0, -4.0, 5.0],
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("titleType == 'movie' and year >= 1990", [1, 3]),
        ('titleType == "movie" AND NOT year < 1990', [1, 3]),
        ("titleType != 'movie'", [2, 4, 5]),
        ("titleType in ['movie', 'short']", [1, 3, 5]),
        ("titleType not in ('movie', 'short',)", [2, 4]),
        ("titleType is missing or year is missing", [4]),
        ("titleType is not missing", [1, 2, 3, 5]),
        ("year >= '1990'", [1, 3, 5]),
        ("'13/06/2001' > `first shown`", [1, 2, 5]),
        ("1985 <= year < 2000 and not titleType == 'short'", [1, 2]),
        ("1990 == year", [1]),
        ("2000 > year", [1, 2, 5]),
        ("year in [1990, 2_001]", [1, 3]),
        ("`first shown` >= 2001-05-01", [1, 4, 5]),
        ("`first shown` <= '2001-05-01'", [1, 2]),
        ("`first shown` == 2001-05-01", [1]),
        ("Box.Office > -4.5e0 and (Box.Office < .5 or Box.Office == 5)", [4, 5]),
        ("year >= 1990 or year < 1990 and titleType == 'short'", [1, 3, 5]),
        ("(year >= 1990\n or year < 1990)\n and titleType == 'short'", [5]),
    ],
)
def test_a_condition_keeps_the_rows_that_meet_it(text, rows):
    kept, (notice,) = parse_condition(text).rows_of(FRAME)
    assert (kept.index + 1).tolist() == rows
    assert f"leaves out {5 - len(rows)} of 5 rows: {text}" in notice


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  ", "must be a condition such as"),
        ("year = 1990", "at position 6, '= 1990', in: year = 1990; write ==, <= or >="),
        ("titleType == movie", "is 'movie' a text, write it in quotes"),
        ("year > 1990 year", "position 13, 'year', in: year > 1990 year; comparisons are joined by `and` or `or`"),
        ("year >", "at its end, in: year >; a column or a value is needed here"),
        ("(year > 3", "close the parenthesis"),
        ("year is 3", "write `is missing` or `is not missing`"),
        ("year in [1, 'a']", "values in brackets must be of one kind"),
        ("year in []", "write values in brackets"),
        (
            "titleType in ['a' 'b']",
            "position 19, \"'b']\", in: titleType in ['a' 'b']; values stand with commas between",
        ),
        ("year & year", "write `and`"),
        ("titleType == 'a", "close the quote"),
        ("year > 'old'", "> compares numbers and dates, and 'old' is neither; write one"),
        ("year > $20M", "position 8, '$20M', in: year > $20M; columns that are no plain words stand in backticks, and"),
        ("1 == 2", "a value is compared with a column"),
        ("year >= 2010-02-31", "2010-02-31 is no date of the calendar"),
        ("first shown > 2010-01-01", "names of several words stand in backticks"),
        ("year > 3 # or titleType", "position 10, '# or titleType'"),
        ("year > 1,000", "position 9, ',000'"),
        ("year not 3", "write `not in [...]`, or `not` before the comparison"),
        ("__import__('os').system('true')", "can't be read at position 17"),
        ("(" * 5000, "must have fewer parentheses"),
    ],
)
def test_a_mistake_is_refused_with_its_position(text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse_condition(text)
