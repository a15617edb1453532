from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.label_cells import read_labels
from greenlight_films.datamodules.tables.read_table import open_table, read_table
from tests.cases import cases, check_message, name_of, table_of
from tests.data.cases.frames import awkward_frames

FRAME = pd.DataFrame({"year": [1999, 2001, 2001], "title": ["x", None, "z"]})


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.set_index(FRAME["title"].rename(None)),
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


def test_labels_are_read_as_from_a_csv_file(tmp_path):
    days = pd.Series(pd.to_datetime(["2001-02-03", None, "1999-12-31"]))
    frame = pd.DataFrame({"day": days, "zone": days.dt.tz_localize("UTC"), "flag": [True, None, False], "n": [1, 2, 3]})
    frame = frame.assign(old=pd.Series([True, False, True]))
    frame.to_csv(tmp_path / "films.csv", index=False)
    from_file = open_table(str(tmp_path / "films.csv")).frame
    for name in frame:
        labels, others = read_labels(open_table(frame).frame[name]), read_labels(from_file[name])
        assert labels.names.to_pylist() == others.names.to_pylist()
        assert labels.codes.tolist() == others.codes.tolist()
    assert open_table(frame).frame.dtypes.tolist() == frame.dtypes.tolist()


@pytest.mark.parametrize("case", cases("frames"), ids=name_of)
def test_awkward_frames_have_the_columns_of_clean_ones_or_are_refused(case):
    name, message = case["file"].split("::")[1], case["expect"].get("message")
    frame = table_of(case)
    if name in ("duplicate_names", "multi_columns", "nested_frames", "empty"):
        with pytest.raises(InputError) as refusal:
            open_table(frame)
        check_message(str(refusal.value), message)
        return
    table = open_table(frame)
    assert table.frame.index.tolist() == list(range(24))
    assert all(isinstance(column, str) for column in table.frame)
    assert not any(isinstance(kind, pd.CategoricalDtype | pd.SparseDtype) for kind in table.frame.dtypes)
    assert len(table.notices) == ("told" in case["expect"])
    for notice in table.notices:
        check_message(notice, case["expect"]["told"])
    if name != "number_names":
        assert table.frame["title"].tolist() == awkward_frames.TITLES


def test_an_index_of_texts_that_no_column_holds_is_told():
    indexed = FRAME.set_index(pd.Index(["a", "b", "c"]))
    (notice,) = open_table(indexed).notices
    assert notice == (
        "the index of the frame holds texts such as 'a', which are not read: frame.reset_index(names='title') makes "
        "them a column"
    )
    levels = FRAME.set_index(pd.MultiIndex.from_arrays([["a", "b", "c"], [1, 2, 3]], names=["studio", None]))
    assert open_table(levels).frame.columns.tolist() == ["studio", "year", "title"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([[1]], "a table must be a pandas or polars DataFrame, an Arrow table or a file's name, got list"),
        (SimpleNamespace(to_arrow=lambda: pa.array([1])), "or a file's name, got SimpleNamespace"),
        (np.zeros((2, 2)), "or a file's name, got ndarray"),
        (FRAME.iloc[:0], "the frame has a header and no rows"),
        (pd.DataFrame({"0": [1], 0: [2]}), "the frame: 2 columns are called '0', the columns 1, 2, and hold other"),
    ],
)
def test_what_is_no_frame_of_films_is_refused(frame, message):
    with pytest.raises(InputError, match=message):
        read_table(frame)
