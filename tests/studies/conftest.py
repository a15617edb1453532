"""A network that has scored and predicted its films, for tests of what is written of it."""

import pytest

from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


@pytest.fixture
def model(films, quick_trainer) -> MLPRegressor:
    """Return a model that has scored its films and predicted all of them."""
    model, trainer = MLPRegressor(hidden=[8]), quick_trainer()
    trainer.fit(model, datamodule=films)
    trainer.test(model, datamodule=films, verbose=False)
    trainer.predict(model, datamodule=films, return_predictions=False)
    assert set(model.scores) == {"val", "test"}
    return model
