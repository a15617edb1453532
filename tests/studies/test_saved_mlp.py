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


def test_it_predicts_what_the_trainer_does_is_a_copy_and_comes_back_from_its_arrays(trained):
    films, model = trained
    saved = SavedMLP(model.network, films.fitted.scale)
    predicted, state = saved.predict(films.films.encoded), saved.to_state()
    assert np.ptp(predicted) > 0.5
    np.testing.assert_allclose(predicted, model.predicted, rtol=1e-6)
    assert not any(isinstance(value, torch.Tensor) for value in state.values())
    with torch.no_grad():
        model.network.first.bias += 1
    for same in (saved, SavedMLP.from_state(state)):
        assert (same.predict(films.films.encoded) == predicted).all()
    with pytest.raises(NotImplementedError, match="train it with `fit` or `study`"):
        saved.fit(None)
