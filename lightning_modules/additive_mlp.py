"""The network: a first layer that is additive over features, and a tail that isn't."""

from collections.abc import Sequence
from copy import deepcopy
from math import sqrt
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from greenlight_films.datamodules.crossed.label_inputs import LabelInputs
from greenlight_films.datamodules.crossed.near_films import NearFilms
from greenlight_films.importance.reference import LinearLayer, LinearModel
from greenlight_films.lightning_modules.column_shard import ColumnShard, drawn_table, keep_weights_whole
from greenlight_films.lightning_modules.heads import ACTIVATIONS, HeadTail
from greenlight_films.lightning_modules.label_rows import LabelRows
from greenlight_films.lightning_modules.label_runs import rows_of_labels
from greenlight_films.lightning_modules.members import MemberTail, drawn_linear, member_seeds
from greenlight_films.lightning_modules.near_weights import NearWeights
from greenlight_films.lightning_modules.number_encoding import NumberEncoding
from greenlight_films.lightning_modules.optimisers.row_gradients import dense_bag, row_bag


class AdditiveLayer(nn.Module):
    """Sum of one weight row a feature: `dense @ dense_weight + sum of label_weight[labels] * weights + bias`.

    This is a one-hot linear layer that never sees a one-hot matrix. Every feature adds its own row, which is what
    permutation importance builds on. Labels may have inputs beside: `inputs @ input_weight` is added, where a film's
    inputs are `sum of values[labels] * weights - centre` unless they are given. Of some inputs a label's value is
    another for each film, by the films of the label that are near: those that `near` computes.

    Args:
        label_runs: how many labels have a row of weights, how many next to them have none, and so on in turn; None
            where all have.
        n_inputs: of a label.
        near: plans of `NearFilms`, one a column whose records go by how near films are.
        shard: which columns of `label_weight` this process has, where others have the rest.

    Attributes:
        dense_weight: (n_dense, width).
        label_weight: (n_labels, width); where some labels have no row, (n_rows + 1, width) with zeros at last.
        bias: (width,).
        row_gradients: whether the gradient of `label_weight` is a sparse tensor of the rows of a batch.
        input_weight: (n_inputs, width), where there are any, as `values`, (n_labels, n_inputs), and `centre`.
    """

    input_weight: Tensor
    values: Tensor
    centre: Tensor

    def __init__(
        self,
        n_dense: int,
        n_labels: int,
        width: int,
        label_dropout: float,
        generator: torch.Generator,
        label_runs: Sequence[int] | None = None,
        n_inputs: int = 0,
        near: Sequence[dict[str, Any]] = (),
        shard: ColumnShard | None = None,
    ) -> None:
        super().__init__()
        self.near = nn.ModuleList([NearFilms(**plan) for plan in near])
        self.label_dropout, self.n_inputs, self.row_gradients = label_dropout, n_inputs, False
        # A plain attribute: callbacks that average weights would average integers among the buffers, and cut them off.
        self.row_of_label = None if label_runs is None else rows_of_labels(label_runs)
        # A row more than there are labels, so that a table without any still has a matrix.
        n_rows = max(n_labels, 1) if label_runs is None else sum(label_runs[::2]) + 1
        # Their order is that of an optimiser's states in checkpoints.
        self.dense_weight = nn.Parameter(torch.empty(n_dense, width))
        nn.init.normal_(self.dense_weight, std=1 / sqrt(width), generator=generator)
        # Small, so that a label seen in a few films says little until it has learnt something.
        self.label_weight = nn.Parameter(drawn_table(n_rows, width, 0.02, generator, shard))
        self.bias = nn.Parameter(torch.zeros(width))
        self.shard = shard
        keep_weights_whole(self)
        if label_runs is not None:
            nn.init.zeros_(self.label_weight[-1].detach())
        if n_inputs:
            self.input_weight = nn.Parameter(torch.empty(n_inputs, width))
            nn.init.normal_(self.input_weight, std=1 / sqrt(3 * (n_dense + n_inputs)), generator=generator)
            self.register_buffer("values", torch.zeros(n_labels, n_inputs))
            self.register_buffer("centre", torch.zeros(n_inputs))

    @classmethod
    def side_by_side(cls, layers: Sequence["AdditiveLayer"]) -> "AdditiveLayer":
        """Return one layer as wide as all of these, with their columns in turn; it is the first of them, changed."""
        wide = layers[0]
        for name, _ in list(wide.named_parameters()) if len(layers) > 1 else []:
            columns = torch.cat([layer.get_parameter(name).detach() for layer in layers], dim=-1)
            setattr(wide, name, nn.Parameter(columns))
        return wide

    def forward(
        self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor, inputs: Tensor | None = None
    ) -> Tensor:
        """Return the pre-activations, (n, width)."""
        kept = weights
        if self.training and self.label_dropout:
            kept = weights * (torch.rand_like(weights) >= self.label_dropout) / (1 - self.label_dropout)
        summed = self.sums_of_rows(labels, offsets, kept).add_(dense @ self.dense_weight).add_(self.bias)
        if not self.n_inputs:
            return summed
        if inputs is None or not inputs.shape[1]:
            inputs = self.inputs_of(dense, labels, offsets, weights)
        return summed + inputs @ self.input_weight

    def sums_of_rows(self, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return the sums of labels' own rows of weights, (n, width); with a `shard`, as its `bag`."""
        rows, padding = self.rows_of(labels)
        bag = row_bag if self.row_gradients else dense_bag
        of_labels = (self.label_weight, rows, offsets, weights, padding)
        return bag(*of_labels) if self.shard is None else self.shard.bag(bag, *of_labels)

    def answer(self) -> None:
        """Sum own columns for other processes that still look up rows, until all processes have called this."""
        if self.shard is not None:
            padding = None if self.row_of_label is None else len(self.label_weight) - 1
            self.shard.answer(self.label_weight.detach(), padding)

    def take_whole(self, label_weight: Tensor) -> None:
        """Use the rows of all columns, mapped from a file, which are not learnt from then on."""
        self.label_weight, self.shard = nn.Parameter(label_weight, requires_grad=False), None

    @property
    def records(self) -> list[NearFilms]:
        """The records that go by how near films are, one a column."""
        return cast(list[NearFilms], list(self.near))

    def rows_of(self, labels: Tensor) -> tuple[Tensor, int | None]:
        """Return the rows of weights of label columns, (n,), and the row of those that have none."""
        if self.row_of_label is None:
            return labels, None
        if self.row_of_label.device != labels.device:
            self.row_of_label = self.row_of_label.to(labels.device)
        return self.row_of_label[labels].to(labels.dtype), len(self.label_weight) - 1

    def by_row(self, of_labels: Tensor) -> Tensor:
        """Return numbers of labels, (n_labels,), in the order of `label_weight`, with 0 for a row of no label."""
        rows, padding = self.rows_of(torch.arange(len(of_labels), device=of_labels.device))
        by_row = of_labels.new_zeros(len(self.label_weight)).index_copy_(0, rows, of_labels)
        if padding is not None:
            by_row[padding] = 0
        return by_row

    def penalty(self, of_rows: Tensor, labels: Tensor) -> Tensor:
        """Return the sum of `of_rows` times |row|², (); with row gradients, over the rows of `labels` in turn."""
        if not self.row_gradients:
            return self.label_weight.square().sum(1) @ of_rows
        rows, _ = self.rows_of(labels)
        if self.shard is not None:  # the gradient is that of all processes' films, as a mean over processes
            rows, of_rows = self.shard.rows_of_all(rows), of_rows / self.shard.size
        return F.embedding(rows, self.label_weight, sparse=True).square().sum(1) @ of_rows[rows]

    def inputs_of(self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        """Return what the labels of films are beside their names, (n, n_inputs), by the values of held-out films."""
        summed = dense_bag(self.values, labels, offsets, weights)
        row = torch.arange(len(dense), device=labels.device).repeat_interleave(offsets.diff().long())
        for near in self.records:
            summed[:, near.plan["inputs"]] = near.summed(dense, row, labels.long(), weights)
        return summed - self.centre

    @torch.no_grad()
    def label_rows(self, own: bool = True, inputs: Tensor | slice | None = None) -> Tensor | LabelRows:
        """Return what labels add to sums, (n_labels, width) float32.

        Args:
            own: whether with their own rows of weights, zeros for a label without one.
            inputs: which of their inputs count; by default none.
        """
        weight, rows = self.label_weight.detach(), self.row_of_label
        n_labels, width = len(weight if rows is None else rows), len(self.bias)
        values, input_weight = self.bias.new_zeros(n_labels, 0), self.bias.new_zeros(0, width)
        if inputs is not None:
            values, input_weight = self.values[:, inputs].float(), self.input_weight.detach()[inputs].float()
        if self.shard is not None:
            return LabelRows(n_labels, self.sums_of_rows if own else None, values, input_weight)
        if not own:
            return values @ input_weight
        weights = weight.float() if rows is None else weight.float()[rows.to(weight.device)]
        return weights if inputs is None else weights + values @ input_weight

    @torch.no_grad()
    def folded(self) -> LinearLayer:
        """Return the layer, in float32, for films whose inputs are sums over their labels.

        A label has one vector, or with near records a mean one, and for each film what it has beside.
        """
        dense_weight, bias = self.dense_weight.detach().float(), self.bias.detach().float()
        if not self.n_inputs:
            return LinearLayer(dense_weight, self.label_rows(), bias)
        values, input_weight = self.values.float(), self.input_weight.detach().float()
        rows = self.label_rows(inputs=slice(None))
        beside = NearWeights(self.records, input_weight, values) if self.records else None
        return LinearLayer(dense_weight, rows, bias - self.centre.float() @ input_weight, beside)


class AdditiveMLP(nn.Module):
    """An MLP over numbers and labels with one output, or several of them side by side with their mean as output.

    Member m's first layer is columns m * hidden[0] to (m + 1) * hidden[0] of `first`. With one member and one head the
    parameters are those of plain linear layers.

    Args:
        hidden: widths of the hidden layers; the first one's is the additive layer's.
        dropout: share of hidden units dropped in training.
        label_dropout: share of a film's labels dropped in training, the same ones for all members.
        seed: of the initial weights; see `member_seeds`.
        members: networks side by side.
        heads: predictions of each member from its sums, by hidden layers that they share.
        activation: relu or silu.
        encodings: of the numbers, see `NumberEncoding`; all members have the same.
        input_columns: of the inputs that labels have beside their names, the table's column of each.
        label_runs, near, shard: see `AdditiveLayer`.
        input_names: of each input, such as `record`; empty in older networks.
    """

    def __init__(
        self,
        n_dense: int,
        n_labels: int,
        hidden: Sequence[int] = (128, 64),
        dropout: float = 0.0,
        label_dropout: float = 0.0,
        seed: int = 0,
        members: int = 1,
        heads: int = 1,
        activation: str = "relu",
        encodings: Sequence[dict[str, Any]] = (),
        input_columns: Sequence[str] = (),
        label_runs: Sequence[int] | None = None,
        near: Sequence[dict[str, Any]] = (),
        input_names: Sequence[str] = (),
        shard: ColumnShard | None = None,
    ) -> None:
        super().__init__()
        self.data_sizes: dict[str, Any] = {
            "n_dense": n_dense,
            "n_labels": n_labels,
            "encodings": list(encodings),
            "input_columns": list(input_columns),
            "input_names": list(input_names),
            "label_runs": None if label_runs is None else list(label_runs),
            "near": list(near),
        }
        self.sizes: dict[str, Any] = {
            **self.data_sizes,
            "hidden": list(hidden),
            "members": members,
            "heads": heads,
            "activation": activation,
        }
        generators = [torch.Generator().manual_seed(own) for own in member_seeds(seed, members)]
        self.encoding = NumberEncoding(n_dense, encodings, generators[0])
        shape = (len(self.encoding.source), n_labels, hidden[0], label_dropout)
        more = (label_runs, len(input_columns), near, shard)
        self.first = AdditiveLayer.side_by_side([AdditiveLayer(*shape, own, *more) for own in generators])
        self.tail: nn.Sequential | HeadTail
        if heads > 1:
            self.tail = HeadTail(hidden, heads, dropout, activation, generators)
        else:
            tails = [_tail(hidden, dropout, activation, own) for own in generators]
            self.tail = MemberTail(tails) if members > 1 else tails[0]

    def set_inputs(self, inputs: LabelInputs) -> None:
        """Take over what labels are beside their names, of as many labels and columns as the network was built for."""
        self.first.values.copy_(torch.from_numpy(inputs.values))
        self.first.centre.copy_(torch.from_numpy(inputs.centre))
        for own, learnt in zip(self.first.records, inputs.near, strict=True):
            own.load_state_dict(learnt.state_dict())

    def forward(
        self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor, inputs: Tensor | None = None
    ) -> Tensor:
        """Return one scaled prediction a film, (n,); see `Batch` for the arguments."""
        return self.tail(self.first(self.encoding(dense), labels, offsets, weights, inputs)).squeeze(-1)

    def each(
        self, dense: Tensor, labels: Tensor, offsets: Tensor, weights: Tensor, inputs: Tensor | None = None
    ) -> Tensor:
        """Return the scaled predictions of each head of each member, (n, members * heads)."""
        sums = self.first(self.encoding(dense), labels, offsets, weights, inputs)
        return self.tail.each(sums) if isinstance(self.tail, MemberTail | HeadTail) else self.tail(sums)

    def folded(self) -> LinearModel:
        """Return the network in float32 for films whose inputs are sums over their labels.

        It takes expanded numbers and labels; each label has one vector.
        """
        is_float32 = self.first.bias.dtype == torch.float32
        return LinearModel(self.first.folded(), self.tail if is_float32 else deepcopy(self.tail).float())


def _tail(hidden: Sequence[int], dropout: float, activation: str, generator: torch.Generator) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(hidden, (*hidden[1:], 1), strict=True):
        layers += [ACTIVATIONS[activation](), nn.Dropout(dropout), drawn_linear(n_in, n_out, generator)]
    return nn.Sequential(*layers)
