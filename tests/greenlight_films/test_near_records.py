"""A model whose records go by how near films are: predicted, saved, explained and measured from a table."""

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error

import greenlight_films as gl
from greenlight_films.importance import Estimator
from greenlight_films.importance.streams import child, keys_of, permutation
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import small

FRAME = awkward_films()
PEOPLE = [gl.Labels("cast"), gl.Size("cast"), gl.TrackRecord("cast", 1, near=["year", "runtime"])]
FEATURES = [gl.Number("year"), gl.Number("runtime", log1p=True), gl.Labels("genre"), *PEOPLE]
COLUMNS = {"year": ["year"], "runtime": ["runtime"], "cast": ["cast"], "genre": ["genre"], "all": ["cast", "year"]}


@pytest.fixture(scope="module")
def model() -> gl.FilmRegressor:
    settings = {"features": FEATURES, "preset": "recipe", "max_epochs": 4, "learning_rate": 0.02, "refit": True}
    return small(**settings, split=gl.RandomSplit(val=0.15, test=0.3)).fit(FRAME)


@pytest.fixture(scope="module")
def held_out(model):
    return FRAME.iloc[model.test_rows_].reset_index(drop=True)


def test_a_film_of_another_year_has_another_record(model, held_out):
    near = model.network_.network.first.near
    assert [part.plan["dense"] for part in near] == [[0, 1]]
    zeroed = near[0].scale.clone()
    before = model.predict(held_out)
    try:
        near[0].scale.zero_()
        assert np.abs(before - model.predict(held_out)).max() > 0.01
    finally:
        near[0].scale.copy_(zeroed)


def test_a_loaded_model_predicts_the_same(model, held_out, tmp_path):
    model.save(tmp_path)
    loaded = gl.FilmRegressor.load(tmp_path)
    assert np.array_equal(loaded.predict(held_out), model.predict(held_out))
    assert loaded.features[-1].near == ["year", "runtime"]


@pytest.mark.parametrize("level", ["value", "column", "role"])
def test_contributions_add_up_to_the_predictions(model, held_out, level):
    explanation = model.explain(held_out)
    total = explanation.average_prediction + explanation.to_frame(level).groupby("row")["contribution"].sum()
    assert total.to_numpy() == pytest.approx(model.predict(held_out), abs=1e-4)


def test_alone_is_the_prediction_less_that_of_the_table_with_the_training_median(model, held_out):
    groups = model.fitted_.encoder.space.groups
    medians = {"year": groups[0][0].fitted["median"], "runtime": groups[1][0].fitted["median"]}
    table = model.explain(held_out).to_frame().query("column in ['year', 'runtime'] and value != 'missing'")
    for name, median in medians.items():
        changed = model.predict(held_out.assign(**{name: np.expm1(median) if name == "runtime" else median}))
        alone = table[table["column"] == name].set_index("row")["alone"]
        assert len(alone) > 20
        assert alone.to_numpy() == pytest.approx((model.predict(held_out) - changed)[alone.index], abs=1e-4)
        assert alone.abs().max() > 0.01


def test_importances_of_columns_are_those_of_tables_in_which_they_are_shuffled(model, held_out):
    known = held_out[held_out["rating"].notna()].reset_index(drop=True)
    groups = {"all": COLUMNS["all"]}
    result = model.importance(known, estimator="shuffle", n_repeats=3, groups=groups)
    before = mean_squared_error(known["rating"], model.predict(known))
    for name, columns in COLUMNS.items():
        level = "group" if name == "all" else "column"
        part = next(part for part in result.sets if (part.level, part.name) == (level, name))
        same = next(other for other in result.sets if _members(other) == _members(part))
        stream = Estimator("shuffle", 3, seed=42).streams(keys_of([f"{same.level} {same.name}"]))[0]
        increases = []
        for repeat in range(3):
            order = permutation(child(stream, repeat), len(known)).numpy()
            shuffled = known.copy()
            shuffled[columns] = known[columns].iloc[order].to_numpy()
            increases.append(mean_squared_error(known["rating"], model.predict(shuffled)) - before)
        measured = result.joint.mean[[other is part for other in result.sets]]
        assert measured.tolist() == pytest.approx([np.mean(increases)], abs=1e-5), name


def _members(part) -> tuple[bytes, bytes]:
    return part.dense.tobytes(), part.labels.tobytes()
