"""What was learnt, as a checkpoint keeps it."""

from dataclasses import replace

import pytest

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.films import fit_films
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target


@pytest.fixture
def learnt(films_frame, film_features) -> Fitted:
    return fit_films(films_frame, Declared(film_features, Target("rating"), RandomSplit()))[1]


def test_a_state_gives_back_what_was_learnt_and_an_older_one_lacks_the_refit(learnt):
    fitted = replace(learnt, refitted=True, penalty=3.0)
    state = fitted.to_state()
    restored = Fitted.from_state(state)
    assert (restored.scale, restored.split, restored.fingerprint) == (fitted.scale, fitted.split, fitted.fingerprint)
    assert (restored.refitted, restored.penalty) == (True, 3.0)
    assert restored.encoder.space == fitted.encoder.space
    assert restored.sides.tolist() == fitted.sides.tolist()
    del state["refit"]
    older = Fitted.from_state(state)
    assert (older.refitted, older.penalty) == (False, None)


@pytest.mark.parametrize("changed", [{"refitted": 1}, {"penalty": -1.0}, {"leak": "no"}, {"fingerprint": None}])
def test_a_state_of_other_types_is_refused(learnt, changed):
    state = replace(learnt, **changed).to_state()
    with pytest.raises(TypeError, match="not what a run wrote"):
        Fitted.from_state(state)
