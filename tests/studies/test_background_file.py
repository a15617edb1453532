from dataclasses import replace

import numpy as np
import pytest

from greenlight_films.datamodules import InputError
from greenlight_films.studies.background_file import BACKGROUND, kept_films, packed_films


def test_films_come_back_as_they_were_where_the_data_are_the_same(films, folder):
    encoded = films.films.encoded.take(np.arange(0, 190, 7))
    folder.write_bytes(BACKGROUND, packed_films(encoded, "print"))
    back = kept_films(folder, BACKGROUND, "print")
    assert back.dense.tolist() == encoded.dense.tolist()
    assert back.unscaled.tolist() == encoded.unscaled.tolist()
    assert back.labels.nnz > 50
    assert (back.labels != encoded.labels).nnz == 0
    assert back.inputs is None
    assert {name: counts.tolist() for name, counts in back.unseen.items()} == {
        name: counts.tolist() for name, counts in encoded.unseen.items()
    }
    assert len(back.unseen) == 3
    assert kept_films(folder, BACKGROUND, "another") is None


def test_inputs_of_their_own_come_back(films, folder):
    encoded = films.films.encoded.take(np.arange(9))
    inputs = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    folder.write_bytes(BACKGROUND, packed_films(replace(encoded, inputs=inputs)))
    assert kept_films(folder, BACKGROUND).inputs.tolist() == inputs.tolist()


def test_a_file_of_something_else_is_refused_and_none_is_no_films(folder):
    assert kept_films(folder, BACKGROUND) is None
    folder.write_bytes(BACKGROUND, b"nothing")
    with pytest.raises(InputError, match=r"background\.npz can't be read: .*pickled.*importance --run"):
        kept_films(folder, BACKGROUND)


@pytest.mark.parametrize("share", [0.3, 0.999])
def test_a_file_that_was_cut_is_refused(films, folder, share):
    packed = packed_films(films.films.encoded)
    folder.write_bytes(BACKGROUND, packed[: int(len(packed) * share)])
    with pytest.raises(InputError, match=r"background\.npz can't be read: .*importance --run"):
        kept_films(folder, BACKGROUND)
