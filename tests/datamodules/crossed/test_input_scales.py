"""The scales of labels' inputs, as a checkpoint has them."""

import numpy as np
import pytest

from greenlight_films.datamodules.crossed.input_scales import InputScales

SCALES = InputScales(
    ["cast", "genre", "cast"], ["record", "record", "films"], np.array([0.5, 1, 2]), np.array([1, 0, 3])
)


def test_scales_come_back_as_they_were():
    back = InputScales.from_state(SCALES.to_state())
    assert (back.columns, back.names) == (SCALES.columns, SCALES.names)
    assert (back.mean == SCALES.mean).all()
    assert (back.deviation == SCALES.deviation).all()
    assert back.names_of("cast") == ["record", "films"]
    assert back.names_of("title") == []
    assert back.limits is None


def test_limits_are_those_of_the_labels_that_were_learnt_from_first():
    values = np.array([[0.5, -1, 2], [1, -3, 0.1]])
    limited = SCALES.limited_to(values)
    assert limited.limits.tolist() == [[0, -3, 0], [1, 0, 2]]
    assert limited.limited_to(2 * values) is limited
    assert (InputScales.from_state(limited.to_state()).limits == limited.limits).all()


@pytest.mark.parametrize(
    "change", [{"mean": [0.0]}, {"deviation": [1.0, -1.0, 1.0]}, {"columns": ["cast"]}, {"limits": [1]}]
)
def test_scales_of_other_sizes_or_signs_are_refused(change):
    with pytest.raises(TypeError):
        InputScales.from_state({**SCALES.to_state(), **change})
