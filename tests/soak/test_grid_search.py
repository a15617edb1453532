"""scikit-learn's searches fit `FilmRegressor` in several processes."""

import pytest
from sklearn.model_selection import GridSearchCV

from tests.conftest import awkward_films
from tests.greenlight_films.conftest import small


@pytest.mark.filterwarnings("ignore:.*worker stopped.*")
def test_two_processes_find_what_a_single_process_finds():
    films = awkward_films().dropna(subset="rating")
    grid = {"learning_rate": [1e-6, 0.05], "hidden": [[8], [4, 4]]}
    alone, together = (GridSearchCV(small(max_epochs=10), grid, cv=2, n_jobs=jobs).fit(films) for jobs in (1, 2))
    assert alone.best_params_["learning_rate"] == 0.05
    assert together.best_params_ == alone.best_params_
    assert together.best_score_ == pytest.approx(alone.best_score_)
    assert together.predict(films) == pytest.approx(alone.predict(films))
