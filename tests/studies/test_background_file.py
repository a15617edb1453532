from dataclasses import replace

import numpy as np
import pytest

from greenlight_films.studies.background_file import packed_films, read_films


def test_films_come_back_as_they_were_where_the_data_are_the_same(films, tmp_path):
    encoded, path = films.films.encoded.take(np.arange(0, 190, 7)), tmp_path / "background.npz"
    path.write_bytes(packed_films(encoded, "print"))
    back = read_films(path, "print")
    assert back.dense.tolist() == encoded.dense.tolist()
    assert back.unscaled.tolist() == encoded.unscaled.tolist()
    assert back.labels.nnz > 50
    assert (back.labels != encoded.labels).nnz == 0
    assert back.inputs is None
    assert {name: counts.tolist() for name, counts in back.unseen.items()} == {
        name: counts.tolist() for name, counts in encoded.unseen.items()
    }
    assert len(back.unseen) == 3
    assert read_films(path, "another") is None


def test_inputs_of_their_own_come_back(films, tmp_path):
    encoded, path = films.films.encoded.take(np.arange(9)), tmp_path / "background.npz"
    inputs = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    path.write_bytes(packed_films(replace(encoded, inputs=inputs)))
    assert read_films(path).inputs.tolist() == inputs.tolist()


def test_a_file_of_something_else_is_a_value_error(tmp_path):
    (tmp_path / "background.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="pickled"):
        read_films(tmp_path / "background.npz")
