"""Loading: the table of a study, read, shaped, split, fitted on its training rows and encoded."""

from functools import partial

from rich.console import Console

from greenlight_films.baselines import Comparison, Sample
from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.feature_sets import named_sets
from greenlight_films.datamodules.tables.layout import Layout, UnfitLayout, in_its_layout
from greenlight_films.lightning_modules.callbacks.permutation_importance import refuse_no_column
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.processes import busy
from greenlight_films.studies.settings.settings import Settings


def load(
    settings: Settings,
    checkpoint: Checkpoint | None = None,
    stage: str = "fit",
    console: Console | None = None,
) -> FilmDataModule:
    """Return the data of a study, ready to train with; with a checkpoint, encoded as the network was trained.

    Args:
        stage: `predict` takes any films, others the run's own.
        console: shows that the table is being read.
    """
    data = settings.data
    with busy(console or Console(quiet=True), "Reading the table") as data.show_rows:
        if checkpoint:
            checkpoint.restore_data(data, settings.model)
        if stage == "predict":
            in_its_layout(data.layout, partial(_set_up, data))
        else:
            _set_up_as_learnt(data, stage, checkpoint)
    data.show_rows = None
    importance = settings.importance  # groups of nothing, and features and columns that there aren't, are refused
    named_sets(data.fitted.encoder.space, importance.groups, importance.related.conditional)
    if importance.cluster is not None:
        refuse_no_column(data, importance.cluster, "permutation_importance.cluster")
    return data


def _set_up_as_learnt(data: FilmDataModule, stage: str, checkpoint: Checkpoint | None) -> None:
    """Set up a study's films; those of a finished run may be read from a file of another kind than the run's."""
    try:
        data.setup(stage)
    except UnfitLayout:
        if checkpoint is None:
            raise
        data.layout = Layout()
        data.setup(stage)


def _set_up(data: FilmDataModule, layout: Layout) -> None:
    data.layout = layout
    data.setup("predict")


def refuse_parts_of_rows(settings: Settings) -> None:
    """Refuse settings that would write scores or predictions of some rows where those of all belong."""
    for option in ("fast_dev_run", "limit_test_batches", "limit_predict_batches"):
        value = settings.training.trainer.get(option)
        is_all = value is None or (not value if option == "fast_dev_run" else type(value) is float and value == 1)
        if not is_all:  # of batches, 1 is a single one and 1.0 all
            raise InputError(f"trainer.{option} is for `fit` alone, got {value}: scores are of all rows")


def refuse_impossible(comparison: Comparison, data: FilmDataModule) -> None:
    """Refuse classical models that can't be fitted, or compared as asked for, before anything is trained."""
    if comparison.smearing and data.fitted.scale.transform == "none":
        raise InputError(
            "compare.smearing needs a target that is learnt as its logarithm, got data.target.transform none: "
            "its predictions are means already; leave it out"
        )
    if comparison.cluster is not None:
        refuse_no_column(data, comparison.cluster, "compare.cluster")
    comparison.possible(Sample.of(data.films, data.fitted, "train"))
