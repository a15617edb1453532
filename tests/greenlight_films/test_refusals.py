"""What `FilmRegressor` can't work on: a single error with requirement, value and remedy."""

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import greenlight_films as gl
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import small

FRAME = awkward_films()


@pytest.fixture(scope="module")
def model() -> gl.FilmRegressor:
    return small().fit(FRAME)


def fit(**settings: Any) -> Any:
    return lambda: small(**settings).fit(FRAME)


REFUSALS: dict[str, tuple[Any, str]] = {
    "a target that is no column": (fit(target="rateing"), "no column 'rateing', did you mean 'rating'?"),
    "a name that is no column": (fit(features=["yeer"]), "no column 'yeer', did you mean 'year'?"),
    "a feature that is no column": (fit(features=[gl.Number("yeer")]), "no column 'yeer', did you mean 'year'?"),
    "no target": (fit(target=None), "FilmRegressor needs a target, got none: give target='rating', or y"),
    "an empty list": (fit(features=[]), "needs features such as features=['year'], got []"),
    "a name for a list": (fit(features="year"), "features must be a list, got 'year'; give ['year']"),
    "the target as a feature": (fit(features=["rating"]), "must not have the target's own column 'rating'"),
    "y of another length": (
        lambda: small().fit(FRAME, [1.0, 2.0]),
        "y must have one number a row, (203,), got (2,); give the rows of X",
    ),
    "y of words": (lambda: small().fit(FRAME, ["a"] * 203), "column 'rating' must hold numbers, rows 1, 2, "),
    "y beside a ratio": (
        lambda: small(target=gl.ProfitRatio("year", "runtime")).fit(FRAME, FRAME["rating"]),
        "y can't be given where the target is made of year and runtime; leave y out",
    ),
    "an array": (lambda: small().fit(np.zeros((3, 2))), "an Arrow table or a file's name, got ndarray"),
    "a column twice": (
        lambda: small().fit(FRAME.assign(other=1).set_axis([*FRAME.columns, "year"], axis=1)),
        "the frame: 2 col",
    ),
    "weights of another length": (
        lambda: small().fit(FRAME, sample_weight=[1.0]),
        "weights must be a number for each of the 203 rows, got shape (1,)",
    ),
    "a setting out of range": (fit(hidden=[0]), "hidden must be one or more widths from 1 to 65,536, got [0]"),
    "epochs that are not whole": (fit(max_epochs=1.5), "max_epochs must be a whole number, got 1.5"),
    "a width for a list": (fit(hidden=64), "hidden must be a list of whole numbers, got 64; give [64]"),
    "another optimiser": (fit(optimiser="adma"), "rowwise_adam, got 'adma', did you mean 'adam'?"),
    "a share for a split": (
        fit(split=0.1),
        "split must be a Split (RandomSplit, GroupSplit, TimeSplit, KFold, InnerFold",
    ),
    "an unknown argument of the trainer": (fit(trainer={"max_epohcs": 3}), "'max_epohcs'"),
    "too few rows": (lambda: small().fit(FRAME.iloc[6:8]), "is 6.117 in all 1 training rows: nothing to learn"),
}


@pytest.mark.parametrize(("call", "message"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_fitted_is_refused_with_its_value(call, message):
    with pytest.raises(gl.InputError) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: model.predict(FRAME.drop(columns="genre")), "no column 'genre'\nthe table has: id, title, year"),
        (lambda model: model.predict(FRAME.assign(year="soon")), "column 'year' must hold numbers, rows 1, 2, "),
        (lambda model: model.predict([1, 2]), "got list"),
        (lambda model: model.score(FRAME.drop(columns="rating")), "no column 'rating'"),
        (
            lambda model: model.evaluate(FRAME.assign(rating=np.nan)),
            "must be there for 1 row or more, got 0 of 203",
        ),
        (lambda model: model.score(FRAME, sample_weight=[1]), "for each of the 203 rows, got shape (1,)"),
        *(
            (lambda model, name=name: getattr(model, name)(FRAME, sample_weight=np.zeros(203)), "got 0 in all 198")
            for name in ("score", "evaluate", "importance")
        ),
        (lambda model: model.importance(FRAME, groups={"stars": ["genr"]}), "'genr' fits no role, column or feature"),
        (lambda model: model.importance(FRAME, loss="rmse"), "loss rmse has no closed form"),
        (lambda model: model.importance(FRAME, loss="mxe"), "loss must be one of mse, mae, r2, rmse, got 'mxe'"),
        (
            lambda model: model.importance(FRAME, estimator="exp"),
            "estimator must be one of expected, shuffle, got 'exp'",
        ),
        (lambda model: model.importance(FRAME, n_repeats=1.5), "n_repeats must be a whole number, got 1.5"),
    ],
)
def test_films_that_a_model_cannot_work_on_are_refused_with_the_value(model, call, message):
    with pytest.raises(ValueError, match=r"\w") as caught:
        call(model)
    assert message in str(caught.value)


def test_a_row_at_fault_is_named_by_its_number_in_the_frame(model):
    frame = FRAME.astype({"year": object})
    frame.loc[30, "year"] = "soon"
    with pytest.raises(gl.InputError, match="row 31 has 'soon'"):
        model.importance(frame)


@pytest.mark.parametrize("method", ["predict", "score", "evaluate", "importance", "explain", "save"])
def test_nothing_works_before_fit(method, tmp_path):
    with pytest.raises(NotFittedError, match="This FilmRegressor instance is not fitted yet"):
        getattr(small(), method)(tmp_path if method == "save" else FRAME)
