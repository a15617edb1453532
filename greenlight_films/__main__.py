"""`python -m greenlight_films study --config ratings`: the command line."""

import sys

from greenlight_films.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
