"""Choose columns of the table by name."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from greenlight_films.datamodules import FeatureSet, FeatureSpace, InputError
from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.feature_sets import feature_sets


def matching(space: FeatureSpace, patterns: Sequence[str] | None, option: str = "") -> FeatureSet:
    """Return the encoded columns that come from columns of the table that fit any pattern; all without patterns.

    Args:
        patterns: such as `budget` or `log_*`.
        option: what the patterns were given as, for messages.

    Raises:
        InputError: a pattern fits no column.
    """
    columns = [one for one in feature_sets(space, {}) if one.level == "column"]
    names = [one.name for one in columns]
    for pattern in patterns or ():
        if not any(fnmatchcase(name, pattern) for name in names):
            raise InputError(
                f"{option}: '{pattern}' fits no column of data.features{nearest(pattern, names) or '.'} "
                f"There are: {', '.join(names)}"
            )
    chosen = [one for one in columns if patterns is None or any(fnmatchcase(one.name, given) for given in patterns)]
    none = np.array([], int)
    dense, labels = ([none, *(getattr(one, kind) for one in chosen)] for kind in ("dense", "labels"))
    return FeatureSet(option, "group", np.sort(np.concatenate(dense)), np.sort(np.concatenate(labels)))
