import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.films import fit_films
from greenlight_films.datamodules.new_films import new_films, same_or_new_films


def test_new_films_need_neither_target_nor_id_nor_title(films_frame, declared):
    _, fitted = fit_films(films_frame, declared)
    films = same_or_new_films(films_frame.iloc[50:60].drop(columns=["rating", "id", "title"]), declared, fitted)
    assert films.rows is None
    assert np.isnan(films.actual).all()
    assert films.number.tolist() == list(range(51, 61))
    assert films.ids.columns.tolist() == []
    assert set(films.side_names()) == {"new"}
    assert films.left_out == 0


@pytest.mark.parametrize(
    ("ratings", "missing"),
    [
        ([1.5, None, 2, 3], [False, True, False, False]),
        *((gaps, [True] * 4) for gaps in ([None] * 4, [np.nan] * 4, pd.array([None] * 4, "Int64"))),
        (["to be announced"] * 4, [True] * 4),
    ],
)
def test_new_films_keep_the_target_where_it_is_known(films_frame, declared, ratings, missing):
    _, fitted = fit_films(films_frame, declared)
    films = new_films(films_frame.iloc[19:23].assign(rating=ratings), declared, fitted)
    assert np.isnan(films.actual).tolist() == missing
    assert films.ids["film"].tolist() == ["tt0019", "tt0020", "tt0021", "tt0022"]


def test_new_films_still_need_every_feature(films_frame, declared):
    _, fitted = fit_films(films_frame, declared)
    with pytest.raises(InputError, match=r"no column 'year'.*\n.*no column 'cast'"):
        new_films(films_frame.drop(columns=["year", "cast"]), declared, fitted)


def test_a_column_of_which_no_label_is_known_is_told(films_frame, declared):
    _, fitted = fit_films(films_frame, declared)
    strangers = films_frame.assign(cast=[f"Somebody {number}" for number in range(len(films_frame))])
    assert new_films(films_frame, declared, fitted).notices == ()
    (notice,) = new_films(strangers, declared, fitted).notices
    assert notice == f"none of the {len(films_frame)} labels of 'cast' is known to the model, which leaves them out"
    assert new_films(strangers.iloc[:9], declared, fitted).notices == ()
