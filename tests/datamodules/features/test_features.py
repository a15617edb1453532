"""What is declared of labels beside their names, and the columns that labels then have."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import (
    Category,
    LabelInput,
    Labels,
    Number,
    Profile,
    RidgeByColumn,
    Size,
    TrackRecord,
    completed,
)

INPUTS = [
    TrackRecord("cast"),
    TrackRecord("cast", min_labels=5, before="year", role="actor"),
    RidgeByColumn("cast"),
    Profile("cast", of=["year", "genre"]),
    Size("cast", role="actor"),
]
FRAME = pd.DataFrame({"cast": ["A, B", "A, C", "A, B, D", "", None, "E, F, G"], "genre": [*"xxyyxz"]})
TRAIN = np.arange(4)


def test_every_class_is_tried():
    assert {type(feature) for feature in INPUTS} == set(LabelInput.__subclasses__())


def test_what_labels_weigh_and_which_have_a_row_depends_on_whether_more_is_known_of_them():
    plain, known = completed([Labels("cast")]), completed([Labels("cast"), Size("cast"), Labels("genre")])
    assert (plain[0].weight, plain[0].min_films) == ("one", 1)
    assert (known[0].weight, known[0].min_films) == ("sqrt", 20)
    assert (known[2].weight, known[2].min_films) == ("one", 1)
    stated = completed([Labels("cast", weight="one", min_films=3), Category("genre", min_films=2), *INPUTS])
    assert (stated[0].weight, stated[0].min_films, stated[1].min_films) == ("one", 3, 2)
    assert completed(known) == known


def test_an_input_of_a_column_without_labels_is_refused():
    with pytest.raises(InputError, match=r"RidgeByColumn of 'cats' needs Labels, Category or Text.*mean 'cast'"):
        completed([Labels("cast"), RidgeByColumn("cats")])


def test_all_labels_of_training_films_have_a_column_and_the_frequent_ones_a_row():
    encoder = FilmEncoder([Labels("cast", min_films=2), Category("genre", min_films=2), *INPUTS[2:3], Size("genre")])
    encoded = encoder.fit_encode(FRAME, TRAIN)
    cast, genre = encoder.space.labels
    assert cast.values == ["A", "B", "C", "D"]
    assert genre.values == ["x", "y"]
    assert encoder.space.with_row().tolist() == [True, True, False, False, True, True]
    assert encoded.labels.shape == (6, 6)
    restored = FilmEncoder.from_space(FeatureSpace.from_json(encoder.space.to_json())).encode(FRAME)
    assert (restored.labels != encoded.labels).nnz == 0
    assert (restored.dense == encoded.dense).all()


def test_without_inputs_rare_labels_are_dropped_and_the_others_all_have_rows():
    encoder = FilmEncoder([Labels("cast", min_films=2)])
    encoder.fit_encode(FRAME, TRAIN)
    assert encoder.space.labels[0].values == ["A", "B"]
    assert encoder.space.with_row().all()


def test_sizes_count_all_names_of_a_cell_known_or_not():
    encoder = FilmEncoder([Labels("cast"), Size("cast"), Number("n")])
    frame = FRAME.assign(n=range(6))
    encoded = encoder.fit_encode(frame, TRAIN)
    block = encoder.space.dense[0]
    assert (block.column, block.values) == ("cast", ["number of names in cast"])
    assert np.expm1(encoded.unscaled[:, 0]) == pytest.approx([2, 2, 3, 0, 0, 3])
    assert encoded.dense[TRAIN, 0].mean() == pytest.approx(0, abs=1e-6)
    assert encoder.space.in_logarithms() == encoder.space.counts_names() == [True, False]
    assert encoder.at_medians()[0] == pytest.approx((np.log1p(2) - block.fitted["mean"]) / block.fitted["std"])


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: TrackRecord("cast", min_labels=0), "`min_labels` must be 1 or more, got 0"),
        (lambda: Profile("cast", of=[]), r"`of` must name other columns of data.features, got \[\]"),
        (lambda: Profile("cast", of=["cast"]), "`of` must name other columns"),
        (lambda: Number("year", sigma=0), "`sigma` must be above 0, got 0"),
    ],
)
def test_arguments_that_cannot_be_are_refused(declare, message):
    with pytest.raises(InputError, match=message):
        declare()


def test_a_piecewise_number_has_edges_with_as_many_films_between_and_a_flag_none():
    values = np.random.default_rng(1).normal(size=120) ** 3
    frame = pd.DataFrame({"x": values, "flag": np.arange(120) < 40})
    encoder = FilmEncoder(
        [
            Number("x", encoding="piecewise"),
            Number("flag", encoding="piecewise"),
            Number("x", encoding="periodic", sigma=0.1, role="y"),
        ]
    )
    encoded = encoder.fit_encode(frame, np.arange(120))
    bins, flag, waves = encoder.space.encodings()
    counts = np.histogram(encoded.dense[:, 0], [-np.inf, *bins["edges"][1:-1], np.inf])[0]
    assert (abs(counts - 10) <= 1).all()
    assert flag == {}
    assert waves == {"sigma": 0.1}
