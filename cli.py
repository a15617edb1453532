"""Greenlight's command line: `python cli.py study --config configs/ratings.yaml`."""

import sys

from greenlight_films.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
