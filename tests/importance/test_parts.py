"""Importances of parts of a layer's weights, held against whole models on a dense matrix."""

import numpy as np
import pytest
import torch

from greenlight_films.importance import ColumnSet, Estimator, joint_importance
from greenlight_films.importance.parts import PART, part_importance
from greenlight_films.importance.reference import LinearLayer
from greenlight_films.importance.streams import keys_of

NONE = np.array([], dtype=np.int64)
SETS = [
    ColumnSet("names", "role", NONE, np.array([0, 2, 3])),
    ColumnSet("mixed", "role", np.array([1]), np.array([5])),
    ColumnSet("single", "role", np.array([2]), NONE),
]


def halves(study) -> list[tuple[str, LinearLayer]]:
    """Return two layers that add up to the study's: one with all numbers and some units of the labels."""
    first = study.model.first
    dense, labels, bias = (part.detach().clone() for part in (first.dense_weight, first.label_weight, first.bias))
    some = labels.clone()
    some[:, ::2] = 0
    return [("some", LinearLayer(dense, some, bias)), ("others", LinearLayer(dense * 0, labels - some, bias))]


def test_the_whole_layer_is_worth_what_the_set_is_and_sets_with_one_part_are_left_out(make_study):
    study = make_study(seed=2)
    reference, how = study.reference("mse"), Estimator("shuffle", 4)
    whole = study.model.first
    layer = LinearLayer(whole.dense_weight.detach(), whole.label_weight.detach(), whole.bias.detach())
    table = part_importance(reference, SETS, [("whole", layer), *halves(study)], how)
    assert list(table.columns) == list(PART)
    of_whole = table[table["part"] == "whole"].set_index("name")["importance"]
    assert list(of_whole.index) == ["names", "mixed", "single"]  # which has its numbers twice, as whole and as some
    for each in SETS:
        stream = how.streams(keys_of([f"role {each.name}"]))[0]
        columns = (torch.from_numpy(part) for part in (each.dense, each.labels))
        expected = joint_importance(reference, *columns, stream, 4)
        assert of_whole[each.name] == pytest.approx(float(expected.mean), rel=1e-5)
        assert abs(float(expected.mean)) > 1e-4
    apart = part_importance(reference, SETS, halves(study), how)
    assert apart.groupby("name", sort=False)["part"].apply(list).to_dict() == {
        "names": ["some", "others"],
        "mixed": ["some", "others"],
    }
    assert not np.isclose(apart["importance"], of_whole[apart["name"]]).any()
