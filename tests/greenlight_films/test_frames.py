"""What films may be given as: frames of pandas, polars and Arrow, files, lists in cells, numbers as column names."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone

import greenlight_films as gl
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import same_weights, small, weights

FRAME = awkward_films()


@pytest.fixture(scope="module")
def model() -> gl.FilmRegressor:
    return small().fit(FRAME)


class Polars:
    """Stands for a polars frame, which gives itself as an Arrow table."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.to_arrow = lambda: pa.Table.from_pandas(frame)


@pytest.mark.filterwarnings("ignore:the index 'id' of the frame:UserWarning")
@pytest.mark.parametrize("kind", [pa.Table.from_pandas, Polars, lambda frame: frame.set_index("id")])
def test_other_frames_are_taken(model, kind):
    films = kind(FRAME)
    other = small().fit(films)
    assert same_weights(weights(other), weights(model))
    assert np.array_equal(other.predict(films), model.predict(FRAME))


def test_a_tables_file_is_read_as_a_study_reads_it(tmp_path):
    frame = FRAME.assign(genre=[f"0{number % 7}" for number in range(len(FRAME))])
    frame.to_csv(tmp_path / "films.csv", index=False)
    model = small().fit(tmp_path / "films.csv")
    assert sorted(model.fitted_.encoder.space.label_names()) == [f"genre=0{number}" for number in range(7)]
    assert model.predict(tmp_path / "films.csv") == pytest.approx(model.predict(frame))


def test_columns_with_numbers_as_names_and_an_index_of_columns_are_taken(tmp_path):
    frame = pd.DataFrame({0: FRAME["year"], 1: FRAME["company"], 2: FRAME["rating"]})
    model = small(target=2, features=frame.columns[:2]).fit(frame)
    assert [type(feature).__name__ for feature in model.fitted_.encoder.features] == ["Number", "Category"]
    assert np.array_equal(clone(model).fit(frame[[0, 1]], frame[2]).predict(frame), model.predict(frame))
    model.save(tmp_path / "model")
    assert np.array_equal(gl.FilmRegressor.load(tmp_path / "model").predict(frame), model.predict(frame))


def test_lists_in_cells_are_labels(model):
    frame = FRAME.assign(genre=[cell.split(", ") if isinstance(cell, str) else None for cell in FRAME["genre"]])
    listed = small(features=["year", gl.Labels("genre")]).fit(frame)
    assert same_weights(weights(listed), weights(model))


def test_labels_are_known_in_the_notation_of_a_file_as_in_that_of_a_frame(tmp_path):
    frame = FRAME.assign(genre=[cell.split(", ") if isinstance(cell, str) else None for cell in FRAME["genre"]])
    model = small(features=["year", gl.Labels("genre")]).fit(frame)
    frame.to_csv(tmp_path / "films.csv", index=False)
    assert "\"['" in (tmp_path / "films.csv").read_text()
    assert np.array_equal(model.predict(tmp_path / "films.csv"), model.predict(frame))
    assert model.score(tmp_path / "films.csv") == model.score(frame)


@pytest.mark.parametrize("ask", [gl.FilmRegressor.predict, gl.FilmRegressor.score, gl.FilmRegressor.importance])
def test_labels_that_another_separator_parts_are_refused_wherever_films_are_taken(model, ask):
    with pytest.raises(gl.InputError, match=r"'genre': cells must be written .* write ', ' in place of '\|'"):
        ask(model, FRAME.assign(genre=FRAME["genre"].str.replace(", ", "|")))


def test_a_column_of_which_no_label_is_known_is_told(model):
    with pytest.warns(UserWarning, match=r"none of the \d+ labels of 'genre' is known to the model"):
        model.predict(FRAME.assign(genre=FRAME["genre"].str.replace(r"\b", "x", regex=True)))


def test_a_date_as_a_category_is_the_same_whatever_its_type():
    films = FRAME.assign(released=pd.Timestamp("2014-05-01") + pd.to_timedelta(np.arange(len(FRAME)) % 9, unit="D"))
    model = small(features=["year", "released"]).fit(films)
    others = [films.convert_dtypes(dtype_backend="pyarrow"), films.assign(released=films["released"].astype("int64"))]
    assert all(np.array_equal(model.predict(other), model.predict(films)) for other in others)
