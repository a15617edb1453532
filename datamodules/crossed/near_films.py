"""`NearFilms`: the training films of a column's labels, from which a label's record for any film is computed."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

FILMS_AT_ONCE = 1 << 20
"""Training films that films are compared with at once, which bounds the memory."""


class NearFilms(nn.Module):
    """Records of the labels of a column: a number for each film that has or might have the label.

    A label's record for a film is the mean of a Gaussian process, Σ covariance(distances to m) · pull_m over the
    label's training films m (Rasmussen and Williams 2006, ISBN 978-0-262-18253-9, equation 2.27). The covariance is
    that of `NearKernel`, films being of one kind.

    Args:
        dense: columns of the dense block by which films are near.
        inputs: those of a label's inputs that are made of its record: itself, or also its squares above and below 0.
        labels: the label column of each block of training films, ascending.
        films: how many training films each block has.

    Attributes:
        coordinates: (n_present, n_coordinates), of the training films, block by block.
        pull: (n_present,), what is multiplied by the covariances.
        kernel: (1 + 2 * n_coordinates,), constant, weights and lengths of the covariance.
        scale: (n_inputs,), what the inputs are multiplied by.
    """

    coordinates: Tensor
    pull: Tensor
    kernel: Tensor
    scale: Tensor

    def __init__(
        self, dense: Sequence[int], inputs: Sequence[int], labels: Sequence[int], films: Sequence[int]
    ) -> None:
        super().__init__()
        plan = {"dense": dense, "inputs": inputs, "labels": labels, "films": films}
        self.plan = {name: list(part) for name, part in plan.items()}
        sizes, labels_of = torch.tensor(films, dtype=torch.int64), torch.tensor(labels, dtype=torch.int64)
        # Plain attributes: callbacks that average weights would average integers among the buffers, and cut them off.
        self.blocks = {
            "size": torch.cat([sizes, sizes.new_zeros(1)]),
            "start": torch.cat([sizes.new_zeros(1), sizes.cumsum(0)]),
            "label": torch.cat([labels_of, labels_of.new_full((1,), -1)]),
        }
        self.most_films = int(sizes.max()) if len(sizes) else 0
        self.most_blocks = int(torch.unique_consecutive(labels_of, return_counts=True)[1].max()) if len(sizes) else 0
        shapes = {"coordinates": (sum(films), len(dense)), "pull": (sum(films),), "kernel": (1 + 2 * len(dense),)}
        for name, shape in {**shapes, "scale": (len(inputs),)}.items():
            self.register_buffer(name, torch.zeros(shape))

    def as_inputs(self, first: int, scale: np.ndarray) -> "NearFilms":
        """Return the same as inputs from the first on, multiplied by a scale, (n_inputs or more,)."""
        n_inputs = len(self.scale)
        other = NearFilms(**{**self.plan, "inputs": list(range(first, first + n_inputs))})
        other.load_state_dict({**self.state_dict(), "scale": torch.from_numpy(scale[:n_inputs].astype(np.float32))})
        return other

    def concerns(self, labels: Tensor) -> Tensor:
        """Return whether label columns, (n,) int64, have training films here, (n,) bool."""
        return self._on(labels.device)["size"][self._first_block(labels)] > 0

    def inputs_of(self, dense: Tensor, row: Tensor, labels: Tensor) -> Tensor:
        """Return the inputs that labels would be in films, (n, n_inputs); 0 for labels without training films.

        Args:
            dense: (n_rows, n_dense or more), the films' numbers.
            row: (n,) int64, the film of each label.
            labels: (n,) int64, label columns.
        """
        inputs = dense.new_zeros(len(labels), len(self.scale))
        some = self.concerns(labels).nonzero().flatten()
        if len(some):
            near = dense[:, self.plan["dense"]].index_select(0, row[some])
            inputs[some] = signs(self.records(near, labels[some]), len(self.scale)).mul_(self.scale)
        return inputs

    def summed(self, dense: Tensor, row: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """Return the sums over films of their labels' inputs by weight, (n_rows, n_inputs)."""
        sums = dense.new_zeros(len(dense), len(self.scale))
        return sums.index_add_(0, row, self.inputs_of(dense, row, labels) * weights.to(dense.dtype)[:, None])

    def records(self, coordinates: Tensor, labels: Tensor) -> Tensor:
        """Return records of labels, (n,), for films at (n, n_coordinates); 0 for labels without training films."""
        blocks, parts = self._on(labels.device), [self.pull[:0]]
        block = self._block(labels, coordinates[:, 0])
        at_once = max(1, FILMS_AT_ONCE // max(self.most_films, 1))
        pairs = zip(*(torch.split(part, at_once) for part in (block, coordinates)), strict=True)
        for of_some, where in pairs:
            size = blocks["size"][of_some]
            index = torch.arange(len(size), device=size.device).repeat_interleave(size)
            first = blocks["start"][of_some] - (size.cumsum(0) - size)
            film = first[index] + torch.arange(len(index), device=size.device)
            covariance = self._covariance(where[index], self.coordinates[film])
            parts.append(self.pull.new_zeros(len(size)).index_add_(0, index, covariance * self.pull[film]))
        return torch.cat(parts)

    def beyond_others(self, noise: float, labels: Tensor, beyond: Tensor, own: Tensor, other: Tensor) -> Tensor:
        """Return what a training film's inputs would be beyond those of others, had it other numbers, (n, n_inputs).

        A label's record without film m is record(x) - w_m(x) · pull_m / precision_mm, with w(x) the covariances to x
        times the precision: what a film takes out of its record elsewhere is what it takes out of its own, times
        w_m(x) over w_m of its own numbers. That holds for films of several rows too, where these have the same numbers.

        Args:
            noise: of the kernel.
            labels: (n,) int64, some of the film's.
            beyond: (n,), of its first input as it is.
            own: (n_coordinates,), its numbers.
            other: likewise, those that it would have.
        """
        records = self.records(other.expand(len(labels), -1), labels)
        without = records + beyond / self.scale[0] * self._shares(labels, own, other, noise)
        n_inputs = len(self.scale)
        return (signs(without, n_inputs) - signs(records, n_inputs)).mul_(self.scale)

    def _shares(self, labels: Tensor, own: Tensor, other: Tensor, noise: float) -> Tensor:
        """Return a training film's weights in its labels' records at other numbers, over those at its own, (n,)."""
        blocks, block = self._on(labels.device), self._block(labels, own[:1].expand(len(labels)))
        size = blocks["size"][block]
        position = torch.arange(int(size.max()), device=size.device)
        is_film = position < size[:, None]
        film = (blocks["start"][block][:, None] + position).clamp(max=len(self.pull) - 1)
        where, ends = self.coordinates[film].double(), torch.stack([own, other]).double()
        pairs = self._covariance(where[:, :, None], where[:, None]) * (is_film[:, :, None] & is_film[:, None])
        pairs += torch.diag_embed(is_film.double() * (noise - 1) + 1)
        weights = torch.linalg.solve(pairs, self._covariance(where[:, :, None], ends) * is_film[..., None])
        is_own = (where == ends[0]).all(-1) & is_film
        at_own, at_other = weights[torch.arange(len(labels)), is_own.int().argmax(1)].T
        is_near = (self._block(labels, other[:1].expand(len(labels))) == block) & (at_own != 0)
        return torch.where(is_near, at_other / at_own, 0.0).float()

    def _covariance(self, some: Tensor, others: Tensor) -> Tensor:
        """Return the covariance of films at some and other coordinates, (..., n_coordinates), without noise."""
        constant, weights, lengths = torch.split(self.kernel.to(some.dtype), [1, *[some.shape[-1]] * 2])
        return (some - others).abs_().div_(lengths).neg_().exp_() @ weights + constant

    def _first_block(self, labels: Tensor) -> Tensor:
        """Return the first block of each label, the number of blocks where it has none."""
        owner = self._on(labels.device)["label"][:-1]
        block = torch.searchsorted(owner, labels.contiguous())
        is_known = self._on(labels.device)["label"][block] == labels
        return torch.where(is_known, block, len(owner))

    def _block(self, labels: Tensor, coordinate: Tensor) -> Tensor:
        """Return the last of a label's blocks that begins before a film along the first coordinate, or the first."""
        blocks, block = self._on(labels.device), self._first_block(labels)
        for _ in range(self.most_blocks - 1):
            following = (block + 1).clamp(max=len(blocks["size"]) - 1)
            begins = self.coordinates[blocks["start"][following].clamp(max=len(self.pull) - 1), 0]
            is_later = (blocks["label"][following] == labels) & (begins <= coordinate)
            block = torch.where(is_later, following, block)
        return block

    def _on(self, device: torch.device) -> dict[str, Tensor]:
        if self.blocks["size"].device != device:
            self.blocks = {name: part.to(device) for name, part in self.blocks.items()}
        return self.blocks

    def extra_repr(self) -> str:
        return f"{len(self.plan['labels'])} blocks of {len(self.pull)} films"


def signs(records: Tensor, n_inputs: int) -> Tensor:
    """Return records, (n,), as the first n_inputs of: themselves, squares of those above 0, squares of those below."""
    above, below = records.clamp(min=0).square(), records.clamp(max=0).square()
    return torch.stack([records, above, below], dim=1)[:, :n_inputs]
