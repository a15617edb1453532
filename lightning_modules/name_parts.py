"""The parts of what labels add in the first layer: their own rows of weights, and what is known beside their names."""

from collections.abc import Iterator

import numpy as np
import torch

from greenlight_films.datamodules import FeatureSpace
from greenlight_films.datamodules.crossed.input_scales import kind_of_input
from greenlight_films.importance.reference import LinearLayer
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP

NAME, SIZE = "name", "number of names"


@torch.inference_mode()
def parts_of(network: AdditiveMLP, space: FeatureSpace) -> Iterator[tuple[str, LinearLayer]]:
    """Yield the parts of the folded first layer that labels and the sizes of cells have, one at a time.

    The weights of all of them but the bias add up to those of `AdditiveLayer.folded`, numbers apart. There are none
    where labels have no inputs, or the network doesn't know their names.
    """
    first, names = network.first, network.sizes["input_names"]
    if not names:
        return
    numbers, bias = first.dense_weight.detach().float(), first.bias.detach().float()
    yield NAME, LinearLayer(torch.zeros_like(numbers), first.label_rows(), bias)
    kinds, beside = np.array([kind_of_input(name) for name in names]), first.folded().beside
    near = {kinds[index] for films in first.records for index in films.plan["inputs"]}
    for kind in dict.fromkeys(kinds.tolist()):
        own = torch.from_numpy(np.flatnonzero(kinds == kind)).to(bias.device)
        weights = first.label_rows(own=False, inputs=own)
        yield kind, LinearLayer(torch.zeros_like(numbers), weights, bias, beside if kind in near else None)
    sizes = network.encoding.columns_of(torch.from_numpy(np.flatnonzero(space.counts_names()))).to(bias.device)
    of_sizes = torch.zeros_like(numbers).index_copy_(0, sizes, numbers[sizes])
    yield SIZE, LinearLayer(of_sizes, first.label_rows(own=False), bias)
