import numpy as np
import pytest

import greenlight_films as gl
from tests.messy import N, messy_films, write


def test_a_look_from_python_takes_the_options_of_the_command(tmp_path):
    path = write(messy_films(), tmp_path / "films.csv", sep="|")
    seen = gl.look(path, "rating", leave_out=["cast"], missing={"budget": ["k.A."]}, delimiter="|")
    assert seen.left_out["cast"] == "as asked"
    assert seen.missing()["budget"] == ["k.A."]
    assert seen.to_frame().loc[3, ["column", "kind", "unit"]].tolist() == ["budget", "money", "EUR"]
    assert "<table" in seen._repr_html_()


def test_a_regressor_without_features_looks_for_itself(capsys):
    frame = messy_films()
    model = gl.FilmRegressor(target="rating", max_epochs=2).fit(frame)
    columns = dict.fromkeys(feature.column for feature in model.fitted_.encoder.features)
    assert list(columns) == ["released", "budget", "runtime", "genres", "cast"]
    assert "rating_of_20 is the target times 2" in capsys.readouterr().out
    assert np.isfinite(model.predict(frame)).all()


def test_a_regressor_without_features_leaves_series_out_and_refuses_rows_that_are_no_films():
    frame = messy_films()
    kinds = np.where(np.arange(N) < 20, "tvSeries", "movie")
    model = gl.FilmRegressor("rating", max_epochs=1, verbose=False, split=gl.RandomSplit(val=0.1, test=0.2))
    model.fit(frame.assign(titleType=kinds))
    assert len(model.test_rows_) == 20
    assert model.test_rows_.min() >= 20
    reviews = frame.loc[frame.index.repeat(3)].reset_index(drop=True)
    reviews = reviews.assign(reviewer=["a", "b", "c"] * N, rating=np.arange(3 * N) % 10)
    remedy = r"a row a film, got 360 rows of 120 films: give gl.MeanOfRows\(by='film_id'\).shape\(frame\)"
    with pytest.raises(gl.InputError, match=remedy):
        gl.FilmRegressor("rating", verbose=False).fit(reviews)


@pytest.mark.slow
def test_a_study_of_a_frame_takes_what_look_returned(tmp_path):
    frame = messy_films().head(60)
    seen = gl.look(frame, "rating", leave_out=["budget"])
    results = gl.study(frame, seen, out=tmp_path, verbose=False)
    columns = {"released year", "released season", "runtime", "genres", "cast"}
    assert set(results.importance["column"]) == columns
    assert len(results.predictions) == 60


def test_faults_are_refused_all_at_once_by_a_study_and_by_a_regressor(tmp_path):
    frame = messy_films()
    frame.loc[4, "budget"], frame.loc[6, "runtime"] = "$ 5", "see notes"
    with pytest.raises(gl.InputError, match=r"(?s)row 5 has '\$ 5'.*row 7 has 'see notes'"):
        gl.FilmRegressor("rating", verbose=False).fit(frame)
    with pytest.raises(gl.InputError, match=r"(?s)row 5 has '\$ 5'.*row 7 has 'see notes'"):
        gl.study(frame, gl.look(frame, "rating"), out=tmp_path, verbose=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"leave_out": "year"}, r"leave_out must be a list, got 'year'; give \['year'\]"),
        ({"before_release": "no"}, "before_release must be True or False, got 'no'"),
        ({"skip": "3", "delimiter": 5}, "(?s)delimiter must be a text, got 5.*skip must be a whole number, got '3'"),
    ],
)
def test_arguments_of_another_type_are_refused(arguments, message):
    with pytest.raises(gl.InputError, match=message):
        gl.look(messy_films(), "rating", **arguments)


def test_an_argument_that_there_is_not_is_one_of_look_itself():
    with pytest.raises(TypeError, match=r"^look\(\) got an unexpected keyword argument 'targt'"):
        gl.look(messy_films(), targt="rating")


def test_columns_with_numbers_as_names_are_left_out_by_these():
    frame = messy_films().rename(columns={"cast": 0})
    assert gl.look(frame, "rating", leave_out=[0]).left_out["0"] == "as asked"
