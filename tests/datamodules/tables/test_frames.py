from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.read_table import read_table

FRAME = pd.DataFrame({"year": [1999, 2001, 2001], "title": ["x", None, "z"]})


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.set_index(pd.Index(["a", "b", "c"])),
        FRAME.set_index(pd.Index([7, 7, 7])),
        FRAME.astype("category"),
        pa.Table.from_pandas(FRAME.set_index("year")),
        pa.RecordBatch.from_pandas(FRAME),
        SimpleNamespace(to_arrow=lambda: pa.Table.from_pandas(FRAME)),  # as polars' frames
    ],
)
def test_a_frame_of_any_kind_has_rows_from_0_and_stays_as_it_is(frame):
    before = frame.copy(deep=True) if isinstance(frame, pd.DataFrame) else None
    read = read_table(frame)
    assert read.index.tolist() == [0, 1, 2]
    assert read["year"].tolist() == [1999, 2001, 2001]
    assert read["title"].fillna("-").tolist() == ["x", "-", "z"]
    read["year"] = 0
    if before is not None:
        pd.testing.assert_frame_equal(frame, before)


def test_columns_are_named_by_text_and_lists_of_arrow_stay_lists():
    assert read_table(pd.DataFrame([[1, 2]])).columns.tolist() == ["0", "1"]
    assert read_table(pa.table({"cast": [["A", "B"], None]}))["cast"].dtype == pd.ArrowDtype(pa.list_(pa.string()))


def test_labels_are_written_as_in_a_csv_file(tmp_path):
    days = pd.Series(pd.to_datetime(["2001-02-03", None, "1999-12-31"]))
    frame = pd.DataFrame({"day": days, "zone": days.dt.tz_localize("UTC"), "flag": [True, None, False], "n": [1, 2, 3]})
    frame.to_csv(tmp_path / "films.csv", index=False)
    labels, plain = read_table(frame, texts=["day", "zone", "flag", "n"]), read_table(frame)
    from_file = read_table(str(tmp_path / "films.csv"), texts=["day", "zone", "flag"])
    pd.testing.assert_frame_equal(labels[["day", "zone", "flag", "n"]], from_file)
    assert plain.dtypes.tolist() == frame.dtypes.tolist()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[1]], "a table must be a pandas or polars DataFrame, an Arrow table or a file's name, got list"),
        (SimpleNamespace(to_arrow=lambda: pa.array([1])), "or a file's name, got SimpleNamespace"),
        (np.zeros((2, 2)), "or a file's name, got ndarray"),
        (FRAME.iloc[:0], "the frame has a header and no rows"),
        (pd.DataFrame({"0": [1], 0: [2]}), "the frame: every column needs a name of its own, got '0' more than once"),
    ],
)
def test_what_is_no_frame_of_films_is_refused(frame, message):
    with pytest.raises(InputError, match=message):
        read_table(frame)
