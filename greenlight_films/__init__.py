"""Greenlight from Python: `import greenlight_films as gl`."""

from pathlib import Path

# In a clone the packages stand beside this folder, in a wheel in it.
if (Path(__file__).parents[1] / "datamodules" / "film_data_module.py").is_file():
    __path__.append(str(Path(__file__).parents[1]))
