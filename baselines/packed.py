"""`Packed`: a fitted model as files that load without running code."""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from greenlight_films.baselines.baseline import Baseline


@dataclass(frozen=True)
class Packed:
    """A fitted model's files: arrays, and skops for whole estimators.

    Attributes:
        files: by name.
        entry: what `metadata.json` says of the model.
    """

    files: dict[str, bytes]
    entry: dict[str, Any]

    @classmethod
    def of(cls, name: str, kind: type[Baseline], state: dict[str, Any]) -> Self:
        """Pack the state of a model, as of `to_state`, under a name."""
        arrays = {key: value for key, value in state.items() if isinstance(value, np.ndarray)}
        whole = {key: value for key, value in state.items() if isinstance(value, BaseEstimator)}
        plain = {key: value for key, value in state.items() if key not in arrays and key not in whole}
        packed = BytesIO()
        np.savez(packed, allow_pickle=False, **arrays)
        files = {f"{name}.npz": packed.getvalue()}
        if whole:
            import skops.io  # takes a second

            files |= {f"{name}.{key}.skops": skops.io.dumps(value) for key, value in whole.items()}
        entry = {
            "kind": kind.__name__,
            "what": (kind.__doc__ or "").strip().splitlines()[0],
            "arrays": {key: {"shape": list(array.shape), "type": str(array.dtype)} for key, array in arrays.items()},
            "whole": list(whole),
            "sha256": {file: sha256(content).hexdigest() for file, content in files.items()},
            "plain": plain,
        }
        return cls(files, entry)
