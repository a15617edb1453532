"""Newer films beside those of a run: which rows are learnt from, and what is then known of labels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules import FilmDataModule, GroupSplit, InputError, Labels, Number, TimeSplit
from greenlight_films.datamodules.features import Profile, RidgeByColumn, TrackRecord
from greenlight_films.datamodules.fitted import Fitted, Refreshed

RECORD = TrackRecord("cast", min_labels=1)
FEATURES = [Number("year"), Labels("genre"), Labels("cast"), RidgeByColumn("cast"), RECORD]
FEATURES += [Profile("cast", of=["year", "genre"], min_rows=1)]


@pytest.fixture
def fresh(ready, films_frame):
    return lambda **given: ready(table=None, **{"frame": films_frame, "features": FEATURES, **given})


def renewed(data: FilmDataModule, newer: pd.DataFrame) -> FilmDataModule:
    joined = data.joined(newer)
    again = FilmDataModule(frame=joined.frame, features=list(data.declared.features), target=data.declared.target)
    again.declared = data.declared
    refreshed = Refreshed(joined.films, joined.until, data.films.crossed.scales)
    again.renew(replace(data.fitted, sides=joined.sides, refreshed=refreshed))
    return again


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (lambda cell: cell.replace(", ", "|"), "'cast'.*in which '|' parts labels that it knows"),
        (lambda cell: str(cell.split(", ")), "'cast': cells must be written as in the run's table, got such as"),
    ],
)
def test_newer_labels_in_another_notation_are_refused(fresh, films_frame, written, message):
    newer = films_frame.assign(cast=films_frame["cast"].map(written, na_action="ignore"))
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        fresh().joined(newer)


def side(data: FilmDataModule, frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.loc[data.films.number[getattr(data.films.rows, name)] - 1]


def by_name(data: FilmDataModule) -> pd.DataFrame:
    """Return the inputs of each label, before they are scaled."""
    labels = data.films.crossed.labels
    values = labels.values * data.films.crossed.scales.deviation
    columns = [f"{name} of {column}" for name, column in zip(labels.names, labels.columns, strict=True)]
    return pd.DataFrame(values, data.fitted.encoder.space.label_names(), columns)


def test_the_same_training_films_once_more_give_the_same_constants(fresh, films_frame):
    data = fresh()
    again = renewed(data, side(data, films_frame, "train"))
    assert len(again.films.rows.train) == len(data.films.rows.train)
    expected = by_name(data)
    assert expected.abs().sum().min() > 0.02
    assert len(expected.columns) == 12
    assert by_name(again).loc[expected.index].to_numpy() == pytest.approx(expected.to_numpy(), abs=2e-3)
    assert again.fitted.scale == data.fitted.scale
    assert (again.films.crossed.labels.centre == data.films.crossed.labels.centre).all()


def test_with_the_validation_films_as_newer_ones_records_are_those_of_a_refit(fresh, films_frame):
    films_frame.loc[side(fresh(), films_frame, "val").index[0], "cast"] = "Only Here"
    data, refitted = fresh(), fresh()
    newer = side(data, films_frame, "val")
    again = renewed(data, newer.assign(id="new " + newer["id"]))
    refitted.refit()
    records = ["record of cast", "films of cast", "known of cast"]
    first, second = (by_name(each).filter(like="cast=", axis=0)[records] for each in (refitted, again))
    first["record of cast"] *= refitted.fitted.scale.std
    second["record of cast"] *= again.fitted.scale.std
    assert "cast=Only Here" in second.index
    assert "cast=Only Here" not in by_name(data).index
    assert second.loc[first.index].to_numpy() == pytest.approx(first.to_numpy(), abs=1e-5)
    assert not np.allclose(by_name(data)[records[0]], by_name(again)[records[0]].reindex(by_name(data).index))


def test_a_new_name_has_inputs_but_no_row_and_tells_its_own_film_nothing(fresh, films_frame):
    data = fresh()
    newer = films_frame.iloc[[8, 9]].assign(id=["new 1", "new 2"], rating=[9.9, 6.0], cast=["Ann Newly", "ann ames"])
    again = renewed(data, newer)
    space, names = again.fitted.encoder.space, again.films.crossed.labels.names
    label = space.label_names().index("cast=Ann Newly")
    assert space.n_labels == data.fitted.encoder.space.n_labels + 1  # ann ames is Ann Ames
    assert not space.with_row()[label]
    assert space.with_row().sum() == data.fitted.encoder.space.with_row().sum()
    record = names.index("record")
    assert again.films.crossed.labels.values[label, record] > 0.1
    row = int(np.flatnonzero(again.films.ids["film"] == "new 1")[0])
    assert again.films.encoded.labels[[row]][:, [label]].nnz == 1
    centre = again.films.crossed.labels.centre
    own = [names.index(name) for name in ("record", "films", "known")]
    assert again.films.encoded.inputs[row, own] == pytest.approx(-centre[own])
    assert (again.films.crossed.drawn[:, again.films.crossed.train == row][..., own] == -centre[own]).all()


def test_films_that_validate_or_test_stay_as_they_are_and_targets_of_new_films_reach_them_by_labels(fresh, films_frame):
    data = fresh()
    newer = films_frame.assign(rating=films_frame["rating"] + 3)
    again = renewed(data, newer)
    for name in ("val", "test"):
        theirs, ours = (each.films.actual[getattr(each.films.rows, name)] for each in (again, data))
        assert (theirs == ours).all()
    assert again.films.actual[again.films.rows.train].mean() == pytest.approx(
        side(data, films_frame, "train")["rating"].mean() + 3
    )
    joined = data.joined(newer)
    n_held_out = len(data.films.rows.val) + len(data.films.rows.test)
    assert (joined.films, joined.replaced) == (0, len(data.films.rows.train))
    assert (joined.left_out, joined.without) == (n_held_out, 5)
    changed = renewed(data, newer.assign(rating=newer["rating"].sample(frac=1, random_state=1).to_numpy()))
    held_out = again.films.rows.test
    assert not np.allclose(changed.films.encoded.inputs[held_out], again.films.encoded.inputs[held_out])


def test_without_ids_rows_that_are_read_the_same_are_the_same_film(fresh, films_frame):
    data = fresh(film=None)
    joined = data.joined(films_frame.assign(title="Other"))
    n_train = len(data.films.rows.train)
    assert (joined.films, joined.replaced, joined.left_out) == (0, n_train, len(data.films.actual) - n_train)


def test_films_of_a_group_that_is_held_out_are_left_out(fresh, films_frame):
    films_frame["company"] = films_frame["company"].fillna("Acme") + (films_frame.index % 9).astype(str)
    data = fresh(split=GroupSplit("company", 0.2, 0.2))
    newer = films_frame.dropna(subset="rating")
    joined = data.joined(newer.assign(id="new " + newer["id"]))
    assert joined.films == len(data.films.rows.train)
    assert (joined.left_out, joined.replaced) == (len(newer) - joined.films, 0)


def test_cells_of_another_kind_are_read_as_those_of_the_run(fresh, films_frame):
    data = fresh()
    newer = films_frame.iloc[30:60].assign(id=[f"new {number}" for number in range(30)])
    as_text = newer.assign(year=newer["year"].astype(str), rating=newer["rating"].map("{:.3f}".format))
    first, second = renewed(data, newer), renewed(data, as_text)
    assert (first.films.encoded.dense == second.films.encoded.dense).all()
    assert first.films.encoded.inputs == pytest.approx(second.films.encoded.inputs, abs=1e-6)
    assert data.joined(newer).until == newer["year"].max()


def test_what_a_run_was_refreshed_with_is_kept(fresh, films_frame):
    again = renewed(fresh(), films_frame)
    state = again.fitted.to_state()
    back = Fitted.from_state(state)
    assert (back.refreshed.films, back.refreshed.until) == (again.fitted.refreshed.films, 2018)
    assert back.refreshed.scales.names == again.fitted.refreshed.scales.names
    assert (back.refreshed.scales.mean == again.fitted.refreshed.scales.mean).all()
    other = FilmDataModule(frame=again.frame, features=list(again.declared.features), target=again.declared.target)
    other.declared, other._fitted = again.declared, back
    other.setup("test")
    assert (other.films.encoded.inputs == again.films.encoded.inputs).all()
    with pytest.raises(TypeError):
        Fitted.from_state({**state, "refreshed": {**state["refreshed"], "films": "many"}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="rating"), "frame: .*'rating'"),
        (lambda frame: frame.drop(columns="cast"), "frame: .*'cast'"),
        (lambda frame: frame.iloc[:0], "no rows"),
        (lambda frame: frame.assign(rating=np.nan), "no row has a target, 'rating'"),
        (lambda frame: frame.assign(cast=[["Ann"]] * len(frame)), "'cast' must hold single values .* got lists"),
        (lambda frame: frame.assign(year=None), "a row has no 'year', by which the run is split"),
        (lambda frame: frame.nlargest(9, "year"), "all films are among those that validate or test"),
    ],
)
def test_newer_films_that_cannot_be_used_are_refused(fresh, films_frame, change, message):
    data = fresh(features=FEATURES[:-1], split=TimeSplit("year", 0.15, 0.2))
    with pytest.raises(InputError, match=message):
        data.joined(change(films_frame))
