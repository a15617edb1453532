"""How long it takes to say whose addition to a film raises its prediction most, over every name that is known.

    python -m greenlight_films.benchmarks.best_additions [--labels 25000 1000000] [--heads 4]

The network is not trained, which makes no difference to the time. Prints one line of JSON a size: labels, heads,
seconds (median of five), and seconds_by_prediction_anew: predicting so many edited films through the model, measured
on 200 of them.
"""

import argparse
import json

import numpy as np
import pandas as pd

from greenlight_films.benchmarks.stopwatch import seconds_of
from greenlight_films.datamodules import FilmEncoder, Fitted, Labels, Number, TargetScale
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.serving.answers import predict
from greenlight_films.serving.best import best
from greenlight_films.serving.cells import Cells, Edit, Film
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP

ANEW = 200


def served(n_labels: int, heads: int) -> ServedRun:
    """Return a run whose network knows so many people."""
    people = [f"Person {number}" for number in range(n_labels)]
    films = [people[first : first + 10] for first in range(0, n_labels, 10)]
    frame = pd.DataFrame({"year": np.linspace(1930, 2025, len(films)), "cast": pd.Series(films, dtype=object)})
    encoder = FilmEncoder([Number("year"), Labels("cast", weight="sqrt", role="actor")])
    encoder.fit_encode(frame, np.arange(len(frame)))
    space, scale = encoder.space, TargetScale("none", 0.0, 6.0, 1.5)
    network = AdditiveMLP(space.n_dense, space.n_labels, heads=heads, activation="silu", encodings=space.encodings())
    return ServedRun(
        results=Results(RunFolder("nowhere")),  # type: ignore[arg-type] # it isn't read
        network=SavedMLP(network, scale),
        fitted=Fitted(encoder, scale, {}, np.zeros(0, np.uint8), "", leak=False),
        cells=Cells(encoder.features, encoder.formats, []),
        intervals=None,
        no_intervals="",
        background=None,
        known=None,
        no_films="",
    )


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, nargs="+", default=[25_000, 1_000_000])
    parser.add_argument("--heads", type=int, default=4)
    given = parser.parse_args()
    for n_labels in given.labels:
        run, film = served(n_labels, given.heads), Film({"year": 1999, "cast": ["Person 1", "Person 7"]})
        edited = [run.cells.edited(film, [Edit("add", "cast", f"Person {number}")]) for number in range(10, 10 + ANEW)]
        calls = {
            "best": lambda run=run, film=film: best(run, film, "actor", 10, lower=False, min_films=0),
            "anew": lambda run=run, edited=edited: predict(run, edited),
        }
        seconds = seconds_of(calls)
        anew = seconds["anew"] * n_labels / ANEW
        line = {"labels": n_labels, "heads": given.heads, "seconds": round(seconds["best"], 4)}
        print(json.dumps({**line, "seconds_by_prediction_anew": round(anew, 1)}), flush=True)


if __name__ == "__main__":
    main()
