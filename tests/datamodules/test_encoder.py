import unicodedata

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MultiLabelBinarizer, OneHotEncoder

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Bins, Category, Labels, Number, Popularity, RidgeByColumn


def split(cells):
    texts = [unicodedata.normalize("NFC", cell) if isinstance(cell, str) else "" for cell in cells]
    return [{label.strip() for label in text.split(", ")} - {""} for text in texts]


def halves(n_rows):
    return np.sort(np.random.default_rng(5).permutation(n_rows)[: n_rows // 2])


@pytest.mark.parametrize(("column", "n_classes"), [("Cast", 20_000), ("Genre", 15), ("Director", 4_000)])
def test_labels_agree_with_scikit_learns_multi_hot(wikidata, column, n_classes):
    train = halves(len(wikidata))
    encoder = FilmEncoder([Labels(column)])
    encoded = encoder.fit_encode(wikidata, train)
    rows = split(wikidata[column])
    binarizer = MultiLabelBinarizer(sparse_output=True).fit(rows[row] for row in train)
    known = set(binarizer.classes_)
    expected = binarizer.transform([row & known for row in rows]).tocsr()
    assert len(known) > n_classes
    assert expected.nnz > len(wikidata) / 2
    names = [f"{column}={label}" for label in binarizer.classes_]
    assert sorted(encoder.space.label_names()) == sorted(names)
    index = {name: number for number, name in enumerate(encoder.space.label_names())}
    ours = encoded.labels[:, [index[name] for name in names]]
    assert abs(ours - expected).nnz == 0
    assert encoded.unseen[column].tolist() == [len(row - known) for row in rows]


@pytest.mark.parametrize(
    ("feature", "options"),
    [
        (Category("Director", other=None), {"handle_unknown": "ignore"}),
        (Category("Director", min_films=3), {"min_frequency": 3, "handle_unknown": "infrequent_if_exist"}),
        (Category("Genre", min_films=20), {"min_frequency": 20, "handle_unknown": "infrequent_if_exist"}),
    ],
)
def test_a_category_agrees_with_scikit_learns_one_hot(wikidata, feature, options):
    films = wikidata[wikidata[feature.column].notna()]
    train = halves(len(films))
    encoder = FilmEncoder([feature])
    ours = encoder.fit_encode(films, train).labels
    cells = films[[feature.column]].astype(object).to_numpy()
    one_hot = OneHotEncoder(**options).fit(cells[train])
    expected = one_hot.transform(cells)
    names = [name.replace("infrequent_sklearn", "Other") for name in one_hot.get_feature_names_out([""])]
    ours_names = encoder.space.label_names()
    index = {name: number for number, name in enumerate(ours_names)}
    order = [index[feature.column + "=" + name.removeprefix("_")] for name in names]
    assert len(order) == len(ours_names) > 20
    assert expected.nnz > len(films) / 3
    assert abs(ours[:, order] - expected).nnz == 0


MIXED = [
    Labels("Cast", weight="sqrt"),
    Number("Runtime"),
    Category("Studio"),
    Number("Budget", log1p=True),
    Labels("Cast", positions=2),
    Bins("Runtime", [0, 100, 1000]),
    Popularity("Studio", [0, 10, 99]),
]


def test_blocks_stand_side_by_side_in_declared_order(films):
    train = np.arange(20, 80)
    encoder = FilmEncoder(MIXED)
    encoded = encoder.fit_encode(films, train)
    singles = [FilmEncoder([feature]).fit_encode(films, train) for feature in MIXED]
    np.testing.assert_array_equal(encoded.dense, np.hstack([single.dense for single in singles]))
    np.testing.assert_array_equal(encoded.labels.toarray(), np.hstack([single.labels.toarray() for single in singles]))
    assert encoded.labels.nnz == (encoded.labels.toarray() != 0).sum() > 200
    kinds = (encoded.labels.dtype, encoded.labels.indices.dtype, encoded.dense.dtype)
    assert kinds == (np.float32, np.int32, np.float32)
    assert encoded.dense.shape == (80, len(encoder.space.dense_names())) == (80, 4)
    assert encoded.labels.shape == (80, len(encoder.space.label_names()))


def test_a_column_without_any_label_has_no_columns():
    films = pd.DataFrame({"Cast": pd.Series([None, ", , ", ""], dtype="str"), "Year": [1.0, 2.0, 3.0]})
    labels = [Labels("Cast"), Category("Cast", other=None)]
    with pytest.raises(InputError, match=r"data\.features leave no column"):
        FilmEncoder(labels).fit_encode(films[:1], np.arange(1))
    encoder = FilmEncoder([*labels, Number("Year")])
    assert encoder.fit_encode(films[:1], np.arange(1)).labels.shape == (1, 0)
    assert encoder.encode(films.assign(Cast="New")).unseen["Cast"].tolist() == [2, 2, 2]


def test_an_encoder_needs_a_feature_and_is_fitted_first(films):
    with pytest.raises(InputError, match=r"data\.features must declare a column or more, got none; `look` proposes"):
        FilmEncoder([])
    with pytest.raises(RuntimeError, match="not fitted"):
        FilmEncoder([Number("Runtime")]).encode(films)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            [Number("Runtme"), Number("Budget"), Labels("zzz")],
            r"no column 'Runtme', did you mean 'Runtime'\?\nno column 'zzz'\nthe table has: Runtime, Budget, ",
        ),
        (
            [Number("Studio"), Number("Budget"), Number("Cast"), Labels("Cast", format="json")],
            r"'Studio' must hold numbers, rows? \d+.*\ncolumn 'Cast' must hold numbers.*\n.*lists in json format",
        ),
    ],
)
def test_all_columns_that_are_absent_or_unusable_are_named_in_one_message(films, features, message):
    with pytest.raises(InputError, match=message):
        FilmEncoder(features).fit_encode(films, np.arange(20, 80))


def test_a_film_at_the_medians_is_encoded_as_one_that_has_them():
    random = np.random.default_rng(1)
    frame = pd.DataFrame({name: random.exponential(size=81).round(3) for name in ("Year", "Budget", "Runtime")})
    frame.loc[:9, "Budget"] = np.nan
    frame["Genre"] = "Drama"
    encoder = FilmEncoder(
        [Number("Year", scale="quantile"), Labels("Genre"), Number("Budget", log1p=True), Number("Runtime")]
    )
    train = np.arange(71)
    encoder.fit_encode(frame, train)
    medians = frame[["Year", "Budget", "Runtime"]].iloc[train].median()
    typical = encoder.encode(pd.DataFrame([{**medians, "Genre": "Drama"}])).dense[0]
    assert encoder.space.dense_names() == ["Year", "Budget", "Budget is missing", "Runtime"]
    assert len(set(typical)) == 3  # the median of a normal distribution is 0 too
    assert encoder.at_medians() == pytest.approx(typical, abs=1e-6)
    assert encoder.at_medians().dtype == np.float32


def test_a_number_far_from_all_others_is_refused(films):
    films.loc[3, "Runtime"] = 1e20
    with pytest.raises(InputError, match=r"column 'Runtime', row 4 has 1e\+20: more than 1e\+15 standard deviations"):
        FilmEncoder([Number("Runtime")]).fit_encode(films, np.arange(20, 80))


def test_an_extended_encoder_has_more_labels_of_which_more_is_known_behind_those_that_it_had():
    features = [
        Number("year"),
        Labels("cast", positions=2, min_films=2),
        RidgeByColumn("cast"),
        Labels("genre"),
        Category("studio", keep=["Ufa"]),
        RidgeByColumn("studio"),
    ]
    films = pd.DataFrame(
        {
            "year": [1950, 1960, 1970, 1980, 1990],
            "cast": ["Ann, Bo", "Ann, Cy", "Bo, Ann", "BO, Di", "Eve (voice), Cy"],
            "genre": ["War", "War", "War", "Noir", "Noir"],
            "studio": ["Ufa", "Ufa", "Toho", "Toho", "Gaumont"],
        }
    )
    encoder = FilmEncoder(features)
    before = encoder.fit_encode(films[:3], np.arange(3))
    extended = encoder.extended(films, np.arange(5))
    first, second, genre, studio = (block.values for block in extended.space.labels)
    assert [block.values for block in encoder.space.labels] == [["Ann", "Bo"], ["Bo", "Cy", "Ann"], ["War"], studio]
    assert (first, second, genre) == (["Ann", "Bo", "Eve"], ["Bo", "Cy", "Ann", "Di"], ["War"])
    assert studio == ["Ufa", "Other"]
    has_row = [True, False, False, *[False] * 4, True, *[True] * 2]
    assert extended.space.with_row().tolist() == has_row
    assert encoder.space.with_row().tolist() == [True, False, *[False] * 3, True, True, True]
    after = extended.encode(films)
    names = extended.space.label_names()
    kept = [names.index(name) for name in encoder.space.label_names()]
    assert (after.labels[:3][:, kept] != before.labels).nnz == 0
    assert (after.dense[:3] == before.dense).all()
    assert after.labels[[3]][:, [first.index("Bo")]].nnz == 1  # in another spelling
    assert after.unseen["genre"].tolist() == [0, 0, 0, 1, 1]
