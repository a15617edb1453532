"""Batches of encoded films, sliced from CSR arrays, in an order that depends on seed and epoch alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from greenlight_films.datamodules.encoder import EncodedFilms
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.row_order import BlockOrder, shuffled_rows


class Batch(NamedTuple):
    """Films as the network takes them.

    Attributes:
        row: (n,) int64, the row's index in `Films`.
        dense: (n, n_dense) float32.
        labels: (n_present,) int32, label columns, row after row.
        offsets: (n + 1,) int32, row i has labels[offsets[i]:offsets[i + 1]].
        weights: (n_present,) float32, of each label.
        target: (n,) float32, scaled.
        inputs: (n, n_inputs) float32, the sums of the label inputs (records, ridge effects, ...) of a row's labels;
            (n, 0) where the network is to add them up itself.
    """

    row: Tensor
    dense: Tensor
    labels: Tensor
    offsets: Tensor
    weights: Tensor
    target: Tensor
    inputs: Tensor


class FilmRows(Dataset[Batch]):
    """Some rows of encoded films (all by default), sliced a whole batch at a time.

    `target` holds the (n_rows,) scaled targets of all films, NaN where not known. With `drawn`, (n_drawings, n,
    n_inputs) inputs of the n rows, position p + d * n is row p with those of drawing d.
    """

    def __init__(
        self,
        encoded: EncodedFilms,
        target: np.ndarray,
        rows: np.ndarray | None = None,
        drawn: np.ndarray | None = None,
    ) -> None:
        self.dense = torch.from_numpy(encoded.dense)
        self.labels = torch.from_numpy(encoded.labels.indices)
        self.weights = torch.from_numpy(encoded.labels.data)
        self.offsets = torch.from_numpy(encoded.labels.indptr.astype(np.int64))
        self.target = torch.from_numpy(target.astype(np.float32))
        inputs = np.zeros((len(target), 0), np.float32) if encoded.inputs is None else encoded.inputs
        self.inputs = torch.from_numpy(inputs)
        self.drawn = None if drawn is None else torch.from_numpy(drawn)
        self.rows = torch.arange(len(target)) if rows is None else torch.from_numpy(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, positions: list[int]) -> Batch:
        """Return the films at these positions among the rows."""
        position = torch.tensor(positions, dtype=torch.int64)
        row = self.rows[position % max(len(self), 1)]
        starts = self.offsets[row]
        counts = self.offsets[row + 1] - starts
        offsets = torch.zeros(len(row) + 1, dtype=torch.int64)
        torch.cumsum(counts, 0, out=offsets[1:])
        present = torch.repeat_interleave(starts - offsets[:-1], counts) + torch.arange(int(offsets[-1]))
        labels, weights = self.labels[present], self.weights[present]
        inputs = self.inputs[row] if self.drawn is None else self.drawn.flatten(0, 1)[position]
        return Batch(row, self.dense[row], labels, offsets.to(torch.int32), weights, self.target[row], inputs)


class SharedBatchSampler(DistributedSampler[list[int]]):
    """Cuts rows into batches and gives each device its part of every batch: any number of devices takes the same steps.

    Device r gets rows r, r + n_devices, ... of a batch: as many as the others or one less, none where a batch has fewer
    rows than there are devices. No row is repeated and none is left out. Shuffled, the order depends on (seed, epoch)
    alone, so a run resumed at an epoch goes on with the same batches. Being a `DistributedSampler` keeps Lightning
    from putting its padded one instead.

    Args:
        n_rows: of all devices.
        batch_size: rows a batch, of all devices; the last batch may be smaller.
        n_drawings: of the rows' inputs; each epoch takes the next of them.
        in_blocks: of a table so large that blocks of neighbouring rows are shuffled, see `BlockOrder`, and the next
            batch is read while the network works on the one before.
    """

    def __init__(
        self,
        n_rows: int,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int,
        rank: int = 0,
        n_devices: int = 1,
        n_drawings: int = 1,
        in_blocks: bool = False,
    ) -> None:
        super().__init__(cast(Any, range(n_rows)), num_replicas=n_devices, rank=rank, shuffle=shuffle, seed=seed)
        self.n_rows = n_rows
        self.batch_size = batch_size
        self.n_drawings = n_drawings
        self.in_blocks = in_blocks
        self.done = 0  # batches that the next epoch skips, since they were trained on before

    def __iter__(self) -> Iterator[list[int]]:
        order: Tensor | BlockOrder = torch.arange(self.n_rows)
        if self.shuffle:
            order = (BlockOrder if self.in_blocks else shuffled_rows)(self.n_rows, self.seed, self.epoch)
        drawing = self.n_rows * (self.epoch % self.n_drawings)
        done, self.done = self.done, 0
        for start in range(done * self.batch_size, self.n_rows, self.batch_size):
            rows = order[start : start + self.batch_size] + drawing
            yield rows[self.rank :: self.num_replicas].tolist()

    def __len__(self) -> int:
        return -(-self.n_rows // self.batch_size)

    def rows_of(self, batch: int) -> int:
        """Return the number of rows of a batch on all devices."""
        return min(self.batch_size, self.n_rows - batch * self.batch_size)


class FilmLoader(DataLoader[Batch]):
    """A loader that can be left in the middle of an epoch, and its state continued by another loader."""

    sampler: SharedBatchSampler
    given = 0  # batches of this epoch that were handed out

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override] # Lightning needs no more
        # The order is drawn with the first batch, when Lightning has told the sampler the epoch.
        self.given, batches = self.sampler.done, super().__iter__()
        for batch in _read_ahead(batches) if self.sampler.in_blocks and not self.num_workers else batches:
            self.given += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Return the number of batches done in the epoch; Lightning keeps it in checkpoints."""
        size, in_blocks = self.sampler.batch_size, self.sampler.in_blocks
        return {"batches": self.given % len(self), "batch_size": size, "in_blocks": in_blocks}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Skip the batches that are done in the next epoch; if they had another size they are refused."""
        sampler = self.sampler
        if state["batches"] and (size := state.get("batch_size", sampler.batch_size)) != sampler.batch_size:
            raise InputError(
                f"data.batch_size must be {size}, got {sampler.batch_size}: training was stopped within an epoch; "
                "change it when that epoch is over"
            )
        sampler.done = state["batches"]
        sampler.in_blocks = bool(state.get("in_blocks", False))  # runs of before had no blocks


def film_loader(
    rows: FilmRows, sampler: SharedBatchSampler, *, num_workers: int = 0, pin_memory: bool = False
) -> FilmLoader:
    """Return a loader whose batches are the sampler's, as `Batch`es."""
    workers: dict[str, Any] = {"num_workers": num_workers, "persistent_workers": num_workers > 0}
    return FilmLoader(rows, batch_size=None, sampler=sampler, pin_memory=pin_memory, collate_fn=_whole, **workers)


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield batches, while a thread reads the next one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        following = thread.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = thread.submit(next, batches, None)
            yield batch


def _whole(batch: Any) -> Any:
    return batch  # `FilmRows` has made a batch of it already
