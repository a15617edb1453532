"""What `permutation_importance` refuses, with its value and a remedy."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from torch import nn

from greenlight_films.importance import permutation_importance
from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.request import Request, exchanged
from tests.importance.test_api import X, Y


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_repeats": 0}, r"n_repeats must be a whole number, 1 or more, got 0"),
        ({"estimator": "exact"}, r"estimator must be 'expected' or 'shuffle', got 'exact'"),
        ({"loss": "msle"}, r"loss must be one of mse, mae, r2, rmse, got 'msle'"),
        ({"loss": "rmse"}, r"loss 'rmse' has no closed form, got estimator 'expected': set estimator='shuffle'"),
        ({"y": Y[:-1]}, r"X must be \(n_rows, n_columns\) and y \(n_rows,\), got \(300, 7\) and \(299,\)"),
        (
            {"y": ["8.1", *["eight"] * 299]},
            r"y must hold a number a row, got the text '8.1': give the target as numbers",
        ),
        (
            {"X": torch.tensor(X).to_sparse()},
            r"X must be a dense tensor, got one of layout torch.sparse_coo: give X.to_",
        ),
        ({"X": X[0]}, r"X must be .*, got \(7,\) and \(300,\)"),
        ({"y": np.where(np.arange(300) == 5, np.nan, Y)}, r"y must hold finite numbers, got nan: leave such rows out"),
        ({"X": X[:, :5]}, r"X must have 7 columns, as Ridge was trained on, got 5"),
        ({"X": np.where(X[0, 5] == X, np.inf, X)}, r"X must hold finite numbers, got NaN or inf: put a SimpleImputer"),
        ({"X": pd.DataFrame(X).assign(**{"6": "a"})}, r"X must have 7 columns|X must hold numbers alone"),
        ({"X": pd.DataFrame(X[:, :6]).assign(genre="War")}, r"X must hold numbers alone, got columns of float64, "),
        ({"names": ["a"]}, r"names must have a name for each of 7 columns of X, got 1"),
        ({"groups": {"a": []}}, r"groups\['a'\] needs a column or more: names, indices or patterns, got \[\]"),
        ({"groups": {"a": ["x77"]}}, r"groups\['a'\]: 'x77' fits no column of X; there are x"),
        (
            {"groups": [["x1"]]},
            r"groups must be lists of columns by name, such as \{'stars': \['x0'\]\}, got \[\['x1'\]\]",
        ),
        ({"groups": {"a": "x1"}}, r"groups\['a'\] must be a list of columns, got 'x1': give one, such as \['x1'\]"),
        ({"groups": {"a": 3}}, r"groups\['a'\] must be a list of columns, got 3: give one, such as \[3\]"),
        ({"groups": {"a": None}}, r"groups\['a'\] must be a list of columns, got None: give one, such as \['x0'\]"),
        ({"groups": {"a": [None]}}, r"groups\['a'\]: None fits no column of X; there are x0, x1, x2"),
        ({"groups": {"a": [1.7]}}, r"groups\['a'\]: 1.7 fits no column of X; there are x"),
        ({"groups": {"a": [["x1"]]}}, r"groups\['a'\]: \['x1'\] fits no column of X; there are x"),
        (
            {"groups": {"a": X[0] > 0}},
            r"groups\['a'\] must hold names or indices, got (True|False): give those of the ",
        ),
        ({"groups": {"a": [-1]}}, r"groups\['a'\]: -1 fits no column of X; there are x0, x1, x2"),
        ({"groups": {"a": [7]}}, r"groups\['a'\]: 7 fits no column of X; there are x0, x1, x2"),
    ],
)
def test_arguments_that_can_not_be_are_refused_with_their_value(given, message):
    arguments = {"X": X, "y": Y, **given}
    with pytest.raises(ValueError, match=message):
        permutation_importance(Ridge().fit(X, Y), **arguments)


@pytest.mark.parametrize(
    "model", [nn.Sequential(nn.ReLU(), nn.Linear(7, 1)), nn.Sequential(), nn.Linear(7, 1), "ridge"]
)
def test_what_does_not_predict_is_refused(model):
    with pytest.raises(TypeError, match=f"must have `predict`, or be a torch.*, got {type(model).__name__}"):
        permutation_importance(model, X, Y)


def test_a_class_in_place_of_a_model_is_refused():
    with pytest.raises(TypeError, match="model must be a fitted one, got the class Ridge: fit an instance of it"):
        permutation_importance(Ridge, X, Y)


@pytest.mark.parametrize("model", [LinearRegression(), MLPRegressor(hidden_layer_sizes=(4,), max_iter=1)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_model_of_several_targets_is_refused(model):
    model.fit(X, np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match=r"model must predict one number a row, got shape \(300, 2\) for 300 rows"):
        permutation_importance(model, X, Y)


@pytest.mark.parametrize(
    ("last", "shape"),
    [
        ([], r"shape \(2, 3\)"),
        ([nn.Linear(3, 1), nn.Unflatten(1, (1, 1))], r"shape \(2, 1, 1\)"),
        ([nn.Flatten(0)], r"shape \(6,\)"),
        ([nn.LSTM(3, 1)], "tuple"),
    ],
)
def test_a_network_of_other_than_a_number_a_row_is_refused(last, shape):
    message = rf"model must predict one number a row, got {shape} for 2 rows: end in nn.Linear\(\.\.\., 1\)"
    with pytest.raises(ValueError, match=message):
        permutation_importance(nn.Sequential(nn.Linear(7, 3), *last), X, Y)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_a_network_of_any_precision_is_measured_with_the_weights_that_it_has(kind):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(7, 8), nn.ReLU(), nn.Linear(8, 1)).to(kind)
    result = permutation_importance(network, X, Y, random_state=0)
    assert network[0].weight.dtype == kind
    same = permutation_importance(deepcopy(network).double(), X, Y, random_state=0)
    assert result.importances_mean == pytest.approx(same.importances_mean, rel=1e-3, abs=1e-6)
    assert same.importances_mean.max() > 0.01


def test_tensors_are_taken_as_arrays_are():
    network = nn.Sequential(nn.Linear(7, 1))
    expected = permutation_importance(network, X, Y, random_state=0).importances_mean
    rows, target = torch.tensor(X, requires_grad=True), torch.tensor(Y, requires_grad=True)
    assert permutation_importance(network, rows, target, random_state=0).importances_mean.tolist() == expected.tolist()
    for given in ({"X": torch.tensor(X).bfloat16()}, {"y": torch.tensor(Y).bfloat16()}):
        result = permutation_importance(network, **{"X": X, "y": Y, **given}, random_state=0)
        assert result.importances_mean == pytest.approx(expected, rel=0.1, abs=0.01)


class OfTensors(nn.Linear):
    """A network whose `predict` returns a tensor with gradients."""

    def predict(self, rows):
        return self(torch.as_tensor(rows).float())


def test_a_predict_that_returns_a_tensor_is_measured_by_the_loop():
    model = OfTensors(7, 1)
    result = permutation_importance(model, X, Y, random_state=0)
    assert result.method == "loop: OfTensors has no additive first layer"
    same = permutation_importance(nn.Sequential(model), X, Y, estimator="shuffle", n_repeats=200, random_state=0)
    assert result.importances_mean == pytest.approx(same.importances_mean, rel=0.3, abs=0.1)


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


@pytest.mark.parametrize(
    ("names", "columns", "expected"),
    [
        (list("abcdefg"), [2, "a"], [0, 2]),
        (list("abcdefg"), np.array([6, 1]), [1, 6]),
        (list("abcdefg"), pd.Index(["b", "e"]), [1, 4]),
        ([1, 2, 3, 4, 5, 6, 0], [1, 0], [0, 6]),
        ([1, 2, 3, 4, 5, 6, 0], np.array([6]), [5]),
        ([1, 2, 3, 4, 5, 6, 0], ["6"], [5]),
        ([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5], [1.5, 0], [0, 1]),
        ([("p", index) for index in range(7)], [("p", 3)], [3]),
    ],
)
def test_a_group_has_the_columns_of_its_names_and_else_of_its_indices(names, columns, expected):
    arguments = LinearRegression(), X, Y, names, {"some": columns}, "mse", Estimator()
    assert Request.of(*arguments).groups["some"].tolist() == expected
    frame = pd.DataFrame(X, columns=pd.Index(names, dtype=object, tupleize_cols=False))
    assert Request.of(LinearRegression(), frame, Y, None, *arguments[4:]).groups["some"].tolist() == expected


def test_an_index_is_none_where_columns_are_named_by_whole_numbers():
    frame = pd.DataFrame(X, columns=[10, 20, 30, 40, 50, 60, 70])
    with pytest.raises(ValueError, match=r"groups\['a'\]: 2 fits no column of X; there are 20"):
        permutation_importance(Ridge().fit(frame, Y), frame, Y, groups={"a": [2]})
