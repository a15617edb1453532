"""What `permutation_importance` refuses, with its value and a remedy."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from torch import nn

from greenlight_films.importance import permutation_importance
from greenlight_films.importance.request import exchanged
from tests.importance.test_api import X, Y


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_repeats": 0}, r"n_repeats must be a whole number, 1 or more, got 0"),
        ({"estimator": "exact"}, r"estimator must be 'expected' or 'shuffle', got 'exact'"),
        ({"loss": "msle"}, r"loss must be one of mse, mae, r2, rmse, got 'msle'"),
        ({"loss": "rmse"}, r"loss 'rmse' has no closed form, got estimator 'expected': set estimator='shuffle'"),
        ({"y": Y[:-1]}, r"X must be \(n_rows, n_columns\) and y \(n_rows,\), got \(300, 7\) and \(299,\)"),
        ({"X": X[0]}, r"X must be .*, got \(7,\) and \(300,\)"),
        ({"y": np.where(np.arange(300) == 5, np.nan, Y)}, r"y must hold finite numbers, got nan: leave such rows out"),
        ({"X": X[:, :5]}, r"X must have 7 columns, as Ridge was trained on, got 5"),
        ({"X": np.where(X[0, 5] == X, np.inf, X)}, r"X must hold finite numbers, got NaN or inf: put a SimpleImputer"),
        ({"X": pd.DataFrame(X).assign(**{"6": "a"})}, r"X must have 7 columns|X must hold numbers alone"),
        ({"X": pd.DataFrame(X[:, :6]).assign(genre="War")}, r"X must hold numbers alone, got columns of float64, "),
        ({"names": ["a"]}, r"names must have a name for each of 7 columns of X, got 1"),
        ({"groups": {"a": []}}, r"groups\['a'\] needs a column or more: names, indices or patterns, got \[\]"),
        ({"groups": {"a": ["x77"]}}, r"groups\['a'\]: 'x77' fits no column of X; there are x"),
        ({"groups": {"a": [7]}}, r"groups\['a'\]: 7 fits no column of X; there are x0, x1, x2"),
    ],
)
def test_arguments_that_can_not_be_are_refused_with_their_value(given, message):
    arguments = {"X": X, "y": Y, **given}
    with pytest.raises(ValueError, match=message):
        permutation_importance(Ridge().fit(X, Y), **arguments)


@pytest.mark.parametrize("model", [nn.Sequential(nn.ReLU(), nn.Linear(7, 1)), nn.Linear(7, 1), "ridge"])
def test_what_does_not_predict_is_refused(model):
    with pytest.raises(TypeError, match=f"must have `predict`, or be a torch.*, got {type(model).__name__}"):
        permutation_importance(model, X, Y)


def test_a_model_of_several_targets_is_refused():
    model = LinearRegression().fit(X, np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match=r"model must predict one number a row, got shape \(300, 2\) for 300 rows"):
        permutation_importance(model, X, Y)


@pytest.mark.parametrize("columns", [[2], [1, 2], [0, 1, 2, 3]])
def test_a_frames_columns_are_exchanged_by_place_and_keep_their_types(columns):
    numbers = pd.array([1, None, 3], dtype="Int64")
    frame = pd.DataFrame({"a": [1, 2, 3], "b": pd.Categorical(list("xyx")), "c": numbers, "d": list("pqr")})
    frame = frame.set_axis(["a", "b", "a", "d"], axis=1).set_axis([5, 5, 6])
    order, before = [2, 0, 1], frame.copy()
    result = exchanged(frame, np.array(columns), np.array(order))
    assert result.dtypes.tolist() == frame.dtypes.tolist()
    assert (result.index.tolist(), result.columns.tolist()) == ([5, 5, 6], ["a", "b", "a", "d"])
    for column in range(4):
        expected = frame.iloc[order if column in columns else [0, 1, 2], column]
        assert result.iloc[:, column].astype(object).fillna(0).tolist() == expected.astype(object).fillna(0).tolist()
    pd.testing.assert_frame_equal(frame, before)
