"""Lightning's trainer with the word `study`: the whole road in one go."""

import lightning.pytorch as pl
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


class FilmTrainer(pl.Trainer):
    """A Trainer that knows the project's own subcommands."""

    @property
    def permutation_importance(self) -> PermutationImportance | None:
        """Return the callback that measures importance, the first if there are several."""
        callbacks: list[Callback] = self.callbacks  # type: ignore[attr-defined]
        return next((one for one in callbacks if isinstance(one, PermutationImportance)), None)

    def study(self, model: MLPRegressor, datamodule: FilmDataModule, ckpt_path: str | None = None) -> None:
        """Train, score the best checkpoint on the test rows, and predict every film.

        Args:
            ckpt_path: a checkpoint to go on from.
        """
        self.fit(model, datamodule=datamodule, ckpt_path=ckpt_path, weights_only=True)
        if not self.checkpoint_callback.best_model_path:  # type: ignore[union-attr]
            raise InputError("`study` must train an epoch: trainer.max_epochs 1 or more, and no fast_dev_run")
        best = self.checkpoint_callback.best_model_path  # type: ignore[union-attr]
        self.test(model, datamodule=datamodule, ckpt_path=best, verbose=False, weights_only=True)
        if self.permutation_importance and self.permutation_importance.split == "val":
            self.validate(model, datamodule=datamodule, ckpt_path=best, verbose=False, weights_only=True)
        self.predict(model, datamodule=datamodule, return_predictions=False)

    def baselines(self, model: MLPRegressor, datamodule: FilmDataModule, ckpt_path: str | None = None) -> None:
        """Do nothing: classical models are fitted to the datamodule's films without the network."""

    def importance(self, model: MLPRegressor, datamodule: FilmDataModule, ckpt_path: str | None = None) -> None:
        """Measure permutation importance on the test films, or those that the callback names.

        Args:
            ckpt_path: the model's checkpoint.
        """
        if not self.permutation_importance:
            raise MisconfigurationException("`importance` needs a PermutationImportance among the trainer's callbacks")
        score = self.test if self.permutation_importance.split == "test" else self.validate
        score(model, datamodule=datamodule, ckpt_path=ckpt_path, verbose=False, weights_only=True)
