"""What `FilmRegressor` is given becomes a frame with its target, features and a network. Refusals: test_regressor."""

import warnings

import numpy as np
import pandas as pd
import pytest

import greenlight_films as gl
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.read_table import InputNotice, open_table
from greenlight_films.declarations import encode_with_warnings, features_of, known_targets, training_of, with_target

FRAME = pd.DataFrame({"year": [1990, 2000], "genre": ["Drama", None], "rating": [np.nan, 7.0]})


@pytest.mark.parametrize(
    ("target", "y", "expected"),
    [
        ("rating", None, gl.Target("rating")),
        (gl.ProfitRatio("year", "rating"), None, gl.ProfitRatio("year", "rating")),
        ("rating", [1.0, 2.0], gl.Target("rating")),
        (gl.Target("rating", unit="points"), [1.0, 2.0], gl.Target("rating", unit="points")),
        (None, pd.Series([1.0, 2.0], name="votes"), gl.Target("votes")),
        (None, [1.0, 2.0], gl.Target("target")),
    ],
)
def test_the_target_is_a_column_of_the_frame_or_y(target, y, expected):
    frame, column = with_target(FRAME, target, y)
    assert column == expected
    if y is not None:
        assert frame[column.column].tolist() == [1.0, 2.0]
    assert FRAME["rating"].isna().tolist() == [True, False]


def test_a_bare_name_is_a_number_or_a_category(tmp_path):
    (tmp_path / "films.csv").write_text("id,year\n007,1999\n008,\n")
    frame = open_table(str(tmp_path / "films.csv")).frame
    assert features_of(frame, ["id", "year"]) == [gl.Category("id"), gl.Number("year")]
    assert features_of(FRAME, ["year", gl.Labels("genre"), "genre"]) == [
        gl.Number("year"),
        gl.Labels("genre"),
        gl.Category("genre"),
    ]


def test_rows_without_a_target_are_left_out():
    actual, rows = known_targets(FRAME, gl.Target("rating"), Formats())
    assert (actual.tolist(), rows.tolist()) == ([7.0], [1])


def test_arguments_of_the_trainer_come_last():
    training = training_of(5, 2, {"max_epochs": 9, "devices": 1}, verbose=False)
    assert training.trainer == {
        **{"logger": False, "enable_model_summary": False, "enable_progress_bar": False},
        **{"max_epochs": 9, "devices": 1},
    }
    assert training.early_stopping.patience == 2


def test_numbers_in_another_unit_than_the_model_s_are_a_warning():
    encoder = FilmEncoder([gl.Number("budget")])
    learnt = pd.DataFrame({"budget": [2e7, 3e7, 5e6]})
    encoder.fit_encode(learnt, np.arange(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encode_with_warnings(encoder, learnt)
    with pytest.warns(InputNotice, match=r"column 'budget' are 1,000 times smaller than usual"):
        encode_with_warnings(encoder, learnt / 1e6)
