"""A LightningDataModule of encoded films: batches of them, for training, scores and predictions."""

from typing import Any

import lightning.pytorch as pl
import torch
from torch.utils.data import DataLoader

from greenlight_films.datamodules.batches import Batch, FilmRows, SharedBatchSampler, film_loader
from greenlight_films.datamodules.encoded_store import LARGE_TABLE
from greenlight_films.datamodules.films import Films
from greenlight_films.datamodules.fitted import Fitted

SMALL_BATCH, LARGE_BATCH, MANY_FILMS = 64, 256, 10_000


class FilmLoaders(pl.LightningDataModule):
    """Encoded films in batches.

    Args:
        batch_size: films a step, shared out to all devices; None: 64, and 256 from 10,000 training films on.
        seed: of the order of the batches.
        num_workers: processes that slice batches.
        films: the films, where they are known already.
        fitted: what was learnt from the training rows.
    """

    def __init__(
        self,
        batch_size: int | None,
        seed: int,
        num_workers: int = 0,
        films: Films | None = None,
        fitted: Fitted | None = None,
    ) -> None:
        super().__init__()
        self._batch_size = batch_size
        self.seed = seed
        self.num_workers = num_workers
        self._films = films
        self._fitted = fitted

    @property
    def films(self) -> Films:
        """The encoded films, after `setup`."""
        assert self._films is not None, "setup() comes first"
        return self._films

    @films.setter
    def films(self, films: Films) -> None:
        self._films = films

    @property
    def fitted(self) -> Fitted:
        """What was learnt from the training rows (and others by `refit`), after `setup` or `load_state_dict`."""
        assert self._fitted is not None, "setup() or load_state_dict() comes first"
        return self._fitted

    @property
    def batch_size(self) -> int:
        """Films a step: as declared, or by the number of training films."""
        if self._batch_size is not None:
            return self._batch_size
        n_films = self.films.n_rows if self.films.rows is None else len(self.films.rows.train)
        return LARGE_BATCH if n_films >= MANY_FILMS else SMALL_BATCH

    @batch_size.setter
    def batch_size(self, size: int | None) -> None:
        self._batch_size = size

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Move a batch to the device; quicker than Lightning's own way, which searches its tensors for others."""
        return batch if batch.row.device == device else Batch(*(part.to(device, non_blocking=True) for part in batch))

    def train_dataloader(self) -> DataLoader[Batch]:
        """Return the films that the model learns from: training films, after `refit` validation films too."""
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        return self._loader("val")

    def test_dataloader(self) -> DataLoader[Batch]:
        return self._loader("test")

    def predict_dataloader(self) -> DataLoader[Batch]:
        """Return all films: those of every side, or new ones."""
        return self._loader(None)

    def _loader(self, side: str | None, shuffle: bool = False) -> DataLoader[Batch]:
        films, crossed = self.films, self.films.crossed if shuffle else None
        indices = films.learnt if shuffle else None if side is None else getattr(films.rows, side)
        indices, drawn = (indices, None) if crossed is None else (crossed.train, crossed.drawn)
        rows = FilmRows(films.encoded, self.fitted.scale.forward(films.actual), indices, drawn)
        rank, n_devices = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        order: dict[str, Any] = {"shuffle": shuffle, "seed": self.seed, "rank": rank, "n_devices": n_devices}
        order |= {"n_drawings": 1 if drawn is None else len(drawn), "in_blocks": films.n_rows >= LARGE_TABLE}
        sampler = SharedBatchSampler(len(rows), self.batch_size, **order)
        return film_loader(rows, sampler, num_workers=self.num_workers, pin_memory=on_gpu)
