"""The command line, as `python cli.py`, `python -m greenlight_films` and `greenlight` run it."""

from cli import main as main
