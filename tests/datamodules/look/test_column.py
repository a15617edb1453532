import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.features import Labels
from greenlight_films.datamodules.look.column import ColumnLook, Proposed
from greenlight_films.datamodules.look.kinds import look_at_columns
from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import split_labels

NUMBERS = ColumnLook("year", "year", np.array([1994.0, np.nan, 1971.0]))
LABELS = ColumnLook("cast", "labels", split_labels(pd.Series(["B, A", None, "B"], dtype="str"), ", "))
TEXTS = ColumnLook("title", "title", pa.array(["X", None, "Y"]))
NOTHING = ColumnLook("x", "nothing", pa.nulls(0, pa.large_string()))


@pytest.mark.parametrize(
    ("column", "values", "extremes", "examples"),
    [
        (NUMBERS, [1994.0, None, 1971.0], (1971.0, 1994.0), []),
        (LABELS, [["B", "A"], [], ["B"]], None, ["B", "A"]),
        (TEXTS, ["X", None, "Y"], None, ["X", "Y"]),
    ],
)
def test_every_kind_of_values_tells_what_it_holds(column, values, extremes, examples):
    assert column.to_list() == values
    assert column.known.tolist() == [True, False, True]
    assert column.missing_share == pytest.approx(1 / 3)
    assert column.extremes() == extremes
    assert column.examples() == examples


def test_dates_are_as_precise_as_their_cells():
    frame = pd.DataFrame({"released": ["1994-06", None, "1971", "2001-05-01"], "rating": [1.0, 2, 3, 4]})
    column = look(frame, "rating").column("released")
    assert column.to_list() == ["1994-06", None, "1971", "2001-05-01"]
    assert column.extremes() == ("1971", "2001-05-01")


def test_a_column_without_rows_says_nothing():
    assert NOTHING.missing_share == 1
    assert NOTHING.extremes() is None


def test_what_is_proposed_is_a_feature_and_a_part_of_a_config():
    proposed = Proposed("Labels", {"column": "cast", "role": "actor"})
    assert proposed.feature() == Labels("cast", role="actor")
    assert proposed.config() == {"class_path": "Labels", "init_args": {"column": "cast", "role": "actor"}}


def test_the_first_and_last_date_are_told_beside_missing_ones():
    cells = pd.Series(["", "2004-05-01", "1999-12-31", "2010", ""], dtype="str")
    (column,) = look_at_columns(pd.DataFrame({"released": cells}), Formats())
    assert column.extremes() == ("1999-12-31", "2010")
