import numpy as np
import pytest
import torch

from greenlight_films.lightning_modules import MLPRegressor
from greenlight_films.studies.saved_mlp import SavedMLP

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")


@pytest.fixture(params=[1, 3], ids=["alone", "three members"])
def trained(request, film_data, quick_trainer):
    films, model = film_data(), MLPRegressor(hidden=[16, 8], dropout=0.2, learning_rate=0.02, members=request.param)
    trainer = quick_trainer(max_epochs=3)
    trainer.fit(model, datamodule=films)
    trainer.predict(model, datamodule=films, return_predictions=False)
    return films, model


def test_it_predicts_what_the_trainer_does(trained):
    films, model = trained
    predicted = SavedMLP(model.network, films.fitted.scale).predict(films.films.encoded)
    assert np.ptp(predicted) > 0.5
    np.testing.assert_allclose(predicted, model.predicted, rtol=1e-6)


def test_its_state_of_arrays_brings_it_back(trained):
    films, model = trained
    saved = SavedMLP(model.network, films.fitted.scale)
    state = saved.to_state()
    assert not any(isinstance(value, torch.Tensor) for value in state.values())
    again = SavedMLP.from_state(state)
    assert (again.predict(films.films.encoded) == saved.predict(films.films.encoded)).all()


def test_it_is_a_copy_that_training_on_leaves_alone(trained):
    films, model = trained
    saved = SavedMLP(model.network, films.fitted.scale)
    before = saved.predict(films.films.encoded)
    with torch.no_grad():
        model.network.first.bias += 1
    assert (saved.predict(films.films.encoded) == before).all()


def test_it_comes_trained(trained):
    films, model = trained
    with pytest.raises(NotImplementedError, match="train it with `fit` or `study`"):
        SavedMLP(model.network, films.fitted.scale).fit(None)
