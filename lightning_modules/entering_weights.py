"""With which weight a label would enter a film that doesn't have it, as the features encode it."""

import numpy as np
import torch

from greenlight_films.datamodules import EncodedFilms, FeatureSpace
from greenlight_films.datamodules.feature_sets import block_columns
from greenlight_films.datamodules.features import declared
from greenlight_films.importance import Entering


def entering_weights(space: FeatureSpace, encoded: EncodedFilms) -> Entering | None:
    """Return the weight that a label more would have in each film's cells: 1, or 1 / sqrt(names with it).

    None where all weights are 1. The weights of the film's other names stay as they are.
    """
    shares_weight = [declared(**feature).shares_weight for feature in space.features]
    if not any(shares_weight):
        return None
    blocks = iter(block_columns(space.labels))
    cells: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    for shares, group in zip(shares_weight, space.groups, strict=True):
        columns = [next(blocks) for block in group if block.kind == "label"]
        if not columns:
            continue
        names = np.zeros(encoded.n_rows)
        if shares:
            of_cell = encoded.labels[:, np.concatenate(columns)]
            weight = of_cell.max(axis=1).toarray().ravel()
            # Of a cell without any label that the encoder knows, those that it doesn't are counted.
            unseen = sum(encoded.unseen[column] for column in {block.column for block in group})
            names = np.where(weight > 0, np.round(1 / np.maximum(weight, 1e-6) ** 2), unseen) + 1
        weights.append(1 / np.sqrt(np.maximum(names, 1)))
        cells.append(np.full(sum(map(len, columns)), len(cells)))
    return Entering(torch.from_numpy(np.concatenate(cells)), torch.from_numpy(np.stack(weights, axis=1)).float())
