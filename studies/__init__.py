"""The roads from a table to results, as plain functions: train, study, tune, audit, compare.

The names are in `__init__.pyi`; each is imported when it is first used, so that `--help` does not wait for torch.
"""

from greenlight_films.lazy_names import lazy_names

__getattr__, __all__ = lazy_names(__name__, __file__)
