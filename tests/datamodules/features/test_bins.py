import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Bins, Popularity
from tests.datamodules.features.encoded import fitted, rows_of

EDGES = [0, 60.5, 90, 120, float("inf")]


@pytest.mark.parametrize("edges", [EDGES, EDGES[:-1], [-float("inf"), 90, 91]])
def test_bins_agree_with_pandas(edges, wikidata):
    runtime = wikidata["Runtime"][:3000]
    blocks, (part,) = fitted(Bins("Runtime", edges), runtime)
    cut = pd.cut(runtime, edges, right=True)
    names = {interval: f"{interval.left:g} to {interval.right:g}" for interval in cut.cat.categories}
    assert cut.nunique() > 1
    assert runtime.isna().any()
    assert rows_of(part, blocks[0]) == [[] if pd.isna(interval) else [names[interval]] for interval in cut]


def test_a_bin_that_no_training_row_has_is_unseen():
    blocks, (part,) = fitted(Bins("x", [0, 1, 2, 3], ["low", "mid", "top"]), [0.5, 1.5, 2.5, 9, np.nan], train=[0, 1])
    assert blocks[0].values == ["low", "mid"]
    assert rows_of(part, blocks[0]) == [["low"], ["mid"], [], [], []]
    assert part.unseen.tolist() == [0, 0, 1, 0, 0]


def test_default_labels_tell_near_edges_apart():
    blocks, (part,) = fitted(Bins("x", [0, 1_000_000, 1_000_001, 1_000_002]), [1.0, 1_000_001, 1_000_002])
    assert len(set(blocks[0].values)) == len(set(part.columns.tolist())) == 3


@pytest.mark.parametrize("kind", [Bins, Popularity])
@pytest.mark.parametrize("edges", [[], [1], [1, 1], [1, 3, 2], [0, float("nan"), 3]])
def test_edges_that_do_not_ascend_are_refused(kind, edges):
    message = f"column 'x': `edges` must be two or more ascending numbers, got {edges}"
    with pytest.raises(InputError, match=re.escape(message)):
        kind("x", edges)


@pytest.mark.parametrize("kind", [Bins, Popularity])
@pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"], ["a", "a"], []])
def test_labels_that_do_not_fit_the_intervals_are_refused(kind, labels):
    message = f"column 'x': `labels` must be 2 different texts, one an interval, got {labels}"
    with pytest.raises(InputError, match=re.escape(message)):
        kind("x", [0, 1, 2], labels)


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
