"""How long `look` takes on a large table, beside reading it alone.

    python -m benchmarks.look [--rows 1000000]

prints one line of JSON: rows, megabytes, read_seconds, look_seconds, kinds.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import pandas as pd

from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.tables.read_table import open_table

GENRES = np.array(["Drama", "Comedy", "War", "Romance", "Science Fiction", "Documentary"])


def films(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Return invented films as people write them: dollars, minutes, day-first dates, labels, texts, gaps."""
    random = np.random.default_rng(seed)
    days = np.datetime64("1950-01-01") + random.integers(0, 27_000, n_rows)
    names = np.array([f"Person {number}" for number in range(max(n_rows // 5, 10))], dtype=object)
    lead, second, director = (names[(random.power(0.4, n_rows) * len(names)).astype(int)] for _ in range(3))
    genre, other = GENRES[random.integers(0, 6, (2, n_rows))]
    budget = np.char.add("$", np.char.mod("%d", random.integers(1, 900, n_rows) * 250_000)).astype(object)
    budget[random.random(n_rows) < 0.2] = "-"
    frame = pd.DataFrame(
        {
            "film_id": np.char.mod("tt%07d", np.arange(n_rows)),
            "title": np.char.mod("Film %d", random.permutation(n_rows)),
            "released": pd.Series(days).dt.strftime("%d/%m/%Y"),
            "runtime": np.char.add(np.char.mod("%d", random.integers(60, 200, n_rows)), " min"),
            "budget": budget,
            "genres": pd.Series(genre) + "|" + pd.Series(other),
            "cast": pd.Series(lead) + ", " + pd.Series(second),
            "director": director,
            "country": np.array(["US", "FR", "DE", "JP"])[random.integers(0, 4, n_rows)],
            "sequel": np.array(["yes", "no"])[random.integers(0, 2, n_rows)],
            "votes": random.integers(5, 90_000, n_rows),
            "rating": random.integers(10, 100, n_rows) / 10,
        }
    )
    return frame


def main() -> None:
    """Write a table, read it, look at it, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    n_rows = parser.parse_args().rows
    with TemporaryDirectory() as folder:
        path = Path(folder) / "films.csv"
        films(n_rows).to_csv(path, index=False)
        begin = perf_counter()
        open_table(path)
        read = perf_counter()
        seen = look(path)
        result = {
            "rows": n_rows,
            "megabytes": round(path.stat().st_size / 1e6, 1),
            "read_seconds": round(read - begin, 2),
            "look_seconds": round(perf_counter() - read, 2),
            "kinds": {column.name: column.kind for column in seen.columns},
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
