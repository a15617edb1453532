"""From a table of films to batches.

The names are in `__init__.pyi`; each is imported when it is first used, so that `--help` does not wait for torch.
"""

from greenlight_films.lazy_names import lazy_names

__getattr__, __all__ = lazy_names(__name__, __file__)
