"""Measurements beside peers, each a command that prints one JSON line: `python -m benchmarks.encode`."""
