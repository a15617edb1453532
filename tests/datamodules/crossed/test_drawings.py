import numpy as np

from greenlight_films.datamodules.crossed.drawings import Drawings


def test_rows_of_a_film_are_in_the_same_fold_and_folds_have_as_many_films_as_each_other():
    film = np.repeat(np.arange(40), 3)
    drawings = Drawings.of_films(film, n_folds=10, n_drawings=4, seed=1)
    assert drawings.fold.shape == (4, 120)
    for fold in drawings.fold:
        assert (np.bincount(fold) == 12).all()
        assert all(len(set(fold[film == each])) == 1 for each in range(40))
    assert len({tuple(fold) for fold in drawings.fold}) == 4


def test_a_fold_is_fitted_on_all_others():
    drawings = Drawings.of_films(np.arange(6), n_folds=3, n_drawings=1)
    expected = np.array([[own != other for other in range(3)] for own in drawings.fold[0]])
    assert (drawings.fitted_on(0) == expected).all()


def test_a_block_of_years_is_fitted_on_those_before_and_whole_years_stay_together():
    year = np.random.default_rng(1).integers(1950, 2000, 1000)
    drawings = Drawings.of_years(year, n_folds=10, n_drawings=4)
    for drawing, fold in enumerate(drawings.fold):
        assert set(fold) == set(range(10))
        assert all(len(set(fold[year == each])) == 1 for each in set(year))
        assert all(year[fold == block].max() < year[fold == block + 1].min() for block in range(9))
        used = drawings.fitted_on(drawing)
        for block in range(10):
            own = year[fold == block]
            assert (used[:, block] == (year < own.min())).all()
    assert len({tuple(fold) for fold in drawings.fold}) == 4


def test_films_of_a_single_year_have_no_earlier_ones():
    drawings = Drawings.of_years(np.full(8, 1999))
    for drawing, fold in enumerate(drawings.fold):
        assert not drawings.fitted_on(drawing)[np.arange(8), fold].any()
