import pytest
import torch

from greenlight_films.datamodules import film_loaders
from greenlight_films.datamodules.film_loaders import FilmLoaders
from greenlight_films.datamodules.row_order import BlockOrder
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


@pytest.fixture
def loaders(ready):
    """Return a maker of loaders of films that are encoded already."""
    data = ready()
    return lambda size=20, seed=1: FilmLoaders(size, seed, films=data.films, fitted=data.fitted)


@pytest.mark.parametrize(("many", "size"), [(100, 256), (200, 64)])
def test_batches_are_larger_where_there_are_many_films(loaders, monkeypatch, many, size):
    monkeypatch.setattr(film_loaders, "MANY_FILMS", many)
    assert 100 <= len(loaders().films.rows.train) < 200
    assert loaders(None).batch_size == size


@pytest.mark.parametrize(("least", "in_blocks"), [(198, True), (199, False)])
def test_large_tables_are_taken_in_blocks(loaders, monkeypatch, least, in_blocks):
    monkeypatch.setattr(film_loaders, "LARGE_TABLE", least)
    films = loaders()
    train = films.films.rows.train
    order = torch.from_numpy(train)[BlockOrder(len(train), 1, 0)[0 : len(train)]].tolist()
    assert ([row for batch in films.train_dataloader() for row in batch.row.tolist()] == order) == in_blocks


def test_training_goes_on_in_the_middle_of_an_epoch_bit_for_bit(loaders, monkeypatch, quick_trainer, tmp_path):
    monkeypatch.setattr(film_loaders, "LARGE_TABLE", 1)

    def trained(films: FilmLoaders, path=None, **given) -> tuple[MLPRegressor, object]:
        model, trainer = MLPRegressor(hidden=[8], dropout=0.2, seed=3), quick_trainer(**given)
        trainer.fit(model, datamodule=films, ckpt_path=path, weights_only=None if path is None else True)
        return model, trainer

    whole, _ = trained(loaders(), max_epochs=2)
    _, stopped = trained(loaders(), max_steps=8)  # of 6 an epoch
    stopped.save_checkpoint(tmp_path / "last.ckpt")
    resumed, _ = trained(loaders(), tmp_path / "last.ckpt", max_epochs=2)
    state = whole.state_dict()
    assert any(name.startswith("network.") for name in state)
    assert all(torch.equal(part, state[name]) for name, part in resumed.state_dict().items())
