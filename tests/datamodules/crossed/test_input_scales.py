"""The scales of labels' inputs, as a checkpoint has them."""

from dataclasses import replace

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


def test_limits_come_back_as_they_were():
    limited = replace(SCALES, limits=np.array([[0, -3, 0], [1, 0, 2.5]]))
    assert (InputScales.from_state(limited.to_state()).limits == limited.limits).all()


@pytest.mark.parametrize(
    "change", [{"mean": [0.0]}, {"deviation": [1.0, -1.0, 1.0]}, {"columns": ["cast"]}, {"limits": [1]}]
)
def test_scales_of_other_sizes_or_signs_are_refused(change):
    with pytest.raises(TypeError):
        InputScales.from_state({**SCALES.to_state(), **change})
