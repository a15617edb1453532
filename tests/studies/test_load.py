"""Loading a study's table, and what is refused before anything is trained."""

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.settings.film_cli import read_settings


@pytest.fixture
def read(study_config):
    return lambda *words: read_settings(["--config", str(study_config), *words])


def test_a_table_is_split_fitted_and_encoded(read):
    data = load(read())
    assert {side: len(getattr(data.films.rows, side)) for side in ("train", "val", "test")} == {
        "train": 123,
        "val": 30,
        "test": 45,
    }
    assert data.films.encoded.dense.shape == (198, data.fitted.encoder.space.n_dense)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "value", "refused"),
    [
        *(("fast_dev_run", "2", "2"), ("fast_dev_run", "true", "True"), ("fast_dev_run", "false", "")),
        *(("limit_test_batches", value, value) for value in ("0", "1", "0.5")),
        *(("limit_predict_batches", "1", "1"), ("limit_predict_batches", "1.0", ""), ("limit_val_batches", "1", "")),
    ],
)
def test_parts_of_the_rows_are_refused(read, option, value, refused):
    settings = read(f"--trainer.{option}", value)
    if not refused:
        refuse_parts_of_rows(settings)
        return
    message = rf"^trainer\.{option} is for `fit` alone, got {refused}: scores are of all rows$"
    with pytest.raises(InputError, match=message):
        refuse_parts_of_rows(settings)


def test_features_that_there_are_not_are_refused_before_training(read):
    message = (
        r"^permutation_importance\.conditional: 'yaer' is no column, role, group or feature, did you mean 'year'\?"
    )
    with pytest.raises(InputError, match=message):
        load(read("--permutation_importance.conditional", "[yaer]"))
    assert load(read("--permutation_importance.conditional", "[year, actor]")).films is not None


def test_a_cluster_that_is_no_column_is_refused_before_training(read):
    with pytest.raises(InputError, match=r"^permutation_importance\.cluster: the table has no column 'yaer'"):
        load(read("--permutation_importance.cluster", "yaer"))
    assert load(read("--permutation_importance.cluster", "year")).films is not None
