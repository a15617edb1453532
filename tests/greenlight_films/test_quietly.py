"""`quietly`: what is the caller's own is as before afterwards, whatever happens within."""

import logging
import random
import warnings

import numpy as np
import pytest
import torch

from greenlight_films.quietly import quietly


@pytest.mark.parametrize("fails", [False, True])
def test_random_states_and_loggers_are_as_before(fails):
    logger = logging.getLogger("lightning.pytorch")
    states, level = (random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()), logger.level
    try:
        with quietly():
            assert logger.level == logging.WARNING
            random.seed(1)
            np.random.seed(1)
            torch.manual_seed(1)
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert fails
    assert random.getstate() == states[0]
    assert np.array_equal(np.random.get_state()[1], states[1])
    assert torch.equal(torch.get_rng_state(), states[2])
    assert logger.level == level


def test_tips_are_dropped_and_other_warnings_are_heard():
    with quietly():
        warnings.warn("The dataloader does not have many workers which may be a bottleneck", stacklevel=1)
        with pytest.warns(UserWarning, match="overflow"):
            warnings.warn("overflow", stacklevel=1)
