"""The whole recipe on targets that nothing tells: what leaks into its inputs would show as skill, or as harm."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules import FilmDataModule, Labels, Number, RandomSplit, Target
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.evaluate import evaluate
from greenlight_films.studies.settings.presets import RECIPE, with_preset
from greenlight_films.studies.train import train
from greenlight_films.studies.training import Training

N_FILMS = 1500


@pytest.fixture(scope="module")
def films() -> pd.DataFrame:
    drawn = np.random.default_rng(1)

    def cells(prefix: str, n_names: int, most: int) -> list[str]:
        share = 1 / np.arange(1, n_names + 1)
        sizes = drawn.integers(1, most, N_FILMS)
        rows = (drawn.choice(n_names, size=size, replace=False, p=share / share.sum()) for size in sizes)
        return [", ".join(f"{prefix}{name}" for name in row) for row in rows]

    return pd.DataFrame(
        {
            "year": drawn.integers(1960, 2020, N_FILMS),
            "director": cells("D", 500, 3),
            "cast": cells("A", 2000, 9),
            "genre": cells("G", 12, 4),
            "rating": drawn.normal(6, 1, N_FILMS),
        }
    )


def score_of(films: pd.DataFrame, folder, own_targets: bool) -> float:
    """Return R² of held-out films; with `own_targets` training films' records hold their own."""
    labels = [Labels(column, role=column) for column in ("director", "cast", "genre")]
    features = with_preset("recipe", [Number("year"), *labels], time=None)
    split = RandomSplit(val=0.2, test=0.4, seed=3)
    data = FilmDataModule(frame=films, features=features, target=Target("rating"), split=split, batch_size=64)
    data.setup("fit")
    if own_targets:
        crossed, train_rows = data.films.crossed, data.films.rows.train
        sums = data.films.encoded.labels[train_rows] @ crossed.labels.values - crossed.labels.centre
        drawn = np.broadcast_to(sums, crossed.drawn.shape).astype(np.float32).copy()
        data.films = replace(data.films, crossed=replace(crossed, drawn=drawn))
    settings = {key.removeprefix("model."): value for key, value in RECIPE.items() if key.startswith("model.")}
    plain = {"max_epochs": 3, "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    training = Training({**plain, "accelerator": "cpu"}, Patience("train/loss", patience=6))
    (folder / "checkpoints").mkdir(parents=True)
    trained = train(data, MLPRegressor(**settings), training, folder)
    return float(np.mean([evaluate(trained, data, side)["r2"] for side in ("val", "test")]))


def test_a_target_that_nothing_tells_is_not_predicted_by_the_whole_recipe(films, tmp_path):
    score = score_of(films, tmp_path / "crossed", own_targets=False)
    assert score == pytest.approx(0, abs=0.035)


def test_a_films_own_target_in_its_records_would_be_noticed(films, tmp_path):
    score = score_of(films, tmp_path / "leaking", own_targets=True)
    assert score < -0.06
