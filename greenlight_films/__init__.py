"""Greenlight from Python: `import greenlight_films as gl`. The names are in `__init__.pyi`, and docs/python.md."""

from pathlib import Path

# In a clone the packages stand beside this folder, in a wheel in it.
if (Path(__file__).parents[1] / "datamodules" / "film_data_module.py").is_file():
    __path__.append(str(Path(__file__).parents[1]))

from greenlight_films.lazy_names import lazy_names

__getattr__, __all__ = lazy_names(__name__, __file__)
