import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.features import Popularity
from tests.datamodules.features.encoded import fitted, rows_of


@pytest.mark.parametrize("edges", [[0, 1, 3, 1000], [0, 2, 10], [-1, 1, 4, float("inf")]])
def test_popularity_agrees_with_pandas_on_counts_of_training_films(edges, wikidata):
    cells = wikidata["Director"]
    train = np.arange(0, len(cells), 2)
    blocks, (part,) = fitted(Popularity("Director", edges), cells, train)
    films = cells.map(cells.iloc[train].value_counts()).fillna(0).clip(lower=edges[0] + 1e-9).where(cells.notna())
    cut = pd.cut(films, edges, right=True)
    names = {interval: f"{interval.left:g} to {interval.right:g}" for interval in pd.IntervalIndex.from_breaks(edges)}
    expected = [[] if pd.isna(cell) else [names[pd.Interval(cell.left, cell.right)]] for cell in cut]
    assert cut.nunique() == len(edges) - 1
    assert (films < 1).any()
    assert rows_of(part, blocks[0]) == expected


def test_the_films_of_each_training_value_are_kept():
    cells = ["A", "A", "B", "C", None, "A", "D", "B"]
    blocks, _ = fitted(Popularity("Studio", [0, 1, 9]), cells, train=[0, 1, 2, 4])
    assert blocks[0].fitted == {"value": ["A", "B"], "films": [2, 1]}
