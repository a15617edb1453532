"""Parts of what names tell, held against a network that is given some of a film's names and inputs, not all."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from greenlight_films.datamodules import FeatureSpace
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.importance import Estimator
from greenlight_films.importance.streams import child, keys_of, permutation
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.name_parts import parts_of
from tests.lightning_modules.input_case import SCALE, InputCase

HOW = Estimator("shuffle", 3)


def predict(case: InputCase, labels: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Return predictions of films whose names and inputs are given apart, in the target's unit."""
    present = csr_array(labels.astype(np.float32))
    parts = [torch.from_numpy(np.array(part)) for part in (present.indices, present.indptr, present.data)]
    dense = torch.from_numpy(case.encoded.dense)
    with torch.inference_mode():
        scaled = case.network(dense, *parts, torch.from_numpy(inputs.astype(np.float32)))
    return scaled.double().numpy() * SCALE.std + SCALE.mean


def test_each_part_is_worth_what_shuffling_it_costs_a_network_that_is_given_names_and_inputs_apart():
    case = InputCase.of(times=5)
    films = case.measured()
    table = films.by_part(films.reference("mse"), HOW).set_index(["name", "part"])
    space = case.encoder.space
    labels = case.encoded.labels.toarray()
    is_genre = np.arange(space.n_labels) < len(space.labels[0].values)
    whole = labels @ case.inputs.values - case.inputs.centre
    before = ((predict(case, labels, whole) - case.actual) ** 2).mean()
    expected = {}
    for role, own, parts in (
        ("genre", is_genre, {"name": [], "record": [0], "profile": [2]}),
        ("company", ~is_genre, {"name": [], "linear effect": [1]}),
    ):
        stream = HOW.streams(keys_of([f"role {role}"]))[0]
        for part, columns in parts.items():
            losses = []
            for repeat in range(HOW.n_repeats):
                order = permutation(child(stream, repeat), len(labels)).numpy()
                names, inputs = labels.copy(), whole.copy()
                if part == "name":
                    names[:, own] = labels[order][:, own]
                added = labels[:, own] @ case.inputs.values[own]
                inputs[:, columns] += added[order][:, columns] - added[:, columns]
                losses.append(((predict(case, names, inputs) - case.actual) ** 2).mean() - before)
            expected[role, part] = np.mean(losses)
    assert set(table.index) == set(expected)
    assert min(map(abs, expected.values())) > 1e-4
    assert table["importance"].to_dict() == pytest.approx(expected, rel=1e-4)
    assert (table["low_95"] <= table["importance"]).all()


def test_parts_add_up_to_the_folded_layer():
    case = InputCase.of()
    space = case.encoder.space
    blocks = [Block("genre", "genre", "number", ["number of names in genre"]), *space.dense]
    sized = FeatureSpace([{"feature": "Size"}, *space.features], [blocks[:1], *space.groups])
    network = AdditiveMLP(**{**case.network.sizes, "n_dense": len(blocks), "encodings": [{}] * len(blocks)})
    network.set_inputs(case.inputs)
    parts, folded = dict(parts_of(network, sized)), network.first.folded()
    assert list(parts) == ["name", "record", "linear effect", "profile", "number of names"]
    rows = sum(part.label_weight for part in parts.values())
    assert rows.numpy() == pytest.approx(folded.label_weight.numpy(), abs=1e-5)
    numbers = sum(part.dense_weight for part in parts.values())
    assert torch.equal(numbers[0], folded.dense_weight[0])
    assert folded.dense_weight[0].any()
    assert not numbers[1:].any()


def test_labels_without_inputs_and_networks_that_lack_their_names_have_no_parts():
    case = InputCase.of()
    network = AdditiveMLP(**{**case.network.sizes, "input_names": []})
    films = case.measured(network.eval())
    assert list(parts_of(network, case.encoder.space)) == []
    assert films.by_part(films.reference("mse"), HOW).empty
