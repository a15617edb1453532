"""The weight that a label would have in a film, held against the encoder's for the film with that label."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Bins, Category, Labels, Number, Popularity, Text
from greenlight_films.lightning_modules.entering_weights import entering_weights

SEVERAL = {
    "text": Text("names", min_films=1),
    "sqrt": Labels("names", separator=" ", weight="sqrt"),
    "one": Labels("names", separator=" ", weight="one"),
    "positions": Labels("names", separator=" ", weight="sqrt", positions=6),
}
SINGLE = {
    "first": Labels("names", separator=" ", weight="sqrt", first_only=True),
    "category": Category("names"),
    "bins": Bins("year", [1900, 1950, 2000]),
    "popularity": Popularity("names", [0, 1, 9]),
}
FRAME = pd.DataFrame(
    {
        "names": ["ann bo cy", "ann", "cy dee", "bo", "ann bo cy dee", "new", "new newer", None, "ann new"],
        "year": [1950.0, 1960, 1970, 1940, 1999, 2000, 1930, 1910, 1955],
        "cast": ["x, y", "x", "y", "x, y, z", "z", "x", "w", None, "z"],
    }
)
TRAIN = np.arange(5)


def encoded_with(feature, names: pd.Series, beside: list):
    encoder = FilmEncoder([*beside, feature, Number("year")])
    encoder.fit_encode(FRAME, TRAIN)
    return encoder.space, encoder.encode(FRAME.assign(names=names))


@pytest.mark.parametrize("beside", [[], [Labels("cast", weight="sqrt")], [Labels("cast", weight="one")]])
@pytest.mark.parametrize("feature", SEVERAL.values(), ids=SEVERAL)
def test_a_label_enters_a_film_with_the_weight_that_the_encoder_gives_it_there(feature, beside):
    space, encoded = encoded_with(feature, FRAME["names"], beside)
    entering = entering_weights(space, encoded)
    names, tested = space.label_names(), 0
    for name in ("ann", "bo", "cy", "dee"):
        with_it = encoded_with(feature, (FRAME["names"].fillna("") + " " + name).str.strip(), beside)[
            1
        ].labels.toarray()
        for index in [index for index, other in enumerate(names) if other.endswith(f"={name}")]:
            gained = (encoded.labels.toarray()[:, index] == 0) & (with_it[:, index] > 0)
            tested += gained.sum()
            weight = 1.0 if entering is None else entering.weight[:, entering.cell[index]].numpy()
            np.testing.assert_allclose(with_it[gained, index], np.broadcast_to(weight, len(FRAME))[gained])
    assert tested > 10


@pytest.mark.parametrize("feature", SINGLE.values(), ids=SINGLE)
def test_a_label_that_is_alone_in_its_cell_enters_with_one(feature):
    beside = [Labels("cast", weight="sqrt")]
    space, encoded = encoded_with(feature, FRAME["names"], beside)
    entering = entering_weights(space, encoded)
    assert entering is not None
    first = len(space.groups[0][0].values)
    assert set(encoded.labels.toarray()[:, first:].ravel().tolist()) == {0.0, 1.0}
    assert (entering.weight[:, entering.cell[first:]] == 1).all()
    assert entering_weights(FeatureSpace(space.features[1:], space.groups[1:]), encoded) is None
