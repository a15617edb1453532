"""What labels add beside their mean vectors, held against the network that is not folded."""

import pytest
import torch

from greenlight_films.lightning_modules.near_weights import NearWeights
from tests.lightning_modules.input_case import InputCase


def test_vectors_are_what_the_layer_adds_for_a_label_in_a_film_less_the_labels_mean():
    case = InputCase.of(near=True)
    first, dense = case.network.first, case.network.encoding(torch.from_numpy(case.encoded.dense)).detach()
    folded = first.folded()
    beside = NearWeights(first.records, first.input_weight.detach(), first.values)
    row, label = (part.flatten() for part in torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij"))
    offsets, weights = torch.arange(50), torch.ones(49)
    with torch.no_grad():
        whole = first(dense[row], label.int(), offsets.int(), weights)
        without = first(dense[row], label[:0].int(), offsets.int() * 0, weights[:0])
    expected = whole - without - folded.label_weight[label]
    assert beside(dense, row, label).numpy() == pytest.approx(expected.numpy(), abs=1e-4)
    assert expected.abs().max() > 0.5
    assert beside.concerns(torch.arange(7)).tolist() == [True] * 6 + [False]
    assert beside.numbers.tolist() == [0, 2]
