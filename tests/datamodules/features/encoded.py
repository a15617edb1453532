"""Helpers of these tests: fit a feature, and read encoded labels back."""

import numpy as np
import pandas as pd


def fitted(feature, cells, train=None):
    series = cells if isinstance(cells, pd.Series) else pd.Series(cells, name=feature.column)
    parsed = feature.parse(series)
    blocks = feature.fit(parsed, np.arange(len(series)) if train is None else np.asarray(train))
    return blocks, feature.encode(parsed, blocks)


def matrix(sparse, block):
    dense = np.zeros((len(sparse.offsets) - 1, len(block.values)))
    dense[np.repeat(np.arange(len(dense)), np.diff(sparse.offsets)), sparse.columns] = sparse.weights
    return dense


def rows_of(sparse, block):
    """Return each row's labels, sorted."""
    return [sorted(np.array(block.values)[row > 0].tolist()) for row in matrix(sparse, block)]
