"""Models inside pipelines, searches and transformed targets: measured by the frame's columns and the encoded ones."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from greenlight_films.importance import permutation_importance
from tests.importance.test_api import X, Y, assert_agree


@pytest.fixture(scope="module")
def films() -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "genre": generator.choice(["Drama", "War", "Noir"], 300, p=[0.5, 0.4, 0.1]),
            "lead": generator.choice([f"actor {index}" for index in range(12)], 300),
            "year": generator.normal(2000, 9, 300),
            "title": generator.choice(["the end", "a day", "the day"], 300),
        }
    )
    frame.loc[::9, "year"] = np.nan
    target = (frame["genre"] == "War") * 2 + (frame["lead"] < "actor 3") + frame["year"].fillna(2000) / 9 - 220
    return frame, (target + generator.normal(size=300) / 4).to_numpy()


def encoder() -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("onehot", OneHotEncoder(min_frequency=20), ["genre", "lead"]),
            ("number", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["year"]),
            ("words", CountVectorizer(), "title"),
        ]
    )


WRAPPED = {
    "pipeline": lambda core: make_pipeline(encoder(), core),
    "search": lambda core: GridSearchCV(make_pipeline(encoder(), core), {}, cv=2),
    "target": lambda core: make_pipeline(
        encoder(), TransformedTargetRegressor(core, func=np.arcsinh, inverse_func=np.sinh)
    ),
    "around": lambda core: TransformedTargetRegressor(make_pipeline(encoder(), core), transformer=StandardScaler()),
}


@pytest.mark.slow
@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_a_wrapped_model_has_the_importance_of_the_frames_columns(films, wrap):
    frame, target = films
    model = wrap(Ridge(0.1)).fit(frame, target)
    result = permutation_importance(model, frame, target, groups={"cast": ["lead"]}, n_repeats=50, random_state=0)
    assert result.method == "exact: Ridge's first layer is additive"
    assert_agree(result, model, frame, target, n_repeats=15)
    features = result.aggregated.set_index(["level", "name"])["features"]
    assert features["group", "cast"] == features["column", "lead"] > 3
    columns = result.aggregated.query("level == 'column'").set_index("name")["importance"]
    assert columns[frame.columns].tolist() == result.importances_mean.tolist()


def test_encoded_columns_are_features_that_know_their_source(films):
    frame, target = films
    model = make_pipeline(encoder(), Ridge(0.1)).fit(frame, target)
    table = permutation_importance(model, frame, target, random_state=0).to_frame().set_index("feature")
    assert set(model[0].get_feature_names_out()) == set(table.index)
    assert table.loc["onehot__genre_War", ["column", "level"]].tolist() == ["genre", "value"]
    assert table.loc["number__year", ["column", "level"]].tolist() == ["year", "number"]


def test_a_step_that_names_nothing_numbers_its_columns():
    model = make_pipeline(FunctionTransformer(np.abs), Ridge()).fit(X, Y)
    result = permutation_importance(model, X, Y, n_repeats=50, random_state=0)
    assert set(result.to_frame()["feature"]) == {f"column {index}" for index in range(7)}
    assert_agree(result, model, X, Y)


@pytest.mark.parametrize("order", [np.arange(400), np.random.default_rng(0).permutation(400)], ids=["sorted", "mixed"])
def test_a_product_of_columns_is_seen_in_a_sorted_frame(order):
    generator = np.random.default_rng(0)
    new, drama = np.repeat([0.0, 1.0], 200), generator.integers(0, 2, 400) * 1.0
    drama[[0, 200]] = 0  # where the sorted column changes from a row to the next, the product does not
    frame = pd.DataFrame({"new": new, "drama": drama, "runtime": generator.normal(size=400)}).iloc[order]
    target = 3 * frame["new"] * frame["drama"] + frame["runtime"]
    product = FunctionTransformer(lambda films: np.c_[films["new"] * films["drama"], films["runtime"]])
    model = make_pipeline(product, Ridge()).fit(frame, target)
    result = permutation_importance(model, frame, target, n_repeats=10, random_state=0)
    assert result.method == "loop: the Pipeline makes columns that depend on several columns of X"
    assert_agree(result, model, frame, target)
