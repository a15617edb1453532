import json

import numpy as np
import pytest
import torch

from greenlight_films.datamodules.features import Category, Labels, Number, RidgeByColumn, Size, TrackRecord
from greenlight_films.lightning_modules import MLPRegressor
from greenlight_films.studies.saved_mlp import SavedMLP

RECIPE = [
    Number("year", encoding="piecewise"),
    Number("runtime", encoding="periodic"),
    Labels("genre"),
    RidgeByColumn("genre"),
    Labels("cast", role="actor"),
    TrackRecord("cast", min_labels=1, near=["year", "runtime"]),
    Size("cast"),
    Category("company"),
]
PLAIN, HEADS = {}, {"heads": 2, "activation": "silu"}

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")


@pytest.fixture(
    params=[(1, PLAIN), (3, PLAIN), (1, HEADS), (2, HEADS)], ids=["alone", "three members", "heads", "heads of members"]
)
def trained(request, film_data, quick_trainer):
    members, more = request.param
    films = film_data(features=RECIPE) if more else film_data()
    model = MLPRegressor(hidden=[16, 8], dropout=0.2, learning_rate=0.02, members=members, **more)
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
    state["sizes"] = json.loads(json.dumps(state["sizes"]))
    for same in (saved, SavedMLP.from_state(state)):
        assert (same.predict(films.films.encoded) == predicted).all()
    with pytest.raises(NotImplementedError, match="train it with `fit` or `study`"):
        saved.fit(None)
