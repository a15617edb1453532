"""Classical models on the rows and scores of the MLP."""

from baselines.mean import Mean

__all__ = ["Mean"]
