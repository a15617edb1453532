"""Loading: the table of a study, read, shaped, split, fitted on its training rows and encoded."""

from greenlight_films.baselines import Comparison, Sample
from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.settings.settings import Settings

PARTS = ("fast_dev_run", "limit_test_batches", "limit_predict_batches")
"""Settings of the trainer that leave rows out of what is scored or predicted."""


def load(settings: Settings, checkpoint: Checkpoint | None = None, stage: str = "fit") -> FilmDataModule:
    """Return the data of a study, ready to train with; with a checkpoint, encoded as the network was trained.

    Args:
        stage: `predict` takes any films, others the run's own.

    Raises:
        InputError: the table can't be used, or is not the one that the checkpoint was trained with.
    """
    data = settings.data
    if checkpoint:
        checkpoint.restore_data(data, settings.model)
    data.setup(stage)
    feature_sets(data.fitted.encoder.space, settings.importance.groups)  # refuses groups of nothing
    return data


def refuse_parts_of_rows(settings: Settings) -> None:
    """Refuse settings that would write scores or predictions of some rows where those of all belong.

    Raises:
        InputError: with the option.
    """
    for option in PARTS:
        value = settings.training.trainer.get(option)
        is_all = value is None or (not value if option == "fast_dev_run" else type(value) is float and value == 1)
        if not is_all:  # of batches, 1 is a single one and 1.0 all
            raise InputError(f"trainer.{option} is for `fit` alone, got {value}: scores are of all rows")


def refuse_impossible(comparison: Comparison, data: FilmDataModule) -> None:
    """Refuse classical models that can't be fitted, before anything is trained.

    Raises:
        InputError: with what the model needs.
    """
    comparison.possible(Sample.of(data.films, data.fitted, "train"))
