"""What a config says, as objects: the data, the network, how it is trained, and what is measured."""

from dataclasses import dataclass
from pathlib import Path

from greenlight_films.baselines import Comparison
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.callbacks.tensorboard import TensorBoard
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.training import Training


@dataclass(frozen=True)
class Settings:
    """A study before it runs.

    Attributes:
        name: of the study; its runs stand in `<runs>/<name>/version_<n>/`.
        report: whether a study ends with a page.
        refit: whether models learn anew from training and validation rows, once these chose epoch and settings.
        checkpoint: a checkpoint file that the command line names in place of a run.
        config: all of it as YAML, as `config.yaml` in a run's folder has it.
    """

    name: str
    runs: str
    data: FilmDataModule
    model: MLPRegressor
    training: Training
    importance: PermutationImportance
    tensorboard: TensorBoard
    comparison: Comparison
    report: bool
    refit: bool
    checkpoint: Path | None
    config: str

    def __post_init__(self) -> None:
        self.data.cache = Path(self.runs) / "encoded"
        if self.refit and self.importance.split == "val":
            raise InputError(
                "permutation_importance.split must be test where models are refitted, got val: they learn from the "
                "validation films; or give refit false"
            )
