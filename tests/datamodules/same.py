"""Compare films, and all that they hold, bit for bit."""

from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array
from torch import nn


def assert_same(ours, theirs, without: str = "", name: str = "") -> None:
    """Compare two values, and all that they hold but for fields called `without`."""
    assert type(ours) is type(theirs), name
    if isinstance(ours, np.ndarray):
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape), name
        assert ours.tobytes() == theirs.tobytes(), name
    elif isinstance(ours, csr_array):
        assert ours.shape == theirs.shape
        for part in ("data", "indices", "indptr"):
            assert_same(getattr(ours, part), getattr(theirs, part), without, part)
    elif isinstance(ours, pd.DataFrame):
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    elif isinstance(ours, nn.Module):
        assert ours.plan == theirs.plan
        assert all(torch.equal(ours.state_dict()[key], part) for key, part in theirs.state_dict().items())
    elif is_dataclass(ours):
        for field in fields(ours):
            if field.name != without:
                assert_same(getattr(ours, field.name), getattr(theirs, field.name), without, f"{name}.{field.name}")
    elif isinstance(ours, dict | list | tuple):
        pairs = [part.items() if isinstance(part, dict) else part for part in (ours, theirs)]
        for left, right in zip(*pairs, strict=True):
            assert_same(left, right, without, name)
    else:
        assert ours == theirs, name
