"""Importance of parts of what sets of columns add: of names apart from what is known beside them, say."""

from collections.abc import Iterable, Sequence

import pandas as pd
import torch

from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.joint import joint_importance
from greenlight_films.importance.reference import LABELS_AT_ONCE, LinearLayer, Reference
from greenlight_films.importance.result import ColumnSet
from greenlight_films.importance.streams import keys_of

PART = ("name", "level", "part", "importance", "low_95", "high_95", "p", "n_films")
MOST_REPEATS = 5  # each takes as long as one of a whole set, of which there are fewer


@torch.inference_mode()
def part_importance(
    reference: Reference,
    sets: Sequence[ColumnSet],
    parts: Iterable[tuple[str, LinearLayer]],
    estimator: Estimator,
) -> pd.DataFrame:
    """Return one line a set and part, with the columns `PART`, for sets that have several parts.

    What a part of a set's weights adds is shuffled among the films, with the shuffles of the whole set; what its other
    parts add stays with its film. Importances of parts don't add up to that of the whole set.

    Args:
        parts: names and layers, whose weights add up to those of the model's first layer, or to some of them.
    """
    device = reference.sums.device
    streams = estimator.streams(keys_of([f"{each.level} {each.name}" for each in sets]).to(device))
    lines = []
    for name, layer in parts:
        for each, stream in zip(sets, streams, strict=True):
            dense, labels = (torch.from_numpy(columns).to(device) for columns in (each.dense, each.labels))
            weights = (layer.label_weight.index_select(0, part) for part in torch.split(labels, LABELS_AT_ONCE))
            if not (layer.dense_weight[dense].any() or any(part.any() for part in weights)):
                continue
            n_repeats = min(estimator.n_repeats, MOST_REPEATS)
            estimates = joint_importance(reference, dense, labels, stream, n_repeats, layer)
            numbers = (estimates.mean, estimates.low, estimates.high, estimates.p, estimates.n_films)
            lines.append((each.name, each.level, name, *(number.item() for number in numbers)))
    table = pd.DataFrame(lines, columns=PART)
    return table[table.groupby(["level", "name"])["part"].transform("size") > 1].reset_index(drop=True)
