import re

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.number_cells import read_numbers


@pytest.mark.parametrize(
    ("cells", "mark", "message"),
    [
        (
            ["$19,3M", "$1,0M"],
            ".",
            "must hold numbers with decimal points, row 1 has '$19,3M', row 2 has '$1,0M' (2 rows); all are numbers "
            "with a decimal comma: if the column is written so, say so by data.decimal: {budget: ','}, else",
        ),
        (["19.3", "1.0", "x"], ",", "must hold numbers with decimal commas, row 1 has '19.3', row 2 has '1.0', row 3"),
        (["19.3", "1.0", "x"], ",", "2 of 3 are numbers with a decimal point: if the column is written so, say so by"),
        (["1.5", "2.5", "3,5"], ".", "must hold numbers, row 3 has '3,5'; correct it, or declare it missing by"),
        (["a", "b"], ".", "must hold numbers, row 1 has 'a', row 2 has 'b' (2 rows); correct them; if it holds names"),
        (["21/08/2008", "b", *["1/2/2008"] * 9], ".", "; correct them; if it holds dates, declare it as Date"),
    ],
)
def test_the_remedy_is_the_other_decimal_mark_where_it_reads_more_cells(cells, mark, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_numbers(pd.Series(cells, dtype="str", name="budget"), Format(decimal=mark))


def test_the_remedy_reads_the_column():
    column = pd.Series(["$19,3M", "$1,0M"], dtype="str", name="budget")
    assert read_numbers(column, Format(decimal=",")).tolist() == [19.3e6, 1e6]
