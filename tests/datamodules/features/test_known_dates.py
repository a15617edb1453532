import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.features import Category
from greenlight_films.datamodules.features.known_dates import known_dates

DAYS = pd.Series(pd.date_range("2014-05-01", periods=20)).repeat(3).reset_index(drop=True)
TIMES = DAYS + pd.to_timedelta(np.arange(60) // 3, unit="h")


def counted(unit):
    return lambda days: days.astype(f"datetime64[{unit}]").astype("int64")


OTHERWISE = {
    "arrow": lambda days: days.astype(pd.ArrowDtype(pa.timestamp("us"))),
    "another unit": lambda days: days.astype("datetime64[ns]"),
    "text": lambda days: days.dt.strftime("%Y-%m-%dT%H:%M:%S"),
    "text to the thousandth": lambda days: days.dt.strftime("%Y-%m-%d %H:%M:%S.000"),
    "universal time": lambda days: days.dt.tz_localize("UTC"),
    "the first alone": lambda days: days.iloc[:1],
    "gaps": lambda days: days.where(np.arange(60) % 7 > 0),
    "numbers with gaps": lambda days: counted("ms")(days).astype("float64").where(np.arange(60) % 7 > 0),
    **{f"{unit} since 1970": counted(unit) for unit in ("s", "ms", "us", "ns")},
}


@pytest.mark.parametrize("learnt", [DAYS, TIMES], ids=["days", "times"])
@pytest.mark.parametrize("other", ["other", None])
@pytest.mark.parametrize("write", OTHERWISE.values(), ids=OTHERWISE)
def test_a_date_is_the_same_label_whatever_its_type(learnt, other, write):
    encoder = FilmEncoder([Category("released", min_films=2, other=other)])
    frame = pd.DataFrame({"released": [*learnt, pd.Timestamp("2020-01-01")]})
    first = encoder.fit_encode(frame, np.arange(61))
    cells = write(learnt)
    second = encoder.encode(pd.DataFrame({"released": cells}))
    known = cells.notna().to_numpy()
    rows = np.flatnonzero(known)
    assert len(rows)
    assert abs(first.labels[rows] - second.labels[rows]).nnz == 0
    assert second.labels.nnz == known.sum()


@pytest.mark.parametrize("cells", [pd.Series([3, 5]), pd.Series([True, False]), pd.Series(["new", None], dtype="str")])
def test_what_is_no_date_among_those_known_stays_as_it_is(cells):
    assert known_dates(cells, ["2014-05-01", "2014-05-02"]) is None


def test_values_that_are_no_dates_are_never_numbers_since_1970():
    assert known_dates(pd.Series([1398902400000]), ["Acme", "Bolt", "2014-05-01"]) is None
