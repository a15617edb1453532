"""The table of data that TensorBoard shows."""

import numpy as np
import pandas as pd

from greenlight_films.datamodules import RandomSplit, Target
from greenlight_films.datamodules.features import Number
from greenlight_films.lightning_modules.callbacks.data_summary import data_summary


def cells_of(text: str, first: str) -> list[str]:
    """Return the cells of the line that begins with `first`."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {first} |")]
    return line.strip("| ").split(" | ")


def test_each_side_is_shown_with_its_targets_and_each_column_with_what_it_holds(films, films_frame):
    text, sides, space = data_summary(films), films.films.side_names(), films.fitted.encoder.space
    rating = films_frame["rating"].dropna().to_numpy()
    for side in ("train", "val", "test"):
        ours = rating[sides == side]
        spread = (ours.min(), np.median(ours), ours.mean(), ours.max())
        n = str(len(ours))
        assert cells_of(text, side) == [side, n, n, *(f"{value:.4g}" for value in spread)]
    assert "5 rows without rating left out." in text
    assert f"{space.n_dense} numbers and {space.n_labels} labels" in text
    assert cells_of(text, "year") == ["year", "year", "a number", "1"]
    assert "| runtime | runtime | whether it is missing | 1 |" in text
    assert cells_of(text, "cast") == ["cast", "actor", "labels", str(len(space.labels[1].values))]


def test_names_are_shown_as_they_are(film_data, films_frame):
    frame = films_frame.rename(columns={"year": "a|b_*<i>", "rating": "r_1"})
    target = Target("r_1", "log1p", unit="stars * 2")
    data = film_data(frame=frame, features=[Number("a|b_*<i>")], target=target)
    data.setup("fit")
    text = data_summary(data)
    assert r"| a\|b\_\*&lt;i&gt; |" in text
    assert text.startswith(r"**r\_1**, stars \* 2, learnt as log1p, of 198 films")


def test_films_with_several_rows_are_counted_and_a_leak_is_shown(film_data, films_frame):
    twice = pd.concat([films_frame] * 2, ignore_index=True)
    data = film_data(frame=twice, allow_split_films=True, split=RandomSplit(val=0.1, test=0.5))
    data.setup("fit")
    text = data_summary(data)
    assert "of 198 films in 396 rows" in text
    assert "same films in training: says nothing of new films" in text.lower()
    _, rows, films, *_ = cells_of(text, "test")
    tested = data.films.ids["film"][data.films.rows.test]
    assert (int(rows), int(films)) == (198, tested.nunique())
    assert tested.nunique() < 198
