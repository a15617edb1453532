"""Measurements beside peers; each prints a JSON line: `python -m greenlight_films.benchmarks.encode`."""
